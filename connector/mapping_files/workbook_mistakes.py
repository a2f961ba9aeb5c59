"""The sheet Errors: what is wrong, at its place in the workbook, and a copy of a workbook in which it is coloured."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from connector.errors import MappingFileError
from connector.mapping_files.problems import Noted
from connector.mapping_files.workbook_layout import BREAK, FIRST_ROW
from connector.mapping_files.workbook_opening import opened, readable
from connector.mapping_files.workbook_styles import GREY, RED, TITLE, add_styles, finish, head, put
from connector.texts import _, marked

MOST_SHOWN = 10_000
"""So many mistakes are listed; whoever has more has one that is everywhere."""
_COPIED = 30_000_000
"""Bytes of a workbook up to which a whole copy is made; of a larger one only the list."""
_COLUMNS = (
    ("weight", marked("Weight"), marked("An error keeps the tables from being used; a warning is worth a look.")),
    ("sheet", marked("Sheet"), marked("The sheet, or the file where it is inherited.")),
    ("row", marked("Row"), marked("Number of the row.")),
    ("column", marked("Column"), marked("Name of the column, as in row 2.")),
    ("cell_value", marked("Value"), marked("What the cell holds.")),
    ("what_would_be_right", marked("What would be right"), marked("What is wrong, and what would be right.")),
)
Places = Mapping[str, tuple[str, Sequence[str]]]
"""Sheet and names of the columns, by the file that problems name."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """An error or, with ``warning``, a doubt. ``row`` 0 is the whole sheet, ``column`` '' the whole row; ``cell`` is
    the place as spreadsheets write it (B14), '' where there is none."""

    sheet: str
    row: int
    column: str
    cell: str
    value: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        row = f" row {self.row}" if self.row else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.sheet}{row}{column}: {self.text}"


class WorkbookError(MappingFileError):
    """A workbook of which nothing was taken over: ``mistakes`` are its errors and warnings, each at its place,
    ``title`` is the name of its sheet Errors."""

    def __init__(
        self, message: str, *, mistakes: Sequence[Mistake] = (), title: str = "", hint: str = "", where: str = ""
    ) -> None:
        problems = tuple(str(each) for each in mistakes if not each.warning)
        super().__init__(message, problems=problems, hint=hint, where=where)
        self.mistakes, self.title = tuple(mistakes), title


def mistakes_of(
    errors: Iterable[Noted], warnings: Iterable[Noted], places: Places, values: Mapping[tuple[str, int, str], str]
) -> list[Mistake]:
    """Problems at their places: errors first, by sheet and row. ``values`` holds cells by file, row and column."""
    titles = {title: number for number, (title, _columns) in enumerate(places.values())}
    found = [
        _mistake(noted, places, values, warning=warning)
        for warning, several in ((False, errors), (True, warnings))
        for noted in dict.fromkeys(several)
    ]
    return sorted(found, key=lambda each: (each.warning, titles.get(each.sheet, len(titles)), each.sheet, each.row))


def _mistake(noted: Noted, places: Places, values: Mapping[tuple[str, int, str], str], *, warning: bool) -> Mistake:
    file, row, column, text = noted
    title, columns = places.get(file, (file, ()))
    at = get_column_letter(columns.index(column) + 1) if row and column in columns else ""
    return Mistake(
        sheet=title,
        row=row,
        column=column,
        cell=f"{at}{row}" if at else "",
        value=values.get((file, row, column), ""),
        text=text.replace(BREAK, "\n"),
        warning=warning,
    )


def write_mistakes(sheet: Worksheet, mistakes: Sequence[Mistake]) -> None:
    """Fill the sheet Errors; each row leads to its cell."""
    head(sheet, [(name, _(title), _(meaning)) for name, title, meaning in _COLUMNS])
    for row, each in enumerate(mistakes[:MOST_SHOWN], start=FIRST_ROW):
        weight = _("warning") if each.warning else _("error")
        texts = (weight, each.sheet, str(each.row or ""), each.column, each.value, each.text)
        for column, text in enumerate(texts, start=1):
            put(sheet, row, column, text[:1000], GREY)
        if each.cell:
            quoted = each.sheet.replace("'", "''")
            link = Hyperlink(ref=f"D{row}", location=f"'{quoted}'!{each.cell}")
            sheet.cell(row, 4).hyperlink = link
    if not mistakes:
        put(sheet, FIRST_ROW, 1, _("There are none."), GREY)
    last = FIRST_ROW + max(min(len(mistakes), MOST_SHOWN), 1) - 1
    finish(sheet, last_row=last, columns=len(_COLUMNS), frozen=0, can_insert=False)
    sheet.column_dimensions[get_column_letter(len(_COLUMNS))].width = 100


def with_mistakes(path: Path, title: str, mistakes: Sequence[Mistake]) -> bytes:
    """A copy of the workbook in ``path`` with ``mistakes`` on its sheet ``title`` and their cells coloured; of a very
    large one only that sheet. MappingFileError when it cannot be read.
    """
    if path.stat().st_size > _COPIED:
        book = Workbook()
        del book[book.sheetnames[0]]
        return _listed(book, title, mistakes)
    with opened(path, streaming=False) as book:
        return _listed(book, title, mistakes)


def _listed(book: Workbook, title: str, mistakes: Sequence[Mistake]) -> bytes:
    place = len(book.sheetnames)
    if title in book.sheetnames:
        place = book.sheetnames.index(title)
        del book[title]
    if TITLE not in book.named_styles:
        add_styles(book)
    for each in mistakes[:MOST_SHOWN]:
        if each.cell and each.sheet in book.sheetnames:
            cell = book[each.sheet][each.cell]
            if isinstance(cell, Cell):
                cell.fill = RED
    sheet = book.create_sheet(title, place)
    write_mistakes(sheet, mistakes)
    book.active = place
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet
    content = io.BytesIO()
    with readable(Path(title)):
        book.save(content)
    return content.getvalue()
