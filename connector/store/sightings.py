"""Which invoices a window should hold, and which are missing from it."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from sqlalchemy import Connection, func, select

from connector.domain.platform import Platform, platform_of
from connector.store import bulk, tables
from connector.store.documents import is_newest, newest
from connector.store.ids import Ids
from connector.store.joins import same


def expected(
    connection: Connection, administration_id: int, endpoint: str, start: datetime.date, end: datetime.date
) -> dict[int, Platform]:
    """Invoices of ``endpoint`` dated within ``start``–``end`` (inclusive) that have been seen and are not known to
    have vanished, with the platform that they come from."""
    invoice, version, latest = tables.invoice, tables.invoice_version, newest()
    rows = connection.execute(
        select(invoice.c.invoice_id, invoice.c.number, invoice.c.customer)
        .join(version, same(version, invoice, "invoice_id"))
        .join(latest, is_newest(latest))
        .where(
            invoice.c.administration_id == administration_id,
            invoice.c.source == endpoint,
            version.c.document_date.between(start, end),
        )
    )
    gone = vanished(connection, administration_id)
    return {
        invoice_id: platform_of(endpoint, number, customer)
        for invoice_id, number, customer in rows
        if invoice_id not in gone
    }


def platforms_of(connection: Connection, administration_id: int, invoice_ids: Collection[int]) -> set[Platform]:
    """The platforms that ``invoice_ids`` come from."""
    invoice = tables.invoice
    rows = connection.execute(
        select(invoice.c.source, invoice.c.number, invoice.c.customer).where(
            invoice.c.administration_id == administration_id,
            bulk.among(connection, invoice.c.invoice_id, invoice_ids),
        )
    )
    return {platform_of(*row) for row in rows}


def platforms_given(connection: Connection, administration_id: int, endpoint: str, source: str) -> set[Platform]:
    """The platforms of the documents that ``source`` has given under ``endpoint``."""
    invoice, version, fetch = tables.invoice, tables.invoice_version, tables.fetch
    rows = connection.execute(
        select(invoice.c.source, invoice.c.number, invoice.c.customer)
        .join(version, same(version, invoice, "invoice_id"))
        .join(fetch, same(fetch, version, "fetch_id"))
        .where(
            invoice.c.administration_id == administration_id,
            invoice.c.source == endpoint,
            fetch.c.source == source,
        )
    )
    return {platform_of(*row) for row in rows}


def vanished(connection: Connection, administration_id: int) -> set[int]:
    """Invoices whose last sighting says that they vanished."""
    sighting = tables.sighting
    last = (
        select(func.max(sighting.c.sighting_id))
        .where(sighting.c.administration_id == administration_id)
        .group_by(sighting.c.invoice_id)
    )
    return set(
        connection.execute(
            select(sighting.c.invoice_id).where(
                sighting.c.administration_id == administration_id,
                sighting.c.sighting_id.in_(last),
                sighting.c.kind == "vanished",
            )
        ).scalars()
    )


def vanished_versions(connection: Connection, administration_id: int) -> set[int]:
    """All versions of the invoices that vanished."""
    gone, version = vanished(connection, administration_id), tables.invoice_version
    if not gone:
        return set()
    rows = connection.execute(
        select(version.c.version_id).where(
            version.c.administration_id == administration_id, version.c.invoice_id.in_(gone)
        )
    )
    return set(rows.scalars())


def add(
    connection: Connection, administration_id: int, ids: Ids, invoice_ids: Collection[int], fetch_id: int, kind: str
) -> None:
    """Note that invoices ``vanished`` or ``returned`` with a fetch."""
    rows = [
        {
            "administration_id": administration_id,
            "sighting_id": ids.take("sighting"),
            "invoice_id": invoice_id,
            "fetch_id": fetch_id,
            "kind": kind,
        }
        for invoice_id in sorted(invoice_ids)
    ]
    if rows:
        connection.execute(tables.sighting.insert(), rows)
