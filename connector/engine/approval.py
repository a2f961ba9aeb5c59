"""Approval: which prepared entries go out by themselves, and which wait for a person."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.catalogue import WITHIN_LIMIT
from connector.domain.delivery import DeliveryState
from connector.domain.finding import Severity
from connector.engine.books import Books, Workplace
from connector.engine.deliver import approve
from connector.store import deliveries, novelty


def approve_by_setting(place: Workplace, books: Books) -> int:
    """Approve what the setting ``auto_post`` lets go; returns how many entries.

    'off': nothing. 'known': documents without a warning (but for cents within their limit), in which no combination
    (plan, customer, tax situation …) is new among what was posted. 'all': everything that is ready.
    """
    if books.auto_post == "off":
        return 0
    with place.database.reading() as connection:
        ready = deliveries.in_states(connection, books.id, [DeliveryState.READY])
        if books.auto_post == "known":
            warned = novelty.documents_with(connection, books.id, (Severity.WARN, Severity.HOLD), but=WITHIN_LIMIT)
            posted = novelty.posted_combinations(connection, books.id)
            ready = [
                each
                for each in ready
                if each.entry_id not in warned and not novelty.is_new(connection, books.id, each.entry_id, posted)
            ]
    delivery_ids: Sequence[int] = [each.delivery_id for each in ready]
    return approve(place, books, delivery_ids, actor="connector", reason=f"auto_post = {books.auto_post}")
