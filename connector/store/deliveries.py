"""The outbox: deliveries, their events and receipts."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, select, update

from connector.domain.delivery import DeliveryEvent, DeliveryState, Receipt, check_transition
from connector.store import bulk, tables
from connector.store.ids import Ids
from connector.store.joins import same
from connector.store.reclassifications import books_document


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


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of a delivery, with the event that makes it posted. ``total_minor`` is the entry's open item."""

    delivery_id: int
    receipt: Receipt
    total_minor: int
    event: DeliveryEvent


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
    connection.execute(tables.delivery_event.insert(), _event_row(administration_id, delivery_id, 1, event))
    return delivery_id


def move(connection: Connection, administration_id: int, delivery_id: int, event: DeliveryEvent) -> None:
    """Bring a delivery to the state of ``event``, if the table of transitions allows it."""
    move_many(connection, administration_id, {delivery_id: event})


def move_many(connection: Connection, administration_id: int, events: Mapping[int, DeliveryEvent]) -> None:
    """Bring each delivery to the state of its event, if the table of transitions allows all of it."""
    if not events:
        return
    stored = tables.delivery
    # The rows are kept from others until we commit, so that of two runs only one can begin to send.
    rows = connection.execute(
        select(stored.c.delivery_id, stored.c.state)
        .where(
            stored.c.administration_id == administration_id,
            bulk.among(connection, stored.c.delivery_id, list(events)),
        )
        .with_for_update()
    )
    before = {delivery_id: DeliveryState(state) for delivery_id, state in rows}
    assert before.keys() == events.keys(), "a delivery that is moved is there"
    for delivery_id, event in events.items():
        check_transition(before[delivery_id], event.state)
    mine = and_(stored.c.administration_id == administration_id, stored.c.delivery_id == bindparam("moved"))
    connection.execute(
        update(stored).where(mine).values(state=bindparam("to"), changed_at=bindparam("moved_at")),
        [{"moved": each, "to": event.state.value, "moved_at": event.at} for each, event in events.items()],
    )
    _next_events(connection, administration_id, events)


def remark(connection: Connection, administration_id: int, delivery_id: int, event: DeliveryEvent) -> None:
    """Keep an event that leaves the delivery where it is: the word of the first of two persons, or how what was posted
    differs in the ledger."""
    assert event.state in (DeliveryState.READY, DeliveryState.POSTED), "nothing else is remarked on"
    _next_events(connection, administration_id, {delivery_id: event})


def _next_events(connection: Connection, administration_id: int, events: Mapping[int, DeliveryEvent]) -> None:
    stored = tables.delivery_event
    rows = connection.execute(
        select(stored.c.delivery_id, func.max(stored.c.event_no))
        .where(
            stored.c.administration_id == administration_id,
            bulk.among(connection, stored.c.delivery_id, list(events)),
        )
        .group_by(stored.c.delivery_id)
    )
    last = dict(rows.all())
    connection.execute(
        stored.insert(),
        [
            _event_row(administration_id, delivery_id, last.get(delivery_id, 0) + 1, event)
            for delivery_id, event in events.items()
        ],
    )


def _event_row(administration_id: int, delivery_id: int, number: int, event: DeliveryEvent) -> dict[str, object]:
    return {
        "administration_id": administration_id,
        "delivery_id": delivery_id,
        "event_no": number,
        "at": event.at,
        "state": event.state.value,
        "actor": event.actor,
        "reason": event.reason,
    }


def posted(connection: Connection, administration_id: int, arrived: Arrived) -> None:
    """Keep a receipt and move its delivery to posted."""
    posted_many(connection, administration_id, [arrived])


def posted_many(connection: Connection, administration_id: int, arrived: Sequence[Arrived]) -> None:
    """Keep receipts and move their deliveries to posted."""
    if not arrived:
        return
    move_many(connection, administration_id, {each.delivery_id: each.event for each in arrived})
    connection.execute(
        tables.receipt.insert(),
        [
            {
                "administration_id": administration_id,
                "delivery_id": each.delivery_id,
                "reference": each.receipt.reference,
                "entry_key": each.receipt.key,
                "fingerprint": each.receipt.fingerprint,
                "total_minor": each.total_minor,
                "found": each.receipt.found,
                "adopted": each.receipt.adopted,
                "at": each.event.at,
            }
            for each in arrived
        ],
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
    """The deliveries that book a document (in any revision), or correct it, and are not cancelled, oldest first."""
    condition = and_(
        tables.entry.c.document_key == document_key,
        books_document(),
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


def first_approvals(connection: Connection, administration_id: int, delivery_ids: Collection[int]) -> dict[int, str]:
    """Who approved each of these as the first of two persons, since a person last kept it back; only where one did."""
    stored, first = tables.delivery_event, {}
    rows = connection.execute(
        select(stored.c.delivery_id, stored.c.event_no, stored.c.state, stored.c.actor)
        .where(
            stored.c.administration_id == administration_id,
            bulk.among(connection, stored.c.delivery_id, list(delivery_ids)),
        )
        .order_by(stored.c.delivery_id, stored.c.event_no)
    )
    for row in rows:
        if row.event_no > 1 and row.state == DeliveryState.READY.value:
            first[row.delivery_id] = row.actor
        else:
            first.pop(row.delivery_id, None)
    return first


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
