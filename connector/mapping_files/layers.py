"""Inheritance: a set names a parent in its settings, and its rows take the place of the parent's rows.

An office keeps one set for all its clients; a client's set lies beside it and holds only what differs. The nearer row
wins, by what identifies it; a row of which nothing but that is filled takes the parent's row away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Files
from pathlib import Path

import msgspec

from connector.errors import MappingFileError
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import ACCOUNTS, SETTINGS, Schema
from connector.mapping_files.table import Row, Table, read_table

PARENT = "parent"
"""The setting that names the parent: a folder beside the set's own."""
_NAME = re.compile(r"[^\W_][\w.-]*")


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One set of a line of descent: its name ('' for the set itself) and the content of its tables by file name."""

    name: str
    files: dict[str, bytes]

    def shown(self, file: str) -> str:
        """The name of a file as people see it: ``rules.csv``, or ``office/rules.csv`` for a parent."""
        return f"{self.name}/{file}" if self.name else file


def read_folder(folder: Path) -> dict[str, bytes]:
    """The content of the tables of a set and of its parents, by file name as people see it: what a version keeps.

    Raises MappingFileError when a folder is not there or cannot be read, and when a set descends from itself.
    """
    found: dict[str, bytes] = {}
    line, place, name = [folder.name], folder, ""
    while True:
        layer = Layer(name=name, files=_tables_in(place))
        found |= {layer.shown(file): content for file, content in layer.files.items()}
        name = _parent_in(layer)
        if not name:
            return found
        settings = place / SETTINGS.file
        if not _NAME.fullmatch(name) or not (folder.parent / name).is_dir():
            raise MappingFileError(
                f"the parent '{name}' is no mapping set beside this one",
                hint=f"Name a folder in {folder.parent} as {PARENT} in settings.csv, or take the row out.",
                where=str(settings),
            )
        if name in line:
            raise MappingFileError(
                f"the set descends from itself: {' -> '.join([*line, name])}",
                hint=f"Take the row {PARENT} out of one of these sets.",
                where=str(settings),
            )
        line.append(name)
        place = folder.parent / name


def _tables_in(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise MappingFileError(
            "there is no such mapping folder",
            hint="Check the name of the mapping set, or run 'connector init' to make one from a starter set.",
            where=str(folder),
        )
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}
    except OSError as wrong:
        raise MappingFileError(
            f"the mapping folder cannot be read: {wrong.strerror}", where=str(wrong.filename or folder)
        ) from wrong


def layers(files: Files[str, bytes]) -> list[Layer]:
    """The set itself and its parents, the nearest first, from files as ``read_folder`` gives them."""
    found, name, seen = [], "", set[str]()
    while name not in seen:
        seen.add(name)
        prefix = f"{name}/" if name else ""
        mine = {
            file.removeprefix(prefix): content
            for file, content in files.items()
            if file.startswith(prefix) and "/" not in file.removeprefix(prefix)
        }
        layer = Layer(name=name, files=mine)
        found.append(layer)
        name = _parent_in(layer)
    return found


def _parent_in(layer: Layer) -> str:
    """The parent that the settings of ``layer`` name, '' for none; a table that cannot be read names none."""
    table = read_table(SETTINGS, layer.files.get(SETTINGS.file, b""), Problems())
    named = (row.cells["value"] for row in (table.rows if table else ()) if row.cells["key"] == PARENT)
    return next(named, "")


def merged(schema: Schema, tables: Sequence[Table], problems: Problems) -> Table:
    """One table of those of a line of descent, the nearest first; rows that take nothing away are an error."""
    nearest, *farther = tables
    if not farther:
        return nearest
    rows = list(_own(nearest, nearest.rows))
    removed = {identity(schema, row) for row in nearest.rows if is_empty(schema, row)}
    taken = {identity(schema, row) for row in rows} | removed
    for table in farther:
        new = [row for row in _own(table, _inherited(schema, table, rows)) if identity(schema, row) not in taken]
        removed |= {identity(schema, row) for row in table.rows if is_empty(schema, row)}
        taken |= {identity(schema, row) for row in new} | removed
        rows += new
    _check_removals(schema, tables, problems)
    rows = _agreed(rows) if schema is ACCOUNTS else rows
    columns = dict.fromkeys(name for table in tables for name in table.columns)
    return Table(schema=schema, file=nearest.file, columns=tuple(columns), rows=tuple(rows))


def _check_removals(schema: Schema, tables: Sequence[Table], problems: Problems) -> None:
    known: set[tuple[str, ...]] = set()
    for table in reversed(tables):
        for row in table.rows:
            if is_empty(schema, row) and table is not tables[-1] and identity(schema, row) not in known:
                column = "id" if row.cells.get("id") else schema.key[0]
                text = f"nothing but '{row.cells[column]}' is filled, and no parent has such a row to take away"
                problems.error(row.file, row.line, column, text)
        known |= {identity(schema, row) for row in table.rows}


def _own(table: Table, rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of one table that say something."""
    for row in rows:
        if not is_empty(table.schema, row):
            yield row


def _inherited(schema: Schema, table: Table, nearer: Sequence[Row]) -> Sequence[Row]:
    """The rows of a parent as its children have them: its own parent is not theirs, and one account plays a role."""
    if schema is SETTINGS:
        return [row for row in table.rows if row.cells["key"] != PARENT]
    if schema is not ACCOUNTS:
        return table.rows
    roles = {row.cells["role"]: row.cells["code"] for row in nearer if row.cells["role"]}
    # A role that another account plays now leaves its account, which stays for rows that name its number.
    return [
        _with(row, role="") if roles.get(row.cells["role"], row.cells["code"]) != row.cells["code"] else row
        for row in table.rows
    ]


def _agreed(rows: Sequence[Row]) -> list[Row]:
    """Account rows, the nearest first, with what the nearest one says of each account."""
    known: dict[str, dict[str, str]] = {}
    for row in rows:
        said = known.setdefault(row.cells["code"], {})
        for column, cell in row.cells.items():
            said.setdefault(column, cell)
    own = ("role", "note")
    return [
        _with(row, **known[row.cells["code"]] | {column: row.cells.get(column, "") for column in own}) for row in rows
    ]


def _with(row: Row, **cells: str) -> Row:
    return msgspec.structs.replace(row, cells=row.cells | cells)


def identity(schema: Schema, row: Row) -> tuple[str, ...]:
    """What a row is known by: its id where the table has one, else the columns of its key; without regard to case."""
    if row.cells.get("id"):
        return (row.cells["id"].casefold(),)
    return tuple(row.cells.get(column, "").casefold() for column in schema.key)


def is_empty(schema: Schema, row: Row) -> bool:
    """Whether nothing but what identifies the row is filled."""
    known_by = ("id",) if row.cells.get("id") else schema.key
    return not any(cell for column, cell in row.cells.items() if column not in known_by and column != "note")
