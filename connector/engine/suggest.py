"""Proposals: what the stored lines need and no row gives, with the evidence. Nothing is written.

The database adds up the lines; a decision is made once per question that the tables can ask.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import msgspec

from connector.domain.combination import Combination
from connector.domain.dates import EARLIEST, LATEST
from connector.domain.decision import Action, Choice
from connector.domain.invoice import Direction
from connector.domain.mapping import Mapping
from connector.domain.past_books import PastBooks, Remark
from connector.domain.past_evidence import PastEvidence
from connector.domain.rules import WEIGHTS
from connector.domain.suggesting import (
    ACCOUNT_CODES,
    CUSTOMER_CODE,
    NewCustomer,
    Proposal,
    Sources,
    TaxGap,
    Uncovered,
    key_of,
    propose_customers,
    propose_rules,
    rows_over,
    tax_gaps,
)
from connector.engine.books import Books, Workplace
from connector.store import document_views, states, sums
from connector.store.database import Connection
from connector.store.states import LineState, Standing
from connector.store.sums import QuestionSum, SummedDocument

_CUSTOMER = ("customer_id", "customer_name")
_TAX_CODES = frozenset({"TAX-UNMAPPED", "TAX-ZERO-AMBIGUOUS", "TAX-RATE-UNKNOWN"})
_TOLD = ACCOUNT_CODES | _TAX_CODES | {CUSTOMER_CODE}
"""Findings that a row of the tables would solve."""


_Gap = tuple[Combination, tuple[str, ...], bool]
"""A combination, the codes of its findings, and whether it is held by default."""


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that could be added, what has no VAT treatment, and all that no row covers. ``form`` is that of the past
    books, '' without any."""

    rules: tuple[Proposal, ...]
    customers: tuple[Proposal, ...]
    tax_gaps: tuple[TaxGap, ...]
    uncovered: tuple[Uncovered, ...] = ()
    form: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def all(self) -> tuple[Proposal, ...]:
        """Every proposal: rules, then customers."""
        return self.rules + self.customers


def suggest(
    place: Workplace, books: Books, mapping: Mapping, starter: Mapping | None, past: PastBooks | None
) -> Suggestions:
    """What could be added to ``mapping`` for the current lines that are not posted, also those before ``book_from``.

    PastBooksError when the past books cannot be read.
    """
    gaps = _Gaps(books, mapping)
    with place.database.reading() as connection:
        known = list(states.standings(connection, books.id))
        waiting = {each.version_id for each in known if each.state is not LineState.POSTED}
        documents = [
            each
            for each in sums.current_documents(
                connection, books.id, sources=_sources(books), first=EARLIEST, last=LATEST
            )
            if each.version_id in waiting
        ]
        parts = sums.in_parts(documents, lambda each: (each.direction, mapping.segment(each.date or place.today)))
        for (direction, _), mine in parts.items():
            gaps.part(connection, direction, mine, place.today)
        gaps.examples(place.today)
        customers = _with_vat_numbers(connection, books, gaps.customers(), known)
    uncovered = gaps.uncovered()
    suppliers = {each.issuer: each.party for each in known if each.direction == Direction.PURCHASE.value}
    evidence = None
    if past is not None:
        evidence = PastEvidence(suppliers, _terms(uncovered), mapping.chart)
        evidence.gather(past.postings())
    sources = Sources(mapping=mapping, country=books.country, starter=starter, past=evidence, suppliers=suppliers)
    return Suggestions(
        rules=tuple(propose_rules(uncovered, gaps.covered, sources)),
        customers=tuple(propose_customers(customers, past.relations.values() if past is not None else ())),
        tax_gaps=tuple(tax_gaps(uncovered)),
        uncovered=tuple(uncovered),
        form=past.form if past is not None else "",
        remarks=tuple(past.remarks) if past is not None else (),
    )


def _sources(books: Books) -> list[tuple[Direction, str]]:
    """The lists that are booked: a sale that is only reported needs no account and no debtor."""
    return [sums.PURCHASES] if books.sale == "report" else [sums.PURCHASES, (Direction.SALE, books.sale_source)]


def _terms(uncovered: Iterable[Uncovered]) -> set[str]:
    """The descriptions to look for in past books."""
    return {
        term
        for each in uncovered
        if ACCOUNT_CODES & set(each.codes)
        for term in (each.combination.plan_name, each.combination.category)
    }


