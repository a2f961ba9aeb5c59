"""Adopt: a person takes a booking by another channel for our entry, and what remains to be moved goes the usual way.

In one transaction the entry becomes posted, with a receipt that names the booking, and the entry that moves its cost to
our accounts waits in the outbox with that person's approval. Nothing is sent here.
"""

from __future__ import annotations

import datetime

import msgspec

from connector.domain import adoption
from connector.domain.accounts import ChartOfAccounts
from connector.domain.adoption import Compared
from connector.domain.delivery import DeliveryState, Receipt
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.engine import outbox
from connector.engine.approval import approve_within
from connector.engine.books import Books, Workplace
from connector.engine.linking import link
from connector.errors import LedgerError
from connector.ledgers.base import Ledger, SeesOthers
from connector.store import deliveries, entries, provenance
from connector.store.database import Connection
from connector.store.deliveries import Delivery
from connector.store.ids import Ids

_S = DeliveryState
ADOPTABLE = (_S.READY, _S.QUEUED, _S.HELD, _S.REJECTED)
"""States in which an entry was certainly not posted by us."""
ADOPTED = "adopted: "
CLOSED = "the period of the entry that would move its cost is closed; date it in an open one with --date"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A booking by another channel beside our entry. ``refusal`` says why it cannot be adopted, '' when it can;
    ``move`` is the entry that would move its cost, ``None`` when nothing has to be moved."""

    compared: Compared
    refusal: str = ""
    move: JournalEntry | None = None

    @property
    def vat_unknown(self) -> bool:
        """Whether a person must say that the VAT is right, since the ledger cannot tell."""
        return self.compared.vat_agrees is None


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """What an adoption led to: the entry that moves the cost, when there is one, and whether it may be sent (else a
    second person must approve it)."""

    reference: str
    entry_id: int | None = None
    delivery_id: int | None = None
    approved: bool = False


def offers(
    place: Workplace,
    books: Books,
    ledger: Ledger,
    chart: ChartOfAccounts,
    entry_id: int,
    *,
    date: datetime.date | None = None,
) -> list[Offer]:
    """The bookings in ``ledger`` (opened) that may be the invoice of ``entry_id``; its cost would be moved on ``date``,
    by default the date of the entry. Raises LedgerError, also when the ledger holds the entry as ours."""
    with place.database.reading() as connection:
        mine = deliveries.of_entries(connection, books.id, [entry_id])[entry_id]
        entry = _with_groups(connection, books, entry_id)
    _require(mine, entry, books)
    if not isinstance(ledger, SeesOthers):
        raise LedgerError(
            f"the ledger {ledger.name} cannot tell what came by another channel",
            hint="Look there yourself; book the document in one place only.",
            where=mine.key,
        )
    if held := ledger.find_many([entry.key]).get(entry.key.document):
        raise LedgerError(
            f"the ledger holds the document as ours already: {held[0].reference}",
            hint="Restore the link to it with 'connector reconcile --rebuild'.",
            where=mine.key,
        )
    found = ledger.find_others([entry]).get(entry.key.document, ())
    return [_offer(books, entry, adoption.compare(entry, each), chart, date) for each in found]


def adopt(
    place: Workplace,
    books: Books,
    ledger: Ledger,
    chart: ChartOfAccounts,
    entry_id: int,
    chosen: Offer,
    *,
    date: datetime.date | None = None,
    actor: str,
    reason: str = "",
) -> Adopted:
    """Take the booking of ``chosen`` for the entry, in the name of a person who saw it so.

    Raises BusyError during a run; LedgerError when it is not as that person saw it, or cannot be adopted.
    """
    with place.database.lock(books.name):
        again = offers(place, books, ledger, chart, entry_id, date=date)
        if chosen not in again:
            raise LedgerError(
                "the booking changed in the ledger meanwhile",
                hint="Look at it again with 'connector deliveries adopt', and decide anew.",
                where=chosen.compared.booking.reference,
            )
        if chosen.refusal:
            raise LedgerError(
                f"the booking cannot be adopted: {chosen.refusal}", where=chosen.compared.booking.reference
            )
        why = ADOPTED + chosen.compared.told + (f"; {reason}" if reason else "")
        with place.database.transaction() as connection:
            return _book(connection, place, books, entry_id, chosen, actor, why)


def _book(
    connection: Connection, place: Workplace, books: Books, entry_id: int, chosen: Offer, actor: str, why: str
) -> Adopted:
    reference = chosen.compared.booking.reference
    done = Adopted(reference=reference)
    if chosen.move is not None:
        move_id, delivery_id = lay_move(connection, place, books, entry_id, chosen.move)
        # Before the document counts as posted: what is new in it is new to the second person as well.
        approved = approve_within(connection, place, books, [delivery_id], actor=actor, reason=why)
        done = Adopted(reference=reference, entry_id=move_id, delivery_id=delivery_id, approved=bool(approved))
    adopt_link(connection, place, books, entry_id, reference, actor=actor, reason=why)
    return done


def adopt_link(
    connection: Connection, place: Workplace, books: Books, entry_id: int, reference: str, *, actor: str, reason: str
) -> None:
    """Post the entry with a receipt that names the booking ``reference``; nothing is sent."""
    mine = deliveries.of_entries(connection, books.id, [entry_id])[entry_id]
    receipt = Receipt(key=mine.key, reference=reference, fingerprint=mine.fingerprint, found=True, adopted=True)
    link(connection, place, books, mine, receipt, actor=actor, reason=reason)


def lay_move(
    connection: Connection, place: Workplace, books: Books, entry_id: int, move: JournalEntry
) -> tuple[int, int]:
    """Keep the entry that moves the cost of an adopted booking, and its delivery: their ids."""
    origin = entries.origin(connection, books.id, entry_id)
    behind = provenance.behind(connection, books.id, [entry_id])[entry_id]
    draft = entries.Draft(
        entry=move,
        version_id=origin.version_id,
        mapping_version_id=origin.mapping_version_id,
        booking=origin.booking,
        segment=origin.segment,
        decision_ids=[decision for _position, decision in behind.decisions],
    )
    return outbox.lay(connection, place, books, Ids(connection, books.id), draft)


def _with_groups(connection: Connection, books: Books, entry_id: int) -> JournalEntry:
    behind = provenance.behind(connection, books.id, [entry_id])
    return entries.load(connection, books.id, [entry_id], behind)[entry_id]


def _offer(
    books: Books, entry: JournalEntry, compared: Compared, chart: ChartOfAccounts, date: datetime.date | None
) -> Offer:
    if why := adoption.refusal(entry, compared, chart):
        return Offer(compared=compared, refusal=why)
    move = adoption.entry_of(entry, adoption.net_of(entry, compared.booking, chart), date=date)
    closed = books.closed_until
    late = move is not None and closed is not None and move.date <= closed
    return Offer(compared=compared, refusal=CLOSED if late else "", move=move)


def _require(mine: Delivery, entry: JournalEntry, books: Books) -> None:
    """Refuse what is no purchase invoice, is not for the ledger in force, or may have been posted."""
    if entry.key.direction is not Direction.PURCHASE or entry.key.purpose != "invoice":
        why, hint = "it is no purchase invoice", "Name the entry of a purchase; 'connector entries list' shows them."
    elif mine.ledger != books.ledger:
        why, hint = f"it is for the ledger {mine.ledger}", "Set that ledger in connector.toml to adopt it there."
    elif mine.state not in ADOPTABLE:
        why, hint = f"it is {mine.state.value}", f"See 'connector deliveries show {mine.delivery_id}'."
        if mine.state in (_S.SENDING, _S.UNKNOWN):
            hint = "Run 'connector sync' first: it finds out whether the ledger has our entry."
    else:
        return
    raise LedgerError(f"the entry cannot be adopted: {why}", hint=hint, where=mine.key)
