"""Adapters with one defect each, as they have been written: the conformance kit must find that one, by its check.

Those around memory are classes; those over HTTP are the tutorial's adapter with a few of its words replaced.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import msgspec

from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import DocumentKind, JournalEntry
from connector.ledgers import admission
from connector.ledgers.base import HeldEntry, VatCode
from connector.ledgers.conformance.counterpart import Counterpart
from connector.ledgers.memory import MemoryLedger
from tests.ledgers.counterparts import MemoryCounterpart, daybook_counterpart
from tests.ledgers.tutorial import adapter

replaced = msgspec.structs.replace


class AnswersInTheOrderOfKeys(MemoryLedger):
    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        return sorted(super().post_many(entries), key=lambda answer: answer.key)


class StopsAtTheFirstRefusal(MemoryLedger):
    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        answers: list[Answer] = []
        for entry in entries:
            answers += super().post_many([entry])
            if answers[-1].state is DeliveryState.REJECTED:
                break
        return answers


class BooksAgainWhatIsThere(MemoryLedger):
    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        before = dict(self.entries)
        answers = super().post_many(entries)
        for entry in entries:
            if entry == before.get(entry.key.text):
                self.entries[f"{entry.key.text} again"] = entry
        return answers


class LooksUpTheWholeKeyOnly(MemoryLedger):
    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        texts = {key.text for key in keys}
        found = super().find_many(keys).items()
        exact = {document: [each for each in receipts if each.key in texts] for document, receipts in found}
        return {document: receipts for document, receipts in exact.items() if receipts}


class RemembersItsOwnPostingsOnly(MemoryLedger):
    def __enter__(self) -> Self:
        self._before = set(self.entries)
        return super().__enter__()

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        found = super().find_many([key for key in keys if key.text not in self._before])
        return {document: receipts for document, receipts in found.items() if receipts}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._before = set()


class ComparesTotalsInsteadOfFingerprints(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        held = self.entries.get(entry.key.text)
        if held is not None and held.total_minor == entry.total_minor:
            return admission.posted(entry, f"memory:{entry.key.short}", found=True)
        return super()._post(entry)


class CutsLongNumbersInItsKeys(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        cut = replaced(entry, key=replaced(entry.key, number=entry.key.number[:200]))
        answer = super()._post(cut)
        if answer.receipt is None:
            return replaced(answer, key=entry.key.text)
        receipt = replaced(answer.receipt, key=entry.key.text, fingerprint=entry.fingerprint)
        return replaced(answer, key=entry.key.text, receipt=receipt)


class ListsInTheOrderOfPosting(MemoryLedger):
    def all_entries(self) -> Iterator[HeldEntry]:
        held = {each.key: each for each in super().all_entries()}
        yield from (held[key] for key in self.entries)


class KeepsAmountsAsFloats(MemoryLedger):
    def all_entries(self) -> Iterator[HeldEntry]:
        for each in super().all_entries():
            yield replaced(each, total_minor=round(each.total_minor / 100 * 100))


class TakesCreditNotesForInvoices(MemoryLedger):
    def all_entries(self) -> Iterator[HeldEntry]:
        for each in super().all_entries():
            taken_back = self.entries[each.key].kind is DocumentKind.CREDIT_NOTE
            yield replaced(each, total_minor=abs(each.total_minor)) if taken_back else each


class BooksDollarsAsEuros(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        return super()._post(replaced(entry, currency="EUR"))


class BooksUnknownAccountsOnADefault(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        postings = tuple(
            each if each.account in self.accounts.accounts else replaced(each, account="7020")
            for each in entry.postings
        )
        return super()._post(replaced(entry, postings=postings))


class MovesIntoTheOpenPeriod(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        if self.closed_until is not None and entry.date <= self.closed_until:
            return super()._post(replaced(entry, date=self.closed_until + datetime.timedelta(days=1)))
        return super()._post(entry)


class TellsNoVatCodes(MemoryLedger):
    def vat_codes(self) -> Sequence[VatCode]:
        return []


IN_MEMORY: Mapping[type[MemoryLedger], str] = {
    AnswersInTheOrderOfKeys: "batch_in_order",
    StopsAtTheFirstRefusal: "batch_with_a_refusal",
    BooksAgainWhatIsThere: "not_doubled",
    LooksUpTheWholeKeyOnly: "by_document",
    RemembersItsOwnPostingsOnly: "find_later",
    ComparesTotalsInsteadOfFingerprints: "conflict",
    CutsLongNumbersInItsKeys: "long_key",
    ListsInTheOrderOfPosting: "listing",
    KeepsAmountsAsFloats: "amounts",
    TakesCreditNotesForInvoices: "credit_note",
    BooksDollarsAsEuros: "foreign_currency",
    BooksUnknownAccountsOnADefault: "unknown_account",
    MovesIntoTheOpenPeriod: "closed_period",
    TellsNoVatCodes: "vat_codes",
}


def _after_no_answer(sign: str, then: str) -> tuple[tuple[str, str], ...]:
    """The tutorial's adapter doing ``then`` when what is known of an outcome holds ``sign``."""
    right = "        return sending.one_by_one(entries, self.post)\n"
    wrong = f"""        return sending.one_by_one(entries, self.post_somehow)

    def post_somehow(self, entry):
        try:
            return self.post(entry)
        except OutcomeUnknown as error:
            if "{sign}" not in error.message:
                raise
        {then}
"""
    return ((right, wrong),)


