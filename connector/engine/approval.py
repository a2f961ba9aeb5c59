"""Approval: who lets entries go, and which ones. Nothing leaves before it.

One person approves, or two different ones where a setting asks for a second; a setting may let entries go by itself.
What was approved is what is posted: ``deliver`` compares each entry with the fingerprint it was sealed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connector.domain.approval import NOBODY, approves, needs_second, weight
from connector.domain.catalogue import WITHIN_LIMIT
from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.domain.finding import Severity
from connector.engine.books import Books, Workplace
from connector.store import deliveries, entry_sums, novelty
from connector.store.database import Connection
from connector.store.deliveries import Delivery

_S = DeliveryState
_WAIT = (_S.READY, _S.HELD, _S.REJECTED)
"""Entries that wait for a person: ready, kept back by a person, refused by the ledger."""
_KEPT_BACK: Mapping[DeliveryState, DeliveryState] = {
    _S.READY: _S.HELD,
    _S.QUEUED: _S.HELD,
    _S.REJECTED: _S.CANCELLED,
}
"""Where an entry goes when a person keeps it back."""


def approve(
    place: Workplace, books: Books, delivery_ids: Iterable[int], *, actor: str, reason: str = "approved"
) -> int:
    """Let entries go out, in the name of a person. Returns how many of them may now be sent.

    Where a second person is asked for, the word of the first is kept and the entry goes on waiting; the same person
    never counts twice. What the ledger refused had its approvals before.
    """
    with place.database.transaction() as connection:
        return approve_within(connection, place, books, delivery_ids, actor=actor, reason=reason)


def approve_within(
    connection: Connection, place: Workplace, books: Books, delivery_ids: Iterable[int], *, actor: str, reason: str
) -> int:
    """``approve`` within the caller's transaction."""
    waiting = {each.delivery_id: each for each in deliveries.in_states(connection, books.id, _WAIT)}
    wanted = [waiting[each] for each in dict.fromkeys(delivery_ids) if each in waiting]
    second = _needing_second(connection, place, books, wanted)
    first = deliveries.first_approvals(connection, books.id, second)
    steps: dict[int, DeliveryEvent] = {}
    for each in wanted:
        needed = each.delivery_id in second and each.state is not _S.REJECTED
        after = approves(actor, first.get(each.delivery_id, NOBODY)) if needed else _S.QUEUED
        if after is None:
            continue
        event = DeliveryEvent(at=place.clock(), state=after, actor=actor, reason=reason)
        if after is each.state:
            deliveries.remark(connection, books.id, each.delivery_id, event)
        else:
            steps[each.delivery_id] = event
    deliveries.move_many(connection, books.id, steps)
    return sum(event.state is _S.QUEUED for event in steps.values())


def keep_back(place: Workplace, books: Books, delivery_ids: Iterable[int], *, actor: str, reason: str) -> int:
    """Keep entries back, in the name of a person. Returns how many could still be kept back.

    What waits or is approved counts as held until a person approves it. What the ledger refused is given up: its
    document counts as held until its tables or settings change, and is then prepared anew.
    """
    with place.database.transaction() as connection:
        found = deliveries.in_states(connection, books.id, _KEPT_BACK)
        waiting = {each.delivery_id: each.state for each in found}
        steps = {
            each: DeliveryEvent(at=place.clock(), state=_KEPT_BACK[waiting[each]], actor=actor, reason=reason)
            for each in delivery_ids
            if each in waiting
        }
        deliveries.move_many(connection, books.id, steps)
    return len(steps)


def approve_by_setting(place: Workplace, books: Books) -> int:
    """Approve what the setting ``auto_post`` lets go; returns how many entries.

    'off': nothing. 'known': documents without a warning (but for cents within their limit), in which nothing is new
    among what was posted: no combination (plan, customer, tax situation …) and no price. 'all': everything that is
    ready. What a second person must see goes by no setting, and nothing goes where the source is not settled.
    """
    if books.auto_post == "off" or not books.unattended:
        return 0
    with place.database.reading() as connection:
        ready: Sequence[Delivery] = deliveries.in_states(connection, books.id, [_S.READY])
        second = _needing_second(connection, place, books, ready)
        ready = [each for each in ready if each.delivery_id not in second]
        if books.auto_post == "known":
            warned = novelty.documents_with(connection, books.id, (Severity.WARN, Severity.HOLD), but=WITHIN_LIMIT)
            ready = [each for each in ready if each.entry_id not in warned]
            new = new_entries(connection, place, books, ready)
            ready = [each for each in ready if each.entry_id not in new]
    delivery_ids = [each.delivery_id for each in ready]
    return approve(place, books, delivery_ids, actor="connector", reason=f"auto_post = {books.auto_post}")


def new_entries(connection: Connection, place: Workplace, books: Books, listed: Sequence[Delivery]) -> set[int]:
    """Those of the entries in which a combination or a price is new among what was posted."""
    if not listed:
        return set()
    known = novelty.known(connection, books.id, place.today)
    return {each.entry_id for each in listed if novelty.is_new(connection, books.id, each.entry_id, known)}


def _needing_second(connection: Connection, place: Workplace, books: Books, listed: Sequence[Delivery]) -> set[int]:
    """The deliveries that two persons must approve."""
    new = new_entries(connection, place, books, listed) if books.second_approval_new else set()
    above = books.second_approval_above
    without = [each.entry_id for each in listed if not each.total] if above is not None else []
    moved = entry_sums.debits(connection, books.id, without)
    return {
        each.delivery_id
        for each in listed
        if needs_second(weight(each.total, moved.get(each.entry_id, 0)), above=above, is_new=each.entry_id in new)
    }
