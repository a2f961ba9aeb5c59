"""Exactly-once while something goes wrong: each fault strikes once, at the second of three postings.

Whatever the adapter answers must be true: *posted* is there, *rejected* and *certainly not sent* are not, and only
*unknown* may be either. Then a later run does as the delivery does: it looks up, and sends what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connector.domain.delivery import Answer, DeliveryState
from connector.domain.journal import JournalEntry
from connector.errors import LedgerError, OutcomeUnknown
from connector.ledgers.base import ReadsBack
from connector.ledgers.conformance.counterpart import Fault, NotDeclared
from connector.ledgers.conformance.entries import plain
from connector.ledgers.conformance.probe import POSTED, Check, Probe, batches, check

_UNKNOWN, _QUEUED = DeliveryState.UNKNOWN, DeliveryState.QUEUED


def _told(probe: Probe, entries: Sequence[JournalEntry]) -> list[Answer]:
    """What the adapter tells of each of ``entries``; an error it raises is its word on the whole of that batch."""
    answers: list[Answer] = []
    with probe.ledger() as ledger:
        for batch in batches(ledger, entries):
            try:
                answers += ledger.post_many(batch)
            except LedgerError as error:
                state = _UNKNOWN if isinstance(error, OutcomeUnknown) else _QUEUED
                answers += [Answer(key=each.key.text, state=state, reason=str(error)) for each in batch]
        probe.counterpart.wait(ledger.capabilities.settling_seconds)
    assert probe.counterpart.struck(), "the fault has struck"
    assert [answer.key for answer in answers] == [each.key.text for each in entries]
    return answers


def _tells_the_truth(probe: Probe, answers: Sequence[Answer]) -> None:
    for answer in answers:
        times = probe.counterpart.count(answer.key)
        told = f"{answer.key}: {answer.state.value}, {answer.reason}"
        assert times <= 1, f"{told}; it is there {times} times"
        if answer.state is POSTED:
            assert times == 1, f"{told}; it is not there"
        elif answer.state is not _UNKNOWN:
            assert times == 0, f"{told}; it is there"
        assert answer.state in (POSTED, _UNKNOWN, _QUEUED), f"{told}; but the entry is in order"


def _is_brought_to_its_end(probe: Probe, batch: Sequence[JournalEntry]) -> None:
    """A later run looks up and sends what is missing; in the end all is there once, and sending again adds nothing."""
    with probe.ledger() as ledger:
        for each in batch:
            found = probe.found(ledger, each.key)
            assert len(found) == probe.counterpart.count(each.key.text), f"{each.key.text}: looked up, {found}"
            if not found:
                probe.post(ledger, each)
        again = probe.in_batches(ledger, batch)
        assert [(answer.state, answer.receipt is not None and answer.receipt.found) for answer in again] == [
            (POSTED, True)
        ] * len(batch)
        for each in batch:
            probe.is_there(ledger, each)


def _survives(fault: Fault) -> Callable[[Probe], None]:
    def survive(probe: Probe) -> None:
        batch = [plain(probe.books, number, 100 * int(number)) for number in ("1", "2", "3")]
        probe.counterpart.arm(fault, after=1)
        _tells_the_truth(probe, _told(probe, batch))
        _is_brought_to_its_end(probe, batch)

    return survive


def _check(name: str, fault: Fault, proves: str) -> Check:
    return Check(name=name, proves=proves, run=_survives(fault))


@check
def date_moved(probe: Probe) -> None:
    """A ledger that silently books on another day is seen through: what is read back has the day that stands there."""
    entry = plain(probe.books, "1")
    if not isinstance(probe.ledger(), ReadsBack):
        raise NotDeclared("it does not read back (ReadsBack)")
    probe.counterpart.arm(Fault.DATE_MOVED)
    with probe.ledger() as ledger:
        assert isinstance(ledger, ReadsBack)
        ledger.post_many([entry])
        assert probe.counterpart.struck(), "the fault has struck"
        receipt = probe.found(ledger, entry.key)[entry.key.text]
        assert probe.read_back(ledger, receipt).date == probe.counterpart.booked_on(entry.key.text)
        assert probe.counterpart.count(entry.key.text) == 1


CHECKS: tuple[Check, ...] = (
    _check("time_out", Fault.TIME_OUT, "No answer after success: unknown or found, never 'not sent', never sent again"),
    _check("duplicate_answer", Fault.DUPLICATE, "An answer that it was there already: it is there once, and ours"),
    _check("too_many_calls", Fault.TOO_MANY, "Too many calls (429): nothing was booked; it waits or says so"),
    _check("error_before_commit", Fault.ERROR_BEFORE, "A server's error that booked nothing: never told as posted"),
    _check("error_after_commit", Fault.ERROR_AFTER, "A server's error that booked: never told as not sent"),
    _check("token_expiry", Fault.EXPIRED, "A log-in that ends within a batch refuses no entry"),
    _check("connection_reset", Fault.RESET, "A connection that breaks before the answer: never blindly sent again"),
    date_moved,
)  # fmt: skip