OVER_HTTP: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "takes a time-out for not sent": (
        "time_out",
        _after_no_answer("did not answer in time", 'raise LedgerRefused("nothing was sent")'),
    ),
    "sends again after a broken connection": (
        "connection_reset",
        _after_no_answer(
            "broke the connection off",
            'self.http.change("POST", "entries", body=written(entry, self.setup.taxes))\n'
            '        return admission.posted(entry, "again")',
        ),
    ),
    "takes a server's error for accepted": (
        "error_before_commit",
        _after_no_answer("answers 503", 'return admission.posted(entry, "soon")'),
    ),
    "takes a server's error for a refusal": (
        "error_after_commit",
        _after_no_answer("answers 500", 'raise EntryRejected("the server refuses it")'),
    ),
    "takes an ended log-in for a refusal": (
        "token_expiry",
        (("if reply.status != 401:", "if reply.status != 401 or how == self.http.change:"),),
    ),
    "takes 'there already' for a refusal": (
        "duplicate_answer",
        (("if reply.status == 409:", "if reply.status == 410:"),),
    ),
    "tells the day it sent instead of the day that stands there": (
        "date_moved",
        (
            ('"note": marks.mark_of(entry)', '"note": f"{marks.mark_of(entry)} {entry.date}"'),
            ('fromisoformat(row["date"])', 'fromisoformat(row["note"][-10:])'),
        ),
    ),
    "tells the VAT it would compute instead of the VAT that stands there": (
        "vat_difference",
        (
            (
                'minor if line["kind"].startswith("vat") else 0',
                '(minor * 21 + 50) // 100 if line["kind"] == "net" else 0',
            ),
        ),
    ),
}

EXPECTED = {**{kind.__name__: check for kind, check in IN_MEMORY.items()}, **{k: v[0] for k, v in OVER_HTTP.items()}}
"""The name of each broken adapter, and the one check that it must fail."""


@contextmanager
def counterpart_of(name: str) -> Iterator[Counterpart]:
    """A fresh counterpart of the broken adapter ``name``."""
    if name not in OVER_HTTP:
        yield MemoryCounterpart(next(kind for kind in IN_MEMORY if kind.__name__ == name))
        return
    with daybook_counterpart(adapter(OVER_HTTP[name][1])) as counterpart:
        yield counterpart
