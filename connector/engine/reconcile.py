"""Reconcile: what we posted beside what the ledger holds; and, after a lost database, link what it holds anew.

Nothing is ever sent. The ledger is read in its own order and looked up here, batch by batch; what is not met on the way
is missing there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from connector.domain.dates import month_of
from connector.domain.delivery import DeliveryState, Receipt
from connector.domain.document import parse_entry_key, readable_key
from connector.domain.journal import JournalEntry
from connector.domain.reclassification import is_adoption, is_reclassification
from connector.domain.reconciliation import CONTENT, Difference, differences
from connector.domain.retention import PurgedEntry
from connector.engine import readopt
from connector.engine.batches import batches
from connector.engine.books import Books, Workplace
from connector.engine.deviations import Deviation, Reconciliation, Standing
from connector.engine.linking import LINKABLE, link
from connector.engine.readopt import Readoption
from connector.ledgers.base import HeldEntry, Ledger, Listing, ReadsBack
from connector.store import deliveries, entries, purges, receipts
from connector.store.deliveries import Delivery
from connector.store.receipts import PostedEntry

AT_ONCE = 500
"""Entries that are compared together."""
UNKNOWN_DOCUMENT = "no entry of its document is known here"
UNKNOWN_MOVE = "a reclassification that is not known here: its document is not reclassified before it is"
UNKNOWN_ENTRY = "its document is known here, this entry of it is not"
UNREADABLE = "its key cannot be read"
TWICE = "the ledger holds it more than once"
NOT_POSTED = "the ledger holds it, and here it is "
OTHER_CONTENT = "the ledger holds it with other content, and here it is "
NOT_HELD = "the ledger does not hold it"
PURGED = "its document was purged, and the ledger holds other content than was kept of it"
LINKED = "linked to what the ledger holds: "


class Rebuilder(msgspec.Struct, frozen=True, kw_only=True):
    """The person who has links restored, and why."""

    actor: str
    reason: str


def reconcile(
    place: Workplace, books: Books, ledger: Ledger, codes: Mapping[str, str], rebuilder: Rebuilder | None = None
) -> Reconciliation:
    """Compare everything posted with everything that ``ledger`` (opened) holds from us.

    ``codes`` gives the ledger's VAT code for each of our tax codes. With ``rebuilder``, entries that the ledger holds
    under the same key with the same fingerprint become posted, in that person's name; nothing else changes, and nothing
    is sent. Raises BusyError during a run, LedgerUnavailable, LedgerRefused.
    """
    with place.database.lock(books.name):
        return _Reconciler(place, books, ledger, codes, rebuilder).run()


class There(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger holds under one key; ``held`` is ``None`` when it tells no more than that."""

    key: str
    fingerprint: str
    reference: str
    held: HeldEntry | None = None


