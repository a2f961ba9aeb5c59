"""Deliver: bring approved entries to the ledger, each exactly once, whatever crashes or times out.

The order that makes it safe: commit *sending* with the key, look the keys up, send outside any transaction, commit
the receipts. What is found *sending* at the start was interrupted and becomes *unknown*; what is unknown is looked up,
after the ledger's settling time, before anything is sent again.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from connector.domain.delivery import Answer, DeliveryEvent, DeliveryState, Receipt
from connector.domain.document import parse_entry_key
from connector.domain.journal import JournalEntry
from connector.domain.reclassification import is_adoption, is_correction, is_reclassification
from connector.domain.reconciliation import differences
from connector.engine import moves_there, other_channel
from connector.engine.books import Books, Workplace
from connector.engine.other_channel import Others
from connector.errors import LedgerError, OutcomeUnknown, Recovery
from connector.ledgers.base import Ledger, ReadsBack
from connector.store import deliveries, entries, preparations
from connector.store.database import Connection
from connector.store.deliveries import Arrived, Delivery

_S = DeliveryState
CONNECTOR = "connector"
NO_CODES: Mapping[str, str] = {}
"""Of a ledger that has no VAT codes."""
READ_BACK, NOT_READ_BACK = "read back: ", "posted, and could not be read back: "
RECONCILE = "Compare with 'connector reconcile', and correct it in the ledger or by a new entry."


class DeliverReport(msgspec.Struct, kw_only=True):
    """What delivering led to, in entries. ``postponed`` wait for the ledger to settle; ``elsewhere`` are
    booked there through another channel, and kept back; ``differing`` were posted and read back otherwise than they
    were sent; ``problems`` say why entries did not arrive, or how they differ."""

    posted: int = 0
    found: int = 0
    rejected: int = 0
    unknown: int = 0
    queued: int = 0
    postponed: int = 0
    elsewhere: int = 0
    differing: int = 0
    problems: list[tuple[str, str, str]] = msgspec.field(default_factory=list)


def silent(done: int) -> None:
    """Between two batches nothing happens."""


def deliver(
    place: Workplace,
    books: Books,
    ledger: Ledger,
    codes: Mapping[str, str] = NO_CODES,
    between: Callable[[int], None] = silent,
) -> DeliverReport:
    """Bring every queued entry to ``ledger``, and find out what became of those whose answer was lost.

    ``between`` is told before each batch how many batches are done; raising there stops the delivery, of which nothing
    is then half done.

    What was posted is read back and compared, where the ledger can tell; ``codes`` are its VAT codes by ours. Raises
    LedgerUnavailable and LedgerRefused after noting that nothing was sent.
    """
    return _Deliverer(place, books, ledger, codes).run(between)


class _Deliverer:
    def __init__(self, place: Workplace, books: Books, ledger: Ledger, codes: Mapping[str, str] = NO_CODES) -> None:
        self._place, self._books, self._ledger, self._codes = place, books, ledger, codes
        self._report = DeliverReport()
        self._arrivals: list[tuple[Delivery, Receipt]] = []
        """What has become posted, by sending or by being found, and was not read back yet."""

    def run(self, between: Callable[[int], None] = silent) -> DeliverReport:
        self._note_interrupted()
        self._settle_unknown()
        for done, batch in enumerate(self._batches()):
            between(done)
            self._send(batch)
        return self._report

    def _batches(self) -> list[list[Delivery]]:
        """What is queued, each delivery once: a run always ends.

        Whatever was in a batch without an answer comes last and in ever smaller batches, so that an entry on which the
        ledger fails takes fewer and fewer others with it, and in the end none.
        """
        with self._place.database.reading() as connection:
            standing = preparations.standing_entries(connection, self._books.id)
            lost = deliveries.lost_answers(connection, self._books.id, _S.QUEUED)
        by_times: dict[int, list[Delivery]] = {}
        for each in self._waiting([_S.QUEUED]):
            # A revision that the source has changed since is not sent: preparing supersedes it.
            if each.entry_id in standing or _is_asked_for(parse_entry_key(each.key).purpose):
                by_times.setdefault(lost.get(each.delivery_id, 0), []).append(each)
        batches = []
        for times, queued in sorted(by_times.items()):
            size = max(1, self._ledger.capabilities.batch // 10**times)
            batches += [queued[start : start + size] for start in range(0, len(queued), size)]
        return batches

    def _waiting(self, states: Sequence[DeliveryState]) -> list[Delivery]:
        with self._place.database.reading() as connection:
            found = deliveries.in_states(connection, self._books.id, states)
        return [each for each in found if each.ledger == self._books.ledger]

    def _note_interrupted(self) -> None:
        """We hold the administration's lock, so whatever is *sending* was left so by a run that died."""
        interrupted = self._waiting([_S.SENDING])
        self._move(interrupted, _S.UNKNOWN, "found while sending: the run before was interrupted")

    def _settle_unknown(self) -> None:
        now, settling = self._place.clock(), datetime.timedelta(seconds=self._ledger.capabilities.settling_seconds)
        unknown = self._waiting([_S.UNKNOWN])
        settled = [each for each in unknown if now - each.changed_at >= settling]
        self._report.postponed += len(unknown) - len(settled)
        if not settled:
            return
        there = self._ledger.find_many([parse_entry_key(each.key) for each in settled])
        for each in settled:
            if not self._link(each, there):
                self._move([each], _S.QUEUED, "looked up: the ledger does not have it")
        self._read_back()

    def _send(self, batch: list[Delivery]) -> None:
        with self._writing() as connection:
            known = entries.load(connection, self._books.id, [each.entry_id for each in batch])
            for each in batch:
                # What was approved is what is posted: the entry read back must have the fingerprint it was sealed with.
                assert known[each.entry_id].fingerprint == each.fingerprint, (
                    f"entry {each.key} changed since it was sealed"
                )
            event = self._event(_S.SENDING, "intent")
            deliveries.move_many(connection, self._books.id, {each.delivery_id: event for each in batch})
        try:
            there = self._ledger.find_many([known[each.entry_id].key for each in batch])
            others = other_channel.look(self._place, self._books, self._ledger, batch, there)
        except LedgerError as error:
            self._move(batch, _S.QUEUED, f"look-up failed, nothing was sent: {error}")
            raise
        # Looking up may take long. Who took the lock from us in the meantime finds these *sending*, and settles them.
        with self._place.database.reading() as connection:
            self._place.database.check_lock(connection, self._books.name)
        missing = self._without_others([each for each in batch if not self._link(each, there, others)], others)
        if missing:
            self._post(missing, known)
        self._read_back()

    def _without_others(self, batch: list[Delivery], others: Others) -> list[Delivery]:
        """``batch`` without what is booked through another channel, which is kept back."""
        reasons = other_channel.hold(self._place, self._books, batch, others)
        self._report.elsewhere += len(reasons)
        self._report.problems += [
            (each.key, reasons[each.delivery_id], other_channel.ADOPT) for each in batch if each.delivery_id in reasons
        ]
        return [each for each in batch if each.delivery_id not in reasons]

    def _post(self, batch: list[Delivery], known: Mapping[int, JournalEntry]) -> None:
        try:
            answers = self._ledger.post_many([known[each.entry_id] for each in batch])
        except OutcomeUnknown as error:
            self._move(batch, _S.UNKNOWN, str(error))
            self._report.unknown += len(batch)
            return
        except LedgerError as error:
            certain = error.recovery is not Recovery.LOOK_UP
            self._move(
                batch, _S.QUEUED if certain else _S.UNKNOWN, f"nothing was sent: {error}" if certain else str(error)
            )
            raise
        assert len(answers) == len(batch), (
            f"ledger {self._ledger.name} gave {len(answers)} answers to {len(batch)} entries"
        )
        for each, answer in zip(batch, answers, strict=True):
            self._check(each, answer)
        with self._writing() as connection:
            arrived = [
                self._arrived(each, answer.receipt, self._event(answer.state, answer.reason))
                for each, answer in zip(batch, answers, strict=True)
                if answer.receipt is not None
            ]
            deliveries.posted_many(connection, self._books.id, arrived)
            others = {
                each.delivery_id: self._event(answer.state, answer.reason)
                for each, answer in zip(batch, answers, strict=True)
                if answer.receipt is None
            }
            deliveries.move_many(connection, self._books.id, others)
        for each, answer in zip(batch, answers, strict=True):
            self._count(each, answer)
            if answer.receipt is not None:
                self._arrivals.append((each, answer.receipt))

    def _read_back(self) -> None:
        """Compare what the ledger made of what it took. Posted it is whatever is found; a person looks at it."""
        arrivals, self._arrivals = self._arrivals, []
        if not arrivals or not isinstance(self._ledger, ReadsBack):
            return
        try:
            held = self._ledger.read_many([receipt for _, receipt in arrivals])
        except LedgerError as error:
            first, _ = arrivals[0]
            self._report.problems.append((first.key, f"{NOT_READ_BACK}{error}", RECONCILE))
            return
        with self._place.database.reading() as connection:
            sent = entries.load(connection, self._books.id, [each.entry_id for each, _ in arrivals])
        drafts = self._ledger.capabilities.leaves_drafts
        for each, _ in arrivals:
            if each.key not in held:
                self._remark(each, READ_BACK + "the ledger does not show it")
            elif found := differences(sent[each.entry_id], held[each.key], self._codes, leaves_drafts=drafts):
                self._remark(each, READ_BACK + "; ".join(one.told for one in found))

    def _remark(self, delivery: Delivery, reason: str) -> None:
        with self._writing() as connection:
            deliveries.remark(connection, self._books.id, delivery.delivery_id, self._event(_S.POSTED, reason))
        self._report.differing += 1
        self._report.problems.append((delivery.key, reason, RECONCILE))

    def _check(self, delivery: Delivery, answer: Answer) -> None:
        """An adapter that mixes up its answers must not be believed; what it did is found out by looking up."""
        name = self._ledger.name
        assert answer.key == delivery.key, f"ledger {name} answered out of order"
        receipt = answer.receipt
        assert (receipt is not None) == (answer.state is _S.POSTED), f"ledger {name}: posted and receipt go together"
        if receipt is not None:
            told = (receipt.key, receipt.fingerprint)
            assert told == (delivery.key, delivery.fingerprint), (
                f"ledger {name} posted something else than {answer.key}"
            )

    def _link(self, delivery: Delivery, there: Mapping[str, Sequence[Receipt]], others: Others | None = None) -> bool:
        """Settle a delivery by what the ledger holds for its document; False when it holds nothing for it. Without
        ``others`` bookings by another channel were not asked for."""
        found = there.get(delivery.document_key, ())
        mine = next((each for each in found if each.key == delivery.key), None)
        if mine is None and is_reclassification(parse_entry_key(delivery.key).purpose):
            return self._without_original(delivery, found, others)
        if mine is None and not found:
            return False
        if mine is not None and mine.fingerprint == delivery.fingerprint:
            receipt = msgspec.structs.replace(mine, found=True)
            arrived = self._arrived(delivery, receipt, self._event(_S.POSTED, "found in the ledger"))
            with self._writing() as connection:
                deliveries.posted(connection, self._books.id, arrived)
            self._report.found += 1
            self._arrivals.append((delivery, receipt))
            return True
        other = mine or found[0]
        reason = f"the ledger holds this document with other content under {other.key} ({other.reference})"
        hint = "Compare both with 'connector entries show'."
        if is_adoption(parse_entry_key(other.key).purpose):
            hint = "A booking by another channel was adopted for it: run 'connector reconcile --rebuild'."
        self._move([delivery], _S.REJECTED, reason)
        self._report.rejected += 1
        self._report.problems.append((delivery.key, reason, hint))
        return True

    def _without_original(self, delivery: Delivery, found: Sequence[Receipt], others: Others | None) -> bool:
        """Refuse what would correct an entry that the ledger does not hold, or holds moved; False when it may be
        sent."""
        with self._place.database.reading() as connection:
            reason = moves_there.refusal(connection, self._books.id, delivery, found, others)
        if not reason:
            return False
        self._move([delivery], _S.REJECTED, reason)
        self._report.rejected += 1
        self._report.problems.append((delivery.key, reason, "Look with 'connector reconcile', then approve again."))
        return True

    def _count(self, delivery: Delivery, answer: Answer) -> None:
        match answer.state:
            case _S.POSTED:
                self._report.posted += 1
            case _S.REJECTED:
                self._report.rejected += 1
            case _S.UNKNOWN:
                self._report.unknown += 1
            case _:
                self._report.queued += 1
        if answer.reason and answer.state is not _S.POSTED:
            self._report.problems.append((delivery.key, answer.reason, answer.hint))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction of a run that still holds the administration: BusyError when it lost it."""
        with self._place.database.transaction() as connection:
            self._place.database.check_lock(connection, self._books.name)
            yield connection

    def _move(self, batch: Sequence[Delivery], state: DeliveryState, reason: str) -> None:
        if not batch:
            return
        event = self._event(state, reason)
        with self._writing() as connection:
            deliveries.move_many(connection, self._books.id, {each.delivery_id: event for each in batch})

    def _arrived(self, delivery: Delivery, receipt: Receipt, event: DeliveryEvent) -> Arrived:
        return Arrived(delivery_id=delivery.delivery_id, receipt=receipt, total_minor=delivery.total, event=event)

    def _event(self, state: DeliveryState, reason: str) -> DeliveryEvent:
        return DeliveryEvent(at=self._place.clock(), state=state, actor=CONNECTOR, reason=reason)


def _is_asked_for(purpose: str) -> bool:
    """Whether a person asked for an entry of this purpose: no preparation asks for it."""
    return is_reclassification(purpose) and not is_correction(purpose)
