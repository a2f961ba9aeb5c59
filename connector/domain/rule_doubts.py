"""Rules that do nothing: rows that can never win, and rows that say again what another row says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from connector.domain.rules import Rule, plain


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that does nothing because of ``by``; ``by`` is ``None`` where it is no rule: its customer is internal, so
    that sales to it are ignored before any rule is asked."""

    rule: Rule
    by: Rule | None


def never_winning(rules: Iterable[Rule], internal: Collection[str] = ()) -> Iterator[Doubt]:
    """The rules that can never give a result: one with the same match cells and a higher priority fills every column
    that they fill, on all their days; or they sell to a customer of ``internal`` (AccountIDs)."""
    for group in _alike(rules):
        for rule in group:
            better = next((each for each in group if each.priority > rule.priority and _covers(each, rule)), None)
            if better is not None and rule.results:
                yield Doubt(rule=rule, by=better)
            elif rule.direction == "sale" and rule.customer and plain(rule.customer) in internal:
                yield Doubt(rule=rule, by=None)


def repeated(rules: Iterable[Rule]) -> Iterator[Doubt]:
    """The rules that say, on all their days, nothing but what an earlier one with the same match cells says."""
    for group in _alike(rules):
        for place, rule in enumerate(group):
            said = set(rule.results)
            first = next(
                (
                    each
                    for each in group[:place]
                    if each.priority == rule.priority and said and said <= set(each.results) and _covers(each, rule)
                ),
                None,
            )
            if first is not None:
                yield Doubt(rule=rule, by=first)


def _alike(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    groups: dict[tuple[str, ...], list[Rule]] = {}
    for rule in rules:
        groups.setdefault(rule.cells, []).append(rule)
    return iter(groups.values())


def _covers(better: Rule, rule: Rule) -> bool:
    """Whether ``better`` is valid on every day of ``rule`` and fills every column that it fills."""
    begins = better.valid_from is None or (rule.valid_from is not None and better.valid_from <= rule.valid_from)
    ends = better.valid_to is None or (rule.valid_to is not None and rule.valid_to <= better.valid_to)
    columns = {column for column, _ in rule.results} <= {column for column, _ in better.results}
    return begins and ends and columns
