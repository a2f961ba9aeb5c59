"""What a check has in hand to try an adapter with, and what can come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

import msgspec

from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.ledgers.base import HeldEntry, Ledger, Listing, Paper, ReadsBack, Setup
from connector.ledgers.conformance.counterpart import Books, Counterpart, NotDeclared, NotProven

POSTED, REJECTED = DeliveryState.POSTED, DeliveryState.REJECTED


class Verdict(Enum):
    """What came of a check."""

    PROVEN = "proven"
    NOT_DECLARED = "not declared"
    NOT_PROVEN = "not proven"
    FAILED = "failed"


class Clock:
    """Seconds that only waiting moves: limits of calls are kept, and nobody waits for them."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """The seconds since the start."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self.seconds += seconds


class Probe:
    """One check of one adapter on fresh books."""

    def __init__(self, counterpart: Counterpart) -> None:
        self.counterpart = counterpart
        self.books: Books = counterpart.books

    def ledger(self, papers: Sequence[Paper] = ()) -> Ledger:
        """The adapter's ledger on the books of the counterpart, not yet entered; ``papers`` belong to every entry."""
        clock, books = Clock(), self.books
        return self.counterpart.open(
            Setup(
                name="books",
                chart=books.chart,
                settings={},
                folder=self.counterpart.folder,
                taxes=books.taxes,
                debtors=books.debtors,
                papers=lambda _: papers,
                monotonic=clock.monotonic,
                sleep=clock.sleep,
            )
        )

    def post(self, ledger: Ledger, entry: JournalEntry) -> Receipt:
        """Post ``entry`` alone, which must succeed, and be there once; its receipt."""
        (answer,) = ledger.post_many([entry])
        assert answer.state is POSTED, f"{entry.key.text}: {answer.state.value}, {answer.reason}"
        assert answer.key == entry.key.text
        assert answer.receipt is not None, "what is posted has a receipt"
        assert answer.receipt.key == entry.key.text
        assert answer.receipt.fingerprint == entry.fingerprint
        assert answer.receipt.reference, "the receipt names the booking as people find it in the ledger"
        self._counts(entry, 1)
        return answer.receipt

    def refused(self, ledger: Ledger, entry: JournalEntry) -> Answer:
        """Post ``entry`` alone, which must be refused with a reason and a hint, and not be there; the answer."""
        (answer,) = ledger.post_many([entry])
        assert answer.state is REJECTED, f"{entry.key.text}: {answer.state.value}, {answer.reason}"
        assert answer.key == entry.key.text
        assert answer.receipt is None
        assert answer.reason, "a refusal says why"
        assert answer.hint, "a refusal says what to do next"
        self._counts(entry, 0)
        return answer

    def in_batches(self, ledger: Ledger, entries: Sequence[JournalEntry]) -> list[Answer]:
        """Post ``entries`` in batches as large as the ledger takes."""
        return [answer for batch in batches(ledger, entries) for answer in ledger.post_many(batch)]

    def found(self, ledger: Ledger, key: EntryKey) -> dict[str, Receipt]:
        """What a look-up for the document of ``key`` finds, by the whole key; each must be there once."""
        documents = ledger.find_many([key])
        assert set(documents) <= {key.document}
        receipts = documents.get(key.document, ())
        by_key = {receipt.key: receipt for receipt in receipts}
        assert len(by_key) == len(receipts), "each booking is found once"
        assert all(receipt.found for receipt in receipts), "what a look-up finds is found"
        return by_key

    def is_there(self, ledger: Ledger, entry: JournalEntry) -> None:
        """``entry`` must be found by its key, with its fingerprint, and be there once."""
        found = self.found(ledger, entry.key)
        assert entry.key.text in found
        assert found[entry.key.text].fingerprint == entry.fingerprint
        self._counts(entry, 1)

    def _counts(self, entry: JournalEntry, wanted: int) -> None:
        times = self.counterpart.count(entry.key.text)
        assert times == wanted, f"the system itself has {times} bookings of {entry.key.text}, not {wanted}"

    def held(self, ledger: Ledger, receipt: Receipt) -> HeldEntry:
        """What the ledger says that it holds under ``receipt``."""
        if isinstance(ledger, ReadsBack):
            return self.read_back(ledger, receipt)
        if isinstance(ledger, Listing):
            return next(held for held in ledger.all_entries() if held.key == receipt.key)
        raise NotDeclared("it neither lists nor reads back")

    def read_back(self, ledger: Ledger, receipt: Receipt) -> HeldEntry:
        """What the ledger reads back of ``receipt``."""
        if not isinstance(ledger, ReadsBack):
            raise NotDeclared("it does not read back (ReadsBack)")
        read = ledger.read_many([receipt])
        assert set(read) == {receipt.key}
        return read[receipt.key]


def batches(ledger: Ledger, entries: Sequence[JournalEntry]) -> Iterator[Sequence[JournalEntry]]:
    """``entries`` in batches as large as ``ledger`` takes."""
    size = ledger.capabilities.batch
    yield from (entries[start : start + size] for start in range(0, len(entries), size))


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check: its short ``name``, what it proves in a sentence, and how it is tried.

    ``run`` raises AssertionError, NotDeclared or NotProven, or nothing when all is proven.
    """

    name: str
    proves: str
    run: Callable[[Probe], None]


def check(run: Callable[[Probe], None]) -> Check:
    """The check that a function makes: named after it, and described by the first line of its docstring."""
    first_line = (run.__doc__ or "").strip().splitlines()[0]
    return Check(name=run.__name__, proves=first_line.rstrip("."), run=run)


def outcome(check: Check, counterpart: Counterpart) -> tuple[Verdict, str]:
    """What comes of ``check``, and why it is not more. An AssertionError is for the caller to show."""
    __tracebackhide__ = True
    try:
        check.run(Probe(counterpart))
    except NotDeclared as why:
        return Verdict.NOT_DECLARED, str(why)
    except NotProven as why:
        return Verdict.NOT_PROVEN, str(why)
    return Verdict.PROVEN, ""
