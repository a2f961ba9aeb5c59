"""Reconcile: ours against theirs, entry by entry; and rebuild: the links of a lost database, from the ledger's keys.

Nothing is ever sent from here. What was posted and what the ledger holds are compared by key; the ledger's records
stream by, a batch at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

import msgspec

from connector.domain.delivery import DeliveryEvent, DeliveryState, Receipt
from connector.domain.document import EntryKey, parse_entry_key
from connector.domain.journal import JournalEntry
from connector.domain.reconciliation import Difference, HeldEntry, differences
from connector.engine.batches import batches
from connector.engine.books import Books, Workplace
from connector.errors import LedgerRefused
from connector.ledgers.base import Ledger, Listing, ReadsBack
from connector.store import deliveries, entries
from connector.store.deliveries import Arrived, Delivery

_S = DeliveryState
AT_ONCE = 500
"""How many of the ledger's entries are compared at once."""
_STEPS: Mapping[DeliveryState, tuple[DeliveryState, ...]] = {
    _S.READY: (_S.QUEUED, _S.SENDING, _S.POSTED),
    _S.HELD: (_S.QUEUED, _S.SENDING, _S.POSTED),
    _S.QUEUED: (_S.SENDING, _S.POSTED),
    _S.REJECTED: (_S.QUEUED, _S.SENDING, _S.POSTED),
    _S.SENDING: (_S.POSTED,),
    _S.UNKNOWN: (_S.POSTED,),
}
"""How a delivery comes to be posted when the ledger turns out to hold its entry."""
LINKED = "rebuilt: the ledger holds it, nothing was sent"


class Match(Enum):
    """What became of an entry, ours and theirs together."""

    MATCHED = "matched"
    DIFFERENT = "different"
    MISSING = "missing"
    UNEXPECTED = "unexpected"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that we posted, or that the ledger holds under a key of ours. ``total_minor`` is ours where we have
    one; ``reference`` is the ledger's. ``why`` says what is unexpected."""

    match: Match
    key: str
    number: str
    period: str
    total_minor: int
    reference: str
    differences: tuple[Difference, ...] = ()
    why: str = ""


class Reconciliation(msgspec.Struct, kw_only=True):
    """``sums`` are (entries, minor units) by ledger period and match; ``open`` is everything that is not matched.
    ``linked`` are the entries that a rebuild took for posted."""

    administration: str
    ledger: str
    sums: dict[tuple[str, Match], tuple[int, int]] = msgspec.field(default_factory=dict)
    open: list[Compared] = msgspec.field(default_factory=list)
    linked: int = 0

    def add(self, compared: Compared) -> None:
        """Count an entry."""
        count, minor = self.sums.get((compared.period, compared.match), (0, 0))
        self.sums[compared.period, compared.match] = (count + 1, minor + compared.total_minor)
        if compared.match is not Match.MATCHED:
            self.open.append(compared)


NOT_KNOWN = "no entry of ours has this key; is it from before the database was lost?"
NOT_POSTED = "with us it is {state}; 'connector reconcile --rebuild' links it"
OTHER_CONTENT = "with us it is {state} and has another content; compare both"


def reconcile(
    place: Workplace,
    books: Books,
    ledger: Ledger,
    codes: Mapping[str, str],
    *,
    period: str | None = None,
    rebuild_by: str = "",
) -> Reconciliation:
    """Compare what we posted with what the opened ``ledger`` holds, in one ``period`` ('YYYY-MM') or all.

    With ``rebuild_by``, a person's name, entries that the ledger holds with the key and the content of ours become
    posted, whatever they wait for: they are in the books already. Raises LedgerUnavailable, LedgerRefused.
    """
    return _Reconciler(place, books, ledger, codes, period, rebuild_by).run()