class _Reconciler:
    def __init__(
        self, place: Workplace, books: Books, ledger: Ledger, codes: Mapping[str, str], rebuilder: Rebuilder | None
    ) -> None:
        self._place, self._books, self._ledger = place, books, ledger
        self._codes, self._rebuilder = codes, rebuilder
        self._report = Reconciliation(administration=books.name, ledger=ledger.name)
        self._met = bytearray()
        """By delivery, whether the ledger holds it: one byte for each, however long the history."""

    def run(self) -> Reconciliation:
        """Compare in both directions."""
        told = self._listed(self._ledger) if isinstance(self._ledger, Listing) else self._looked_up()
        for batch in told:
            self._batch([each for each in batch if self._is_ours(each)])
        self._missing()
        self._report.sums = dict(sorted(self._report.sums.items()))
        return self._report

    def _listed(self, ledger: Listing) -> Iterator[list[There]]:
        for batch in batches(ledger.all_entries(), _one, most=AT_ONCE):
            yield [
                There(key=each.key, fingerprint=each.fingerprint, reference=each.reference, held=each) for each in batch
            ]

    def _looked_up(self) -> Iterator[list[There]]:
        """What a ledger that cannot list holds of the documents that we know."""
        last = ""
        while True:
            with self._place.database.reading() as connection:
                page = receipts.documents_after(connection, self._books.id, self._books.ledger, last, AT_ONCE)
            if not page:
                return
            last = page[-1][0]
            found = self._ledger.find_many([parse_entry_key(key) for _, key in page])
            yield [
                There(key=each.key, fingerprint=each.fingerprint, reference=each.reference)
                for document, _ in page
                for each in found.get(document, ())
            ]

    def _is_ours(self, there: There) -> bool:
        """Several administrations may share a ledger; what cannot be read is nobody else's."""
        key = readable_key(there.key)
        return key is None or key.administration == self._books.name

    def _batch(self, batch: list[There]) -> None:
        keys = [each.key for each in batch]
        with self._place.database.reading() as connection:
            known = deliveries.by_keys(connection, self._books.id, self._books.ledger, keys)
        known |= self._restored(batch, known)
        strangers = [each.held for each in batch if each.held is not None and each.key not in known]
        adopted = {
            each.held.key: each for each in readopt.recognised(self._place, self._books, self._ledger, strangers)
        }
        known |= self._readopted(adopted)
        with self._place.database.reading() as connection:
            loaded = entries.load(connection, self._books.id, [each.entry_id for each in known.values()])
            strange = [each.key for each in batch if each.key not in known]
            documents = receipts.known_documents(connection, self._books.id, {_document(key) for key in strange})
            purged = purges.entries_by_key(connection, self._books.id, self._books.ledger, strange)
        for each in self._read_back(batch, known):
            mine = known.get(each.key)
            if mine is None and each.key in adopted:
                self._report.note(_adopted_anew(adopted[each.key]))
            elif mine is None and each.key in purged:
                self._purged(each, purged[each.key])
            elif mine is None:
                self._report.note(_stranger(each, documents))
            elif mine.state is not DeliveryState.POSTED:
                self._report.note(_not_posted(each, mine, loaded[mine.entry_id]))
            elif self._met_before(mine.delivery_id):
                entry = loaded[mine.entry_id]
                self._report.note(_deviation(Standing.UNEXPECTED, mine, entry, each.reference, why=TWICE))
            else:
                self._posted(each, mine, loaded[mine.entry_id])

    def _posted(self, there: There, mine: Delivery, entry: JournalEntry) -> None:
        if there.held is not None:
            drafts = self._ledger.capabilities.leaves_drafts
            found = differences(entry, there.held, self._codes, leaves_drafts=drafts)
        elif there.fingerprint != entry.fingerprint:
            found = (Difference(field=CONTENT, ours=entry.fingerprint, theirs=there.fingerprint),)
        else:
            found = ()
        if found:
            self._report.note(_deviation(Standing.DIFFERENT, mine, entry, there.reference, found=found))
        else:
            self._report.count(entry.key.direction.value, entry.period, Standing.MATCHED, entry.total_minor)

    def _purged(self, there: There, mine: PurgedEntry) -> None:
        """What was posted and has been purged since: the ledger holds what is kept of it, and need not any more."""
        key, held = parse_entry_key(mine.entry_key), there.held
        period = month_of(held.date) if held else key.period
        totals = (mine.total_minor, mine.total_minor if held is None else held.total_minor)
        if there.fingerprint == mine.fingerprint and totals[0] == totals[1]:
            self._report.count(key.direction.value, period, Standing.MATCHED, mine.total_minor)
            return
        ours, theirs = (f"{mine.fingerprint} {totals[0]}", f"{there.fingerprint} {totals[1]}")
        self._report.note(
            msgspec.structs.replace(
                _stranger(there, set()),
                standing=Standing.DIFFERENT,
                why=PURGED,
                differences=(Difference(field=CONTENT, ours=ours, theirs=theirs),),
            )
        )

    def _read_back(self, batch: list[There], known: Mapping[str, Delivery]) -> list[There]:
        """``batch`` with accounts and VAT, where the ledger tells them only when asked for each entry."""
        if not isinstance(self._ledger, ReadsBack):
            return batch
        wanted = [
            Receipt(key=each.key, reference=each.reference, fingerprint=each.fingerprint, found=True)
            for each in batch
            if each.key in known and (each.held is None or each.held.accounts is None)
        ]
        read = self._ledger.read_many(wanted) if wanted else {}
        return [msgspec.structs.replace(each, held=read.get(each.key, each.held)) for each in batch]

    def _restored(self, batch: Sequence[There], known: Mapping[str, Delivery]) -> dict[str, Delivery]:
        """Restore the links of ``batch`` that can be, when asked to."""
        if self._rebuilder is None:
            return {}
        mine = {each.key: each for each in batch if (one := known.get(each.key)) and _is_same(each, one)}
        if not mine:
            return {}
        actor, reason = self._rebuilder.actor, LINKED + self._rebuilder.reason
        with self._place.database.transaction() as connection:
            loaded = entries.load(connection, self._books.id, [known[key].entry_id for key in mine])
            for key, each in mine.items():
                delivery, entry = known[key], loaded[known[key].entry_id]
                receipt = Receipt(key=key, reference=each.reference, fingerprint=each.fingerprint, found=True)
                link(connection, self._place, self._books, delivery, receipt, actor=actor, reason=reason)
                self._report.linked.append(_deviation(Standing.MATCHED, delivery, entry, each.reference, why=LINKED))
            return deliveries.by_keys(connection, self._books.id, self._books.ledger, mine)

    def _readopted(self, found: Mapping[str, Readoption]) -> dict[str, Delivery]:
        """Restore adoptions, when asked to."""
        if self._rebuilder is None:
            return {}
        restored = {}
        for key, each in found.items():
            actor, reason = self._rebuilder.actor, LINKED + self._rebuilder.reason
            restored[key] = readopt.restore(self._place, self._books, each, actor=actor, reason=reason)
            for delivery, entry, reference in (
                (each.mine, each.original, each.reference),
                (restored[key], each.move, each.held.reference),
            ):
                self._report.linked.append(_deviation(Standing.MATCHED, delivery, entry, reference, why=LINKED))
        return restored

    def _adopted(self, page: Sequence[PostedEntry], loaded: Mapping[int, JournalEntry]) -> None:
        """Whether the bookings that were adopted for our entries are still there, as far as the ledger tells."""
        for each, why in readopt.still_adopted(self._ledger, page, loaded):
            entry = loaded[each.entry_id]
            if not why:
                self._report.count(entry.key.direction.value, entry.period, Standing.MATCHED, entry.total_minor)
                continue
            standing = Standing.DIFFERENT if why == readopt.ADOPTED_CHANGED else Standing.MISSING
            self._report.note(_deviation(standing, each, entry, each.reference, why=why))

    def _missing(self) -> None:
        """What was posted and not met."""
        last = 0
        while True:
            with self._place.database.reading() as connection:
                page = receipts.posted_after(connection, self._books.id, self._books.ledger, last, AT_ONCE)
                gone = [each for each in page if not self._is_met(each.delivery_id)]
                loaded = entries.load(connection, self._books.id, [each.entry_id for each in gone])
            self._adopted([each for each in gone if each.adopted], loaded)
            for each in (each for each in gone if not each.adopted):
                self._report.note(
                    _deviation(Standing.MISSING, each, loaded[each.entry_id], each.reference, why=NOT_HELD)
                )
            if not page:
                return
            last = page[-1].delivery_id

    def _is_met(self, delivery_id: int) -> bool:
        return delivery_id < len(self._met) and bool(self._met[delivery_id])

    def _met_before(self, delivery_id: int) -> bool:
        """Whether it was met before; from now on it was."""
        before = self._is_met(delivery_id)
        self._met.extend(bytes(max(0, delivery_id + 1 - len(self._met))))
        self._met[delivery_id] = 1
        return before


