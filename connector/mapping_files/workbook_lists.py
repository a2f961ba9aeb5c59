"""Drop-downs: the values that cells can have, on a hidden sheet, and how strictly a spreadsheet asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from connector.mapping_files.columns import Column, Kind
from connector.mapping_files.workbook_layout import FIRST_ROW, Sheet
from connector.mapping_files.workbook_styles import GREY, put
from connector.texts import _

Style = Literal["stop", "warning"] | None
_STRICT = frozenset({Kind.CHOICE, Kind.YES_NO})
"""Only the values of the list are right; elsewhere a row of another sheet may be the reason for a further one."""


class Lists:
    """The lists of a workbook: each is written once, into a column of its own."""

    def __init__(self, sheet: Worksheet, tables: Sequence[Sheet]) -> None:
        self._sheet = sheet
        self._places: dict[tuple[str, ...], str] = {}
        rows = {each.file: (*each.own, *each.inherited) for each in tables}

        def cells(file: str, *columns: str) -> tuple[str, ...]:
            found = (row.cells.get(column, "") for column in columns for row in rows[file])
            return tuple(sorted({cell for cell in found if cell}))

        self.accounts = (*cells("accounts.csv", "role"), *cells("accounts.csv", "code"))
        self.policies = ("none", *(policy for policy in cells("deferrals.csv", "policy") if policy != "none"))
        self.tax_codes = cells("tax.csv", "code")

    def values_of(self, column: Column) -> tuple[str, ...]:
        """What a cell of ``column`` can be chosen from; nothing where it is free."""
        match column.kind:
            case Kind.ACCOUNT:
                return self.accounts
            case Kind.POLICY:
                return self.policies
            case Kind.YES_NO:
                return ("yes", "no")
            case _ if column.name == "expect_tax":
                return self.tax_codes
            case _ if column.name == "expect_deferral":
                return self.policies
            case _:
                return column.values

    def offer(self, sheet: Worksheet, column: Column, at: int, last_row: int) -> None:
        """Give the cells of ``column``, the ``at``-th of ``sheet``, their drop-down."""
        values = self.values_of(column)
        if values:
            hint = column.kind is Kind.TEXT and column.name not in {"expect_tax", "expect_deferral"}
            style: Style = None if hint else "stop" if column.kind in _STRICT else "warning"
            self.drop_down(sheet, at, last_row, values, style)

    def drop_down(self, sheet: Worksheet, at: int, last_row: int, values: Iterable[str], style: Style) -> None:
        """A drop-down of ``values``; another value is refused (``stop``), asked about (``warning``) or taken."""
        rule = DataValidation(type="list", formula1=self._place(tuple(values)), allow_blank=True)
        rule.showErrorMessage = style is not None
        if style is not None:
            rule.errorStyle = style
            rule.errorTitle = _("Not in the list")
            rule.error = _("This value is not in the list of the column.")
        letter = get_column_letter(at)
        rule.add(f"{letter}{FIRST_ROW}:{letter}{last_row}")
        sheet.add_data_validation(rule)

    def _place(self, values: tuple[str, ...]) -> str:
        if values not in self._places:
            column = len(self._places) + 1
            for row, value in enumerate(values, start=1):
                put(self._sheet, row, column, value, GREY)
            letter = get_column_letter(column)
            self._places[values] = f"'{self._sheet.title}'!${letter}$1:${letter}${len(values)}"
        return self._places[values]
