"""What a command shows, as a workbook: a sheet for each heading, amounts as numbers with their exact cents."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeGuard

from connector.cli.output import Column, Money, Output, cell
from connector.domain.money import from_minor
from connector.texts import _

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_WIDEST = 60
_EXACT = 10**14
"""Below it a spreadsheet, which only knows floats, shows and adds every cent; beyond it amounts are text."""
_DIGITS = 15
"""So many digits of a number a spreadsheet keeps."""
_NAME = re.compile(r"[\[\]:*?/\\']")
"""Signs that the name of a sheet may not have."""


class SheetOutput(Output):
    """Gathers what is shown instead of showing it; ``workbook`` gives it as the bytes of an XLSX file."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        from openpyxl import Workbook

        self._book = Workbook()
        first = self._book.active
        assert first is not None, "a new workbook has a sheet"
        self._book.remove(first)

    def heading(self, text: str) -> None:
        """Begin a sheet."""
        name = _NAME.sub(" ", text)[:31].strip() or "-"
        self._book.create_sheet(name)  # openpyxl tells equal names apart by a number
        self._row([text], bold=True)

    def text(self, *paragraphs: str) -> None:
        """Add lines of text."""
        for paragraph in paragraphs:
            self._row([paragraph])

    def note(self, text: str) -> None:
        """Add a line of text."""
        self.text(text)

    def facts(self, facts: Mapping[str, object]) -> None:
        """Add names with their values."""
        for name, value in facts.items():
            self._row([_(name), value])

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",
        total: Sequence[object] | None = None,
        empty: str = "",
    ) -> None:
        """Add a table with its titles, and its total below."""
        kept = list(rows)
        if title:
            self._row([title], bold=True)
        if not kept and empty:
            self._row([empty])
            return
        self._row([_(each.title) for each in columns], bold=True)
        for row in kept:
            self._row(row)
        if total is not None:
            self._row(total, bold=True)

    def answer(self, document: object) -> None:
        """JSON is not for sheets."""

    def workbook(self) -> bytes:
        """Everything that was gathered, as an XLSX file."""
        for sheet in self._book.worksheets:
            _widen(sheet)
        written = io.BytesIO()
        self._book.save(written)
        return written.getvalue()

    def _row(self, values: Sequence[object], *, bold: bool = False) -> None:
        from openpyxl.styles import Font

        if not self._book.worksheets:
            self._book.create_sheet(_("Overview"))
        sheet = self._book.worksheets[-1]
        number = sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value is not None else 1
        for place, value in enumerate(values, 1):
            _put(sheet, number, place, value)
            if bold:
                sheet.cell(number, place).font = Font(bold=True)


def _put(sheet: Worksheet, row: int, column: int, value: object) -> None:
    """Amounts and counts become numbers, everything else text, never a formula."""
    target = sheet.cell(row, column)
    if isinstance(value, Money) and abs(value.minor) < _EXACT:
        target.value = from_minor(value.minor, value.currency)
        target.number_format = "#,##0.00"
    elif _is_number(value):
        target.value = value
    else:
        target.value = cell(value)
        target.data_type = "s"
        target.number_format = "@"


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    if isinstance(value, Decimal):
        return len(value.as_tuple().digits) <= _DIGITS
    return isinstance(value, int) and not isinstance(value, bool)


def _widen(sheet: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    for column in sheet.iter_cols():
        widest = max((len(str(each.value)) for each in column[1:] if each.value is not None), default=8)
        sheet.column_dimensions[get_column_letter(column[0].column or 1)].width = min(widest + 2, _WIDEST)
