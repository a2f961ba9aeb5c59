"""Reading the sheets of a workbook, row by row, into texts. Every cell that cannot be taken is noted at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import Workbook

from connector.errors import MappingFileError
from connector.mapping_files.problems import Problems, nearest
from connector.mapping_files.workbook_cells import WrongCell, from_sheet, text_of
from connector.mapping_files.workbook_hidden import AGAIN, Origin, read_origin
from connector.mapping_files.workbook_layout import FROM, HIDDEN, LISTS, NAMES_ROW
from connector.mapping_files.workbook_opening import opened, readable
from connector.mapping_files.workbook_unmapped import FILE as UNMAPPED_FILE
from connector.mapping_files.workbook_unmapped import SUMS

MOST_ROWS = 200_000
"""Rows of a sheet that are taken; a set of tables has thousands at most."""
_BESIDE = 20
"""So many columns beside the last one with a name are looked at for what was typed there."""
_SHOWN = 100
"""Signs of a cell that cannot be taken."""
Texts = tuple[int, tuple[str, ...]]
"""The number of a row of a sheet (1 is the first), and its cells."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet holds: the names of its columns as they stand there, those of the table, its own rows, and the rows
    that it says it inherits, each with the set it names."""

    columns: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[Texts, ...]
    inherited: tuple[tuple[str, Texts], ...] = ()


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A workbook as read: where it comes from, its tables by file, and the sheet of what waits."""

    origin: Origin
    tables: dict[str, Content]
    unmapped: Content


def read_workbook(path: Path, problems: Problems) -> Read:
    """The workbook in ``path``; cells that cannot be taken are added to ``problems`` by file, row and column.

    Raises MappingFileError when it is none of ours, or cannot be read as a whole.
    """
    with opened(path) as book, readable(path):
        origin = _origin(book, str(path))
        _check_sheets(book, origin, problems)
        names = set(book.sheetnames)
        tables = {
            file: _content(book[title], file, problems) for file, title in origin.titles.items() if title in names
        }
        nothing = Content(columns=(), header=(), rows=())
        unmapped = _content(book[origin.unmapped], UNMAPPED_FILE, problems) if origin.unmapped in names else nothing
    return Read(origin=origin, tables=tables, unmapped=unmapped)


def _origin(book: Workbook, where: str) -> Origin:
    if HIDDEN not in book.sheetnames:
        raise MappingFileError("this workbook was not exported by the connector", hint=AGAIN, where=where)
    cells: dict[tuple[int, int], str] = {}
    for number, row in enumerate(book[HIDDEN].iter_rows(max_col=2, max_row=20_000, values_only=True), start=1):
        cells |= {(number, column): value for column, value in enumerate(row, start=1) if isinstance(value, str)}
        if not any(row):
            break
    return read_origin(cells, where)


def _check_sheets(book: Workbook, origin: Origin, problems: Problems) -> None:
    """Sheets that are missing, and sheets that are not ours."""
    named = {title: file for file, title in origin.titles.items()} | {origin.unmapped: UNMAPPED_FILE}
    ours = {*named, origin.errors, HIDDEN, LISTS}
    others = [title for title in book.sheetnames if title not in ours]
    for title, file in named.items():
        if title not in book.sheetnames:
            hint = nearest(title, others) or "; export the workbook anew"
            problems.error(file, 0, "", f"the sheet '{title}' is missing{hint}")
    for title in others:
        text = f"the sheet '{title}' is not one of the workbook; rename it as it was, or keep it in a file of its own"
        problems.error(title, 0, "", text)


def _content(sheet: Any, file: str, problems: Problems) -> Content:
    own: list[Texts] = []
    inherited: list[tuple[str, Texts]] = []
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what the file says of them is not always so
    else:
        problems.error(file, 0, "", f"'{sheet.title}' is a chart and not a sheet")
        return Content(columns=(), header=(), rows=())
    header = next((_header(row) for _number, row in _rows(sheet, NAMES_ROW, None)), ())
    for number, row in _rows(sheet, NAMES_ROW + 1, len(header) + _BESIDE):
        cells = _texts(file, number, header, row, problems)
        if not any(cells):
            continue
        if len(own) + len(inherited) >= MOST_ROWS:
            problems.error(file, number, "", f"the sheet has more than {MOST_ROWS} rows; what follows was not read")
            break
        if FROM in header and cells[header.index(FROM)]:
            inherited.append((cells[header.index(FROM)], (number, _without(header, cells))))
        else:
            own.append((number, _without(header, cells)))
    return Content(
        columns=header,
        header=tuple(name for name in header if name != FROM),
        rows=tuple(own),
        inherited=tuple(inherited),
    )


def _rows(sheet: Any, first: int, columns: int | None) -> Iterator[tuple[int, Sequence[Any]]]:
    yield from enumerate(sheet.iter_rows(min_row=first, max_col=columns), start=first)


def _header(row: Iterable[Any]) -> tuple[str, ...]:
    names = [from_sheet(cell.value).lower() if isinstance(cell.value, str) else str(cell.value or "") for cell in row]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _without(header: Sequence[str], cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell for name, cell in zip(header, cells, strict=True) if name != FROM)


def _texts(file: str, number: int, header: Sequence[str], row: Sequence[Any], problems: Problems) -> list[str]:
    """The texts of the cells of a row; one that cannot be taken is noted, and here only to be shown."""
    texts = [""] * len(header)
    for place, cell in enumerate(row):
        if cell.value is None:
            continue
        if place >= len(header):
            problems.error(file, number, "", f"'{str(cell.value)[:40]}' stands beside the table, under no column")
            continue
        if file == UNMAPPED_FILE and header[place] in SUMS:
            continue
        try:
            texts[place] = text_of(cell.value, cell.data_type, cell.number_format)
        except WrongCell as wrong:
            problems.error(file, number, header[place], str(wrong))
            texts[place] = str(getattr(cell.value, "text", cell.value))[:_SHOWN]
    return texts
