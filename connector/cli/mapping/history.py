"""``connector mapping history`` : the versions of a mapping."""

from __future__ import annotations

from itertools import pairwise
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
def command(face: Face) -> None:
    """List the versions: who accepted them, when and why."""
    with working.opened(face) as connector:

        def listed(administration: Administration) -> dict[str, Any]:
            from connector.engine import versions
            from connector.mapping_files import row_changes

            known = versions.history(connector.run(administration))
            face.out.heading(administration.name)
            forms = (connector.mapping_version(administration, each.id).files for each in known)
            changed = [None, *(len(row_changes.changes(*two)) for two in pairwise(forms))]
            rows = list(zip(known, changed, strict=False))
            face.out.table(
                [amount("Version"), column("When"), prose("By"), amount("Rows changed"), prose("Comment")],
                [(each.id, each.created_at, each.author, number, each.comment) for each, number in rows],
                empty=_("There is no version yet; the first run saves the tables as they are."),
            )
            return {
                "administration": administration.name,
                "versions": [
                    {
                        "version": each.id,
                        "created_at": each.created_at,
                        "author": each.author,
                        "comment": each.comment,
                        "set": each.set_name,
                        "sha256": each.hash,
                        "rows_changed": number,
                    }
                    for each, number in rows
                ],
            }

        done = working.each(face, listed)
    face.out.answer({"mappings": done.results, "errors": done.errors()})
    done.end()
