"""Which entries of the past books book which of our documents.

First by the number of the document, wherever the books have it; then, for what is left, by the party and the total on
the creditor's or debtor's account. What pays a document does not book it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from connector.domain.accounts import AccountType, ChartOfAccounts
from connector.domain.journal import JournalEntry, PostingRole
from connector.domain.past_books import CASH_JOURNALS, PastPosting, is_party, references, squeezed

_RESULT = (AccountType.INCOME, AccountType.EXPENSE)
BY_NUMBER, BY_TOTAL = "number", "party and total"
"""How a document was found in the past books."""
NEAR_DAYS = 10
"""Without a number, an entry dated further from the document than this does not book it."""


class TrialDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One of our documents in the month of the trial.

    ``entry`` is what we would book, ``None`` for a document that is held for ``reasons`` (codes of findings).
    ``open_item`` is the amount on the creditor's or debtor's account, debit positive. ``vat_number`` is the party's.
    """

    number: str
    direction: str
    date: datetime.date
    party: str
    vat_number: str
    open_item: int
    customer: str = ""
    entry: JournalEntry | None = None
    reasons: tuple[str, ...] = ()


class PastEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of the past books that belong together: an entry, or the part of one that is about one document."""

    journal: str
    number: str
    postings: tuple[PastPosting, ...]

    @property
    def date(self) -> datetime.date:
        """The date of its first line."""
        return self.postings[0].date

    @property
    def place(self) -> str:
        """Where in the file it is: its journal and number, else the place of its first line."""
        return f"{self.journal} {self.number}".strip() or self.postings[0].place


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Documents and the entries that book them: mostly one and one. ``again`` book a document once more."""

    documents: tuple[TrialDocument, ...]
    entries: tuple[PastEntry, ...] = ()
    again: tuple[PastEntry, ...] = ()
    how: str = ""


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """Every document in one group, and the entries that book none of them."""

    groups: tuple[Group, ...]
    others: tuple[PastEntry, ...]


class MonthOfBooks:
    """Gathers the lines of one month of past books; of other months only where they name a document of ours."""

    def __init__(self, period: str, documents: Iterable[TrialDocument]) -> None:
        self._period = period
        self._items: dict[str, set[int]] = {}
        for each in documents:
            self._items.setdefault(squeezed(each.number), set()).add(each.open_item)
        self._lines: dict[tuple[str, str], list[PastPosting]] = {}
        self._named: dict[tuple[str, str, str, str], set[int]] = {}

    def add(self, posting: PastPosting) -> None:
        """Take one line."""
        if posting.period == self._period:
            entry = posting.entry or posting.document_ref or posting.place
            self._lines.setdefault((posting.journal, entry), []).append(posting)
        elif posting.journal_type not in CASH_JOURNALS:
            for number in self._items.keys() & references(posting.document_ref, posting.text, posting.entry_text):
                where = (number, posting.period, posting.journal, posting.entry)
                self._named.setdefault(where, set()).add(posting.minor)

    @property
    def elsewhere(self) -> dict[str, set[str]]:
        """Months in which the books have a document's open item, by its squeezed number; payments have it twice."""
        found: dict[str, set[str]] = {}
        for (number, period, _, _), amounts in self._named.items():
            if any(item in amounts and -item not in amounts for item in self._items[number]):
                found.setdefault(number, set()).add(period)
        return found

    def entries(self) -> list[PastEntry]:
        """The entries of the month, those that hold several documents taken apart."""
        return [
            part
            for (journal, number), lines in self._lines.items()
            for part in _apart(PastEntry(journal=journal, number=number, postings=tuple(lines)))
        ]


def _apart(entry: PastEntry) -> Iterator[PastEntry]:
    """An entry as its parts, when lines with the same document add up to zero each; else as it is."""
    parts: dict[str, list[PastPosting]] = {}
    for posting in entry.postings:
        parts.setdefault(squeezed(posting.document_ref), []).append(posting)
    if len(parts) > 1 and all(not sum(each.minor for each in lines) for lines in parts.values()):
        for lines in parts.values():
            yield msgspec.structs.replace(entry, postings=tuple(lines))
    else:
        yield entry


def match(documents: Sequence[TrialDocument], entries: Sequence[PastEntry], chart: ChartOfAccounts) -> Matching:
    """Find the entries of each document. ``chart`` tells results from balances where the file does not."""
    one = _Matching(documents, chart)
    left = [entry for entry in entries if not one.by_number(entry)]
    left = one.by_total(left)
    return Matching(groups=tuple(one.groups()), others=tuple(left))


