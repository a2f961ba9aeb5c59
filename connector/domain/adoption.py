"""Adoption: an invoice that came into the ledger by another channel is taken for ours, and only its cost is moved.

The booking there stays: creditor and VAT are right as they are, or it is not adopted. One entry takes its net amounts
back, account by account, and books ours with their dimensions.
"""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Mapping

import msgspec

from connector.domain.accounts import AccountType, ChartOfAccounts
from connector.domain.dates import month_of
from connector.domain.held import OtherBooking
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole
from connector.domain.money import show
from connector.domain.reclassification import ADOPTION

_VAT = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE)
_NET = (PostingRole.NET, PostingRole.ROUNDING)
CREDITORS = "creditors_control"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """An entry beside a booking of another channel. ``vat_agrees`` is ``None`` when the ledger cannot tell the VAT;
    supplier and number agree, or it had not been found."""

    booking: OtherBooking
    total_agrees: bool
    currency_agrees: bool
    vat_agrees: bool | None
    date_agrees: bool
    same_period: bool

    @property
    def told(self) -> str:
        """The booking in words: where it is, and what agrees with ours and what does not."""
        there = self.booking
        answers = {
            "total": self.total_agrees,
            "currency": self.currency_agrees,
            "VAT": self.vat_agrees,
            "date": self.date_agrees,
        }
        parts = (
            ("agree", [name for name, same in answers.items() if same]),
            ("differ", [name for name, same in answers.items() if same is False]),
            ("not told", [name for name, same in answers.items() if same is None]),
        )
        words = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)
        amount = show(there.total_minor, there.currency or "EUR")
        return f"{there.reference} of {there.date}, {amount} {there.currency} ({words})".replace("  ", " ")


def compare(entry: JournalEntry, booking: OtherBooking) -> Compared:
    """What of ``booking`` agrees with ``entry``."""
    vat = sum(each.minor for each in entry.postings if each.role in _VAT)
    return Compared(
        booking=booking,
        total_agrees=booking.total_minor == entry.total_minor,
        currency_agrees=booking.currency == entry.currency,
        vat_agrees=None if booking.vat_minor is None else booking.vat_minor == vat,
        date_agrees=booking.date == entry.date,
        same_period=month_of(booking.date) == entry.vat_period,
    )


def refusal(entry: JournalEntry, compared: Compared, chart: ChartOfAccounts) -> str:
    """Why the booking cannot be adopted for ``entry``, with what to do instead; '' when it can."""
    there = compared.booking
    different = [
        name
        for name, same in (
            ("total", compared.total_agrees),
            ("currency", compared.currency_agrees),
            ("VAT", compared.vat_agrees),
        )
        if same is False
    ]
    if different:
        return (
            f"it has another {' and another '.join(different)} than ours; correct the booking in the ledger, or "
            "approve our entry if it is another invoice"
        )
    if any(each.role is PostingRole.VAT_COST for each in entry.postings):
        return "part of our VAT is cost, which no adoption can move; remove the booking there, or ours"
    if there.draft:
        return "it is a draft in the ledger, which may still change; make it final there and try again"
    if not there.accounts:
        return "the ledger does not tell its accounts; make it final there and try again"
    if unknown := sorted(set(there.accounts) - set(chart.accounts)):
        return (
            f"it uses account {', '.join(unknown)}, which accounts.csv does not have; add the account there, or book "
            "it on another one in the ledger"
        )
    if uneven := _uneven(entry, there):
        return f"the VAT on account {uneven} is another one than ours; correct the booking in the ledger"
    net = sum(net_of(entry, there, chart).values())
    if net != sum(each.minor for each in entry.postings if each.role in _NET):
        return (
            f"which of its amounts are cost cannot be told: {show(net)} stands on accounts that are neither its "
            "creditor nor our VAT; book its VAT there on the accounts of tax.csv"
        )
    return ""


def net_of(entry: JournalEntry, booking: OtherBooking, chart: ChartOfAccounts) -> dict[str, int]:
    """The sums of ``booking`` on accounts that are neither the creditor's nor those of our VAT, debit positive."""
    party = {each.account for each in entry.postings if each.role is PostingRole.PARTY}
    vat = {each.account for each in entry.postings if each.role in _VAT}
    control = {account for role, account in chart.roles.items() if role == CREDITORS}
    taken = {account for account, known in chart.accounts.items() if known.type is AccountType.LIABILITY}
    nets = {each.account for each in entry.postings if each.role in _NET}
    outside = party | vat | control | (taken - nets)
    return {account: minor for account, minor in sorted(booking.accounts.items()) if minor and account not in outside}


def _uneven(entry: JournalEntry, booking: OtherBooking) -> str:
    """The first account of our VAT on which the booking has another sum, '' when there is none."""
    ours: Counter[str] = Counter()
    for each in entry.postings:
        if each.role in _VAT:
            ours[each.account] += each.minor
    return next((account for account in sorted(ours) if booking.accounts.get(account, 0) != ours[account]), "")


def entry_of(first: JournalEntry, back: Mapping[str, int], *, date: datetime.date | None = None) -> JournalEntry | None:
    """The entry that takes ``back`` (minor units by account, as they stand there) and books the net of ``first``;
    ``None`` when accounts agree already and no dimension is wanted.

    It is dated ``date``, as ``first`` by default. Its key is the same for the same entry and booking.
    """
    wanted = [each for each in first.postings if each.role in _NET and each.minor]
    sums: Counter[str] = Counter()
    for each in wanted:
        sums[each.account] += each.minor
    same = {account: minor for account, minor in sums.items() if minor} == dict(back)
    if same and not any(each.dimensions for each in wanted):
        return None
    gone = [
        Posting(account=account, minor=-minor, role=PostingRole.ELSEWHERE, text=first.text)
        for account, minor in sorted(back.items())
    ]
    # Without tax codes and deferral: VAT stands in the booking, and our entry, which is posted, says what to defer.
    new = [msgspec.structs.replace(each, tax="", base_minor=0, deferral="") for each in wanted]
    date = date or first.date
    said = first.fingerprint, sorted(back.items())
    digest = hashlib.blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()
    return msgspec.structs.replace(
        first,
        key=msgspec.structs.replace(first.key, purpose=f"{ADOPTION}-{digest}", period=month_of(date)),
        kind=DocumentKind.RECLASSIFICATION,
        date=date,
        due=None,
        postings=(*gone, *new),
    )


def taken_back(entry: JournalEntry) -> dict[str, int]:
    """What the adoption ``entry`` takes back, as it stands in the booking: minor units by account."""
    return {each.account: -each.minor for each in entry.postings if each.role is PostingRole.ELSEWHERE}
