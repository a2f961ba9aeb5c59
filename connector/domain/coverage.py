"""Coverage: what a mapping has for a line, told in four words, and what is usual for an administration.

*covered*: a row says what the line is; *default*: only a row that would take anything gives the account; *ignored*: a
row leaves it out; *uncovered*: it is held.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from enum import Enum

import msgspec

from connector.domain.combination import Combination
from connector.domain.decision import Action, Choice, Decision
from connector.domain.finding import Finding
from connector.domain.mapping import Mapping
from connector.domain.rules import CHARGE_TYPES, choose
from connector.domain.tax import iso_country, vat_country

NAMING = ("charge_type", "product_group", "plan", "customer")
"""The match columns that say what a line is, or whose; the others only say how it comes."""
UNKNOWN_TYPE = "?"
"""A charge type that nobody documents."""


class Cover(Enum):
    """What the tables have for a line."""

    COVERED = "covered"
    DEFAULT = "by default"
    IGNORED = "left out"
    UNCOVERED = "not covered"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables have for a line, and which rows say so.

    ``rows`` are those that gave the account and the tax code, or that leave the line out or hold it; ``codes`` are the
    findings that hold it.
    """

    cover: Cover
    account: str = ""
    tax: str = ""
    rows: tuple[Choice, ...] = ()
    codes: tuple[str, ...] = ()


def verdict(
    mapping: Mapping, combination: Combination, *, on: datetime.date, own_country: str
) -> tuple[Verdict, Decision]:
    """What ``mapping`` has for ``combination`` on ``on`` in an administration of ``own_country``, and its decision."""
    decision = mapping.decide(combination, on=on, own_country=own_country)
    wanted = ("action",) if decision.action is Action.IGNORE else ("account", "tax")
    codes = tuple(dict.fromkeys(problem.code for problem in decision.problems))
    if "RULE-HOLD" in codes:
        wanted = ("action", *wanted)
    return Verdict(
        cover=_cover(mapping, combination, on, decision),
        account=decision.account,
        tax=decision.tax,
        rows=tuple(choice for choice in decision.choices if choice.column in wanted),
        codes=codes,
    ), decision


def _cover(mapping: Mapping, combination: Combination, on: datetime.date, decision: Decision) -> Cover:
    if decision.action is Action.IGNORE:
        return Cover.IGNORED
    if decision.problems:
        return Cover.UNCOVERED
    chosen, _clashes = choose(mapping.rule_book.matches(combination, on))
    if "account" not in chosen:  # the suspense account takes anything
        return Cover.DEFAULT
    rule = chosen["account"][1]
    return Cover.COVERED if any(getattr(rule, column) for column in NAMING) else Cover.DEFAULT


def party_country(mapping: Mapping, combination: Combination) -> str:
    """The VAT country of the other party, '' when it is not known: the sender's, for a sale the customer's."""
    if combination.direction == "purchase":
        return vat_country(combination.sender)
    customer = mapping.customers.get(combination.customer_id)
    return "" if customer is None else vat_country(customer.vat_number) or iso_country(customer.country)


CUSTOMER_FIELDS = ("customer_id", "customer_number", "customer_name")


def fields_told(mapping: Mapping, direction: str) -> tuple[str, ...]:
    """The fields that tell verdicts apart, besides ``Mapping.named`` and ``customer_kind``: thousands of customers are
    the same to most tables."""
    by_templates = mapping.fields_read[0]  # for a purchase nothing else reads the customer
    read = mapping.fields_read[direction == "sale"]
    return tuple(name for name in read if name not in CUSTOMER_FIELDS or name in by_templates)


def customer_kind(mapping: Mapping, direction: str, customer_id: str) -> tuple[object, ...]:
    """What ``customers.csv`` says of a sale's customer that a verdict depends on; nothing for a purchase."""
    if direction == "purchase":
        return ()
    customer = mapping.customers.get(customer_id)
    if customer is None or customer.internal:
        return (None if customer is None else customer_id,)
    country = vat_country(customer.vat_number) or iso_country(customer.country)
    cost_center = bool(customer.cost_center), bool(customer.debtor)  # a dimension may want them
    return (country, bool(customer.vat_number) and customer.vat_checked is not None, customer.po_required, *cost_center)


def about(problem: Finding, minor: int) -> Finding:
    """``problem`` as it is told about a line of ``minor`` units; what the line does not say is '-'."""
    said = dict.fromkeys(("charge_type", "product_group", "plan", "customer", "customer_name", "role"), "-")
    values = tuple((said | dict(problem.values)).items())
    return msgspec.structs.replace(problem, minor=problem.minor or minor, values=values)


USUAL_FIELDS = ("direction", "sender", "currency", "rate", "zone", "billing")
"""What a usual line has in common with most others, beside its customer."""


class Usual(msgspec.Struct):
    """Counts lines, to tell what is usual for an administration in each direction."""

    kinds: Counter[tuple[str, ...]] = msgspec.field(default_factory=Counter)
    customers: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)

    def count_kind(self, combination: Combination, lines: int) -> None:
        """Count ``lines`` lines that are as ``combination``, whosever they are."""
        self.kinds[tuple(getattr(combination, name) for name in USUAL_FIELDS)] += lines

    def count_customer(self, direction: str, customer_id: str, lines: int) -> None:
        """Count ``lines`` lines of a customer."""
        self.customers[direction, customer_id] += lines

    def line(self, direction: str) -> Combination | None:
        """The usual line of ``direction``: as most lines, of the usual customer, without plan and charge type.

        ``None`` when there was none. Of equally many the first by text.
        """
        kinds = [(-lines, kind) for kind, lines in self.kinds.items() if kind[0] == direction]
        if not kinds:
            return None
        owners = [(-lines, name) for (way, name), lines in self.customers.items() if way == direction]
        fields = dict(zip(USUAL_FIELDS, min(kinds)[1], strict=True))
        return Combination(**fields, customer_id=min(owners)[1] if owners else "")


def tomorrow(usual: Combination) -> Iterator[Combination]:
    """The ``usual`` line with each charge type that is documented, with none, and with an unknown one."""
    for charge_type in (*CHARGE_TYPES, "", UNKNOWN_TYPE):
        yield msgspec.structs.replace(usual, charge_type=charge_type)
