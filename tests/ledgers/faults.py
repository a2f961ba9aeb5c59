"""A ledger that fails on command, around any other ledger: lost answers, refusals, look-ups that come too early."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from types import TracebackType
from typing import Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.errors import LedgerUnavailable, OutcomeUnknown
from connector.ledgers.base import HeldEntry, Ledger, Listing, OtherBooking, SeesOthers


class Fault(Enum):
    """What goes wrong with one ``post_many`` (or, for UNAVAILABLE and BLIND, one ``find_many``)."""

    NONE = "none"
    UNAVAILABLE = "unavailable"  # certainly nothing was sent
    LOST_ANSWER = "lost answer"  # everything was posted, and the answer did not come
    LOST_QUESTION = "lost question"  # nothing was posted, and nobody can tell
    HALF = "half"  # the first half was posted, then the answer did not come
    REJECTS = "rejects"  # every entry is refused
    BLIND = "blind"  # a look-up finds nothing, as within the settling time


class FaultyLedger:
    """``inner`` with faults taken one by one from ``on_post`` and ``on_find``; when they are used up all is well.

    ``posted`` counts how often each key was sent on to ``inner``.
    """

    def __init__(self, inner: Ledger, *, on_post: Sequence[Fault] = (), on_find: Sequence[Fault] = ()) -> None:
        self.inner = inner
        self.name = inner.name
        self.capabilities = inner.capabilities
        self.posted: dict[str, int] = {}
        self._on_post = list(on_post)
        self._on_find = list(on_find)

    def __enter__(self) -> Self:
        """Open ``inner``."""
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close ``inner``."""
        self.inner.__exit__(kind, error, trace)

    def chart(self) -> ChartOfAccounts | None:
        """That of ``inner``."""
        return self.inner.chart()

    def all_entries(self) -> Iterator[HeldEntry]:
        """Those of ``inner``."""
        assert isinstance(self.inner, Listing)
        return self.inner.all_entries()

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """Look up, or fail as told."""
        match self._on_find.pop(0) if self._on_find else Fault.NONE:
            case Fault.UNAVAILABLE:
                raise LedgerUnavailable("the ledger does not answer (told to)")
            case Fault.BLIND:
                return {}
        return self.inner.find_many(keys)

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Those of ``inner``."""
        return self.inner.find_others(entries) if isinstance(self.inner, SeesOthers) else {}

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Post, or fail as told."""
        match self._on_post.pop(0) if self._on_post else Fault.NONE:
            case Fault.UNAVAILABLE:
                raise LedgerUnavailable("the ledger does not answer (told to)")
            case Fault.LOST_QUESTION:
                raise OutcomeUnknown("no answer (told to)")
            case Fault.LOST_ANSWER:
                self._send(entries)
                raise OutcomeUnknown("no answer (told to)")
            case Fault.HALF:
                self._send(entries[: len(entries) // 2])
                raise OutcomeUnknown("no answer (told to)")
            case Fault.REJECTS:
                return [_refused(entry) for entry in entries]
        return self._send(entries)

    def _send(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        for entry in entries:
            self.posted[entry.key.text] = self.posted.get(entry.key.text, 0) + 1
        return self.inner.post_many(entries)


def _refused(entry: JournalEntry) -> Answer:
    return Answer(key=entry.key.text, state=DeliveryState.REJECTED, reason="told to refuse", hint="none")
