"""Similar rows: where a mapping, or a starter set, books what resembles a line that no row covers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.combination import Combination
from connector.domain.mapping import Mapping
from connector.domain.rules import CHARGE_TYPES, fold, is_known

_LIKE = 0.75
"""How much a charge type must resemble a known one to be taken for a spelling of it."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """An account and the ids of the rows that give it to something similar."""

    account: str
    rows: tuple[str, ...]


def nearest_type(charge_type: str) -> str:
    """The documented charge type that ``charge_type`` is spelled like; '' when it is like none.

    >>> nearest_type("Cycle Fees"), nearest_type("Rebate")
    ('Cycle Fee', '')
    """
    by_folded = {fold(name): name for name in CHARGE_TYPES}
    close = get_close_matches(fold(charge_type), by_folded, n=1, cutoff=_LIKE)
    return by_folded[close[0]] if close else ""


def similar(mapping: Mapping, line: Combination, *, on: datetime.date, own_country: str) -> Iterator[Example]:
    """Where ``mapping`` books the same plan under other charge types, first where a row names the plan; then the same
    charge type of other plans."""
    spelled = "" if is_known(line.charge_type) else nearest_type(line.charge_type)
    types = [name for name in dict.fromkeys((spelled, *CHARGE_TYPES)) if name and fold(name) != fold(line.charge_type)]
    variants = (msgspec.structs.replace(line, charge_type=name) for name in types)
    found = _gathered(_of_variants(mapping, variants, on, own_country))
    naming = {rule.id for rule in mapping.rules if rule.plan}
    found.sort(key=lambda example: naming.isdisjoint(example.rows))
    if spelled:
        nearest = dict(_of_variants(mapping, [msgspec.structs.replace(line, charge_type=spelled)], on, own_country))
        found.sort(key=lambda example: example.account not in nearest)
    yield from found
    if not found:
        yield from _gathered(
            (rule.account, rule.id)
            for rule in mapping.rules
            if rule.account
            and rule.direction in {"", line.direction}
            and rule.charge_type
            and fold(rule.charge_type) == fold(line.charge_type)
        )


def starter(
    starter_set: Mapping, chart: ChartOfAccounts, line: Combination, *, on: datetime.date, own_country: str
) -> Iterator[Example]:
    """Where the starter set books ``line``, as the account of ``chart`` that plays the same role."""
    known = line.charge_type if is_known(line.charge_type) else nearest_type(line.charge_type)
    if line.charge_type and not known:
        return
    variant = msgspec.structs.replace(line, charge_type=known)
    for example in _gathered(_of_variants(starter_set, [variant], on, own_country)):
        roles = sorted(role for role, code in starter_set.chart.roles.items() if code == example.account)
        accounts = [chart.roles[role] for role in roles if role in chart.roles]
        if not accounts and example.account in chart.accounts:
            accounts = [example.account]
        if accounts:
            yield Example(account=accounts[0], rows=example.rows)


def _of_variants(
    mapping: Mapping, variants: Iterable[Combination], on: datetime.date, own_country: str
) -> Iterator[tuple[str, str]]:
    """The account of each variant that has one, with the row of ``rules.csv`` that gives it."""
    for variant in variants:
        decision = mapping.decide(variant, on=on, own_country=own_country)
        rules = [each.rule for each in decision.choices if each.column == "account" and each.file == "rules.csv"]
        if decision.account and rules:
            yield decision.account, rules[0]


def _gathered(found: Iterable[tuple[str, str]]) -> list[Example]:
    """The accounts with their rows, those with most rows first."""
    rows: dict[str, list[str]] = {}
    for account, row in found:
        rows.setdefault(account, []).append(row)
    order = sorted(rows, key=lambda account: (-len(rows[account]), account))
    return [Example(account=account, rows=tuple(dict.fromkeys(rows[account]))) for account in order]
