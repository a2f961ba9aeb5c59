"""Moves there: whether the ledger lets us reclassify a document, by what it holds of it."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.delivery import DeliveryState, Receipt
from connector.domain.document import parse_entry_key
from connector.domain.reclassification import is_adoption, is_reclassification
from connector.engine import other_channel
from connector.engine.other_channel import Others
from connector.store import adoptions, receipts
from connector.store.database import Connection
from connector.store.deliveries import Delivery

WITHOUT_ORIGINAL = "the ledger does not hold the entry that this one reclassifies"
ADOPTION_NOT_THERE = "the cost of its adopted booking was not moved yet"
MOVED_ALREADY = "the ledger holds a reclassification of this document that is not known here: "


def refusal(
    connection: Connection,
    administration_id: int,
    delivery: Delivery,
    found: Sequence[Receipt],
    others: Others | None = None,
) -> str:
    """Why the reclassification of ``delivery`` may not be sent to a ledger that holds ``found`` of its document, and
    ``others`` by another channel (``None``: not asked, since nothing is sent now); '' when it may.

    After a lost database, or beside another copy of it, the ledger can hold moves that we do not know. Another one made
    without them would move the same euros twice.
    """
    adopted = adoptions.adopted(connection, administration_id, delivery.ledger, delivery.document_key)
    if adopted is not None and is_adoption(parse_entry_key(delivery.key).purpose):
        if others is not None and (
            why := other_channel.changed(
                connection, administration_id, delivery, adopted.entry_id, adopted.reference, others
            )
        ):
            return why
    elif adopted is not None:
        moved = adoptions.moved(connection, administration_id, delivery.document_key)
        if moved and moved[-1][1] is not DeliveryState.POSTED:
            return ADOPTION_NOT_THERE
    elif not any(parse_entry_key(each.key).purpose == "invoice" for each in found):
        return WITHOUT_ORIGINAL
    known = receipts.posted_keys(connection, administration_id, delivery.ledger, delivery.document_key)
    for each in found:
        if is_reclassification(parse_entry_key(each.key).purpose) and each.key not in known:
            return MOVED_ALREADY + each.reference
    return ""
