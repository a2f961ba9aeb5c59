"""Billed: what customers were really invoiced, by the bookkeeping software, beside what they should have been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.mapping import MappedCustomer
from connector.domain.past_books import CASH_JOURNALS, PastPosting, name_key, squeezed, vat_key
from connector.domain.past_matching import in_result

_SALES, _PURCHASES = "S", "P"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as the file names it; '' where it does not."""

    number: str = ""
    name: str = ""
    vat_number: str = ""


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """What a debtor was to be invoiced in a month ('YYYY-MM') and what was invoiced, net, in minor units.

    A debtor may be several of our ``customers`` (AccountIDs). ``billed`` is ``None`` where nothing leads to a debtor of
    the file.
    """

    period: str
    debtor: str
    name: str
    customers: tuple[str, ...]
    expected: int
    billed: int | None

    @property
    def difference(self) -> int:
        """What was expected and not billed; below zero more was billed, for whatever else was sold."""
        return self.expected - (self.billed or 0)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer (AccountID) was sold in a month, in minor units."""

    account_id: str
    name: str
    period: str
    net: int


class _Entry(msgspec.Struct, kw_only=True):
    """What an entry books on the result, by the party whose number the line has (``None``: the entry's own)."""

    period: str
    sale: bool = False
    parties: set[Party] = msgspec.field(default_factory=set)
    nets: dict[Party | None, int] = msgspec.field(default_factory=lambda: defaultdict[Party | None, int](int))
    unknown: dict[str, int] = msgspec.field(default_factory=lambda: defaultdict[str, int](int))


class Invoiced:
    """Gathers what the lines of a file invoice.

    An entry that books on the debtors' account, or in a journal of sales, is an invoice; what it books on accounts of
    the result, or only on ``accounts``, was invoiced. Money and purchases are none.
    """

    def __init__(self, chart: ChartOfAccounts, accounts: Collection[str] = ()) -> None:
        self._chart, self._control = chart, chart.resolve("debtors_control")
        self._accounts = accounts
        self._entries: dict[tuple[str, str], _Entry] = {}

    def add(self, posting: PastPosting) -> None:
        """Take one line."""
        if posting.journal_type in CASH_JOURNALS or posting.journal_type == _PURCHASES:
            return
        key = (posting.journal, posting.entry or posting.document_ref or posting.place)
        entry = self._entries.setdefault(key, _Entry(period=posting.period))
        party = _party(posting)
        if party is not None:
            entry.parties.add(party)
        named = party if posting.party_id else None
        if posting.account == self._control or posting.journal_type == _SALES:
            entry.sale = True
        if posting.account == self._control:
            return
        if self._accounts:
            counts: bool | None = posting.account in self._accounts
        else:
            counts = in_result(posting, self._chart)
        if counts:
            entry.nets[named] -= posting.minor
        elif counts is None:
            entry.unknown[posting.account] -= posting.minor

    @property
    def sums(self) -> dict[tuple[Party, str], int]:
        """What each party was invoiced per month, in minor units."""
        found: dict[tuple[Party, str], int] = defaultdict(int)
        for entry in self._sales():
            for named, net in entry.nets.items():
                party = named or _only(entry.parties)
                if party is not None:
                    found[party, entry.period] += net
        return dict(found)

    @property
    def nobody(self) -> int:
        """What was invoiced to nobody or to several at once, so that it counts for no customer."""
        return sum(
            net
            for entry in self._sales()
            for named, net in entry.nets.items()
            if named is None and _only(entry.parties) is None
        )

    @property
    def unknown(self) -> dict[str, int]:
        """What invoices book on accounts of which nobody says whether they belong to the result, by account."""
        found: dict[str, int] = defaultdict(int)
        for entry in self._sales():
            for account, net in entry.unknown.items():
                found[account] += net
        return dict(found)

    @property
    def months(self) -> set[str]:
        """The months in which anything was invoiced."""
        return {entry.period for entry in self._sales() if entry.nets}

    def _sales(self) -> Iterable[_Entry]:
        return (entry for entry in self._entries.values() if entry.sale)


def _party(posting: PastPosting) -> Party | None:
    if not (posting.party_id or posting.party_name or posting.party_vat_number):
        return None
    return Party(number=posting.party_id, name=posting.party_name, vat_number=posting.party_vat_number)


def _only(parties: Collection[Party]) -> Party | None:
    """The one party among ``parties``, those with a number first; ``None`` when there are several or none."""
    kept = [each for each in parties if each.number] or list(parties)
    return kept[0] if len(kept) == 1 else None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Expected beside billed, the most that is missing first; ``others`` was billed to who is no customer of Copaco's
    lists, in minor units.
    """

    rows: tuple[Billed, ...]
    others: int


def compare(
    expected: Iterable[Expected],
    sums: Mapping[tuple[Party, str], int],
    customers: Mapping[str, MappedCustomer],
    months: Collection[str],
) -> Comparison:
    """Put ``expected`` beside what parties were invoiced (``sums``), in ``months``; ``customers`` by AccountID lead to
    the parties.

    A customer meets the party with its debtor number; without a number the one with its VAT number, or else with its
    name, when there is only one.
    """
    billed = {key: net for key, net in sums.items() if key[1] in months}
    debtors = _Debtors(party for party, _ in sums)
    wanted: dict[tuple[str, str], list[Expected]] = {}
    known: dict[str, tuple[str, Collection[Party]]] = {}
    for each in expected:
        customer = customers.get(each.account_id)
        if each.period in months and not (customer is not None and customer.internal):
            debtor, parties = debtors.of(customer, each)
            known.setdefault(debtor, (each.name, parties))
            wanted.setdefault((debtor, each.period), []).append(each)
    of_party = {party: debtor for debtor, (_, parties) in known.items() for party in parties}
    for party, period in billed:
        if party in of_party:
            wanted.setdefault((of_party[party], period), [])
    rows = [_row(debtor, period, mine, *known[debtor], billed) for (debtor, period), mine in wanted.items()]
    rows.sort(key=lambda each: (-each.difference, each.period, each.name, each.debtor))
    return Comparison(rows=tuple(rows), others=sum(net for (party, _), net in billed.items() if party not in of_party))


def _row(
    debtor: str,
    period: str,
    mine: Collection[Expected],
    name: str,
    parties: Collection[Party],
    billed: Mapping[tuple[Party, str], int],
) -> Billed:
    return Billed(
        period=period,
        debtor="" if debtor.startswith(_UNMATCHED) else debtor,
        name=name,
        customers=tuple(sorted({each.account_id for each in mine})),
        expected=sum(each.net for each in mine),
        billed=sum(billed.get((party, period), 0) for party in parties) if parties else None,
    )


_UNMATCHED = "\0"
"""Begins the key of a customer without a debtor: each is on its own."""


class _Debtors:
    """The parties of a file, as customers.csv can name them."""

    def __init__(self, parties: Iterable[Party]) -> None:
        self._by: dict[str, dict[str, set[Party]]] = {"number": {}, "vat": {}, "name": {}}
        for party in parties:
            for kind, key in (
                ("number", squeezed(party.number)), ("vat", vat_key(party.vat_number)), ("name", name_key(party.name)),
            ):  # fmt: skip
                if key:
                    self._by[kind].setdefault(key, set()).add(party)

    def of(self, customer: MappedCustomer | None, expected: Expected) -> tuple[str, Collection[Party]]:
        """The debtor of a customer, with its parties in the file; a key of its own and none where there is none."""
        if customer is not None and customer.debtor:
            found = self._by["number"].get(squeezed(customer.debtor))
            return customer.debtor, found or {Party(number=customer.debtor)}
        vat, name = (vat_key(customer.vat_number), customer.name) if customer is not None else ("", "")
        found = self._by["vat"].get(vat) or self._by["name"].get(name_key(name or expected.name)) or set()
        debtors = {party.number or party.name for party in found}
        if len(debtors) != 1:
            return f"{_UNMATCHED}{expected.account_id}", ()
        return debtors.pop(), found