def _is_same(there: There, mine: Delivery) -> bool:
    return mine.state in LINKABLE and there.fingerprint == mine.fingerprint


def _deviation(
    standing: Standing,
    mine: Delivery | receipts.PostedEntry,
    entry: JournalEntry,
    reference: str,
    *,
    why: str = "",
    found: tuple[Difference, ...] = (),
    linkable: bool = False,
) -> Deviation:
    return Deviation(
        standing=standing,
        key=mine.key,
        number=entry.number,
        direction=entry.key.direction.value,
        period=entry.period,
        total_minor=entry.total_minor,
        currency=entry.currency,
        reference=reference,
        why=why,
        differences=found,
        entry_id=mine.entry_id,
        delivery_id=mine.delivery_id,
        linkable=linkable,
    )


def _not_posted(there: There, mine: Delivery, entry: JournalEntry) -> Deviation:
    same = _is_same(there, mine)
    why = (NOT_POSTED if same else OTHER_CONTENT) + mine.state.value
    return _deviation(Standing.UNEXPECTED, mine, entry, there.reference, why=why, linkable=same)


def _adopted_anew(found: Readoption) -> Deviation:
    """A move that is not known here, of a document that is: both links can be restored."""
    return msgspec.structs.replace(
        _deviation(
            Standing.UNEXPECTED, found.mine, found.move, found.held.reference, why=readopt.NOT_LINKED, linkable=True
        ),
        key=found.held.key,
    )


def _stranger(there: There, documents: set[str]) -> Deviation:
    """What the ledger holds under a key of ours that we do not know."""
    key, held = readable_key(there.key), there.held
    if key is None:
        why = UNREADABLE
    elif is_adoption(key.purpose):
        why = readopt.UNKNOWN_ADOPTION
    elif is_reclassification(key.purpose):
        why = UNKNOWN_MOVE
    else:
        why = UNKNOWN_ENTRY if key.document in documents else UNKNOWN_DOCUMENT
    return Deviation(
        standing=Standing.UNEXPECTED,
        key=there.key,
        number=key.number if key else "",
        direction=key.direction.value if key else "",
        period=month_of(held.date) if held else key.period if key else "",
        total_minor=held.total_minor if held else 0,
        currency=held.currency if held else "",
        reference=there.reference,
        why=why,
        accounts=(held.accounts if held else None) or {},
    )


def _document(key: str) -> str:
    return key.rsplit("/", 2)[0]


def _one(_each: HeldEntry) -> int:
    return 1
