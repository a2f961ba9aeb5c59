"""``connector mapping format``: the tables in their canonical form."""

from __future__ import annotations

from typing import Any

import click

from connector.cli import options, working
from connector.cli.options import Face
from connector.config import Administration
from connector.texts import _


@click.command()
@options.common
@options.administrations
@options.dry_run
def command(face: Face, *, dry_run: bool) -> None:
    """Write the tables in their canonical form.

    UTF-8, semicolons, dates as 2026-01-31, decimal points, rows sorted: so that two versions of a file can be
    compared line by line. What they say does not change.
    """
    with working.opened(face) as connector:

        def formatted(administration: Administration) -> dict[str, Any]:
            from connector.mapping_files.writing import canonical, replace_files

            own = {file: each for file, each in connector.mapping(administration).files.items() if "/" not in file}
            right = canonical(own)
            changed = {file: content for file, content in right.items() if own[file] != content}
            if not dry_run:
                replace_files(administration.mapping, changed)
            face.out.heading(administration.name)
            listed = ", ".join(changed)
            told = _("would be written: {files}") if dry_run else _("written: {files}")
            face.out.text(told.format(files=listed) if changed else _("every table is in its canonical form"))
            return {"administration": administration.name, "written": list(changed)}

        done = working.each(face, formatted)
    face.out.answer({"mappings": done.results, "dry_run": dry_run, "errors": done.errors()})
    done.end()
