"""What a removal at the end of the legal period is decided by: dates, bytes, and what is not finished."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from connector.domain.delivery import DeliveryState
from connector.domain.retention import hash_of_versions
from connector.store import bulk, fetches, purges, tables
from connector.store.joins import same
from connector.store.papers import every, invoices_of

_AT_ONCE = 2_000
_CHUNK = 400
_DONE = (DeliveryState.POSTED.value, DeliveryState.CANCELLED.value)


def last_days(connection: Connection, administration_id: int) -> dict[int, datetime.date]:
    """The last day that each invoice has to do with, by its id: the date of any of its versions, or the day on which an
    entry of it is booked. Invoices without any date are left out."""
    version, entry = tables.invoice_version, tables.entry
    dated = (
        select(version.c.invoice_id, func.max(version.c.document_date))
        .where(version.c.administration_id == administration_id, version.c.document_date.is_not(None))
        .group_by(version.c.invoice_id)
    )
    last: dict[int, datetime.date] = {invoice_id: day for invoice_id, day in connection.execute(dated) if day}
    booked = (
        select(version.c.invoice_id, func.max(entry.c.booking_date))
        .join(entry, same(entry, version, "version_id"))
        .where(version.c.administration_id == administration_id)
        .group_by(version.c.invoice_id)
    )
    for invoice_id, day in connection.execute(booked):
        if day is not None and invoice_id in last:
            last[invoice_id] = max(last[invoice_id], day)
    return last


def unfinished(connection: Connection, administration_id: int) -> set[int]:
    """The invoices of which a delivery is neither posted nor cancelled."""
    return _delivered(connection, administration_id, tables.delivery.c.state.not_in(_DONE))


def posted(connection: Connection, administration_id: int) -> set[int]:
    """The invoices of which an entry is posted."""
    return _delivered(connection, administration_id, tables.delivery.c.state == DeliveryState.POSTED.value)


def _delivered(connection: Connection, administration_id: int, condition: ColumnElement[bool]) -> set[int]:
    version, entry, delivery = tables.invoice_version, tables.entry, tables.delivery
    found = (
        select(version.c.invoice_id)
        .join(entry, same(entry, version, "version_id"))
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(version.c.administration_id == administration_id, condition)
        .distinct()
    )
    return set(connection.scalars(found))


def slice_bytes(connection: Connection, administration_id: int) -> Iterator[tuple[int, int, int]]:
    """(invoice, slice, bytes that it takes) of every version; a slice that several lie in is told for each."""
    version, stored = tables.invoice_version, tables.slice_
    query = (
        select(version.c.invoice_id, version.c.slice_id, func.length(stored.c.body))
        .join(stored, same(stored, version, "slice_id"))
        .where(version.c.administration_id == administration_id)
    )
    with connection.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        yield from rows


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """How many versions a document has, and the hash over all of them."""

    count: int
    hash: bytes


def versions(connection: Connection, administration_id: int, invoice_ids: Collection[int]) -> dict[int, Versions]:
    """The versions of invoices, as they are named when they are gone."""
    version, stored = tables.invoice_version, tables.slice_
    rows = connection.execute(
        select(version.c.invoice_id, version.c.content, stored.c.sha256)
        .join(stored, same(stored, version, "slice_id"))
        .where(
            version.c.administration_id == administration_id,
            bulk.among(connection, version.c.invoice_id, invoice_ids),
        )
        .order_by(version.c.invoice_id, version.c.version_no)
    )
    found: dict[int, list[tuple[bytes, bytes]]] = {}
    for invoice_id, content, sha256 in rows:
        found.setdefault(invoice_id, []).append((bytes(content), bytes(sha256)))
    return {each: Versions(count=len(parts), hash=hash_of_versions(parts)) for each, parts in found.items()}


def slices_of(connection: Connection, administration_id: int, invoice_ids: Collection[int]) -> set[bytes]:
    """The slices (SHA-256) in which versions of invoices lie, or details of them."""
    version, detail, stored, found = tables.invoice_version, tables.detail, tables.slice_, set[bytes]()
    wanted = (
        version.c.administration_id == administration_id,
        bulk.among(connection, version.c.invoice_id, invoice_ids),
    )
    own = select(stored.c.sha256).join(version, same(version, stored, "slice_id")).where(*wanted)
    explaining = (
        select(stored.c.sha256)
        .join(detail, same(detail, stored, "slice_id"))
        .join(version, same(version, detail, "version_id"))
        .where(*wanted)
    )
    for query in (own, explaining):
        found.update(bytes(each) for each in connection.scalars(query))
    return found


def free_slices(
    connection: Connection, administration_id: int, hashes: Collection[bytes]
) -> list[tuple[int, bytes, int]]:
    """(id, SHA-256, size) of those of ``hashes`` (SHA-256) that are there, and in which nothing lies."""
    stored, listed, found = tables.slice_, sorted(hashes), list[tuple[int, bytes, int]]()
    lies = [
        select(table.c.slice_id).where(same(table, stored, "slice_id")).exists()
        for table in (tables.invoice_version, tables.detail, tables.register_version)
    ]
    for start in range(0, len(listed), _CHUNK):
        rows = connection.execute(
            select(stored.c.slice_id, stored.c.sha256, stored.c.size).where(
                stored.c.administration_id == administration_id,
                stored.c.sha256.in_(listed[start : start + _CHUNK]),
                *(~each for each in lies),
            )
        )
        found += [(slice_id, bytes(sha256), size) for slice_id, sha256, size in rows]
    return found


def answered(
    connection: Connection, administration_id: int, without: Collection[str]
) -> Iterator[tuple[bytes, list[int]]]:
    """(SHA-256, invoices) of every slice of every answer, as the answer was read, but of the lists ``without``; an
    answer at a time."""
    fetch = tables.fetch
    ids = connection.scalars(
        select(fetch.c.fetch_id)
        .where(
            fetch.c.administration_id == administration_id,
            fetch.c.envelope.is_not(None),
            fetch.c.endpoint.not_in(without),
        )
        .order_by(fetch.c.fetch_id)
    ).all()
    for fetch_id in ids:
        envelope = fetches.envelope_of(connection, administration_id, fetch_id)
        yield from zip(envelope.slices, envelope.invoices, strict=False)


def papers_of(connection: Connection, administration_id: int, invoice_ids: Collection[int], until: int) -> list[int]:
    """The papers that belong to ``invoice_ids`` or to invoices that went before, and to no other invoice. Those of
    invoices that went before alone go up to the year ``until``: a later one is of an invoice still to come."""
    stored, going = tables.paper, set(invoice_ids)
    gone = purges.invoice_ids(connection, administration_id)
    kept = every(connection, administration_id)
    owners, mine = invoices_of(connection, administration_id, kept), set[bytes]()
    for each in kept:
        owned, day = set(owners[each.sha256]), each.paper.date
        if owned and owned <= going | gone and (owned & going or day is None or day.year <= until):
            mine.add(each.sha256)
    rows = connection.execute(
        select(stored.c.paper_id, stored.c.sha256).where(stored.c.administration_id == administration_id)
    )
    return [paper_id for paper_id, sha256 in rows if bytes(sha256) in mine]
