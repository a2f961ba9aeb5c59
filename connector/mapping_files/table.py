"""Reading a table: bytes to rows of text cells, strictly. What a cell means is read by ``cells``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from connector.mapping_files.columns import Column, Kind, spelled
from connector.mapping_files.problems import Problems, nearest
from connector.mapping_files.schemas import Schema

_SEPARATOR = re.compile(r'"?sep=(.)"?[ ;,]*\n', re.IGNORECASE)
"""The first line by which Excel knows the separator; it is no row."""


_REMARKS = {
    Kind.DATE: "a date such as 1-2-2026 is read as 2026-02-01, day first, and written so when the table is saved",
    Kind.NUMBER: "the comma is read as a decimal point, and written as one when the table is saved",
}
"""What is told when a cell was not in the canonical spelling; what needs no look is spelled right in silence."""
_AS_THEY_ARE = frozenset({Kind.TEXT, Kind.IDENTIFIER, Kind.ACCOUNT, Kind.POLICY, Kind.TEMPLATE})
_REMARKS |= dict.fromkeys((Kind.PERCENT, Kind.WHOLE), _REMARKS[Kind.NUMBER])


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not blank: the file and the line it begins on (header = 1), and its cells without surrounding
    spaces, in their one spelling."""

    file: str
    line: int
    cells: dict[str, str]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table as read. ``columns`` are in the order of the file, ``file`` is its name."""

    schema: Schema
    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(schema: Schema, content: bytes, problems: Problems, *, file: str = "") -> Table | None:
    """The table in ``content``, or ``None`` when it cannot be read as one; what is wrong is added to ``problems``.

    UTF-8 with or without BOM (Windows-1252 with a warning), semicolon or comma or what Excel's line 'sep=;' says, any
    line end. Blank rows are skipped; column names may be in capitals. ``file`` is the name that problems and rows
    carry, by default that of the schema.
    """
    return _Reading(schema, file or schema.file, problems).table(content)


class _Reading:
    """One file being read."""

    def __init__(self, schema: Schema, file: str, problems: Problems) -> None:
        self._schema, self._file, self._problems = schema, file, problems

    def table(self, content: bytes) -> Table | None:
        """The table in ``content``."""
        text = self._decoded(content)
        if text is None:
            return None
        told = _SEPARATOR.match(text)
        first_line = text.lstrip().partition("\n")[0]
        delimiter = told[1] if told else ";" if ";" in first_line else ","
        if delimiter == "\t" or "\t" in first_line:
            self._error(1, "", "the cells are separated by tabs; save it as 'CSV UTF-8', with semicolons")
            return None
        records = list(self._records(text, delimiter, skip=1 if told else 0))
        if not records:
            self._error(0, "", f"the file is empty; it needs at least the header {';'.join(self._schema.names)}")
            return None
        header = [name.strip().lower() for name in records[0][1]]
        while header and not header[-1]:
            header.pop()
        if not self._header_is_right(header):
            return None
        kinds = [self._schema.column(name) or Column(name=name) for name in header]
        rows = tuple(row for line, cells in records[1:] if (row := self._row(kinds, line, cells)))
        return Table(schema=self._schema, file=self._file, columns=tuple(header), rows=rows)

    def _error(self, line: int, column: str, text: str) -> None:
        self._problems.error(self._file, line, column, text)

    def _decoded(self, content: bytes) -> str | None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as wrong:
            line = content.count(b"\n", 0, wrong.start) + 1
            try:
                text = content.decode("cp1252")
            except UnicodeDecodeError:
                text = "\0"
            else:
                self._problems.warning(self._file, line, "", "not UTF-8, read as Windows-1252; save it as 'CSV UTF-8'")
        if "\0" in text:
            self._error(0, "", "the file is no readable text; save it as 'CSV UTF-8' and try again")
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _records(self, text: str, delimiter: str, *, skip: int) -> Iterator[tuple[int, list[str]]]:
        """Each record that is not blank, with the line on which it begins; the first ``skip`` lines are none."""
        reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                if line > skip and any(cell.strip() for cell in cells):
                    yield line, [cell.strip() for cell in cells]
                line = reader.line_num + 1
        except csv.Error as wrong:
            self._error(line, "", f"the row cannot be read ({wrong}); look for a stray quotation mark")

    def _header_is_right(self, header: list[str]) -> bool:
        wrong = False
        missing = [column for column in self._schema.required if column not in header]
        for place, column in enumerate(header, start=1):
            if not column:
                self._error(1, "", f"column {place} has no name")
            elif self._schema.column(column) is None:
                hint = nearest(column, missing) or nearest(column, self._schema.names)
                self._error(1, column, f"the table has no such column{hint}")
            elif column in header[: place - 1]:
                self._error(1, column, "the column is there twice")
            else:
                continue
            wrong = True
        for column in missing:
            self._error(1, column, "the column is missing")
        return not wrong and not missing

    def _row(self, columns: list[Column], line: int, cells: list[str]) -> Row | None:
        while len(cells) > len(columns) and not cells[-1]:
            cells.pop()
        if len(cells) != len(columns):
            text = f"the row has {len(cells)} cells where the header has {len(columns)}"
            self._error(line, "", f"{text}; look for a missing or an extra separator")
            return None
        names, kinds = [column.name for column in columns], self._schema.kinds
        if kinds and (kind := kinds.get(cells[names.index(self._schema.key[0])])):
            columns = [msgspec.structs.replace(one, kind=kind) if one.name == "value" else one for one in columns]
        read = {column.name: self._spelled(column, line, cell) for column, cell in zip(columns, cells, strict=True)}
        return Row(file=self._file, line=line, cells=read)

    def _spelled(self, column: Column, line: int, cell: str) -> str:
        if column.kind in _AS_THEY_ARE or not cell:
            return cell
        right = spelled(column.kind, cell, column.values)
        if right != cell and column.kind in _REMARKS:
            self._problems.warning(self._file, line, column.name, _REMARKS[column.kind])
        return right
