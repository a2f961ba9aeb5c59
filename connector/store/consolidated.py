"""What consolidated invoices are compared with: the lines of kept invoices, as they are now; and their own slices."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from connector.domain.consolidated_check import BilledLine
from connector.domain.dates import months_back
from connector.domain.rows import decimal_of
from connector.store import fetches, purges, tables
from connector.store.current_lines import current
from connector.store.documents import is_newest, newest, received_fields
from connector.store.joins import same

_AT_ONCE = 2000


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A slice of a kept answer: its hash, and the answer it came with last, and when."""

    sha256: bytes
    fetch_id: int
    fetched_at: datetime.datetime


def kept_slices(connection: Connection, administration_id: int, endpoint: str) -> Iterator[Kept]:
    """The slices of all answers of ``endpoint`` that are not purged, the newest answer first; each slice once."""
    fetch = tables.fetch
    rows = connection.execute(
        select(fetch.c.fetch_id, fetch.c.requested_at)
        .where(fetch.c.administration_id == administration_id, fetch.c.endpoint == endpoint)
        .order_by(fetch.c.fetch_id.desc())
    ).all()
    seen: set[bytes] = set()
    for row in rows:
        slices = fetches.envelope_of(connection, administration_id, row.fetch_id).slices
        seen |= purges.slice_sizes(connection, administration_id, slices).keys()
        for digest in reversed(slices):
            if digest not in seen:
                seen.add(digest)
                yield Kept(sha256=digest, fetch_id=row.fetch_id, fetched_at=row.requested_at)


def purchases(
    connection: Connection, administration_id: int, source: str, number: str
) -> list[tuple[int, str, datetime.date | None]]:
    """The purchase documents of ``source`` with this number: the newest version of each, its issuer, its date."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    rows = connection.execute(
        select(version.c.version_id, invoice.c.issuer, version.c.document_date)
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(
            invoice.c.administration_id == administration_id,
            invoice.c.direction == "purchase",
            invoice.c.source == source,
            invoice.c.number == number,
        )
        .order_by(version.c.version_id)
    )
    return [(version_id, issuer, day) for version_id, issuer, day in rows]


def billed(connection: Connection, administration_id: int, version_id: int) -> list[BilledLine]:
    """The lines of a version."""
    return list(_lines(connection, administration_id, tables.line.c.version_id == version_id))


def sold(connection: Connection, administration_id: int, source: str, month: datetime.date) -> list[BilledLine]:
    """The lines of the current documents of ``source`` that are dated in the month of ``month``."""
    first = month.replace(day=1)
    dated = tables.invoice_version.c.document_date
    in_month = and_(tables.invoice.c.source == source, dated >= first, dated < months_back(first, -1))
    return list(_lines(connection, administration_id, in_month))


def _lines(connection: Connection, administration_id: int, condition: ColumnElement[bool]) -> Iterator[BilledLine]:
    line, subscription, charge = tables.line, tables.subscription, tables.charge
    rows = connection.execute(
        current(
            select(
                *(line.c.net_minor, line.c.start_date, line.c.end_date, line.c.received, charge.c.description),
                *(subscription.c.account_id, subscription.c.company_name, subscription.c.subscription_id),
                *(subscription.c.plan_name, subscription.c.plan_id),
            ),
            charge=True,
        )
        .where(line.c.administration_id == administration_id, condition)
        .order_by(line.c.version_id, line.c.line_no)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in rows:
        yield _line(row)


def _line(row: Any) -> BilledLine:
    received = received_fields(row.received)
    return BilledLine(
        account_id=row.account_id,
        customer=row.company_name or row.account_id,
        subscription_id=row.subscription_id,
        plan=row.plan_name or row.plan_id,
        description=row.description.strip(),
        start=row.start_date.isoformat() if row.start_date else (received["start_date"] or "").strip(),
        end=row.end_date.isoformat() if row.end_date else (received["end_date"] or "").strip(),
        quantity=decimal_of(received["quantity"] or ""),
        net=row.net_minor,
    )
