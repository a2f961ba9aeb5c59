"""Invoices and their versions, written: what arrived, read, and kept. Values in, values out."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import zstandard
from sqlalchemy import ColumnElement, Connection, Subquery, func, select

from connector.domain.document import BOOKING_ALGORITHM, CONTENT_ALGORITHM
from connector.domain.finding import Finding
from connector.domain.invoice import Direction, Ident, InvoiceKey
from connector.domain.lost_rows import HashedLine
from connector.domain.reading import Reading
from connector.domain.vocabulary import RECEIVED_FIELDS
from connector.store import bulk, findings, tables
from connector.store.ids import Ids
from connector.store.joins import same
from connector.store.texts import TextReferences

_encode = msgspec.json.Encoder().encode
_CHUNK = 400
Row = tuple[Any, ...]


class KnownVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The current version of an invoice, as far as a new fetch needs to know it."""

    invoice_id: int
    version_id: int
    version_no: int
    slice_id: int
    content: bytes
    booking: bytes


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A new invoice or a new version, ready to be kept.

    ``known`` is the version it follows, ``invoice_id`` its id (a new one for a new invoice), ``part`` the position
    of its end customer
    in the slice, ``drift`` the unknown fields per line (from 1).
    """

    key: InvoiceKey
    reading: Reading
    slice_id: int
    part: int | None
    fetch_id: int
    known: KnownVersion | None = None
    invoice_id: int = 0
    findings: tuple[Finding, ...] = ()
    drift: Mapping[int, str] = {}


class Added(msgspec.Struct, kw_only=True):
    """A version that was added: the combination references of its groups, and whether no line of another document
    has one of its row hashes."""

    version_id: int
    combinations: list[int]
    alone: bool = False


def newest() -> Subquery:
    """The newest version of every invoice: (administration_id, invoice_id, version_no)."""
    stored = tables.invoice_version
    return (
        select(stored.c.administration_id, stored.c.invoice_id, func.max(stored.c.version_no).label("version_no"))
        .group_by(stored.c.administration_id, stored.c.invoice_id)
        .subquery("newest")
    )


def is_newest(latest: Subquery) -> ColumnElement[bool]:
    """The condition that joins ``invoice_version`` to its newest row."""
    stored = tables.invoice_version
    return same(stored, latest, "invoice_id", "version_no")


def current(
    connection: Connection, administration_id: int, keys: Collection[InvoiceKey]
) -> dict[InvoiceKey, KnownVersion]:
    """The current versions of the invoices ``keys`` that are known."""
    found: dict[InvoiceKey, KnownVersion] = {}
    wanted = sorted(keys)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        numbers = {key.number for key in chunk}
        found |= _versions(connection, administration_id, tables.invoice.c.number.in_(numbers))
    return {key: found[key] for key in wanted if key in found}


def current_of_slices(
    connection: Connection, administration_id: int, slice_ids: Collection[int]
) -> dict[InvoiceKey, KnownVersion]:
    """The invoices whose current version lies in one of ``slice_ids``."""
    found: dict[InvoiceKey, KnownVersion] = {}
    wanted = list(slice_ids)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        found |= _versions(connection, administration_id, tables.invoice_version.c.slice_id.in_(chunk))
    return found


def _versions(
    connection: Connection, administration_id: int, condition: ColumnElement[bool]
) -> dict[InvoiceKey, KnownVersion]:
    invoice, version = tables.invoice, tables.invoice_version
    later = version.alias("later")
    no_later = ~(
        select(later.c.version_id)
        .where(same(later, version, "invoice_id"), later.c.version_no > version.c.version_no)
        .exists()
    )
    rows = connection.execute(
        select(
            invoice,
            version.c.version_id,
            version.c.version_no,
            version.c.slice_id,
            version.c.content,
            version.c.booking,
        )
        .join(version, same(version, invoice, "invoice_id"))
        .where(invoice.c.administration_id == administration_id, condition, no_later)
    )
    return {
        InvoiceKey(
            direction=Direction(row.direction),
            source=row.source,
            issuer=row.issuer,
            number=row.number,
            customer=row.customer,
        ): KnownVersion(
            invoice_id=row.invoice_id,
            version_id=row.version_id,
            version_no=row.version_no,
            slice_id=row.slice_id,
            content=bytes(row.content),
            booking=bytes(row.booking),
        )
        for row in rows
    }


def slice_of(connection: Connection, administration_id: int, version_id: int) -> bytes:
    """The exact bytes of the slice in which a version lies."""
    version, stored = tables.invoice_version, tables.slice_
    packed = connection.execute(
        select(stored.c.body)
        .join(version, same(version, stored, "slice_id"))
        .where(version.c.administration_id == administration_id, version.c.version_id == version_id)
    ).scalar_one()
    return zstandard.decompress(packed)


def hashed_lines(connection: Connection, administration_id: int, version_id: int) -> list[HashedLine]:
    """The lines of a version, as they are known again."""
    line, combination = tables.line, tables.combination
    subscription, charge = tables.subscription, tables.charge
    rows = bulk.rows_of(
        connection,
        select(
            line.c.received,
            line.c.net_minor,
            subscription.c.account_id,
            subscription.c.subscription_id,
            charge.c.charge_type,
            charge.c.description,
        )
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(line.c.administration_id == administration_id, line.c.version_id == version_id),
    )
    return [hashed_line(received, net, *texts) for received, net, *texts in rows]


def hashed_line(received: str, net: int, *texts: str) -> HashedLine:
    """A line as it is known again: by what it received but for its hash and its numbers, and by further ``texts``."""
    own = received_fields(received)
    return HashedLine(
        row_hash=own["invoice_row_hash"] or "",
        net=net,
        known_by=(*texts, *(value for name, value in own.items() if name not in _NUMBERS)),
    )


_NUMBERS = frozenset({"invoice_row_hash", "line_id", "uid"})
"""What may be another text for the same line in the next answer."""


def add(
    connection: Connection,
    administration_id: int,
    ids: Ids,
    references: TextReferences,
    arrivals: Sequence[Arrival],
) -> list[Added]:
    """Keep ``arrivals`` with their lines, groups, texts and findings; what was added, in the same order."""
    wordings = (wording for each in arrivals for wording in each.reading.wordings)
    references.learn(connection, ids, administration_id, wordings)
    added: list[Added] = []
    invoices: list[Row] = []
    versions: list[Row] = []
    lines: list[Row] = []
    hashes: list[list[int]] = []
    found: list[tuple[int, Finding]] = []
    for arrival in arrivals:
        known, invoice_id = arrival.known, arrival.invoice_id
        version_id = ids.take("invoice_version")
        if known is None:
            key = arrival.key
            invoices.append(
                (administration_id, invoice_id, key.direction.value, key.source, key.issuer, key.number, key.customer)
            )
        versions.append(_version_row(administration_id, invoice_id, version_id, arrival))
        combinations = references.of(arrival.reading.wordings)
        own = _line_rows(administration_id, version_id, arrival, combinations)
        lines += own
        hashes.append([row[9] for row in own if row[9] is not None])
        added.append(Added(version_id=version_id, combinations=combinations))
        found += [(version_id, each) for each in (*arrival.findings, *arrival.reading.findings)]
    _note_shared(connection, administration_id, hashes, added)
    _insert(connection, "invoice", invoices)
    _insert(connection, "invoice_version", versions)
    _insert(connection, "line", lines)
    findings.add(connection, administration_id, ids, found)
    return added


def _note_shared(
    connection: Connection, administration_id: int, hashes: Sequence[list[int]], added: Sequence[Added]
) -> None:
    """Note which documents have no row hash that was known before, or that another of the same batch has."""
    wanted = [number for each in hashes for number in each]
    columns = ("row_hash", "line_no")
    known = {each for each, _ in bulk.find(connection, "line", columns, "ix_line_row_hash", administration_id, wanted)}
    for each, own in zip(added, hashes, strict=True):
        each.alone = known.isdisjoint(own)
        known.update(own)


def _insert(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        bulk.insert(connection, table, [column.name for column in tables.metadata.tables[table].columns], rows)


def _version_row(administration_id: int, invoice_id: int, version_id: int, arrival: Arrival) -> Row:
    reading, head = arrival.reading, arrival.reading.head
    return (
        administration_id,
        version_id,
        invoice_id,
        arrival.known.version_no + 1 if arrival.known else 1,
        arrival.fetch_id,
        arrival.slice_id,
        arrival.part,
        reading.content,
        CONTENT_ALGORITHM,
        reading.booking,
        BOOKING_ALGORITHM,
        head.date.isoformat() if head.date else None,
        head.currency,
        head.sender_name if arrival.key.direction is Direction.PURCHASE else head.receiver_name,
        _encode(head).decode(),
        len(reading.lines),
        reading.net,
        reading.vat,
        str(reading.rounded_off),
        findings.digest((*arrival.findings, *reading.findings)),
    )


def _line_rows(administration_id: int, version_id: int, arrival: Arrival, combinations: Sequence[int]) -> list[Row]:
    """One tuple per line, in the order of the table's columns; the hot path of keeping, hence its plain style."""
    drift, text, sale = arrival.drift, _Days(), arrival.key.direction is Direction.SALE
    return [
        (
            administration_id, version_id, number, combinations[read.group], read.net, read.vat,
            text[read.period.start], text[read.period.end], read.received.decode(),
            row_hash_number(read.line.invoice_row_hash, sale=sale),
            drift.get(number) if drift else None,
        )
        for number, read in enumerate(arrival.reading.lines, 1)
    ]  # fmt: skip


class _Days(dict[datetime.date | None, str | None]):
    """ISO texts of dates, which repeat from line to line."""

    def __missing__(self, day: datetime.date | None) -> str | None:
        text = self[day] = None if day is None else day.isoformat()
        return text


_received = msgspec.json.Decoder(tuple[str | int | None, ...]).decode


def received_fields(received: str) -> dict[str, str | None]:
    """The ``RECEIVED_FIELDS`` of a line by name, as texts; ``None`` where nothing was received."""
    fields = zip(RECEIVED_FIELDS, _received(received), strict=True)
    return {name: None if value is None else str(value) for name, value in fields}


def row_hash_number(text: Ident, *, sale: bool) -> int | None:
    """An InvoiceRowHash as a number below 2^61, even for a purchase and odd for a sale; ``None`` when there is none.

    Hexadecimal texts give their first 15 digits; other texts are folded.
    """
    if text is None or text == "":
        return None
    try:
        number = int(str(text)[:15], 16)
    except ValueError:
        number = int.from_bytes(str(text).encode()[-7:], "big")
    return number * 2 + sale
