"""Ours against theirs: what an entry should be in the ledger, and what the ledger's own records say."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.domain.money import show

_VAT = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE)


class HeldEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a ledger holds, as its own records tell: enough to rebuild our links to it.

    ``total_minor`` is ``JournalEntry.total_minor``, in minor units. ``accounts`` are the sums per account (minor units,
    debit positive) and ``vat`` the VAT per VAT code of the ledger (minor units, debit positive: input VAT is positive,
    VAT that is due negative, a reverse charge that is deducted in full is 0); ``None`` when the ledger cannot tell.
    ``draft`` is true of what nobody has made final there yet.
    """

    key: str
    fingerprint: str
    date: datetime.date
    total_minor: int
    reference: str
    currency: str = ""
    accounts: Mapping[str, int] | None = None
    vat: Mapping[str, int] | None = None
    draft: bool = False


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in which the ledger's entry is not as ours. ``minor`` is theirs minus ours where it is an amount."""

    field: str
    ours: str
    theirs: str
    minor: int = 0

    def __str__(self) -> str:
        return f"{self.field} is {self.theirs or '-'} instead of {self.ours or '-'}"


def differences(entry: JournalEntry, held: HeldEntry, codes: Mapping[str, str]) -> tuple[Difference, ...]:
    """In what ``held`` is not as ``entry``: date, currency, total, account sums, VAT per code, content.

    ``codes`` are the ledger's VAT codes by ours; VAT without one is not compared, nor is what the ledger cannot tell.
    """
    return tuple(_differences(entry, held, codes))


def _differences(entry: JournalEntry, held: HeldEntry, codes: Mapping[str, str]) -> Iterator[Difference]:
    if held.fingerprint != entry.fingerprint:
        yield Difference(field="content", ours=entry.fingerprint[:12], theirs=held.fingerprint[:12])
    if held.date != entry.date:
        yield Difference(field="date", ours=entry.date.isoformat(), theirs=held.date.isoformat())
    if held.currency and held.currency != entry.currency:
        yield Difference(field="currency", ours=entry.currency, theirs=held.currency)
    if held.total_minor != entry.total_minor:
        yield _amounts("total", entry.total_minor, held.total_minor)
    if held.accounts is not None:
        yield from _sums("account", balances(entry), held.accounts)
    if held.vat is not None and not _is_cost_in_part(entry):
        known = set(codes.values())
        theirs = {code: minor for code, minor in held.vat.items() if code in known}
        yield from _sums("VAT code", _vat(entry, codes), theirs)


def _vat(entry: JournalEntry, codes: Mapping[str, str]) -> Mapping[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for posting in entry.postings:
        if posting.role in _VAT and posting.tax in codes:
            sums[codes[posting.tax]] += posting.minor
    return sums


def _is_cost_in_part(entry: JournalEntry) -> bool:
    """Whether VAT that may not be deducted is in it: some ledgers count it with the code, some with the cost."""
    return any(posting.role is PostingRole.VAT_COST for posting in entry.postings)


def _sums(what: str, ours: Mapping[str, int], theirs: Mapping[str, int]) -> Iterator[Difference]:
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name, 0) != theirs.get(name, 0):
            yield _amounts(f"{what} {name}", ours.get(name, 0), theirs.get(name, 0))


def _amounts(field: str, ours: int, theirs: int) -> Difference:
    return Difference(field=field, ours=show(ours), theirs=show(theirs), minor=theirs - ours)
