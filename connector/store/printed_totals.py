"""Printed totals: what persons read on the PDFs. The newest of an invoice counts; the earlier ones stay."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from connector.domain.finding import Finding
from connector.domain.printed import CODES, PrintedTotal
from connector.store import tables
from connector.store.findings import finding_of
from connector.store.ids import Ids
from connector.store.joins import same


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A printed total as it stands, for ``verify``."""

    printed_total_id: int
    printed: PrintedTotal
    digest: bytes


def add(connection: Connection, administration_id: int, ids: Ids, printed: PrintedTotal) -> None:
    """Keep a printed total."""
    connection.execute(
        tables.printed_total.insert(),
        {
            "administration_id": administration_id,
            "printed_total_id": ids.take("printed_total"),
            "invoice_id": printed.invoice_id,
            "gross_minor": printed.gross,
            "actor": printed.actor,
            "at": printed.at,
            "digest": printed.digest,
        },
    )


def by_version(connection: Connection, administration_id: int) -> dict[int, PrintedTotal]:
    """The newest printed total of each invoice that has one, by each of its versions."""
    stored, version = tables.printed_total, tables.invoice_version
    rows = connection.execute(
        select(version.c.version_id, stored)
        .join(version, same(version, stored, "invoice_id"))
        .where(stored.c.administration_id == administration_id)
        .order_by(stored.c.printed_total_id)
    )
    return {row.version_id: _printed(row) for row in rows}


def every(connection: Connection, administration_id: int) -> list[Row]:
    """All printed totals, oldest first."""
    stored = tables.printed_total
    rows = connection.execute(
        select(stored).where(stored.c.administration_id == administration_id).order_by(stored.c.printed_total_id)
    )
    return [Row(printed_total_id=row.printed_total_id, printed=_printed(row), digest=bytes(row.digest)) for row in rows]


def told(connection: Connection, administration_id: int) -> list[tuple[int, int, Finding]]:
    """(preparation, invoice, finding) of every finding that tells of a printed total."""
    finding, version = tables.finding, tables.invoice_version
    rows = connection.execute(
        select(version.c.invoice_id, finding)
        .join(version, same(version, finding, "version_id"))
        .where(finding.c.administration_id == administration_id, finding.c.code.in_(CODES))
        .order_by(finding.c.finding_id)
    )
    return [
        (row.preparation_id, row.invoice_id, finding_of(row.code, row.place, row.minor, row.details)) for row in rows
    ]


def _printed(row: Any) -> PrintedTotal:
    return PrintedTotal(invoice_id=row.invoice_id, gross=row.gross_minor, actor=row.actor, at=row.at)
