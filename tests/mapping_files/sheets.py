"""Workbooks for tests: written as the program does, edited as a person would, and read back."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from connector.domain.waiting import Waiting
from connector.errors import MappingFileError
from connector.mapping_files.workbook import Mistake, Taken, WorkbookError, take, workbook

SHEETS = {
    "accounts": "Accounts",
    "rules": "Rules",
    "customers": "Customers",
    "deferrals": "Deferrals",
    "settings": "Settings",
    "tax": "VAT codes",
}


def exported(files: Mapping[str, bytes], path: Path, waiting: Iterable[Waiting] = (), *, blank_rows: int = 20) -> Path:
    """The workbook of ``files``, the set 'sample', in ``path``."""
    path.write_bytes(workbook(files, waiting, "sets/sample", "sample", blank_rows=blank_rows))
    return path


def imported(path: Path, files: Mapping[str, bytes]) -> Taken:
    """What the workbook changes."""
    return take(path, files, "sets/sample", "sample")


def edited(path: Path, change: Callable[[Workbook], object]) -> Path:
    """The workbook, changed by ``change`` and saved again."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def place(sheet: Worksheet, column: str, row: int) -> Any:
    """The cell of a column, by its name in row 2."""
    return sheet.cell(row, column_of(sheet, column))


def column_of(sheet: Worksheet, column: str) -> int:
    """The number of a column, by its name in row 2."""
    return [cell.value for cell in sheet[2]].index(column) + 1


def row_of(sheet: Worksheet, name: str) -> int:
    """The row with a cell that holds ``name``."""
    return next(cell.row for row in sheet.iter_rows(min_row=3) for cell in row if cell.value == name)


def setting(table: str, name: str, /, **cells: object) -> Callable[[Workbook], None]:
    """An edit: the cells of the row ``name``, or of a new row when there is none."""

    def change(book: Workbook) -> None:
        sheet = book[SHEETS.get(table, table)]
        try:
            row = row_of(sheet, name)
        except StopIteration:
            row = next(at for at in range(3, 9999) if all(cell.value is None for cell in sheet[at]))
            sheet.cell(row, 1).value = name
        for column, value in cells.items():
            place(sheet, column, row).value = value

    return change


def mistakes(path: Path, files: Mapping[str, bytes]) -> list[Mistake]:
    """What is wrong with the workbook, which must be something, at its places."""
    with pytest.raises(WorkbookError) as caught:
        imported(path, files)
    return [each for each in caught.value.mistakes if not each.warning]


def refused(path: Path, files: Mapping[str, bytes]) -> MappingFileError:
    """Why the workbook is refused as a whole."""
    with pytest.raises(MappingFileError) as caught:
        imported(path, files)
    return caught.value


def repacked(path: Path, **parts: bytes | None) -> Path:
    """The workbook with parts of its archive replaced, added or (``None``) taken away; __ stands for /."""
    changed = {name.replace("__", "/"): content for name, content in parts.items()}
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    kept |= {name: content for name, content in changed.items() if content is not None}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in kept.items():
            if changed.get(name, b"") is not None:
                archive.writestr(name, part)
    path.write_bytes(content.getvalue())
    return path


def saved_by_office(path: Path, folder: Path) -> Path:
    """The workbook as LibreOffice saves it, from a profile of its own."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(folder / "saved"), str(path)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return folder / "saved" / path.name
