"""Doubles: documents that both of Copaco's platforms gave, of which reports count one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, not_, select, true

from connector.domain.platform import Platform, platform_of
from connector.store import bulk, tables
from connector.store.documents import is_newest, newest
from connector.store.findings import finding_of
from connector.store.joins import same

WHOLLY, PARTLY = "OTHER-PLATFORM", "OTHER-PLATFORM-PART"


def counted_once(connection: Connection, administration_id: int) -> ColumnElement[bool]:
    """The condition that an ``invoice_version`` is not the double of one that counts.

    What is held because the other platform gave it does not count. Where old documents are booked in the place of a new
    one that is wholly the same, it is the new one that counts: it has row hashes, and the ids of the other lists.
    """
    others = left_out(connection, administration_id)
    return not_(bulk.among(connection, tables.invoice_version.c.version_id, others)) if others else true()


def left_out(connection: Connection, administration_id: int) -> set[int]:
    """The versions that do not count: the doubles."""
    found: set[int] = set()
    for row in _held(connection, administration_id):
        instead: dict[int, int] = {}
        if row.code == WHOLLY and platform_of(row.source, row.number, row.customer) is Platform.NEW:
            instead = _old(connection, administration_id, row)
        found |= instead.keys() if instead and sum(instead.values()) == row.net_minor else {row.version_id}
    return found


def _held(connection: Connection, administration_id: int) -> list[Row[Any]]:
    """The current documents that are held because of the other platform."""
    finding, preparation = tables.finding, tables.preparation
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    last = (
        select(func.max(preparation.c.preparation_id))
        .where(preparation.c.administration_id == administration_id)
        .group_by(preparation.c.version_id)
    )
    query = (
        select(finding.c.code, finding.c.details, version.c.version_id, version.c.net_minor,
               invoice.c.direction, invoice.c.source, invoice.c.issuer, invoice.c.number, invoice.c.customer)
        .join(preparation, same(preparation, finding, "preparation_id"))
        .join(version, same(version, finding, "version_id"))
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(finding.c.administration_id == administration_id, finding.c.code.in_((WHOLLY, PARTLY)),
               preparation.c.outcome == "held", preparation.c.preparation_id.in_(last))
    )  # fmt: skip
    return list(connection.execute(query))


def _old(connection: Connection, administration_id: int, held: Row[Any]) -> dict[int, int]:
    """The versions of the old documents that stand for the one ``held``, with their net minor units."""
    others = dict(finding_of(held.code, "", 0, held.details).values).get("others", "").split(", ")
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    rows = connection.execute(
        select(version.c.version_id, version.c.net_minor, invoice.c.number, invoice.c.customer)
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(
            version.c.administration_id == administration_id,
            invoice.c.direction == held.direction,
            invoice.c.source == held.source,
            invoice.c.issuer == held.issuer,
            invoice.c.number.in_(others),
        )
    )
    return {
        row.version_id: row.net_minor
        for row in rows
        if platform_of(held.source, row.number, row.customer) is Platform.OLD
    }
