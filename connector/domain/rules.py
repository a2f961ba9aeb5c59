"""Rules: which account, deferral, dimension, text and action a line gets. The most specific row wins, for
each column separately.

The order of the rows never matters. A row's weight is the sum of the weights of its filled match cells; they
are powers of two, so one more specific cell beats all less specific ones together. Among equal weights the
``priority`` column decides, then a row that names an identifier (AccountID, PlanID) before one that names
what may repeat (CustomerNumber, plan name). Rows that are still equal and disagree are ambiguous.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import msgspec

from connector.domain.combination import Combination
from connector.domain.decision import Action
from connector.domain.journal import Dimensions
from connector.domain.tax import overlap, valid

CHARGE_TYPES = ("Purchase Fee", "Cycle Fee", "Item Fee", "Usage Fee", "One Time Fee", "Correction")
"""The charge types that Copaco documents (release of 9 February 2024)."""

WEIGHTS = {
    "customer": 512,
    "plan": 256,
    "plan pattern": 128,
    "product_group": 64,
    "charge_type": 32,
    "billing": 16,
    "sign": 8,
    "sender": 4,
    "currency": 2,
    "direction": 1,
}


REMEMBERED_PLANS = 10_000
"""Names of plans that are remembered with the patterns that fit them; beyond it all are forgotten."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``rules.csv``. A blank match cell matches anything, a blank result is left to less specific rows.

    ``customer`` is an AccountID or a CustomerNumber, ``plan`` a PlanID, a plan name, or a pattern of plan
    names with ``*``; a blank ``charge_type`` matches the known types and absence, never an unknown type.
    ``valid_from`` and ``valid_to`` are inclusive. ``account`` is an account number, ``dimensions`` are (name,
    template), ``file`` and ``row`` say where the row stands.
    """

    id: str
    file: str = "rules.csv"
    row: int = 0
    direction: str = ""
    charge_type: str = ""
    product_group: str = ""
    plan: str = ""
    customer: str = ""
    billing: str = ""
    sign: str = ""
    sender: str = ""
    currency: str = ""
    priority: int = 0
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    account: str = ""
    deferral: str = ""
    dimensions: Dimensions = ()
    action: Action | None = None
    text: str = ""
    reason: str = ""

    @property
    def results(self) -> tuple[tuple[str, str], ...]:
        """The filled result cells as (column, value); a dimension's column is ``dim_<name>``."""
        action = self.action.value if self.action else ""
        columns = (("account", self.account), ("deferral", self.deferral), ("action", action), ("text", self.text))
        dimensions = ((f"dim_{name}", template) for name, template in self.dimensions)
        return tuple((column, value) for column, value in (*columns, *dimensions) if value)

    @property
    def cells(self) -> tuple[str, ...]:
        """The match cells as they are compared: equal for two rows that always match together."""
        return tuple(_COMPARED[column](getattr(self, column)) for column in MATCH_COLUMNS)

    @property
    def weight(self) -> int:
        """The sum of the weights of the filled match cells."""
        filled = (column for column in MATCH_COLUMNS if getattr(self, column))
        return sum(WEIGHTS["plan pattern" if column == "plan" and "*" in self.plan else column] for column in filled)


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """A charge type or rhythm without case, spaces and hyphens: 'One-Time Fee' is 'One Time Fee' is 'OneTimeFee'."""
    return re.sub(r"[\s-]", "", name).casefold()


@lru_cache(maxsize=16384)
def plain(name: str) -> str:
    """A name without case and surrounding spaces."""
    return name.strip().casefold()


