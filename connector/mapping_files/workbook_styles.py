"""How a workbook looks, and what of it can be changed: every cell is text, and all but what is filled in is locked.

Protection has no password: it keeps from mistakes, and whoever means it takes it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from connector.mapping_files.workbook_cells import RISKY, to_sheet
from connector.mapping_files.workbook_layout import FIRST_ROW, NAMES_ROW

TITLE = "connector title"
NAME = "connector name"
FREE = "connector free"
ID = "connector id"
GREY = "connector inherited"
AMOUNT = "connector amount"
TEXT_FORMAT = "@"
AMOUNT_FORMAT = "#,##0.00"
RED = PatternFill("solid", start_color="FFC7CE", end_color="FFC7CE")
"""The colour of cells at fault."""
_LINE = Side(style="thin", color="D0D7DE")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_NARROWEST, _WIDEST = 10, 42
_LOOKED_AT = 200
"""So many rows are looked at for the width of a column."""


def add_styles(book: Workbook) -> None:
    """Make the styles known to ``book``."""
    locked, free = Protection(locked=True), Protection(locked=False)
    top = Alignment(vertical="top")
    for style in (
        NamedStyle(TITLE, font=_font(bold=True, color="FFFFFF"), fill=_fill("1F4E79"),
                   alignment=Alignment(vertical="center", wrap_text=True), protection=locked, border=_BOX),
        NamedStyle(NAME, font=_font(italic=True, color="57606A"), fill=_fill("DDEBF7"), protection=locked, border=_BOX),
        NamedStyle(FREE, font=_font(), alignment=top, protection=free, border=_BOX),
        NamedStyle(ID, font=_font(bold=True), fill=_fill("F6F8FA"), alignment=top, protection=locked, border=_BOX),
        NamedStyle(GREY, font=_font(color="8B949E"), fill=_fill("EEEEEE"), alignment=top, protection=locked,
                   border=_BOX),
        NamedStyle(AMOUNT, font=_font(color="57606A"), fill=_fill("EEEEEE"), protection=locked, border=_BOX),
    ):  # fmt: skip
        style.number_format = AMOUNT_FORMAT if style.name == AMOUNT else TEXT_FORMAT
        book.add_named_style(style)


def _font(**more: Any) -> Font:
    return Font(name="Calibri", size=11, **more)


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


def put(sheet: Worksheet, row: int, column: int, text: str, style: str) -> Cell:
    """Write ``text`` as text, whatever it looks like; what a spreadsheet could run is marked as text once more."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell), "our sheets have no merged cells"
    cell.style = style
    if text:
        cell.value = to_sheet(text)
        cell.data_type = "s"
        if text.startswith(RISKY):
            cell.quotePrefix = True
    return cell


def head(sheet: Worksheet, titles: Sequence[tuple[str, str, str]]) -> None:
    """Write titles, names and, as notes, meanings: (name, title, meaning) for each column."""
    for column, (name, title, meaning) in enumerate(titles, start=1):
        cell = put(sheet, 1, column, title, TITLE)
        put(sheet, NAMES_ROW, column, name, NAME)
        if meaning:
            cell.comment = Comment(meaning, "Copaco connector", width=320, height=60 + 18 * (len(meaning) // 45))
    sheet.row_dimensions[1].height = 32


def finish(sheet: Worksheet, *, last_row: int, columns: int, frozen: int, can_insert: bool = True) -> None:
    """Widths, frozen titles, filter, protection, and how the sheet is printed."""
    for column in range(1, columns + 1):
        letter = get_column_letter(column)
        texts = (str(sheet.cell(row, column).value or "") for row in range(NAMES_ROW, min(last_row, _LOOKED_AT) + 1))
        longest = max((len(line) for text in texts for line in text.split("\n")), default=0)
        title = len(str(sheet.cell(1, column).value or "")) * 2 // 3
        sheet.column_dimensions[letter].width = min(max(longest, title, _NARROWEST) + 3, _WIDEST)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, frozen + 1).coordinate
    sheet.auto_filter.ref = f"A{NAMES_ROW}:{get_column_letter(columns)}{max(last_row, FIRST_ROW)}"
    protect(sheet, can_insert=can_insert)
    sheet.print_title_rows = f"1:{NAMES_ROW}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]


def protect(sheet: Worksheet, *, can_insert: bool = False) -> None:
    """Lock what is locked; filtering, sorting, widths and, where it makes sense, new rows stay possible."""
    guard = sheet.protection
    guard.sheet = True
    # In the format, these say what is locked.
    guard.sort = guard.autoFilter = guard.formatColumns = guard.formatRows = False
    guard.insertRows = guard.deleteRows = not can_insert
