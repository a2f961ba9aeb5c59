"""``connector mapping blame``: which version brought each row."""

from __future__ import annotations

from typing import Any

import click

from connector.cli import options, working
from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.config import Administration
from connector.texts import _


@click.command()
@options.common
@options.administrations
@click.option("--row", "wanted", metavar="ID", help="Only the row of this name.")
@click.argument("table", required=False)
def command(face: Face, *, wanted: str | None, table: str | None) -> None:
    """Tell for each row which version brought it, by whom and when.

    TABLE is the name of a table, as rules or rules.csv; without it all tables.
    """
    from connector.config import nearest
    from connector.mapping_files.schemas import SCHEMAS

    file = None if table is None else table.removesuffix(".csv") + ".csv"
    if file is not None and file not in SCHEMAS:
        raise click.UsageError(f"There is no table '{table}'{nearest(str(table), SCHEMAS)}")
    with working.opened(face) as connector:

        def blamed(administration: Administration) -> dict[str, Any]:
            from connector.engine import versions
            from connector.mapping_files import row_changes

            known = versions.history(connector.run(administration))
            forms = (connector.mapping_version(administration, each.id).files for each in known)
            rows = [
                (each, known[each.since])
                for each in row_changes.blame(forms)
                if (file is None or each.file.rpartition("/")[2] == file)
                and (wanted is None or each.row.casefold() == wanted.casefold())
            ]
            face.out.heading(administration.name)
            face.out.table(
                [column("Table"), amount("Line"), column("Row"), amount("Version"), column("Since"), prose("By"),
                 prose("Comment", spare=1)],
                [
                    (each.file, each.line, each.row, version.id, version.created_at, version.author, version.comment)
                    for each, version in rows
                ],
                empty=_("There is no such row in a saved version."),
            )  # fmt: skip
            return {
                "administration": administration.name,
                "rows": [
                    {
                        "table": each.file,
                        "line": each.line,
                        "row": each.row,
                        "version": version.id,
                        "since": version.created_at,
                        "author": version.author,
                        "comment": version.comment,
                    }
                    for each, version in rows
                ],
            }

        done = working.each(face, blamed)
    face.out.answer({"mappings": done.results, "errors": done.errors()})
    done.end()