class _Matching:
    """One matching in the making; documents are known by their place."""

    def __init__(self, documents: Sequence[TrialDocument], chart: ChartOfAccounts) -> None:
        self.documents, self.chart = documents, chart
        self.numbers: dict[str, list[int]] = {}
        for place, each in enumerate(documents):
            self.numbers.setdefault(squeezed(each.number), []).append(place)
        self.found: dict[int, list[PastEntry]] = {}
        self.how: dict[int, str] = {}
        self.together: dict[int, int] = {}

    def by_number(self, entry: PastEntry) -> bool:
        """Whether ``entry`` books documents that it names."""
        named = set[str]()
        for each in entry.postings:
            named |= references(each.document_ref, each.text, each.entry_text) & self.numbers.keys()
        places = sorted({place for number in named for place in self.numbers[number]})
        if not places or self._pays(entry, places):
            return False
        self._take(entry, places, BY_NUMBER)
        return True

    def by_total(self, entries: Sequence[PastEntry]) -> list[PastEntry]:
        """Give documents that were not found an entry of their party with their total; returns the other entries."""
        by_amount: dict[int, list[int]] = {}
        for n, entry in enumerate(entries):
            if not _in_cash(entry):
                for minor in {each.minor for each in entry.postings}:
                    by_amount.setdefault(minor, []).append(n)
        taken = set[int]()
        for place, document in enumerate(self.documents):
            if place in self.found:
                continue
            fits = [
                (abs((entries[n].date - document.date).days), n)
                for n in by_amount.get(document.open_item, ())
                if n not in taken and _fits(entries[n], document) and not self._pays(entries[n], [place])
            ]
            if fits:
                _, n = min(fits)
                taken.add(n)
                self._take(entries[n], [place], BY_TOTAL)
        return [entry for n, entry in enumerate(entries) if n not in taken]

    def groups(self) -> Iterator[Group]:
        """The documents with their entries, in their order; those that share an entry are together."""
        members: dict[int, list[int]] = {}
        for place in range(len(self.documents)):
            members.setdefault(self._root(place), []).append(place)
        for places in members.values():
            entries = list({id(entry): entry for place in places for entry in self.found.get(place, ())}.values())
            documents = tuple(self.documents[place] for place in places)
            first, again = _once(documents, entries)
            how = self.how.get(places[0], "")
            yield Group(documents=documents, entries=tuple(first), again=tuple(again), how=how)

    def _take(self, entry: PastEntry, places: Sequence[int], how: str) -> None:
        for place in places:
            self.found.setdefault(place, []).append(entry)
            self.how[place] = how
            first, other = sorted((self._root(places[0]), self._root(place)))
            if first != other:
                self.together[other] = first

    def _root(self, place: int) -> int:
        while place in self.together:
            place = self.together[place]
        return place

    def _pays(self, entry: PastEntry, places: Sequence[int]) -> bool:
        """Whether ``entry`` pays the documents at ``places`` and does not book them."""
        if _in_cash(entry):
            return True
        amounts = {each.minor for each in entry.postings}
        open_items = {self.documents[place].open_item for place in places}
        taken_off = bool(amounts & {-each for each in open_items})
        if amounts & open_items and not taken_off:
            return False
        results = {in_result(each, self.chart) for each in entry.postings}
        if taken_off:
            return True not in results  # else it is the reversal of a booking
        return results == {False} and not sum(each.minor for each in entry.postings)


def in_result(posting: PastPosting, chart: ChartOfAccounts) -> bool | None:
    """Whether the account belongs to the result; ``None`` when neither the file nor our chart knows."""
    known = chart.accounts.get(posting.account)
    if posting.result is not None or known is None:
        return posting.result
    return known.type in _RESULT


def _in_cash(entry: PastEntry) -> bool:
    return entry.postings[0].journal_type in CASH_JOURNALS


def _fits(entry: PastEntry, document: TrialDocument) -> bool:
    """Whether ``entry`` is of the party of ``document`` and dated near it, or names no party and is of its date."""
    days = abs((entry.date - document.date).days)
    parties = {is_party(each, document.vat_number, document.party) for each in entry.postings} - {None}
    return (True in parties and days <= NEAR_DAYS) or (not parties and not days)


def _once(documents: Sequence[TrialDocument], entries: Sequence[PastEntry]) -> tuple[list[PastEntry], list[PastEntry]]:
    """The entries that book ``documents``, and those that have the open item of a single document once more."""
    if len(documents) > 1:
        return list(entries), []
    item = documents[0].open_item
    amounts = [{posting.minor for posting in each.postings} for each in entries]
    whole = [each for each, mine in zip(entries, amounts, strict=True) if item in mine]
    reversed_again = sum(-item in mine and item not in mine for mine in amounts)
    again = whole[1 : len(whole) - reversed_again] if item else []
    return [each for each in entries if not any(each is other for other in again)], again


def accounts_of(entry: JournalEntry) -> dict[str, PostingRole]:
    """What each account of ``entry`` is for; an account with several roles has the first of its postings."""
    found: dict[str, PostingRole] = {}
    for posting in entry.postings:
        found.setdefault(posting.account, posting.role)
    return found