def _with_vat_numbers(
    connection: Connection, books: Books, customers: Iterable[NewCustomer], known: Sequence[Standing]
) -> list[NewCustomer]:
    """The customers with the VAT number that their newest document states, where it is not our own."""
    newest = {each.customer: each.version_id for each in known if each.direction == Direction.SALE.value}
    found = []
    for each in customers:
        version_id = newest.get(each.account_id)
        stated = document_views.head_of(connection, books.id, version_id).receiver_vat if version_id is not None else ""
        found.append(msgspec.structs.replace(each, vat_number="" if stated == books.vat_number else stated))
    return found


class _Gaps:
    """Adds up what no row covers, and remembers the accounts of what one does."""

    def __init__(self, books: Books, mapping: Mapping) -> None:
        self._books, self._mapping = books, mapping
        self._weights = {rule.id: rule.weight for rule in mapping.rules}
        self._uncovered: dict[_Gap, list[int]] = {}
        self._last: dict[_Gap, datetime.date] = {}
        self._customers: dict[str, NewCustomer] = {}
        self.covered: dict[tuple[str, str, str, str], set[str]] = {}

    def part(
        self, connection: Connection, direction: Direction, documents: Sequence[SummedDocument], today: datetime.date
    ) -> None:
        """Add the lines of ``documents``, which are of one direction and one segment of dates."""
        fields = (*self._mapping.fields_read[direction is Direction.SALE], *_CUSTOMER)
        last = max(each.date or today for each in documents)
        for each in sums.question_sums(connection, self._books.id, [one.version_id for one in documents], fields):
            self._add(Combination(**dict(zip(fields, each.fields, strict=True))), each, last)

    def examples(self, today: datetime.date) -> None:
        """Remember what the accountant's own test rows get: tables that change it would not be accepted."""
        for each in self._mapping.examples:
            on = each.on or today
            decision = self._mapping.decide(each.combination, on=on, own_country=self._books.country)
            if decision.account:
                for row in rows_over(key_of(each.combination)):
                    self.covered.setdefault(row, set()).add(decision.account)

    def _add(self, line: Combination, summed: QuestionSum, last: datetime.date) -> None:
        decision = self._mapping.decide(line, on=last, own_country=self._books.country)
        if decision.action is Action.IGNORE:
            for row in rows_over(key_of(line)):
                self.covered.setdefault(row, set()).add("")
            return
        codes = tuple(dict.fromkeys(each.code for each in decision.problems if each.code in _TOLD))
        if not ACCOUNT_CODES & set(codes):
            for row in rows_over(key_of(line)):
                self.covered.setdefault(row, set()).add(decision.account)
        if CUSTOMER_CODE in codes:
            known = self._customers.get(line.customer_id) or NewCustomer(account_id=line.customer_id, name="")
            self._customers[line.customer_id] = msgspec.structs.replace(
                known,
                name=max(known.name, line.customer_name),
                minor=known.minor + summed.net,
                lines=known.lines + summed.lines,
            )
        if codes:
            # Whose line it is says nothing about its account, and would make as many gaps as there are customers.
            anyone = msgspec.structs.replace(
                line,
                customer_id="",
                customer_number="",
                customer_name="",
                cost_center="",
                po_number="",
                details="",
                line_details="",
                vendor_details="",
            )
            held = any(self._is_default(each) for each in decision.choices if each.column == "action")
            gap = (anyone, codes, held)
            known_sums = self._uncovered.setdefault(gap, [0, 0])
            known_sums[0] += summed.net
            known_sums[1] += summed.lines
            self._last[gap] = max(last, self._last.get(gap, last))

    def _is_default(self, choice: Choice) -> bool:
        """Whether a hold comes from a row that names nothing but a direction: it lets go what has a row of its own."""
        return choice.value == Action.HOLD.value and self._weights.get(choice.rule, 0) <= WEIGHTS["direction"]

    def uncovered(self) -> list[Uncovered]:
        """What no row covers, in an order that depends on nothing but what it is."""
        found = [
            Uncovered(
                combination=line,
                codes=codes,
                minor=minor,
                lines=lines,
                last=self._last[line, codes, held],
                by_default_held=held,
            )
            for (line, codes, held), (minor, lines) in self._uncovered.items()
        ]
        return sorted(found, key=lambda each: (each.combination.digest, each.codes, each.by_default_held))

    def customers(self) -> list[NewCustomer]:
        """The customers that are not in the customer table, by AccountID."""
        return [each for _, each in sorted(self._customers.items())]
