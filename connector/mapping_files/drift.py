"""Drift: where a set differs from the one it inherits from."""

from __future__ import annotations

from collections.abc import Mapping as Files

from connector.mapping_files.layers import PARENT, identity, is_empty, layers
from connector.mapping_files.problems import Problems
from connector.mapping_files.row_changes import Change, RowChange, compared
from connector.mapping_files.schemas import SCHEMAS, SETTINGS, Schema
from connector.mapping_files.table import Row, read_table


def drift(files: Files[str, bytes]) -> tuple[tuple[RowChange, ...], tuple[tuple[str, str], ...]]:
    """The rows by which a set differs from what it inherits, and (table, row) of those that say the same as their
    parent's. Both empty without a parent."""
    own, *parents = layers(files)
    changed: list[RowChange] = []
    same: list[tuple[str, str]] = []
    for file, schema in SCHEMAS.items():
        inherited = _rows(schema, [layer.files[file] for layer in reversed(parents) if file in layer.files])
        for key, row in _rows(schema, [own.files[file]] if file in own.files else []).items():
            if schema is SETTINGS and row.cells["key"] == PARENT:
                continue
            told = compared(schema, row, inherited.get(key))
            if told is None:
                same.append((file, key[0]))
            elif is_empty(schema, row):
                before = tuple((column, was, "") for column, was, _ in told.cells)
                changed.append(RowChange(file=file, row=told.row, change=Change.REMOVED, cells=before, line=row.line))
            else:
                changed.append(told)
    return tuple(changed), tuple(same)


def _rows(schema: Schema, tables: list[bytes]) -> dict[tuple[str, ...], Row]:
    """The rows of ``tables``, the farthest first, by what they are known by."""
    found: dict[tuple[str, ...], Row] = {}
    for content in tables:
        table = read_table(schema, content, Problems())
        for row in table.rows if table else ():
            found[identity(schema, row)] = row
    return found
