"""A trial month: our documents of a month, booked or as they would be, beside the past books of that month.

Nothing is written. A document that waits for approval, is on its way or is posted counts with its entry; any other is
booked on paper with the tables as they lie on disk, whatever ``book_from`` and closed periods say.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connector.domain.journal import PostingRole
from connector.domain.mapping import Mapping
from connector.domain.money import to_minor
from connector.domain.past_books import PastBooks, Remark
from connector.domain.past_matching import MonthOfBooks, TrialDocument, match
from connector.domain.trial import Chart, Trial, compare
from connector.engine.books import Books, Workplace
from connector.engine.decider import Decider
from connector.engine.outcomes import Outcomes, party_of
from connector.store import entries, kept, states
from connector.store.database import Connection
from connector.store.fresh import Fresh
from connector.store.states import LineState, Standing

_STANDING = (LineState.READY, LineState.IN_DELIVERY, LineState.POSTED)
_CONTROLS = ("creditors_control", "debtors_control")


class TrialReport(msgspec.Struct, frozen=True, kw_only=True):
    """A trial with what it was made of.

    ``booked`` documents count with the entry that stands, ``on_paper`` ones as they would be booked, ``held`` ones have
    no entry; ``ignored`` ones are left out by the rules in ``rules``. ``form`` is that of the past books.
    """

    trial: Trial
    form: str
    remarks: tuple[Remark, ...]
    booked: int
    on_paper: int
    held: int
    ignored: int
    rules: tuple[str, ...]


def trial(place: Workplace, books: Books, mapping: Mapping, period: str, past: PastBooks) -> TrialReport:
    """Compare the month ``period`` ('YYYY-MM'). PastBooksError when the past books cannot be read."""
    with place.database.reading() as connection:
        ours = _Ours(connection, place, books, mapping, period)
        documents = list(ours.documents())
    month = MonthOfBooks(period, documents)
    names = {code: account.name for code, account in mapping.chart.accounts.items()}
    for posting in past.postings():
        month.add(posting)
        if posting.period == period:
            names.setdefault(posting.account, posting.account_name)
    chart = mapping.chart
    compared = compare(
        period,
        match(documents, month.entries(), chart),
        Chart(names=names, vat=_vat_accounts(mapping) | past.tax_accounts, parties=_controls(mapping)),
        elsewhere=month.elsewhere,
        tolerance=to_minor(mapping.settings.tolerance_document),
    )
    return TrialReport(
        trial=compared,
        form=past.form,
        remarks=tuple(past.remarks),
        booked=ours.booked,
        on_paper=sum(each.entry is not None for each in documents) - ours.booked,
        held=sum(each.entry is None for each in documents),
        ignored=ours.ignored,
        rules=tuple(sorted(ours.rules)),
    )


class _Ours:
    """Our documents of the month."""

    def __init__(self, connection: Connection, place: Workplace, books: Books, mapping: Mapping, period: str) -> None:
        self._connection, self._books, self._mapping, self._period = connection, books, mapping, period
        open_books = msgspec.structs.replace(books, book_from=None, closed_until=None)
        decider = Decider(books.id, books.country, mapping, 0)
        self._outcomes = Outcomes(connection, place, open_books, decider, Fresh())
        self.booked, self.ignored = 0, 0
        self.rules = set[str]()

    def documents(self) -> Iterator[TrialDocument]:
        """Every document of the month that the rules do not leave out."""
        known = [each for each in states.standings(self._connection, self._books.id) if each.period == self._period]
        standing = [each for each in known if each.state in _STANDING and each.entry_id is not None]
        others = [each for each in known if each not in standing]
        yield from self._with_entries(standing)
        yield from self._on_paper(others)

    def _with_entries(self, standing: list[Standing]) -> Iterator[TrialDocument]:
        ids = [each.entry_id for each in standing if each.entry_id is not None]
        made = entries.load(self._connection, self._books.id, ids)
        for each in standing:
            self.booked += 1
            entry = made[each.entry_id or 0]
            yield TrialDocument(
                number=each.number,
                direction=each.direction,
                date=entry.date,
                party=entry.party,
                vat_number=self._vat_number(each),
                customer=each.customer,
                open_item=sum(posting.minor for posting in entry.postings if posting.role is PostingRole.PARTY),
                entry=entry,
            )

    def _on_paper(self, others: list[Standing]) -> Iterator[TrialDocument]:
        by_version = {each.version_id: each for each in others}
        for document in kept.load(self._connection, self._books.id, list(by_version)):
            each = by_version[document.version_id]
            paper = self._outcomes.on_paper(document)
            if paper.rule:
                self.ignored += 1
                self.rules.add(paper.rule)
                continue
            entry, total = paper.entry, document.net + document.vat
            open_item = -total if each.direction == "purchase" else total
            if entry is not None:
                open_item = sum(one.minor for one in entry.postings if one.role is PostingRole.PARTY)
            assert document.head.date is not None, "only documents with a date have a month"
            holding = self._outcomes.holding(document, paper.findings)
            yield TrialDocument(
                number=each.number,
                direction=each.direction,
                date=document.head.date,
                party=party_of(document),
                vat_number=self._vat_number(each),
                customer=each.customer,
                open_item=open_item,
                entry=entry,
                reasons=() if entry is not None else tuple(dict.fromkeys(holding)),
            )

    def _vat_number(self, each: Standing) -> str:
        """The VAT number of the party: the issuer of a purchase, or that of the customer table."""
        if each.direction == "purchase":
            return each.issuer
        customer = self._mapping.customers.get(each.customer)
        return customer.vat_number if customer else ""


def _vat_accounts(mapping: Mapping) -> frozenset[str]:
    """The accounts that play a VAT role in the tax codes."""
    roles = {role for code in mapping.tax_codes for role in (code.role_vat_input, code.role_vat_due) if role}
    found = {mapping.account_for_role(role) for role in (*roles, "vat_non_deductible")}
    return frozenset(account for account in found if account)


def _controls(mapping: Mapping) -> frozenset[str]:
    found = {mapping.account_for_role(role) for role in _CONTROLS}
    return frozenset(account for account in found if account)
