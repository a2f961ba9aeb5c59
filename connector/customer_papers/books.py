"""Workbooks that are the same bytes for the same content, with real numbers and days and never a formula."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from connector.customer_papers.layout import clean

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_EPOCH = datetime.date(2000, 1, 1)
_FIRST = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a ZIP file can hold."""
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_EXACT = 10**13
"""Below it a spreadsheet, which only knows floats, shows and adds every cent; beyond it a number is text."""
_LONGEST = 32_767
_WIDEST = 60
_DECIMALS = 6


def put(sheet: Worksheet, values: Sequence[object], *, row: int = 0, bold: bool = False) -> None:
    """Add a row, below what is there or at ``row``: decimals as numbers and days as such, the rest as
    text."""
    from openpyxl.styles import Font

    number = row or (sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value is not None else 1)
    for place, value in enumerate(values, 1):
        cell = sheet.cell(number, place)
        if isinstance(value, Decimal) and abs(value) < _EXACT:
            cell.value = value
            cell.number_format = _format(value)
        elif isinstance(value, datetime.date):
            cell.value = value
            cell.number_format = "yyyy-mm-dd"
        elif value not in (None, ""):
            cell.value = clean(str(value))[:_LONGEST]
            cell.data_type = "s"
            cell.number_format = "@"
        if bold:
            cell.font = Font(bold=True)


def _format(value: Decimal) -> str:
    """A format with as many decimals as there are; a spreadsheet shows it with the signs of its user."""
    exponent = value.as_tuple().exponent
    decimals = min(-exponent, _DECIMALS) if isinstance(exponent, int) and exponent < 0 else 0
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


def widen(sheet: Worksheet, *, below: int = 1) -> None:
    """Make columns as wide as what stands in them from row ``below`` on."""
    from openpyxl.utils import get_column_letter

    for place, column in enumerate(sheet.iter_cols(min_row=below), 1):
        widest = max((len(str(cell.value)) for cell in column if cell.value is not None), default=8)
        sheet.column_dimensions[get_column_letter(place)].width = min(max(widest, 8) + 2, _WIDEST)


def written(book: Workbook, day: datetime.date | None = None) -> bytes:
    """The bytes of ``book``, which say that it was made on ``day`` and nothing of now."""
    made = datetime.datetime.combine(day or _EPOCH, datetime.time(12))
    book.properties.creator = ""
    book.properties.created = made
    saved, fixed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    stamp = made.isoformat().encode() + b"Z"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            new.writestr(stored(part.filename), content)
    return fixed.getvalue()


def stored(name: str) -> zipfile.ZipInfo:
    """A place for ``name`` in a ZIP file that says nothing of when it was made."""
    place = zipfile.ZipInfo(name, _FIRST)
    place.compress_type = zipfile.ZIP_DEFLATED
    place.external_attr = 0o644 << 16
    return place
