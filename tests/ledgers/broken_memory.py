"""The ledger in memory with one defect each, as adapters have been written, and the check that must find it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import msgspec

from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import DocumentKind, JournalEntry
from connector.ledgers import admission
from connector.ledgers.base import HeldEntry, VatCode
from connector.ledgers.memory import MemoryLedger

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


class BooksTwiceWhatComesTwice(MemoryLedger):
    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        answers = super().post_many(entries)
        for number, entry in enumerate(entries):
            if entry in entries[:number]:
                self.entries[f"{entry.key.text} again"] = entry
        return answers


class FindsUnderAnotherReference(MemoryLedger):
    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        found = super().find_many(keys).items()
        return {key: [replaced(each, reference=f"{each.reference}?") for each in receipts] for key, receipts in found}


class DropsDimensions(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        answer = super()._post(entry)
        if answer.receipt is not None:
            postings = tuple(replaced(each, dimensions=()) for each in entry.postings)
            self.entries[entry.key.text] = replaced(entry, postings=postings)
        return answer


class TellsNoVatCodes(MemoryLedger):
    def vat_codes(self) -> Sequence[VatCode]:
        return []


class AttachesTextOnly(MemoryLedger):
    def _post(self, entry: JournalEntry) -> Answer:
        answer = super()._post(entry)
        for key, kept in self.papers.items():
            self.papers[key] = {name: content.decode("utf-8", "replace").encode() for name, content in kept.items()}
        return answer


IN_MEMORY: Mapping[type[MemoryLedger], str] = {
    BooksTwiceWhatComesTwice: "twice_in_a_batch",
    FindsUnderAnotherReference: "post_and_find",
    DropsDimensions: "dimensions",
    AttachesTextOnly: "attachments",
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
