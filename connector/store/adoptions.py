"""Adoptions: documents for which a booking by another channel stands, and what persons decided about such bookings."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select

from connector.domain.delivery import DeliveryState
from connector.domain.reclassification import ADOPTION
from connector.store import receipts, tables
from connector.store.joins import same
from connector.store.receipts import PostedEntry


def adopted(connection: Connection, administration_id: int, ledger: str, document_key: str) -> PostedEntry | None:
    """The entry of a document for which a booking in ``ledger`` was adopted; its reference is that of the booking."""
    return receipts.adopted_of(connection, administration_id, ledger, document_key)


def moved(connection: Connection, administration_id: int, document_key: str) -> list[tuple[int, DeliveryState]]:
    """(entry, state) of what moves the cost of a document's adopted booking, oldest first, cancelled ones too."""
    entry, delivery = tables.entry, tables.delivery
    rows = connection.execute(
        select(entry.c.entry_id, delivery.c.state)
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(entry.c.administration_id == administration_id, entry.c.document_key == document_key,
               entry.c.purpose.startswith(f"{ADOPTION}-"))
        .order_by(entry.c.entry_id)
    )  # fmt: skip
    return [(entry_id, DeliveryState(state)) for entry_id, state in rows]


def let_go(connection: Connection, administration_id: int, document_key: str, beginning: str) -> list[str]:
    """The reasons, beginning with ``beginning``, for which the document was kept back and then approved by a person."""
    entry, delivery, kept = tables.entry, tables.delivery, tables.delivery_event
    freed = tables.delivery_event.alias("freed")
    rows = connection.execute(
        select(kept.c.reason)
        .join(delivery, same(delivery, kept, "delivery_id"))
        .join(entry, same(entry, delivery, "entry_id"))
        .join(freed, and_(same(freed, kept, "delivery_id"), freed.c.event_no > kept.c.event_no,
                          freed.c.state == DeliveryState.QUEUED.value))
        .where(kept.c.administration_id == administration_id, entry.c.document_key == document_key,
               kept.c.state == DeliveryState.HELD.value, kept.c.reason.startswith(beginning))
        .distinct()
    )  # fmt: skip
    return list(rows.scalars())