@lru_cache(maxsize=4096)
def compact(vat_number: str) -> str:
    """A VAT number without spaces and punctuation, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", vat_number.upper())


_COMPARED: dict[str, Callable[[str], str]] = {
    "direction": plain,
    "charge_type": fold,
    "product_group": plain,
    "plan": plain,
    "customer": plain,
    "billing": fold,
    "sign": str,
    "sender": compact,
    "currency": plain,
}
MATCH_COLUMNS = tuple(_COMPARED)
KNOWN = frozenset(fold(name) for name in CHARGE_TYPES)


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that matches a combination, with its results. Ranks compare: weight, priority, and how many cells
    matched an identifier.
    """

    rank: tuple[int, int, int]
    rule: Rule
    results: tuple[tuple[str, str], ...]


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Two rules of equal rank that give one column different values."""

    column: str
    first: Rule
    second: Rule


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A rule prepared for matching."""

    rule: Rule
    results: tuple[tuple[str, str], ...]
    weight: int
    product_group: str
    plan: str
    customer: str
    billing: str
    sender: str
    currency: str
    pattern: tuple[str, ...]


class _Shelf:
    """The rules for one direction and charge type, each kept under its rarest cell, so that few are looked at."""

    def __init__(self) -> None:
        self._keyed: dict[tuple[str, str], list[_Row]] = {}
        self._patterns: dict[tuple[str, ...], list[_Row]] = {}
        # Plans are few beside lines: each is held against the patterns once.
        self._fitting: dict[str, tuple[_Row, ...]] = {}
        self._rest: list[_Row] = []

    def add(self, row: _Row) -> None:
        if row.customer:
            self._keyed.setdefault(("customer", row.customer), []).append(row)
        elif row.pattern:
            self._patterns.setdefault(row.pattern, []).append(row)
        elif row.plan:
            self._keyed.setdefault(("plan", row.plan), []).append(row)
        elif row.product_group:
            self._keyed.setdefault(("product_group", row.product_group), []).append(row)
        else:
            self._rest.append(row)

    def near(self, combination: Combination) -> Iterator[_Row]:
        """The rules that may match; ``_match`` decides."""
        plan_name = plain(combination.plan_name)
        keys = {
            ("customer", plain(combination.customer_id)),
            ("customer", plain(combination.customer_number)),
            ("plan", plain(combination.plan_id)),
            ("plan", plan_name),
            ("product_group", plain(combination.category)),
        }
        for key in keys:
            yield from self._keyed.get(key, ())
        if self._patterns:
            yield from self._of_patterns(plan_name)
        yield from self._rest

    def _of_patterns(self, plan_name: str) -> tuple[_Row, ...]:
        found = self._fitting.get(plan_name)
        if found is None:
            if len(self._fitting) >= REMEMBERED_PLANS:
                self._fitting.clear()
            fitting = [rows for pattern, rows in self._patterns.items() if _fits(pattern, plan_name)]
            found = self._fitting[plan_name] = tuple(row for rows in fitting for row in rows)
        return found


