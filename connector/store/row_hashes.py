"""Row hashes: by which a line is found again, in another document or on the other side of the sale.

A line keeps its InvoiceRowHash as text among what was received, and as a number beside it: an index on long texts would
cost more than the lines themselves. The number is even for a purchase and odd for a sale, so that the two sides of one
row are neighbours. Two lines with one number are compared by their texts where it matters.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select

from connector.domain.invoice import Direction
from connector.store import bulk, tables
from connector.store.documents import is_newest, newest, received_fields, row_hash_number
from connector.store.joins import same
from connector.store.kept import Kept


def in_received(received: str) -> str:
    """The InvoiceRowHash of a line, '' when it has none."""
    return received_fields(received)["invoice_row_hash"] or ""


def partner(column: ColumnElement[int], direction: Direction) -> ColumnElement[int]:
    """The number that the other side has, for a ``column`` of lines of ``direction``."""
    return column + 1 if direction is Direction.PURCHASE else column - 1


def same_rows(connection: Connection, administration_id: int, kept: Kept) -> tuple[tuple[str, int], ...]:
    """Other current documents of the same source that hold a row hash of this one, with the number of lines:
    (number, lines)."""
    line, sale = tables.line, kept.key.direction is Direction.SALE
    received = bulk.rows_of(
        connection,
        select(line.c.received).where(
            line.c.administration_id == administration_id, line.c.version_id == kept.version_id
        ),
    )
    numbered = ((in_received(each), row_hash_number(in_received(each), sale=sale)) for (each,) in received)
    mine = {number: text for text, number in numbered if number is not None}
    elsewhere: dict[int, dict[int, int]] = {}
    rows = connection.execute(
        select(line.c.version_id, line.c.line_no, line.c.row_hash).where(
            line.c.administration_id == administration_id,
            bulk.among(connection, line.c.row_hash, mine),
            line.c.version_id != kept.version_id,
        )
    )
    for version_id, line_no, number in rows:
        elsewhere.setdefault(version_id, {})[line_no] = number
    found: dict[str, int] = {}
    for version_id, number in _others(connection, administration_id, kept, elsewhere):
        same = _same_texts(connection, administration_id, version_id, elsewhere[version_id], mine)
        if same:
            found[number] = found.get(number, 0) + same
    return tuple(sorted(found.items()))


def _others(
    connection: Connection, administration_id: int, kept: Kept, version_ids: Collection[int]
) -> list[tuple[int, str]]:
    """Which of ``version_ids`` are current versions of other invoices of the same source: (version, number)."""
    if not version_ids:
        return []
    invoice, version, latest = tables.invoice, tables.invoice_version, newest()
    rows = connection.execute(
        select(version.c.version_id, invoice.c.number)
        .join(invoice, same(invoice, version, "invoice_id"))
        .join(latest, is_newest(latest))
        .where(
            version.c.administration_id == administration_id,
            version.c.version_id.in_(version_ids),
            invoice.c.invoice_id != kept.invoice_id,
            invoice.c.source == kept.key.source,
        )
    )
    return [(version_id, number) for version_id, number in rows]


def _same_texts(
    connection: Connection, administration_id: int, version_id: int, lines: dict[int, int], mine: dict[int, str]
) -> int:
    """How many of ``lines`` (number of line → number of hash) really have our hash, compared by its text."""
    line = tables.line
    rows = connection.execute(
        select(line.c.line_no, line.c.received).where(
            line.c.administration_id == administration_id, line.c.version_id == version_id, line.c.line_no.in_(lines)
        )
    )
    return sum(mine.get(lines[line_no]) == in_received(received) for line_no, received in rows)
