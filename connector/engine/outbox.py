"""The outbox: an entry is kept together with the delivery that is to send it, never one without the other."""

from __future__ import annotations

from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.engine.books import Books, Workplace
from connector.store import deliveries, entries
from connector.store.database import Connection
from connector.store.entries import Draft
from connector.store.ids import Ids


def lay(connection: Connection, place: Workplace, books: Books, ids: Ids, draft: Draft) -> tuple[int, int]:
    """Keep the entry of ``draft`` and its delivery, which waits for approval; their ids, in this order."""
    now = place.clock()
    entry_id = entries.add(connection, books.id, ids, draft, now)
    event = DeliveryEvent(at=now, state=DeliveryState.READY, actor="connector", reason="prepared")
    key = draft.entry.key.text
    return entry_id, deliveries.add(connection, books.id, ids, entry_id, key, books.ledger, event)
