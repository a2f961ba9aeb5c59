"""The outbox: deliveries, their events and receipts."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, and_, func, select, update

from connector.domain.delivery import DeliveryEvent, DeliveryState, Receipt, check_transition
from connector.store import tables
from connector.store.ids import Ids
from connector.store.joins import same


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One entry on its way to one ledger."""

    delivery_id: int
    entry_id: int
    ledger: str
    key: str
    document_key: str
    fingerprint: str
    state: DeliveryState
    changed_at: datetime.datetime
    booking: bytes
    document_date: datetime.date
    total: int
    """Total of the entry's open item, minor units."""


def add(
    connection: Connection, administration_id: int, ids: Ids, entry_id: int, key: str, ledger: str, event: DeliveryEvent
) -> int:
    """Put an entry in the outbox, in state ready, with the first event."""
    assert event.state is DeliveryState.READY, "a delivery begins ready"
    delivery_id = ids.take("delivery")
    connection.execute(
        tables.delivery.insert(),
        {
            "administration_id": administration_id,
            "delivery_id": delivery_id,
            "entry_id": entry_id,
            "ledger": ledger,
            "entry_key": key,
            "state": event.state.value,
            "changed_at": event.at,
        },
    )
    _event(connection, administration_id, delivery_id, 1, event)
    return delivery_id


def move(connection: Connection, administration_id: int, delivery_id: int, event: DeliveryEvent) -> None:
    """Bring a delivery to the state of ``event``, if the table of transitions allows it."""
    stored = tables.delivery
    mine = and_(stored.c.administration_id == administration_id, stored.c.delivery_id == delivery_id)
    before = DeliveryState(connection.execute(select(stored.c.state).where(mine)).scalar_one())
    check_transition(before, event.state)
    connection.execute(update(stored).where(mine).values(state=event.state.value, changed_at=event.at))
    events = tables.delivery_event
    last = connection.scalar(
        select(func.max(events.c.event_no)).where(
            events.c.administration_id == administration_id, events.c.delivery_id == delivery_id
        )
    )
    _event(connection, administration_id, delivery_id, (last or 0) + 1, event)


def _event(connection: Connection, administration_id: int, delivery_id: int, number: int, event: DeliveryEvent) -> None:
    connection.execute(
        tables.delivery_event.insert(),
        {
            "administration_id": administration_id,
            "delivery_id": delivery_id,
            "event_no": number,
            "at": event.at,
            "state": event.state.value,
            "actor": event.actor,
            "reason": event.reason,
        },
    )


def posted(
    connection: Connection,
    administration_id: int,
    delivery_id: int,
    receipt: Receipt,
    total_minor: int,
    event: DeliveryEvent,
) -> None:
    """Keep a receipt and move the delivery to posted."""
    move(connection, administration_id, delivery_id, event)
    connection.execute(
        tables.receipt.insert(),
        {
            "administration_id": administration_id,
            "delivery_id": delivery_id,
            "reference": receipt.reference,
            "entry_key": receipt.key,
            "fingerprint": receipt.fingerprint,
            "total_minor": total_minor,
            "found": receipt.found,
            "at": event.at,
        },
    )


def in_states(
    connection: Connection, administration_id: int, states: Iterable[DeliveryState], *, limit: int | None = None
) -> list[Delivery]:
    """Deliveries in ``states``, documents in order of date and arrival."""
    wanted = [state.value for state in states]
    return _select(connection, administration_id, tables.delivery.c.state.in_(wanted), limit)


def of_entries(connection: Connection, administration_id: int, entry_ids: Collection[int]) -> dict[int, Delivery]:
    """The deliveries of ``entry_ids``, by entry."""
    found: dict[int, Delivery] = {}
    wanted = list(entry_ids)
    for start in range(0, len(wanted), 400):
        chunk = wanted[start : start + 400]
        found |= {
            each.entry_id: each
            for each in _select(connection, administration_id, tables.delivery.c.entry_id.in_(chunk), None)
        }
    return found


def by_keys(connection: Connection, administration_id: int, ledger: str, keys: Collection[str]) -> dict[str, Delivery]:
    """The deliveries to ``ledger`` of the entries with ``keys`` that are not cancelled, by key."""
    found: dict[str, Delivery] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), 400):
        condition = and_(
            tables.delivery.c.ledger == ledger,
            tables.delivery.c.entry_key.in_(wanted[start : start + 400]),
            tables.delivery.c.state != DeliveryState.CANCELLED.value,
        )
        found |= {each.key: each for each in _select(connection, administration_id, condition, None)}
    return found


def live(connection: Connection, administration_id: int, document_key: str) -> list[Delivery]:
    """The deliveries that book a document (in any revision) and are not cancelled, oldest first."""
    condition = and_(
        tables.entry.c.document_key == document_key,
        tables.entry.c.purpose == "invoice",
        tables.delivery.c.state != DeliveryState.CANCELLED.value,
    )
    return _select(connection, administration_id, condition, None)


def _select(connection: Connection, administration_id: int, condition: object, limit: int | None) -> list[Delivery]:
    delivery, entry = tables.delivery, tables.entry
    rows = connection.execute(
        select(
            delivery,
            entry.c.document_key,
            entry.c.document_date,
            entry.c.fingerprint,
            entry.c.booking,
            entry.c.total_minor,
        )
        .join(entry, same(entry, delivery, "entry_id"))
        .where(delivery.c.administration_id == administration_id, condition)  # type: ignore[arg-type]
        .order_by(entry.c.document_date, delivery.c.delivery_id)
        .limit(limit)
    )
    return [
        Delivery(
            delivery_id=row.delivery_id,
            entry_id=row.entry_id,
            ledger=row.ledger,
            key=row.entry_key,
            document_key=row.document_key,
            fingerprint=row.fingerprint,
            state=DeliveryState(row.state),
            changed_at=row.changed_at,
            booking=bytes(row.booking),
            document_date=row.document_date,
            total=row.total_minor,
        )
        for row in rows
    ]


def lost_answers(connection: Connection, administration_id: int, state: DeliveryState) -> dict[int, int]:
    """How often the answer about a delivery was lost, of those in ``state``; only where it was."""
    delivery, event = tables.delivery, tables.delivery_event
    rows = connection.execute(
        select(delivery.c.delivery_id, func.count())
        .join(event, same(event, delivery, "delivery_id"))
        .where(
            delivery.c.administration_id == administration_id,
            delivery.c.state == state.value,
            event.c.state == DeliveryState.UNKNOWN.value,
        )
        .group_by(delivery.c.delivery_id)
    )
    return dict(rows.all())


def events(connection: Connection, administration_id: int, delivery_id: int) -> Sequence[DeliveryEvent]:
    """The history of a delivery, oldest first."""
    stored = tables.delivery_event
    rows = connection.execute(
        select(stored)
        .where(stored.c.administration_id == administration_id, stored.c.delivery_id == delivery_id)
        .order_by(stored.c.event_no)
    )
    return [
        DeliveryEvent(at=row.at, state=DeliveryState(row.state), actor=row.actor, reason=row.reason) for row in rows
    ]