class RuleBook:
    """All rules of a mapping, indexed. Matching does not depend on the order in which they were given."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rows: dict[str, list[_Row]] = {}
        for rule in rules:
            self._rows.setdefault(fold(rule.charge_type), []).append(_prepared(rule))
        self._shelves: dict[tuple[str, str], _Shelf] = {}

    def _shelf(self, direction: str, charge_type: str) -> _Shelf:
        """The rules that can match lines of one direction and charge type, put together when the first one is met."""
        shelf = self._shelves.get((direction, charge_type))
        if shelf is None:
            shelf = self._shelves[direction, charge_type] = _Shelf()
            general = self._rows.get("", ()) if not charge_type or charge_type in KNOWN else ()
            named = self._rows.get(charge_type, ()) if charge_type else ()
            for row in (*named, *general):
                if row.rule.direction in {"", direction}:
                    shelf.add(row)
        return shelf

    def matches(self, combination: Combination, on: datetime.date) -> list[Match]:
        """The rules that match ``combination`` on the date ``on``, the most specific first."""
        charge_type = fold(combination.charge_type)
        if charge_type not in self._rows and charge_type not in KNOWN and charge_type:
            return []  # of unknown types there can be any number, and no rule names this one
        shelf = self._shelf(combination.direction, charge_type)
        found = [match for row in shelf.near(combination) if (match := _match(row, combination, on))]
        found.sort(key=lambda match: (*(-part for part in match.rank), match.rule.id))
        return found


def is_known(charge_type: str) -> bool:
    """Whether ``charge_type`` is one that Copaco documents, or absent."""
    folded = fold(charge_type)
    return not folded or folded in KNOWN


def choose(matches: Iterable[Match]) -> tuple[dict[str, tuple[str, Rule]], list[Clash]]:
    """For each result column the value and rule of the most specific match that fills it, and the columns that clash.

    A column that clashes has no value. ``matches`` come the most specific first.
    """
    chosen: dict[str, tuple[str, Rule]] = {}
    ranks: dict[str, tuple[int, int, int]] = {}
    clashes: dict[str, Clash] = {}
    for match in matches:
        for column, value in match.results:
            if column not in chosen:
                chosen[column], ranks[column] = (value, match.rule), match.rank
            elif ranks[column] == match.rank and chosen[column][0] != value:
                clashes.setdefault(column, Clash(column=column, first=chosen[column][1], second=match.rule))
    return {column: found for column, found in chosen.items() if column not in clashes}, list(clashes.values())


def clashes(rules: Iterable[Rule]) -> list[Clash]:
    """The pairs of rules that match exactly the same lines, on overlapping dates, and disagree: an error
    before any data is seen.
    """
    same: dict[tuple[tuple[str, ...], int], dict[object, Rule]] = {}
    for rule in rules:
        said = (rule.results, rule.valid_from, rule.valid_to)  # of rows that say the same one stands for all
        same.setdefault((rule.cells, rule.priority), {}).setdefault(said, rule)
    found: list[Clash] = []
    for group in map(list, map(dict.values, same.values())):
        for place, first in enumerate(group):
            for second in group[place + 1 :]:
                if overlap(first, second):
                    values, others = dict(first.results), dict(second.results)
                    wrong = [column for column in values if others.get(column, values[column]) != values[column]]
                    found.extend(Clash(column=column, first=first, second=second) for column in wrong)
    return found


def _prepared(rule: Rule) -> _Row:
    return _Row(
        rule=rule,
        results=rule.results,
        weight=rule.weight,
        product_group=plain(rule.product_group),
        plan=plain(rule.plan),
        customer=plain(rule.customer),
        billing=fold(rule.billing),
        sender=compact(rule.sender),
        currency=plain(rule.currency),
        pattern=tuple(plain(rule.plan).split("*")) if "*" in rule.plan else (),
    )


def _match(row: _Row, combination: Combination, on: datetime.date) -> Match | None:
    rule = row.rule
    fits = (
        valid(rule.valid_from, rule.valid_to, on)
        and rule.sign in {"", combination.sign}
        and row.product_group in {"", plain(combination.category)}
        and row.billing in {"", fold(combination.billing)}
        and row.sender in {"", compact(combination.sender)}
        and row.currency in {"", plain(combination.currency)}
    )
    if not fits:
        return None
    customer = _names(row.customer, combination.customer_id, combination.customer_number)
    plan = _names_plan(row, combination)
    if customer is None or plan is None:
        return None
    return Match(rank=(row.weight, rule.priority, customer + plan), rule=rule, results=row.results)


def _names_plan(row: _Row, combination: Combination) -> int | None:
    if not row.pattern:
        return _names(row.plan, combination.plan_id, combination.plan_name)
    return 0 if _fits(row.pattern, plain(combination.plan_name)) else None


def _fits(pattern: tuple[str, ...], name: str) -> bool:
    """Whether ``name`` is the parts of ``pattern`` with anything between them. Linear, whatever the name holds."""
    first, *middle, last = pattern
    place, end = len(first), len(name) - len(last)
    if place > end or not name.startswith(first) or not name.endswith(last):
        return False
    for part in middle:
        place = name.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _names(cell: str, identifier: str, name: str) -> int | None:
    """1 when ``cell`` is the identifier, 0 when it is the name or blank, None when it is neither."""
    if not cell:
        return 0
    if cell == plain(identifier):
        return 1
    return 0 if cell == plain(name) else None
