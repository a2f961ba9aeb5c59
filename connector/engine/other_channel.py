"""Other channel: the same supplier invoice may be in the ledger already, by Peppol, a scan or by hand.

It is looked for before a purchase is sent. What is found is kept back, and a person decides: it is the same invoice,
and is adopted, or it is another one, and ours goes out. That decision is read from the events of the delivery.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from connector.domain.adoption import compare, taken_back
from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.domain.document import parse_entry_key
from connector.domain.held import OtherBooking
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.domain.reclassification import is_adoption
from connector.engine.books import Books, Workplace
from connector.ledgers.base import Ledger, SeesOthers
from connector.store import adoptions, deliveries, entries
from connector.store.database import Connection
from connector.store.deliveries import Delivery

_S = DeliveryState
NOT_SENT = "looked up: booked through another channel, nothing was sent"
FOUND = "booked through another channel: "
ADOPT = "'connector deliveries adopt' takes it for this entry; 'connector entries approve' sends ours besides."
CHANGED = "the adopted booking is not in the ledger any more, or was changed: "
Others = Mapping[str, Sequence[OtherBooking]]
"""What came by another channel, by document."""


def look(place: Workplace, books: Books, ledger: Ledger, batch: Sequence[Delivery], held: Collection[str]) -> Others:
    """What ``ledger`` holds by another channel of the purchases in ``batch`` that it does not hold as ours (``held``,
    by document), and of those whose adopted booking is to be moved. Raises LedgerUnavailable, LedgerRefused."""
    if not isinstance(ledger, SeesOthers):
        return {}
    with place.database.reading() as connection:
        wanted = set()
        for each in batch:
            key = parse_entry_key(each.key)
            if is_adoption(key.purpose):
                if adopted := adoptions.adopted(connection, books.id, each.ledger, each.document_key):
                    wanted.add(adopted.entry_id)
            elif key.purpose == "invoice" and key.direction is Direction.PURCHASE and each.document_key not in held:
                wanted.add(each.entry_id)
        asked = list(entries.load(connection, books.id, sorted(wanted)).values())
    return ledger.find_others(asked) if asked else {}


def hold(place: Workplace, books: Books, batch: Sequence[Delivery], others: Others) -> dict[int, str]:
    """Keep back those of ``batch`` (being sent) that are booked through another channel, with the reason, by delivery.

    A person who approved an entry after it was kept back for a booking has said that it is another invoice: for that
    booking it is not kept back again.
    """
    concerned = [
        each for each in batch if others.get(each.document_key) and parse_entry_key(each.key).purpose == "invoice"
    ]
    reasons: dict[int, str] = {}
    if not concerned:
        return reasons
    with place.database.transaction() as connection:
        known = entries.load(connection, books.id, [each.entry_id for each in concerned])
        for each in concerned:
            decided = adoptions.let_go(connection, books.id, each.document_key, FOUND)
            told = [compare(known[each.entry_id], one).told for one in _undecided(others[each.document_key], decided)]
            if told:
                reasons[each.delivery_id] = FOUND + " | ".join(told)
        # Two steps of one transaction: it was certainly not sent, and now waits for a person.
        for state in (_S.QUEUED, _S.HELD):
            events = {
                number: DeliveryEvent(
                    at=place.clock(),
                    state=state,
                    actor="connector",
                    reason=NOT_SENT if state is _S.QUEUED else reason,
                )
                for number, reason in reasons.items()
            }
            deliveries.move_many(connection, books.id, events)
    return reasons


def _undecided(found: Sequence[OtherBooking], decided: Sequence[str]) -> list[OtherBooking]:
    return [each for each in found if not any(f" {each.reference} of " in f" {reason}" for reason in decided)]


def changed(
    connection: Connection, books_id: int, delivery: Delivery, original: int, reference: str, others: Others
) -> str:
    """Why the cost of an adopted booking cannot be moved: it is not there as it was when it was adopted; '' when it
    is."""
    loaded = entries.load(connection, books_id, [delivery.entry_id, original])
    there = next((each for each in others.get(delivery.document_key, ()) if each.reference == reference), None)
    if there is None or not is_unchanged(loaded[original], taken_back(loaded[delivery.entry_id]), there):
        return CHANGED + reference
    return ""


def is_unchanged(original: JournalEntry, back: Mapping[str, int], there: OtherBooking) -> bool:
    """Whether ``there`` still has our total and currency, VAT that is not another one, and the amounts ``back`` (minor
    units by account)."""
    now = compare(original, there)
    same = now.total_agrees and now.currency_agrees and now.vat_agrees is not False
    return same and all(there.accounts.get(account, 0) == minor for account, minor in back.items())
