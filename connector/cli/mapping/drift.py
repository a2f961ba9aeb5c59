"""``connector mapping drift``: where clients differ from the office."""

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
@click.option("--all", "every", is_flag=True, help="Show every row; otherwise the first twenty of each list.")
def command(face: Face, *, every: bool) -> None:
    """Show where sets differ from the set they inherit from.

    Rows that a set adds, changes or takes away, and rows that say the same as the parent's and could go.
    """
    with working.opened(face) as connector:

        def drifted(administration: Administration) -> dict[str, Any]:
            from connector.mapping_files import drift

            mapping = connector.mapping(administration)
            parent = mapping.mapping.settings.parent
            face.out.heading(administration.name)
            if not parent:
                face.out.text(_("{set} has no parent.").format(set=mapping.name))
                return {"administration": administration.name, "parent": None, "rows": [], "same": []}
            changed, same = drift.drift(mapping.files)
            face.out.text(_("{set} inherits from {parent}.").format(set=mapping.name, parent=parent))
            effects.show_rows(face, changed, every=every)
            if same:
                listed = ", ".join(f"{file} {row}" for file, row in same)
                face.out.text(_("These rows say the same as the parent's and could go: {rows}").format(rows=listed))
            return {
                "administration": administration.name,
                "parent": parent,
                "rows": effects.rows_as_json(changed),
                "same": [{"table": file, "row": row} for file, row in same],
            }

        done = working.each(face, drifted)
    face.out.answer({"mappings": done.results, "errors": done.errors()})
    done.end()
