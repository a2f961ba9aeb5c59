"""A ledger as bad as they come: it books whatever it is sent, twice if it is sent twice, and shows it late."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.errors import LedgerUnavailable, OutcomeUnknown
from connector.ledgers.base import Capabilities
from tests.ledgers.faults import Fault

SETTLING_SECONDS = 60


class SlowLedger:
    """Keeps every posting in ``booked``; a look-up sees it only when the settling time has passed.

    ``fault`` strikes the next posting or look-up. ``watch`` is told of every entry before it is booked.
    """

    def __init__(self, now: Callable[[], datetime.datetime], watch: Callable[[JournalEntry], None]) -> None:
        self.name = "slow"
        self.capabilities = Capabilities(batch=2, settling_seconds=SETTLING_SECONDS)
        self.booked: list[tuple[datetime.datetime, JournalEntry]] = []
        self.fault = Fault.NONE
        self._now, self._watch = now, watch

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def chart(self) -> ChartOfAccounts | None:
        return None

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        if self._struck(Fault.UNAVAILABLE):
            raise LedgerUnavailable("no connection")
        wanted = {key.document for key in keys}
        found: dict[str, list[Receipt]] = {}
        for at, entry in self.booked:
            visible = (self._now() - at).total_seconds() >= SETTLING_SECONDS
            if visible and entry.key.document in wanted:
                found.setdefault(entry.key.document, []).append(_receipt(entry))
        return found

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        if self._struck(Fault.UNAVAILABLE):
            raise LedgerUnavailable("no connection")
        if self._struck(Fault.REJECTS):
            return [Answer(key=entry.key.text, state=DeliveryState.REJECTED, reason="closed") for entry in entries]
        if self._struck(Fault.LOST_QUESTION):
            raise OutcomeUnknown("no answer")
        half = self._struck(Fault.HALF)
        for entry in entries[: len(entries) // 2] if half else entries:
            self._watch(entry)
            self.booked.append((self._now(), entry))
        if half or self._struck(Fault.LOST_ANSWER):
            raise OutcomeUnknown("no answer")
        return [Answer(key=entry.key.text, state=DeliveryState.POSTED, receipt=_receipt(entry)) for entry in entries]

    def _struck(self, fault: Fault) -> bool:
        if self.fault is not fault:
            return False
        self.fault = Fault.NONE
        return True


def _receipt(entry: JournalEntry) -> Receipt:
    return Receipt(key=entry.key.text, reference=f"slow:{entry.key.short}", fingerprint=entry.fingerprint)
