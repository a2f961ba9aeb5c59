"""Rows that differ between two forms of a mapping set, and when each row got what it says."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Files
from enum import Enum

import msgspec

from connector.mapping_files.layers import identity
from connector.mapping_files.loading import read_tables
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import Schema
from connector.mapping_files.table import Row
from connector.mapping_files.writing import tables_of


class Change(Enum):
    """What became of a row."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """A row that differs. ``cells`` are (column, before, after), those that differ; of an added or removed row all that
    are filled, in the order of the table. ``line`` is where it stands now, 0 when it was removed or stands in no file.
    """

    file: str
    row: str
    change: Change
    cells: tuple[tuple[str, str, str], ...]
    line: int = 0

    def __str__(self) -> str:
        cells = ", ".join(f"{column} '{before}' -> '{after}'" for column, before, after in self.cells)
        told = f" ({cells})" if self.change is Change.CHANGED else ""
        return f"{self.file} {self.row}: {self.change.value}{told}"


class Blamed(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the newest form, and the place in the sequence of forms since which it says what it says."""

    file: str
    row: str
    line: int
    since: int


Rows = dict[tuple[str, tuple[str, ...]], tuple[Schema, Row]]


def changes(before: Files[str, bytes], after: Files[str, bytes]) -> tuple[RowChange, ...]:
    """The rows in force that differ, by file and in the order of the new form; removed ones last.

    Rows are the same by their id, whatever their order, encoding and spelling, and whichever set of a line of descent
    they stand in. MappingFileError when a table cannot be read.
    """
    old, new = _in_force(before), _in_force(after)
    told = [
        one for key, (schema, row) in new.items() if (one := compared(schema, row, old[key][1] if key in old else None))
    ]
    told += [removed(schema, row) for key, (schema, row) in old.items() if key not in new]
    return tuple(sorted(told, key=lambda each: each.file))


def blame(forms: Iterable[Files[str, bytes]]) -> tuple[Blamed, ...]:
    """For every row of the last of ``forms``, the first form from which on it has always said what it says now."""
    since: dict[tuple[str, tuple[str, ...]], tuple[int, list[tuple[str, str]]]] = {}
    rows: Rows = {}
    for place, form in enumerate(forms):
        rows = _rows(form)
        said = {key: _filled(row) for key, (_, row) in rows.items()}
        since = {
            key: (since[key][0] if key in since and since[key][1] == cells else place, cells)
            for key, cells in said.items()
        }
    return tuple(
        Blamed(file=row.file, row=_name(schema, row), line=row.line, since=since[key][0])
        for key, (schema, row) in rows.items()
    )


def _in_force(files: Files[str, bytes]) -> Rows:
    """The rows that count: those of the set itself and what it inherits."""
    problems = Problems()
    tables = read_tables(files, problems) if files else {}
    problems.stop("mapping")
    return {
        (table.schema.file, identity(table.schema, row)): (table.schema, row)
        for table in tables.values()
        if table is not None
        for row in table.rows
    }


def _rows(files: Files[str, bytes]) -> Rows:
    return {
        (table.file, identity(table.schema, row)): (table.schema, row)
        for table in tables_of(files)
        for row in table.rows
    }


def compared(schema: Schema, row: Row, old: Row | None) -> RowChange | None:
    """How ``row`` differs from ``old`` (``None``: there was none); ``None`` when it does not."""
    change = Change.ADDED if old is None else Change.CHANGED
    cells = _cells(schema, old.cells if old else {}, row.cells)
    return (
        RowChange(file=row.file, row=_name(schema, row), change=change, cells=cells, line=row.line) if cells else None
    )


def removed(schema: Schema, row: Row) -> RowChange:
    """That ``row`` is gone."""
    cells = _cells(schema, row.cells, {})
    return RowChange(file=row.file, row=_name(schema, row), change=Change.REMOVED, cells=cells)


def _cells(schema: Schema, before: Files[str, str], after: Files[str, str]) -> tuple[tuple[str, str, str], ...]:
    columns = sorted({*before, *after}, key=schema.place)
    return tuple(
        (column, before.get(column, ""), after.get(column, ""))
        for column in columns
        if before.get(column, "") != after.get(column, "")
    )


def _filled(row: Row) -> list[tuple[str, str]]:
    return sorted((column, cell) for column, cell in row.cells.items() if cell)


def _name(schema: Schema, row: Row) -> str:
    """What a person calls the row: its id, or the filled cells of its key."""
    return row.cells.get("id") or " ".join(cell for column in schema.key if (cell := row.cells.get(column, "")))
