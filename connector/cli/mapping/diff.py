"""``connector mapping diff``: what other tables would change, in rows and in euros."""

from __future__ import annotations

from typing import Any

import click

from connector.cli import options, working
from connector.cli.mapping import effects
from connector.cli.options import Face
from connector.config import Administration
from connector.texts import _


@click.command()
@options.common
@options.administrations
@click.option("--from", "before", type=int, metavar="VERSION", help="Compare with this version. Default: what stands.")
@click.option("--to", "after", type=int, metavar="VERSION", help="Look at this version. Default: the tables on disk.")
@click.option("--rows", "only_rows", is_flag=True, help="Show the rows that differ, and not what they do.")
@click.option("--all", "every", is_flag=True, help="Show every row; otherwise the first twenty of each list.")
def command(face: Face, *, before: int | None, after: int | None, only_rows: bool, every: bool) -> None:
    """Show in euros what the tables on disk would change, or another version.

    Everything is prepared and reclassified as it would be, and none of it is kept: what is not sent yet and what
    is posted are shown apart, per period, account and VAT code.
    """
    from connector.engine import effect, versions
    from connector.mapping_files import row_changes

    with working.opened(face) as connector:

        def compare(administration: Administration) -> dict[str, Any]:
            files = (
                connector.mapping(administration) if after is None else connector.mapping_version(administration, after)
            )
            run = connector.run(administration, mapping=files)
            newest = versions.newest(run)
            number = before if before is not None else newest.id if newest else None
            old = connector.mapping_version(administration, number) if number is not None else None
            changed = row_changes.changes(old.files if old else {}, files.files)
            face.out.heading(administration.name)
            if old is not None:
                effects.show_rows(face, changed, every=every)
            told: dict[str, Any] = {"administration": administration.name, "rows": effects.rows_as_json(changed)}
            if only_rows or not (changed or before is not None):
                return told
            seen = effect.effect(run.place, run.books, files, in_force=old, before=old if before is not None else None)
            effects.show(face, seen, files.mapping.chart, every=every)
            return told | effects.as_json(seen)

        done = working.each(face, compare)
    if after is None and any(each["rows"] for each in done.results):
        face.out.text("", _("Nothing was changed; 'connector mapping accept' takes the tables on disk."))
    face.out.answer({"differences": done.results, "errors": done.errors()})
    done.end()
