"""Moves there: whether the ledger lets us reclassify a document, by what it holds of it."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.delivery import Receipt
from connector.domain.document import parse_entry_key
from connector.domain.reclassification import is_reclassification
from connector.store import receipts
from connector.store.database import Connection
from connector.store.deliveries import Delivery

WITHOUT_ORIGINAL = "the ledger does not hold the entry that this one reclassifies"
MOVED_ALREADY = "the ledger holds a reclassification of this document that is not known here: "


def refusal(connection: Connection, administration_id: int, delivery: Delivery, found: Sequence[Receipt]) -> str:
    """Why the reclassification of ``delivery`` may not be sent to a ledger that holds ``found`` of its document; ''
    when it may.

    After a lost database, or beside another copy of it, the ledger can hold moves that we do not know. Another one made
    without them would move the same euros twice.
    """
    if not any(parse_entry_key(each.key).purpose == "invoice" for each in found):
        return WITHOUT_ORIGINAL
    known = receipts.posted_keys(connection, administration_id, delivery.ledger, delivery.document_key)
    for each in found:
        if is_reclassification(parse_entry_key(each.key).purpose) and each.key not in known:
            return MOVED_ALREADY + each.reference
    return ""
