"""Adopt anew: after a lost database, what moved an adopted booking in the ledger tells that its document was adopted.

The move is made again from our entry and from what the ledger tells of it; only when it comes out the same, key and
content, and the booking is still there, are both links restored. Nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from connector.domain import adoption
from connector.domain.delivery import DeliveryState, Receipt
from connector.domain.document import parse_entry_key, readable_key
from connector.domain.held import HeldEntry
from connector.domain.journal import JournalEntry, PostingRole
from connector.domain.reclassification import is_adoption
from connector.engine.adopt import adopt_link, lay_move
from connector.engine.books import Books, Workplace
from connector.engine.linking import LINKABLE, link
from connector.engine.other_channel import is_unchanged
from connector.ledgers.base import Ledger, SeesOthers
from connector.store import deliveries, entries, provenance
from connector.store.deliveries import Delivery
from connector.store.receipts import PostedEntry

NOT_LINKED = "it moves the cost of an adopted booking: the links to both are lost"
UNKNOWN_ADOPTION = "it moves the cost of a booking that was adopted for a document, and is not known here"
ADOPTED_GONE = "the ledger does not hold the booking that was adopted for it"
ADOPTED_CHANGED = "the booking that was adopted for it has another total, currency or VAT now"
ADOPTED_UNASKED = "a booking by another channel was adopted for it, and the ledger does not tell of such bookings"


class Readoption(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was adopted, as the ledger tells: our entry, the booking, and what moved its cost there."""

    mine: Delivery
    original: JournalEntry
    move: JournalEntry
    held: HeldEntry
    reference: str


def recognised(place: Workplace, books: Books, ledger: Ledger, strangers: Sequence[HeldEntry]) -> list[Readoption]:
    """Those of ``strangers`` (entries with a key of ours that are not known here) that move the cost of an adopted
    booking and can be linked. Raises LedgerUnavailable, LedgerRefused."""
    keys = {each.key: readable_key(each.key) for each in strangers}
    moves = [each for each in strangers if (key := keys[each.key]) is not None and is_adoption(key.purpose)]
    if not moves or not isinstance(ledger, SeesOthers):
        return []
    made: list[Readoption] = []
    for held in moves:
        with place.database.reading() as connection:
            document = parse_entry_key(held.key).document
            waiting = [
                each
                for each in deliveries.live(connection, books.id, document)
                if each.state in LINKABLE and each.ledger == books.ledger
            ]
            if not waiting:
                continue
            mine = waiting[-1]
            behind = provenance.behind(connection, books.id, [mine.entry_id])
            original = entries.load(connection, books.id, [mine.entry_id], behind)[mine.entry_id]
        move = _made_again(original, held)
        if move is None:
            continue
        back = adoption.taken_back(move)
        for booking in ledger.find_others([original]).get(document, ()):
            if is_unchanged(original, back, booking):
                reference = booking.reference
                made.append(Readoption(mine=mine, original=original, move=move, held=held, reference=reference))
                break
    return made


def still_adopted(
    ledger: Ledger, posted: Sequence[PostedEntry], loaded: Mapping[int, JournalEntry]
) -> list[tuple[PostedEntry, str]]:
    """Each of ``posted``, for which a booking was adopted, with why it does not stand as it was adopted; '' when it
    does, as far as the ledger tells. ``loaded`` are their entries. Raises LedgerUnavailable, LedgerRefused."""
    if not isinstance(ledger, SeesOthers):
        return [(each, ADOPTED_UNASKED) for each in posted]
    others = ledger.find_others([loaded[each.entry_id] for each in posted]) if posted else {}
    found = []
    for each in posted:
        entry = loaded[each.entry_id]
        there = [one for one in others.get(entry.key.document, ()) if one.reference == each.reference]
        why = "" if there else ADOPTED_GONE
        if there and not is_unchanged(entry, {}, there[0]):
            why = ADOPTED_CHANGED
        found.append((each, why))
    return found


def restore(place: Workplace, books: Books, found: Readoption, *, actor: str, reason: str) -> Delivery:
    """Post both entries by what the ledger holds, in one transaction: the document's, and the one that moved its cost,
    whose delivery is returned."""
    with place.database.transaction() as connection:
        adopt_link(connection, place, books, found.mine.entry_id, found.reference, actor=actor, reason=reason)
        entry_id, _ = lay_move(connection, place, books, found.mine.entry_id, found.move)
        laid = deliveries.of_entries(connection, books.id, [entry_id])[entry_id]
        receipt = Receipt(
            key=found.held.key, reference=found.held.reference, fingerprint=found.held.fingerprint, found=True
        )
        link(connection, place, books, laid, receipt, actor=actor, reason=reason)
        after = deliveries.of_entries(connection, books.id, [entry_id])[entry_id]
    assert after.state is DeliveryState.POSTED, "a link makes posted"
    return after


def _made_again(original: JournalEntry, held: HeldEntry) -> JournalEntry | None:
    """The move as ``held`` tells it; ``None`` when it does not come out the same."""
    if held.accounts is None:
        return None
    back: Counter[str] = Counter()
    for each in original.postings:
        if each.role in (PostingRole.NET, PostingRole.ROUNDING):
            back[each.account] += each.minor
    back.subtract(dict(held.accounts))
    move = adoption.entry_of(original, {account: minor for account, minor in back.items() if minor}, date=held.date)
    same = move is not None and (move.key.text, move.fingerprint) == (held.key, held.fingerprint)
    return move if same else None
