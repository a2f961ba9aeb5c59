"""Which invoices a window should hold, and which are missing from it."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from sqlalchemy import Connection, func, select

from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.ids import Ids
from connector.store.joins import same


def expected(
    connection: Connection, administration_id: int, endpoint: str, start: datetime.date, end: datetime.date
) -> set[int]:
    """Invoices of ``endpoint`` dated within ``start``–``end`` (inclusive) that have been seen and are not known to
    have vanished."""
    invoice, version, latest = tables.invoice, tables.invoice_version, newest()
    rows = connection.execute(
        select(invoice.c.invoice_id)
        .join(version, same(version, invoice, "invoice_id"))
        .join(latest, is_newest(latest))
        .where(
            invoice.c.administration_id == administration_id,
            invoice.c.source == endpoint,
            version.c.document_date.between(start, end),
        )
    )
    return set(rows.scalars()) - vanished(connection, administration_id)


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