class _Reconciler:
    def __init__(
        self,
        place: Workplace,
        books: Books,
        ledger: Ledger,
        codes: Mapping[str, str],
        period: str | None,
        rebuild_by: str,
    ) -> None:
        self._place, self._books, self._ledger, self._codes = place, books, ledger, codes
        self._period, self._rebuild_by = period, rebuild_by
        self._report = Reconciliation(administration=books.name, ledger=ledger.name)

    def run(self) -> Reconciliation:
        with self._place.database.reading() as connection:
            live = deliveries.in_states(connection, self._books.id, [each for each in _S if each is not _S.CANCELLED])
        ours = {each.key: each for each in live if each.ledger == self._books.ledger}
        seen: set[str] = set()
        for batch in batches(self._theirs(ours.values()), _one, most=AT_ONCE):
            known = self._entries(ours[each.key] for each in batch if each.key in ours)
            for held in batch:
                seen.add(held.key)
                self._compare(held, ours.get(held.key), known)
        for each in ours.values():
            if each.state is _S.POSTED and each.key not in seen:
                self._add(_compared(Match.MISSING, parse_entry_key(each.key), total=each.total))
        return self._report

    def _theirs(self, ours: Iterable[Delivery]) -> Iterator[HeldEntry]:
        """What the ledger holds of this administration; in full where it can tell."""
        if isinstance(self._ledger, Listing):
            for batch in batches(self._ledger.all_entries(), _one, most=AT_ONCE):
                mine = [each for each in batch if parse_entry_key(each.key).administration == self._books.name]
                yield from self._in_full(mine)
        elif isinstance(self._ledger, ReadsBack):
            posted = [each for each in ours if each.state is _S.POSTED]
            for chunk in batches(posted, _one, most=AT_ONCE):
                yield from self._ledger.read_many([_receipt_of(each) for each in chunk]).values()
        else:
            raise LedgerRefused(
                f"the ledger {self._ledger.name} cannot tell what it holds",
                hint="Compare its journal with 'connector deliveries --state posted' by hand.",
            )

    def _in_full(self, listed: Sequence[HeldEntry]) -> Iterator[HeldEntry]:
        if not isinstance(self._ledger, ReadsBack) or all(each.accounts is not None for each in listed):
            yield from listed
            return
        receipts = [Receipt(key=each.key, reference=each.reference, fingerprint=each.fingerprint) for each in listed]
        full = self._ledger.read_many(receipts)
        for each in listed:
            yield full.get(each.key, each)

    def _entries(self, wanted: Iterable[Delivery]) -> Mapping[int, JournalEntry]:
        with self._place.database.reading() as connection:
            return entries.load(connection, self._books.id, [each.entry_id for each in wanted])

    def _compare(self, held: HeldEntry, mine: Delivery | None, known: Mapping[int, JournalEntry]) -> None:
        key = parse_entry_key(held.key)
        if mine is None:
            self._add(_compared(Match.UNEXPECTED, key, total=held.total_minor, held=held, why=NOT_KNOWN))
            return
        found = differences(known[mine.entry_id], held, self._codes)
        if mine.state is not _S.POSTED:
            same = held.fingerprint == mine.fingerprint
            if not (same and self._rebuild_by):
                why = (NOT_POSTED if same else OTHER_CONTENT).format(state=mine.state.value)
                self._add(_compared(Match.UNEXPECTED, key, total=held.total_minor, held=held, why=why))
                return
            self._link(mine, held)
        match = Match.DIFFERENT if found else Match.MATCHED
        self._add(_compared(match, key, total=mine.total, held=held, differences=found))

    def _link(self, mine: Delivery, held: HeldEntry) -> None:
        """Bring a delivery to posted, in the name of the person who rebuilds."""
        *on_the_way, last = _STEPS[mine.state]
        with self._place.database.transaction() as connection:
            for state in on_the_way:
                deliveries.move(connection, self._books.id, mine.delivery_id, self._event(state))
            receipt = Receipt(key=held.key, reference=held.reference, fingerprint=held.fingerprint, found=True)
            arrived = Arrived(
                delivery_id=mine.delivery_id, receipt=receipt, total_minor=mine.total, event=self._event(last)
            )
            deliveries.posted(connection, self._books.id, arrived)
        self._report.linked += 1

    def _event(self, state: DeliveryState) -> DeliveryEvent:
        return DeliveryEvent(at=self._place.clock(), state=state, actor=self._rebuild_by, reason=LINKED)

    def _add(self, compared: Compared) -> None:
        if self._period in (None, compared.period):
            self._report.add(compared)


def _one(_each: object) -> int:
    return 1


def _receipt_of(each: Delivery) -> Receipt:
    return Receipt(key=each.key, reference="", fingerprint=each.fingerprint)


def _compared(
    match: Match,
    key: EntryKey,
    *,
    total: int,
    held: HeldEntry | None = None,
    differences: tuple[Difference, ...] = (),
    why: str = "",
) -> Compared:
    return Compared(
        match=match,
        key=key.text,
        number=key.number,
        period=key.period,
        total_minor=total,
        reference=held.reference if held else "",
        differences=differences,
        why=why,
    )
