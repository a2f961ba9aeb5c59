"""Reading the cells of a row: dates, numbers, yes and no, names from a list. What is wrong is noted, and a
harmless value returned.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from decimal import Decimal

from connector.domain.tax import COUNTRIES, iso_country
from connector.domain.template import unknown_fields
from connector.mapping_files.columns import Kind, spelled
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Row, Table

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,10})?")
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+")


class Cells:
    """The cells of one row. A column that the file leaves out reads as blank."""

    def __init__(self, row: Row, problems: Problems) -> None:
        self.file = row.file
        self.line = row.line
        self._cells = row.cells
        self._problems = problems

    def line_of(self, file: str, line: int) -> str:
        """Where another row is, as seen from this one: 'line 14', or with its file where that is another one."""
        return f"line {line}" if file == self.file else f"line {line} of {file}"

    def wrong(self, column: str, text: str) -> None:
        """Note an error in ``column``."""
        self._problems.error(self.file, self.line, column, text)

    def doubtful(self, column: str, text: str) -> None:
        """Note a warning about ``column``."""
        self._problems.warning(self.file, self.line, column, text)

    def nearest(self, word: str, known: Collection[str]) -> str:
        """'; did you mean ...?' when one of ``known`` is close to ``word``, else ''."""
        return self._problems.nearest(word, known)

    def text(self, column: str) -> str:
        """The cell as it is."""
        return self._cells.get(column, "")

    def identifier(self, column: str) -> str:
        """A cell that must be filled, and that a spreadsheet may not have shortened to 1,6E+03."""
        value = self.text(column)
        if not value:
            self.wrong(column, "the cell must be filled")
        elif _SHORTENED.fullmatch(value):
            self.wrong(
                column, f"'{value}' was shortened by the spreadsheet; format the column as text and type it again"
            )
        return value

    def one_of(self, column: str, known: Collection[str], *, blank: bool = False) -> str:
        """One of ``known``, in any case; '' only when ``blank`` allows it."""
        value = self.text(column)
        by_folded = {name.casefold(): name for name in known}
        if value.casefold() in by_folded:
            return by_folded[value.casefold()]
        if value or not blank:
            self.wrong(column, f"'{value}' is not one of {', '.join(known)}{self.nearest(value, known)}")
        return ""

    def yes_no(self, column: str) -> bool:
        """Yes or no, in English, Dutch or French; blank is no."""
        value = self.text(column)
        if value not in {"yes", "no", ""}:
            self.wrong(column, f"'{value}' is neither yes nor no")
        return value == "yes"

    def date(self, column: str) -> datetime.date | None:
        """An ISO date; blank is ``None``."""
        value = self.text(column)
        if not value:
            return None
        try:
            if _DATE.fullmatch(value):
                return datetime.date.fromisoformat(value)
        except ValueError:
            pass
        self.wrong(column, f"'{value}' is not a date; write it as 2026-01-31")
        return None

    def period(self) -> tuple[datetime.date | None, datetime.date | None]:
        """``valid_from`` and ``valid_to``, in that order."""
        start, end = self.date("valid_from"), self.date("valid_to")
        if start and end and end < start:
            self.wrong("valid_to", f"{end} is before valid_from {start}")
        return start, end

    def number(self, column: str) -> Decimal | None:
        """A number that is not negative, with a decimal point; blank is ``None``."""
        value = spelled(Kind.NUMBER, self.text(column))  # the value of a setting is any text to its table
        if not value:
            return None
        if _THOUSANDS.fullmatch(value):
            self.wrong(
                column, f"'{value}' may be thousands or thousandths; write it as 1234.50, with two decimals or none"
            )
            return None
        if _NUMBER.fullmatch(value):
            return Decimal(value)
        self.wrong(column, f"'{value}' is not a number; write it as 1234.50, without sign, spaces or comma")
        return None

    def whole(self, column: str) -> int | None:
        """A whole number that is not negative; blank is ``None``."""
        value = self.number(column)
        if value is not None and value != int(value):
            self.wrong(column, f"'{value}' is not a whole number")
        return None if value is None else int(value)

    def percentage(self, column: str) -> Decimal | None:
        """A percentage from 0 to 100; blank is ``None``."""
        value = self.number(column)
        if value is not None and value > 100:
            self.wrong(column, f"'{value}' is not a percentage; write 21 for 21 %")
        return value

    def country(self, column: str) -> str:
        """An ISO country code; blank is ''."""
        value = iso_country(self.text(column))
        if value and value not in COUNTRIES:
            self.wrong(column, f"'{value}' is not a country code that is known here{self.nearest(value, COUNTRIES)}")
        return value

    def template(self, column: str, fields: Collection[str]) -> str:
        """A template that reads only ``fields``."""
        value = self.text(column)
        try:
            unknown = unknown_fields(value, fields)
        except ValueError as wrong:
            self.wrong(column, str(wrong))
            return ""
        for field in unknown:
            self.wrong(column, f"there is no field {{{field}}}{self.nearest(field, fields)}")
        return "" if unknown else value


def each_row(table: Table | None, problems: Problems) -> list[Cells]:
    """The rows of ``table``, none when it could not be read; rows with the same key are an error."""
    if table is None:
        return []
    rows = [Cells(row, problems) for row in table.rows]
    seen: dict[tuple[str, ...], Cells] = {}
    for cells in rows:
        key = tuple(cells.text(column).casefold() for column in table.schema.key)
        first = seen.setdefault(key, cells)
        if first is not cells:
            named = next((column for column in table.schema.key if cells.text(column)), table.schema.key[0])
            shown = " ".join(cells.text(column) for column in table.schema.key if cells.text(column))
            cells.wrong(named, f"'{shown}' is there already, on {cells.line_of(first.file, first.line)}")
    return rows
