"""Evidence from past books: on which accounts a supplier, or a description, was booked before."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from connector.domain.accounts import AccountType, ChartOfAccounts
from connector.domain.past_books import CASH_JOURNALS, PastPosting, is_party, name_key

_RESULT = (AccountType.INCOME, AccountType.EXPENSE)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What was booked on one account: lines, minor units (cost or revenue positive), the last day, and the share in
    percent of all that was booked for the same reason.
    """

    account: str
    name: str
    lines: int
    minor: int
    last: datetime.date
    percent: int


class _Sum:
    """What was booked on one account so far, debit positive."""

    __slots__ = ("last", "lines", "minor", "name")

    def __init__(self, name: str, last: datetime.date) -> None:
        self.name, self.last, self.lines, self.minor = name, last, 0, 0

    def add(self, posting: PastPosting) -> None:
        self.lines += 1
        self.minor += posting.minor
        self.last = max(self.last, posting.date)


_Sums = dict[str, _Sum]


class PastEvidence:
    """Gathers evidence from postings: sums per account, for ``suppliers`` (VAT number: name) and for ``terms``, the
    descriptions that are looked for. Memory grows with these and with the accounts, not with the file.
    """

    def __init__(self, suppliers: Mapping[str, str], terms: Collection[str], chart: ChartOfAccounts) -> None:
        self._suppliers, self._chart = suppliers, chart
        self._by_supplier: dict[str, _Sums] = {vat_number: {} for vat_number in suppliers}
        self._by_term: dict[str, _Sums] = {}
        self._begins: dict[str, list[tuple[str, ...]]] = {}
        for key in sorted({name_key(term) for term in terms} - {""}):
            self._by_term[key] = {}
            words = tuple(key.split())
            self._begins.setdefault(words[0], []).append(words)

    def gather(self, postings: Iterable[PastPosting]) -> None:
        """Take all postings, entry by entry: the lines of an entry share its party."""
        for entry in entries(postings):
            if entry[0].journal_type not in CASH_JOURNALS:
                self._entry(entry)

    def _entry(self, entry: list[PastPosting]) -> None:
        mine = [
            vat_number
            for vat_number, name in self._suppliers.items()
            if any(is_party(each, vat_number, name) for each in entry)
        ]
        for posting in entry:
            if not self._in_result(posting):
                continue
            for vat_number in mine:
                _add(self._by_supplier[vat_number], posting)
            for term in self._terms_in(f"{posting.text} {posting.entry_text}"):
                _add(self._by_term[term], posting)

    def _in_result(self, posting: PastPosting) -> bool:
        """Whether the account belongs to the result, or nobody knows: such an account is told and never proposed."""
        known = self._chart.accounts.get(posting.account)
        if posting.result is not None:
            return posting.result
        return known is None or known.type in _RESULT

    def _terms_in(self, text: str) -> set[str]:
        words = name_key(text).split()
        return {
            " ".join(term)
            for place, word in enumerate(words)
            for term in self._begins.get(word, ())
            if tuple(words[place : place + len(term)]) == term
        }

    def of_supplier(self, vat_number: str, *, sale: bool = False) -> list[Share]:
        """Where the supplier was booked, the largest share first."""
        return _shares(self._by_supplier.get(vat_number, {}), sale=sale)

    def of_term(self, term: str, *, sale: bool = False) -> list[Share]:
        """Where lines with the description ``term`` were booked, the largest share first."""
        return _shares(self._by_term.get(name_key(term), {}), sale=sale)


def entries(postings: Iterable[PastPosting]) -> Iterator[list[PastPosting]]:
    """Postings that follow each other and have the same journal and number, together; without a number each alone."""
    together: list[PastPosting] = []
    for posting in postings:
        if together and not (posting.entry and _head(posting) == _head(together[0])):
            yield together
            together = []
        together.append(posting)
    if together:
        yield together


def _head(posting: PastPosting) -> tuple[str, str]:
    return posting.journal, posting.entry


def _add(sums: _Sums, posting: PastPosting) -> None:
    known = sums.get(posting.account)
    if known is None:
        known = sums[posting.account] = _Sum(posting.account_name, posting.date)
    known.add(posting)


def _shares(sums: _Sums, *, sale: bool) -> list[Share]:
    sign = -1 if sale else 1
    mine = {account: each for account, each in sums.items() if each.minor * sign > 0}
    whole = sum(each.minor for each in mine.values()) * sign
    found = [
        Share(
            account=account,
            name=each.name,
            lines=each.lines,
            minor=each.minor * sign,
            last=each.last,
            percent=each.minor * sign * 100 // whole,
        )
        for account, each in mine.items()
    ]
    return sorted(found, key=lambda each: (-each.minor, each.account))
