"""What changes between the rows of two states of a table: rows added, changed and removed, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from connector.mapping_files.columns import Kind
from connector.mapping_files.row_changes import RowChange, compared, removed
from connector.mapping_files.schemas import Schema
from connector.mapping_files.table import Row
from connector.mapping_files.workbook_cells import from_sheet

Cells = dict[str, str]
_NUMBERS = frozenset({Kind.NUMBER, Kind.PERCENT, Kind.WHOLE})


def changes(schema: Schema, before: Iterable[Cells], after: Iterable[Cells]) -> tuple[list[RowChange], list[Cells]]:
    """What changes from ``before`` to ``after``, and the rows after that: a number that was only written in another way
    stays as it was, so that nothing changes where nothing was meant.

    The order of the rows never matters; rows are known by their id, else by their key.
    """
    old = _by_name(schema, map(_filled, before))
    new = _by_name(schema, map(_filled, after))
    found: list[RowChange] = []
    rows: list[Cells] = []
    for name in [*old, *(name for name in new if name not in old)]:
        for was, now in _pairs(old.get(name, []), new.get(name, [])):
            kept = _as_before(schema, was, now)
            if kept:
                rows.append(kept)
            if was != kept:
                found.append(_change(schema, was, kept))
    return found, rows


def _filled(cells: Cells) -> Cells:
    return {column: cell for column, cell in cells.items() if cell}


def _by_name(schema: Schema, rows: Iterable[Cells]) -> dict[tuple[str, ...], list[Cells]]:
    found: dict[tuple[str, ...], list[Cells]] = {}
    for cells in rows:
        name = (cells["id"],) if cells.get("id") else tuple(cells.get(column, "") for column in schema.key)
        found.setdefault(name, []).append(cells)
    return found


def _pairs(old: Sequence[Cells], new: Sequence[Cells]) -> Iterator[tuple[Cells, Cells]]:
    """Rows of one name before and after, equal ones together; {} where there is none."""
    left = list(old)
    others = []
    for cells in new:
        if cells in left:
            left.remove(cells)
            yield cells, cells
        else:
            others.append(cells)
    for at in range(max(len(left), len(others))):
        yield left[at] if at < len(left) else {}, others[at] if at < len(others) else {}


def _as_before(schema: Schema, was: Cells, now: Cells) -> Cells:
    kept = dict(now)
    for name, cell in now.items():
        column = schema.column(name)
        before = was.get(name, cell)
        rewritten = column is not None and column.kind in _NUMBERS and _equal(before, cell)
        # LibreOffice saves the text _x0041_ as it is, and then it can only be read as the sign it stands for.
        if before != cell and (rewritten or from_sheet(before) == cell):
            kept[name] = before
    return kept


def _equal(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _change(schema: Schema, was: Cells, now: Cells) -> RowChange:
    before, after = (Row(file=schema.file, line=0, cells=cells) for cells in (was, now))
    found = compared(schema, after, before if was else None) if now else removed(schema, before)
    assert found is not None, "a row that stays as it is does not change"
    return found
