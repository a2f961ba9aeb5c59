"""``connector mapping export``: the tables as a workbook, with what waits for a row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli import options, working
from connector.cli.mapping import one
from connector.cli.mapping.whole import write_asked
from connector.cli.options import Face
from connector.cli.output import Money
from connector.errors import MappingFileError
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.run import MappingFiles


@click.command()
@options.common
@options.administrations
@click.option(
    "--xlsx", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The workbook to write."
)
@options.yes
def command(face: Face, *, file: Path, yes: bool) -> None:
    """Write the tables as a workbook for a spreadsheet: a sheet per table with drop-downs, a sheet Unmapped with the
    combinations that wait for a row and their euros, a sheet Errors.

    --language chooses the language of titles and notes. 'connector mapping import' brings the workbook back.
    """  # fmt: skip
    from connector.app import past_books
    from connector.cli.mapping import suggest_shown
    from connector.domain.waiting import Waiting
    from connector.engine.waiting import together, waiting
    from connector.mapping_files import read_folder
    from connector.mapping_files.workbook import workbook

    if file.suffix.casefold() != ".xlsx":
        raise click.UsageError(_("{file} does not end in .xlsx, so no spreadsheet would open it").format(file=file))
    chosen = one.administrations(face)
    folder = chosen[0].mapping
    files = read_folder(folder)
    found: list[Waiting] = []
    with working.opened(face) as connector:
        for administration in chosen:
            tables = _usable(connector, administration)
            suggested = past_books.suggest(connector, administration, tables=tables)
            found += waiting(suggested, suggest_shown.note)
    found = together(found)
    content = workbook(files, found, str(folder), folder.name)
    if not write_asked(face, file, content, yes=yes):
        return
    combinations = many("1 combination waits", "{number} combinations wait", len(found))
    euros = Money(minor=sum(abs(each.net) for each in found))
    face.out.text(
        _("{file} holds the tables of {folder}; {combinations} for a row: EUR {euros}.").format(
            file=file, folder=folder, combinations=combinations, euros=euros
        ),
        _("Edit it in a spreadsheet, then: connector mapping import {file}").format(file=file) + _named(face),
    )
    face.out.answer(
        {
            "file": file,
            "mapping": folder,
            "waiting": [
                {
                    "direction": each.direction,
                    "code": each.code,
                    "charge_type": each.charge_type,
                    "product_group": each.product_group,
                    "plan": each.plan,
                    "customer": each.customer,
                    "lines": each.lines,
                    "proposal": each.proposal,
                    "evidence": each.evidence,
                    "net": Money(minor=each.net),
                }
                for each in found
            ],
        }
    )


def _named(face: Face) -> str:
    """How the set is named again when there are several."""
    return f" -a {face.names[0]}" if face.names else ""


def _usable(connector: Connector, administration: Administration) -> MappingFiles:
    """The tables on disk; those in force while they cannot be used, which the sheet Errors tells."""
    try:
        return connector.mapping(administration)
    except MappingFileError:
        return connector.mapping_in_force(administration)
