"""The outbox: an entry is kept together with the delivery that is to send it, never one without the other; and what is
there of a document already."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.domain.document import parse_entry_key
from connector.domain.revision import Standing
from connector.engine.books import Books, Workplace
from connector.store import deliveries, entries
from connector.store.database import Connection
from connector.store.deliveries import Delivery
from connector.store.entries import Draft
from connector.store.ids import Ids


def lay(connection: Connection, place: Workplace, books: Books, ids: Ids, draft: Draft) -> tuple[int, int]:
    """Keep the entry of ``draft`` and its delivery, which waits for approval; their ids, in this order."""
    now = place.clock()
    entry_id = entries.add(connection, books.id, ids, draft, now)
    event = DeliveryEvent(at=now, state=DeliveryState.READY, actor="connector", reason="prepared")
    key = draft.entry.key.text
    return entry_id, deliveries.add(connection, books.id, ids, entry_id, key, books.ledger, event)


def standings(before: Sequence[Delivery]) -> list[Standing]:
    """The deliveries of a document, as its next step is decided by them."""
    return [Standing(state=each.state, booking=each.booking) for each in before]


def standing_for(before: Sequence[Delivery], booking: bytes) -> Delivery | None:
    """The last entry, approved or sent, that books exactly this."""
    return next(
        (each for each in reversed(before) if each.booking == booking and each.state is not DeliveryState.READY), None
    )


def booked_total(before: Sequence[Delivery]) -> int:
    """The open item of the document as it was booked; what corrects it has none."""
    return [each.total for each in before if parse_entry_key(each.key).purpose == "invoice"][-1]
