"""``connector mapping import``: what was changed in a workbook becomes the tables, after a look at every row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.mapping import effects, one
from connector.cli.mapping.whole import free_name, write_whole
from connector.cli.options import Face
from connector.errors import MappingFileError
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.mapping_files.workbook import Taken, WorkbookError


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.common
@options.administrations
@options.dry_run
@options.yes
@click.option(
    "--errors",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write the copy that shows what is wrong. Default: beside the workbook.",
)
def command(face: Face, *, file: Path, dry_run: bool, yes: bool, errors: Path | None) -> None:
    """Take over a workbook that 'connector mapping export' wrote: show every row that changes, ask, and write the
    tables.

    Nothing is taken over when a cell is wrong: a copy of the workbook then shows it, coloured and on the sheet Errors.
    It is refused when the tables were changed since the export. 'connector mapping accept' then takes the tables.
    """  # fmt: skip
    from connector.mapping_files import read_folder
    from connector.mapping_files.workbook import WorkbookError, take
    from connector.mapping_files.writing import replace_files

    folder = one.administrations(face)[0].mapping
    files = read_folder(folder)
    try:
        taken = take(file, files, str(folder), folder.name)
    except WorkbookError as wrong:
        raise _with_copy(wrong, file, errors) from wrong
    _show(face, taken)
    write = bool(taken.files) and not dry_run
    question = _("Write these rows into the tables in {folder}?").format(folder=folder)
    if write and not face.out.confirm(question, yes=yes):
        face.out.text(_("Nothing was changed."))
        write = False
    if write:
        if read_folder(folder) != files:
            raise MappingFileError(
                "the tables were changed while you were asked, and nothing was taken over",
                hint="Export the workbook anew and fill in the changes there.",
                where=str(folder),
            )
        replace_files(folder, taken.files)
        _tell_next(face, taken)
    face.out.answer(_as_json(taken, folder, written=write))


def _with_copy(wrong: WorkbookError, file: Path, errors: Path | None) -> MappingFileError:
    """The error, saying where the copy is in which it is shown."""
    from connector.mapping_files.workbook import with_mistakes

    # One that is there may hold the cells that a person has mended.
    copy = errors or free_name(file.with_name(f"{file.stem}.errors.xlsx"))
    write_whole(copy, with_mistakes(file, wrong.title, wrong.mistakes))
    hint = f"Mend the coloured cells in {copy}, which its sheet '{wrong.title}' explains, and import that file."
    return MappingFileError(wrong.message, problems=wrong.problems, where=wrong.where, hint=hint)


def _show(face: Face, taken: Taken) -> None:
    if taken.changes:
        effects.show_rows(face, taken.changes, every=True)
    else:
        face.out.text(_("The workbook changes nothing; the tables stay as they are."))
    for warning in taken.warnings:
        face.out.text(_("Warning: {what}").format(what=warning))
    if taken.changes:
        face.out.text("", _summary(taken))


def _summary(taken: Taken) -> str:
    from connector.mapping_files.row_changes import Change

    counts = [sum(each.change is change for each in taken.changes) for change in Change]
    return ", ".join(
        (
            many("1 row is added", "{number} rows are added", counts[0]),
            many("1 row is changed", "{number} rows are changed", counts[1]),
            many("1 row is removed", "{number} rows are removed", counts[2]),
        )
    )


def _tell_next(face: Face, taken: Taken) -> None:
    face.out.text(
        _("Written: {files}.").format(files=", ".join(sorted(taken.files))),
        _("'connector mapping diff' shows what they do, 'connector mapping accept' takes them."),
    )


def _as_json(taken: Taken, folder: Path, *, written: bool) -> dict[str, Any]:
    return {
        "mapping": folder,
        "written": sorted(taken.files) if written else [],
        "changes": effects.rows_as_json(taken.changes),
        "warnings": [str(each) for each in taken.warnings],
    }
