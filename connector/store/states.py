"""Where the euros stand: every current source line in exactly one state, summed per direction and period."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from enum import Enum

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from connector.domain.delivery import IN_DELIVERY, DeliveryState
from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same


class LineState(Enum):
    """The five states of a source line; what was pulled and not yet prepared counts as held."""

    HELD = "held"
    IGNORED = "ignored"
    READY = "ready"
    IN_DELIVERY = "in delivery"
    POSTED = "posted"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A current document and its state; amounts in minor units. ``reason`` is the rule that ignores, or 'not
    prepared yet'."""

    version_id: int
    invoice_id: int
    direction: str
    source: str
    issuer: str
    number: str
    customer: str
    party: str
    date: str
    period: str
    currency: str
    lines: int
    net: int
    vat: int
    version_no: int
    state: LineState
    reason: str
    entry_id: int | None
    preparation_id: int | None
    delivery_state: str


def standings(connection: Connection, administration_id: int, *, not_booked: bool = False) -> Iterator[Standing]:
    """Every current document with its state, by date and number; with ``not_booked`` those alone that are held, or not
    prepared yet."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    preparation, delivery = tables.preparation, tables.delivery
    last = (
        select(preparation.c.version_id, func.max(preparation.c.preparation_id).label("preparation_id"))
        .where(preparation.c.administration_id == administration_id)
        .group_by(preparation.c.version_id)
        .subquery("last")
    )
    wanted = [or_(preparation.c.outcome == "held", preparation.c.outcome.is_(None))] if not_booked else []
    rows = connection.execute(
        select(
            version.c.version_id, version.c.invoice_id, version.c.version_no, version.c.document_date,
            version.c.currency, version.c.party_name, version.c.lines, version.c.net_minor, version.c.vat_minor,
            invoice.c.direction, invoice.c.source, invoice.c.issuer, invoice.c.number, invoice.c.customer,
            preparation.c.preparation_id, preparation.c.outcome, preparation.c.rule, preparation.c.entry_id,
            delivery.c.state,
        )
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .outerjoin(last, last.c.version_id == version.c.version_id)
        .outerjoin(preparation, and_(same(preparation, version), preparation.c.preparation_id == last.c.preparation_id))
        .outerjoin(delivery, and_(same(delivery, version), delivery.c.entry_id == preparation.c.entry_id))
        .where(version.c.administration_id == administration_id, *wanted)
        .order_by(version.c.document_date, invoice.c.number, version.c.version_id)
    )  # fmt: skip
    for row in rows:
        state, reason = _state(row.outcome, row.state, row.rule)
        date = row.document_date.isoformat() if row.document_date else ""
        yield Standing(
            version_id=row.version_id,
            invoice_id=row.invoice_id,
            direction=row.direction,
            source=row.source,
            issuer=row.issuer,
            number=row.number,
            customer=row.customer,
            party=row.party_name,
            date=date,
            period=date[:7],
            currency=row.currency,
            lines=row.lines,
            net=row.net_minor,
            vat=row.vat_minor,
            version_no=row.version_no,
            state=state,
            reason=reason,
            entry_id=row.entry_id,
            preparation_id=row.preparation_id,
            delivery_state=row.state or "",
        )


def last_fetch(connection: Connection, administration_id: int) -> datetime.datetime | None:
    """When the source was last asked."""
    fetch = tables.fetch
    newest_id = select(func.max(fetch.c.fetch_id)).where(fetch.c.administration_id == administration_id)
    found: datetime.datetime | None = connection.scalar(
        select(fetch.c.requested_at).where(
            fetch.c.administration_id == administration_id, fetch.c.fetch_id == newest_id.scalar_subquery()
        )
    )
    return found


def awaiting_deferral(connection: Connection, administration_id: int) -> dict[str, int]:
    """Net minor units that are posted in full under a deferral policy and await their deferral entries, by direction:
    cost of purchases, revenue of sales."""
    posting, delivery, entry = tables.posting, tables.delivery, tables.entry
    version, invoice = tables.invoice_version, tables.invoice
    rows = connection.execute(
        select(invoice.c.direction, func.sum(posting.c.minor))
        .join(delivery, same(delivery, posting, "entry_id"))
        .join(entry, same(entry, posting, "entry_id"))
        .join(version, same(version, entry, "version_id"))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(posting.c.administration_id == administration_id, posting.c.deferral != "",
               delivery.c.state == DeliveryState.POSTED.value)
        .group_by(invoice.c.direction)
    )  # fmt: skip
    return {direction: int(minor) if direction == "purchase" else -int(minor) for direction, minor in rows}


def _state(outcome: str | None, delivery: str | None, rule: str | None) -> tuple[LineState, str]:
    if outcome is None:
        return LineState.HELD, "not prepared yet"
    if outcome == "held":
        return LineState.HELD, rule or ""
    if outcome == "ignored":
        return LineState.IGNORED, rule or ""
    state = DeliveryState(delivery) if delivery else DeliveryState.READY
    if state is DeliveryState.POSTED:
        return LineState.POSTED, ""
    if state in IN_DELIVERY:
        return LineState.IN_DELIVERY, state.value
    if state is DeliveryState.READY:
        return LineState.READY, ""
    return LineState.HELD, "a person holds it" if state is DeliveryState.HELD else "withdrawn by a person"
