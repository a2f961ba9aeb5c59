"""Machines with one thing wrong. A simulation that does not catch them proves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connector.domain.delivery import DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.engine.deliver import _Deliverer
from connector.errors import OutcomeUnknown
from connector.store import deliveries, entries
from connector.store.deliveries import Delivery


class NoIntent(_Deliverer):
    """Commits *sending* only with the answer: a crash in between leaves no trace of the sending."""

    def _send(self, batch: list[Delivery]) -> None:
        with self._place.database.reading() as connection:
            known = entries.load(connection, self._books.id, [each.entry_id for each in batch])
        there = self._ledger.find_many([known[each.entry_id].key for each in batch])
        missing = [each for each in batch if each.document_key not in there]
        try:
            answers = self._ledger.post_many([known[each.entry_id] for each in missing]) if missing else []
        except OutcomeUnknown:
            answers = None
        self._move(batch, DeliveryState.SENDING, "intent, too late")
        for each in batch:
            if each not in missing:
                self._link(each, there)
        if answers is None:
            self._move(missing, DeliveryState.UNKNOWN, "no answer")
            return
        with self._place.database.transaction() as connection:
            for each, answer in zip(missing, answers, strict=True):
                event = self._event(answer.state, answer.reason)
                if answer.receipt is None:
                    deliveries.move(connection, self._books.id, each.delivery_id, event)
                else:
                    deliveries.posted(connection, self._books.id, self._arrived(each, answer.receipt, event))


class _Blind:
    """A ledger that is not asked."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.name, self.capabilities = ledger.name, ledger.capabilities

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        return {}

    def post_many(self, entries: Sequence[JournalEntry]) -> Any:
        return self._ledger.post_many(entries)


class NoLookUp(_Deliverer):
    """Sends what is queued without asking whether the ledger has it."""

    def _send(self, batch: list[Delivery]) -> None:
        seeing, self._ledger = self._ledger, _Blind(self._ledger)  # type: ignore[assignment]
        try:
            super()._send(batch)
        finally:
            self._ledger = seeing


class NoSettling(_Deliverer):
    """Believes a look-up at once, although the ledger shows late what it was sent."""

    def _settle_unknown(self) -> None:
        capabilities = self._ledger.capabilities
        self._ledger.capabilities = msgspec.structs.replace(capabilities, settling_seconds=0.0)
        try:
            super()._settle_unknown()
        finally:
            self._ledger.capabilities = capabilities


class Resends(_Deliverer):
    """Takes no answer for a no."""

    def _settle_unknown(self) -> None:
        self._move(self._waiting([DeliveryState.UNKNOWN]), DeliveryState.QUEUED, "try again")


class Forgets(_Deliverer):
    """Takes what was interrupted for not sent."""

    def _note_interrupted(self) -> None:
        self._move(self._waiting([DeliveryState.SENDING]), DeliveryState.QUEUED, "try again")


class SendsTheOld(_Deliverer):
    """Sends whatever is queued, also revisions that the source has changed since."""

    def _batches(self) -> list[list[Delivery]]:
        return [[each] for each in self._waiting([DeliveryState.QUEUED])]
