"""Billed: what customers were really invoiced, by the bookkeeping software, beside what they should have been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from enum import Enum

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


class FoundBy(Enum):
    """By what a customer was found in the file, the surest first, or why it was not."""

    DEBTOR = "debtor"
    VAT_NUMBER = "vat-number"
    NAME = "name"
    NOT_IN_FILE = "debtor-not-in-file"
    SEVERAL = "several"
    NO_DEBTOR = "no-debtor"
    NOT_MAPPED = "not-mapped"


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """What a debtor was to be invoiced in a month ('YYYY-MM') and what was invoiced, net, in minor units.

    A debtor may be several of our ``customers`` (AccountIDs); ``by`` is of the one that was found least surely.
    ``billed`` is ``None`` where nothing leads to one debtor of the file.
    """

    period: str
    debtor: str
    name: str
    by: FoundBy
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

    A customer meets the party with its debtor number; where the file has none with it, the one with its VAT number, or
    else with its name, when there is only one.
    """
    billed = {key: net for key, net in sums.items() if key[1] in months}
    debtors = _Debtors(party for party, _ in sums)
    wanted: dict[tuple[_Key, str], list[Expected]] = {}
    known: dict[_Key, _Debtor] = {}
    for each in expected:
        customer = customers.get(each.account_id)
        if each.period in months and not (customer is not None and customer.internal):
            found = debtors.of(customer, each)
            before = known.get(found.key)
            if before is None:
                known[found.key] = found
            elif _SURENESS[found.by] > _SURENESS[before.by]:
                known[found.key] = msgspec.structs.replace(before, by=found.by)
            wanted.setdefault((found.key, each.period), []).append(each)
    of_party = {party: found.key for found in known.values() for party in found.parties}
    for party, period in billed:
        if party in of_party:
            wanted.setdefault((of_party[party], period), [])
    rows = [_row(known[key], period, mine, billed) for (key, period), mine in wanted.items()]
    rows.sort(key=lambda each: (-each.difference, each.period, each.name, each.debtor, each.customers))
    return Comparison(rows=tuple(rows), others=sum(net for (party, _), net in billed.items() if party not in of_party))


_Key = tuple[str, str]
"""What tells debtors apart: the kind of what they are known by, and this."""
_SURENESS = {by: place for place, by in enumerate(FoundBy)}


class _Debtor(msgspec.Struct, frozen=True, kw_only=True):
    """Who a customer is in the file: no ``parties`` where nothing leads to one."""

    key: _Key
    by: FoundBy
    name: str
    debtor: str = ""
    parties: tuple[Party, ...] = ()


def _row(found: _Debtor, period: str, mine: Collection[Expected], billed: Mapping[tuple[Party, str], int]) -> Billed:
    return Billed(
        period=period,
        debtor=found.debtor,
        name=found.name,
        by=found.by,
        customers=tuple(sorted({each.account_id for each in mine})),
        expected=sum(each.net for each in mine),
        billed=sum(billed.get((party, period), 0) for party in found.parties) if found.parties else None,
    )


class _Debtors:
    """The parties of a file, as customers.csv can name them. Those with one number, or without any with one name, are
    one debtor.
    """

    def __init__(self, parties: Iterable[Party]) -> None:
        self._parties: dict[_Key, list[Party]] = defaultdict(list)
        self._by: dict[_Key, set[_Key]] = defaultdict(set)
        for party in parties:
            key = _identity(party)
            if party not in self._parties[key]:
                self._parties[key].append(party)
            self._by["vat", vat_key(party.vat_number)].add(key)
            self._by["name", name_key(party.name)].add(key)

    def of(self, customer: MappedCustomer | None, expected: Expected) -> _Debtor:
        """The debtor of a customer; one of its own, with a key of its own, where none can be told."""
        number = customer.debtor if customer is not None else ""
        key = ("number", squeezed(number))
        if number and key in self._parties:
            return _Debtor(
                key=key, by=FoundBy.DEBTOR, name=expected.name, debtor=number, parties=tuple(self._parties[key])
            )
        vat, name = (customer.vat_number, customer.name) if customer is not None else ("", "")
        for by, other in (
            (FoundBy.VAT_NUMBER, ("vat", vat_key(vat))), (FoundBy.NAME, ("name", name_key(name or expected.name))),
        ):  # fmt: skip
            found = self._by.get(other, set()) if other[1] else set()
            if len(found) == 1:
                return self._named(by, next(iter(found)), expected)
            if found:
                return _Debtor(key=("none", expected.account_id), by=FoundBy.SEVERAL, name=expected.name)
        if number:
            nobody = Party(number=number)
            return _Debtor(key=key, by=FoundBy.NOT_IN_FILE, name=expected.name, debtor=number, parties=(nobody,))
        by = FoundBy.NOT_MAPPED if customer is None else FoundBy.NO_DEBTOR
        return _Debtor(key=("none", expected.account_id), by=by, name=expected.name)

    def _named(self, by: FoundBy, key: _Key, expected: Expected) -> _Debtor:
        parties = self._parties[key]
        debtor = min(party.number or party.name for party in parties)
        return _Debtor(key=key, by=by, name=expected.name, debtor=debtor, parties=tuple(parties))


def _identity(party: Party) -> _Key:
    if party.number:
        return "number", squeezed(party.number)
    return ("name", name_key(party.name)) if party.name else ("vat", vat_key(party.vat_number))
