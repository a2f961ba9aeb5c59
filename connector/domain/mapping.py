"""A mapping: the accountant's tables as one immutable value, and the decision it makes for a combination."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.combination import Combination
from connector.domain.deciding import decide, fields_read
from connector.domain.decision import Decision
from connector.domain.examples import Example
from connector.domain.rules import Rule, RuleBook, plain
from connector.domain.tax import Dated, TaxCode, TaxMapRow, TaxTables

Aggregation = Literal["line", "account+tax+dimension", "account+tax+dimension+period", "account+tax", "document"]
"""What is added up into one posting, per document; lines with a deferral always stay on their own."""

DEFERRAL_METHODS = ("none", "days_cumulative", "months_full_first", "months_half_first", "months_pro_rata")
ENTRY_TEXT_FIELDS = ("party", "number", "date", "period", "kind", "direction")
"""What the setting ``entry_text`` can name: supplier or customer, document number, document date (ISO),
YYYY-MM, invoice or credit note.
"""


class MappedCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``customers.csv``: the distributor's account and the debtor it is in our books.

    ``debtor`` is the debtor's number in the ledger, ``country`` counts for VAT when there is no
    ``vat_number``, ``vat_checked`` is the day on which the number was checked and found valid, ``terms_days``
    the customer's own terms. ``internal`` marks our own company and everyone else who gets no invoice: their
    sale lines are ignored by this row. ``language`` ('' for the usual one), ``contact`` and ``email`` are for papers
    that go to the customer.
    """

    account_id: str
    name: str
    debtor: str = ""
    country: str = ""
    vat_number: str = ""
    vat_checked: datetime.date | None = None
    terms_days: int | None = None
    po_required: bool = False
    internal: bool = False
    cost_center: str = ""
    language: str = ""
    contact: str = ""
    email: str = ""
    file: str = "customers.csv"
    row: int = 0


class DimensionRule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``dimensions.csv``: how a dimension is filled when no rule says so.

    ``direction`` is 'purchase', 'sale' or '' for both. ``when_missing`` is the value to take when the
    template gives nothing, or 'hold'. ``create_values`` tells a ledger that it may create values it does not
    know.
    """

    dimension: str
    direction: str = ""
    template: str = ""
    required: bool = False
    when_missing: str = "hold"
    create_values: bool = False
    file: str = "dimensions.csv"
    row: int = 0


class DeferralPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``deferrals.csv``: how cost or revenue of later periods is spread, one of ``DEFERRAL_METHODS``.

    A line is deferred when it runs more than ``min_days_beyond_month`` days beyond its month and its net
    amount is at least ``min_amount`` (EUR). The roles are the balance sheet accounts for purchases and for
    sales.
    """

    name: str
    method: str
    min_days_beyond_month: int = 0
    min_amount: Decimal = Decimal(0)
    role_purchase: str = ""
    role_sale: str = ""
    file: str = "deferrals.csv"
    row: int = 0


class MappingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``settings.csv``. Amounts are EUR, ``vat_deduction`` is percent; ``rows`` gives the file and line of
    each setting that is in a file.

    ``suspense_limit`` is the most that a document may bring to the suspense account; the caller, who knows
    the euros, keeps to it. ``entry_text`` is the text of an entry (see ``ENTRY_TEXT_FIELDS``), ``line_text``
    that of a line whose rules give none. ``parent`` is the set that this one inherits from.
    """

    aggregate_purchase: Aggregation = "account+tax+dimension"
    aggregate_sale: Aggregation = "line"
    unmapped_account: Literal["hold", "suspense"] = "hold"
    suspense_limit: Decimal = Decimal(0)
    vat_rounding: Literal["per_tax_group"] = "per_tax_group"
    tolerance_document: Decimal = Decimal("0.02")
    vat_deduction: Decimal = Decimal(100)
    entry_text: str = "{party} {number}"
    line_text: str = ""
    parent: str = ""
    rows: dict[str, tuple[str, int]] = {}


class Mapping(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of a mapping set.

    ``customers`` are keyed by AccountID, ``deferrals`` by policy name. ``base_boxes`` gives the VAT return
    box that the base of a purchase on an account belongs to, where the return asks for it (Belgium: 81, 82,
    83). ``warnings`` are the remarks of whoever read the files.
    """

    name: str
    chart: ChartOfAccounts
    rules: tuple[Rule, ...] = ()
    tax_codes: tuple[TaxCode, ...] = ()
    tax_map: tuple[TaxMapRow, ...] = ()
    customers: dict[str, MappedCustomer] = {}
    dimensions: tuple[DimensionRule, ...] = ()
    deferrals: dict[str, DeferralPolicy] = {}
    settings: MappingSettings = MappingSettings()
    examples: tuple[Example, ...] = ()
    base_boxes: dict[str, str] = {}
    warnings: tuple[str, ...] = ()

    def decide(self, combination: Combination, *, on: datetime.date, own_country: str) -> Decision:
        """The decision for ``combination`` on the date ``on`` in an administration whose VAT country is
        ``own_country``.
        """
        return decide(self, combination, on=on, own_country=own_country)

    def segment(self, on: datetime.date) -> datetime.date:
        """The first day of the date segment of ``on``: within a segment no row begins or ends, so decisions
        are the same.

        ``date.min`` before the first such day.
        """
        place = bisect_right(self._segments, on)
        return self._segments[place - 1] if place else datetime.date.min

    def tax_code(self, code: str, on: datetime.date) -> TaxCode:
        """The row of ``tax.csv`` for ``code`` that is valid on ``on``. LookupError when there is none."""
        return self.tax.code(code, on)

    def account_for_role(self, role: str) -> str | None:
        """The number of the account that plays ``role``, or ``None``; an account number is its own answer."""
        return self.chart.resolve(role)

    @cached_property
    def decided(self) -> dict[tuple[object, ...], Decision]:
        """Decisions made before, by what they depend on; see ``deciding.decide``."""
        return {}

    @cached_property
    def fields_read(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The fields of a combination that can matter, for purchases and for sales; besides ``named``."""
        return fields_read(self, sale=False), fields_read(self, sale=True)

    def question(self, combination: Combination) -> tuple[object, ...]:
        """What a decision for ``combination`` depends on, besides the date and the country."""
        answer: tuple[str, ...] = self._questions[combination.direction == "sale"](combination)
        if not self._customers_named:
            return answer
        return answer, self.named(combination.customer_id, combination.customer_number)

    def named(self, customer_id: str, customer_number: str) -> tuple[str, str]:
        """A customer as far as rules can tell it from others: nothing of one that no rule names."""
        known = self._customers_named
        if known and (_plain(customer_id) in known or _plain(customer_number) in known):
            return customer_id, customer_number
        return "", ""

    @cached_property
    def _customers_named(self) -> frozenset[str]:
        return frozenset(plain(rule.customer) for rule in self.rules if rule.customer)

    @cached_property
    def _questions(self) -> tuple[attrgetter[Any], attrgetter[Any]]:
        purchase, sale = self.fields_read
        return attrgetter(*purchase), attrgetter(*sale)

    @cached_property
    def tax(self) -> TaxTables:
        """The tax tables, ready to decide."""
        return TaxTables(self.tax_codes, self.tax_map)

    @cached_property
    def rule_book(self) -> RuleBook:
        """The rules, indexed."""
        return RuleBook(self.rules)

    @cached_property
    def _segments(self) -> list[datetime.date]:
        return sorted(_boundaries((*self.rules, *self.tax_codes, *self.tax_map)))


_plain = plain.__wrapped__
"""Without its memory: there are more customers than it remembers."""


def _boundaries(rows: Iterable[Dated]) -> set[datetime.date]:
    days = set()
    for row in rows:
        if row.valid_from:
            days.add(row.valid_from)
        if row.valid_to and row.valid_to < datetime.date.max:
            days.add(row.valid_to + datetime.timedelta(days=1))
    return days
