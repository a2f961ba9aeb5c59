"""Entries as people look at them: on their way to a ledger, the decisions behind them, and where they come from."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.domain.decision import Decision
from connector.domain.journal import PostingRole
from connector.store import tables
from connector.store.joins import same
from connector.store.provenance import Behind

_decision = msgspec.json.Decoder(Decision)


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with its entry and, when there is one, the ledger's reference. ``kind`` is 'invoice' or 'credit
    note'."""

    delivery_id: int
    entry_id: int
    version_id: int
    key: str
    document_key: str
    direction: str
    number: str
    party: str
    kind: str
    date: datetime.date
    due: datetime.date | None
    total: int
    currency: str
    mapping_version: int
    ledger: str
    state: str
    changed_at: datetime.datetime
    actor: str
    reason: str
    reference: str

    @property
    def period(self) -> str:
        """The ledger period, 'YYYY-MM'."""
        return f"{self.date:%Y-%m}"


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """The decision behind one group of an entry, and the mapping version it was made under."""

    posting_no: int
    position: int
    decision_id: int
    decision: Decision


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an entry comes from: version and mapping version, and the bytes on the wire with the request that
    brought them."""

    version_id: int
    version_no: int
    mapping_version: int
    mapping_set: str
    mapping_hash: str
    endpoint: str
    fetched_at: datetime.datetime
    fetch_id: int
    body_sha256: str
    slice_sha256: str
    part: int | None


def deliveries(connection: Connection, administration_id: int) -> Iterator[DeliveryView]:
    """All deliveries with their last event, by document date."""
    yield from _views(connection, administration_id)


def waiting_for_a_person(
    connection: Connection, administration_id: int, states: Collection[str], reasons: Collection[str]
) -> Iterator[DeliveryView]:
    """The deliveries that are in one of ``states``, or whose last reason begins with one of ``reasons``."""
    event = tables.delivery_event
    begins = [event.c.reason.startswith(each, autoescape=True) for each in reasons]
    yield from _views(connection, administration_id, or_(tables.delivery.c.state.in_(states), *begins))


def _views(connection: Connection, administration_id: int, *conditions: ColumnElement[bool]) -> Iterator[DeliveryView]:
    delivery, entry, event, receipt = tables.delivery, tables.entry, tables.delivery_event, tables.receipt
    last = (
        select(event.c.delivery_id, func.max(event.c.event_no).label("event_no"))
        .where(event.c.administration_id == administration_id)
        .group_by(event.c.delivery_id)
        .subquery("last")
    )
    rows = connection.execute(
        select(delivery, entry.c.version_id, entry.c.document_key, entry.c.number, entry.c.party, entry.c.kind,
               entry.c.booking_date, entry.c.due_date, entry.c.total_minor, entry.c.currency,
               entry.c.mapping_version_id, event.c.actor, event.c.reason, receipt.c.reference)
        .join(entry, same(entry, delivery, "entry_id"))
        .join(last, last.c.delivery_id == delivery.c.delivery_id)
        .join(event, and_(same(event, delivery, "delivery_id"), event.c.event_no == last.c.event_no))
        .outerjoin(receipt, same(receipt, delivery, "delivery_id"))
        .where(delivery.c.administration_id == administration_id, *conditions)
        .order_by(entry.c.booking_date, delivery.c.delivery_id)
    )  # fmt: skip
    for row in rows:
        yield DeliveryView(
            delivery_id=row.delivery_id,
            entry_id=row.entry_id,
            version_id=row.version_id,
            key=row.entry_key,
            document_key=row.document_key,
            direction=row.entry_key.split("/")[1],
            number=row.number,
            party=row.party,
            kind=row.kind,
            date=row.booking_date,
            due=row.due_date,
            total=row.total_minor,
            currency=row.currency,
            mapping_version=row.mapping_version_id,
            ledger=row.ledger,
            state=row.state,
            changed_at=row.changed_at,
            actor=row.actor,
            reason=row.reason,
            reference=row.reference or "",
        )


def decisions_of(connection: Connection, administration_id: int, behind: Behind) -> list[DecisionView]:
    """The decisions behind the postings of an entry that hold net amounts, by posting and group."""
    decided, stored = dict(behind.decisions), tables.decision
    bodies = connection.execute(
        select(stored.c.decision_id, stored.c.body).where(
            stored.c.administration_id == administration_id, stored.c.decision_id.in_(set(decided.values()))
        )
    )
    decisions = {decision_id: _decision.decode(body) for decision_id, body in bodies}
    return [
        DecisionView(
            posting_no=number,
            position=position,
            decision_id=decided[position],
            decision=decisions[decided[position]],
        )
        for number, positions in behind.groups(PostingRole.NET).items()
        for position in positions
    ]


def version_of(connection: Connection, administration_id: int, entry_id: int) -> int:
    """The version that an entry books."""
    stored = tables.entry
    found: int = connection.scalars(
        select(stored.c.version_id).where(
            stored.c.administration_id == administration_id, stored.c.entry_id == entry_id
        )
    ).one()
    return found


def origin_of(connection: Connection, administration_id: int, entry_id: int) -> Origin | None:
    """Where an entry comes from, ``None`` when there is no entry with this id."""
    entry, version, fetch = tables.entry, tables.invoice_version, tables.fetch
    slice_, mapping = tables.slice_, tables.mapping_version
    row = connection.execute(
        select(entry.c.version_id, entry.c.mapping_version_id, version.c.version_no, version.c.part,
               fetch.c.fetch_id, fetch.c.endpoint, fetch.c.requested_at, fetch.c.sha256.label("body_sha256"),
               slice_.c.sha256, mapping.c.set_name, mapping.c.hash)
        .join(version, same(version, entry, "version_id"))
        .join(fetch, same(fetch, version, "fetch_id"))
        .join(slice_, same(slice_, version, "slice_id"))
        .join(mapping, same(mapping, entry, "mapping_version_id"))
        .where(entry.c.administration_id == administration_id, entry.c.entry_id == entry_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return Origin(
        version_id=row.version_id,
        version_no=row.version_no,
        mapping_version=row.mapping_version_id,
        mapping_set=row.set_name,
        mapping_hash=row.hash,
        endpoint=row.endpoint,
        fetched_at=row.requested_at,
        fetch_id=row.fetch_id,
        body_sha256=bytes(row.body_sha256).hex(),
        slice_sha256=bytes(row.sha256).hex(),
        part=row.part,
    )
