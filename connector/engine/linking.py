"""Linking: an entry that is in the books already becomes posted, in the name of a person, and nothing is sent.

It takes the steps that every entry takes, so its history reads like that of others: a person lets it go, the ledger is
asked, the receipt is kept.
"""

from __future__ import annotations

from connector.domain.delivery import DeliveryEvent, DeliveryState, Receipt
from connector.engine.books import Books, Workplace
from connector.store import deliveries
from connector.store.database import Connection
from connector.store.deliveries import Arrived, Delivery

_S = DeliveryState
LINKABLE = (_S.READY, _S.QUEUED, _S.HELD, _S.SENDING, _S.UNKNOWN, _S.REJECTED)
"""States in which an entry can turn out to be in the books."""
NOTHING_SENT = "looked up only, nothing is sent"
_STEPS = {_S.READY: (_S.QUEUED, _S.SENDING), _S.HELD: (_S.QUEUED, _S.SENDING), _S.REJECTED: (_S.QUEUED, _S.SENDING),
          _S.QUEUED: (_S.SENDING,), _S.SENDING: (), _S.UNKNOWN: ()}  # fmt: skip


def link(
    connection: Connection,
    place: Workplace,
    books: Books,
    delivery: Delivery,
    receipt: Receipt,
    *,
    actor: str,
    reason: str,
) -> None:
    """Post ``delivery`` with the ledger's ``receipt``. The caller holds the administration's lock, and this is one
    transaction: no other run sees the steps between. BusyError when the lock was lost."""
    place.database.check_lock(connection, books.name)
    now = place.clock()
    for state in _STEPS[delivery.state]:
        by_person = state is _S.QUEUED
        event = DeliveryEvent(
            at=now,
            state=state,
            actor=actor if by_person else "connector",
            reason=reason if by_person else NOTHING_SENT,
        )
        deliveries.move(connection, books.id, delivery.delivery_id, event)
    event = DeliveryEvent(at=now, state=_S.POSTED, actor=actor, reason=reason)
    arrived = Arrived(delivery_id=delivery.delivery_id, receipt=receipt, total_minor=delivery.total, event=event)
    deliveries.posted(connection, books.id, arrived)
