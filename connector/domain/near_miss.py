"""Why not: the rules that nearly matched a line, and what became of those that did.

A cell is asked by a rule that has nothing but this cell, so that what matches is said in one place
(``connector.domain.rules``): a rule has no differing cell if and only if it matches.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import msgspec

from connector.domain.combination import Combination
from connector.domain.decision import Choice, Decision
from connector.domain.rules import MATCH_COLUMNS, Match, Rule, RuleBook, choose
from connector.domain.tax import valid

DATES = "dates"
"""The name under which ``valid_from`` and ``valid_to`` count as one cell."""
_LINE_FIELDS = {
    "direction": ("direction",),
    "charge_type": ("charge_type",),
    "product_group": ("category",),
    "plan": ("plan_id", "plan_name"),
    "customer": ("customer_id", "customer_number"),
    "billing": ("billing",),
    "sign": ("sign",),
    "sender": ("sender",),
    "currency": ("currency",),
}
"""The fields of a combination that a match column is compared with."""


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that differs: what the row wants and what the line has, '' for nothing.

    ``column`` is a match column or ``DATES``; days are ISO, a span is written ``2026-01-01..2026-03-31`` with open ends
    left out. A blank ``wanted`` of ``charge_type`` means the known charge types.
    """

    column: str
    wanted: str
    found: str


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A result that a rule gave and did not win: ``winner`` is the rule that did, heavier by ``by``.

    ``by`` is 'weight', 'priority' or 'identifier'; 'clash' when both are equal and disagree, and the line is held;
    'same' when both say the same.
    """

    column: str
    value: str
    winner: Rule
    by: str


class NearRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule beside a line: the cells that differ, and when none does the results it won and lost."""

    rule: Rule
    differing: tuple[Differing, ...] = ()
    won: tuple[str, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def matches(self) -> bool:
        """Whether the rule matches the line."""
        return not self.differing


def near_rules(rules: Iterable[Rule], combination: Combination, on: datetime.date) -> list[NearRule]:
    """All ``rules`` beside ``combination`` on the date ``on``, nearest first.

    Nearest is the fewest differing cells, then the greatest weight, then the id.
    """
    kept = tuple(rules)
    cells = _Cells(combination, on)
    differing = {id(rule): cells.differing(rule) for rule in kept}
    matches = RuleBook(rule for rule in kept if not differing[id(rule)]).matches(combination, on)
    fates = _fates(matches)
    found = [fates.get(id(rule)) or NearRule(rule=rule, differing=differing[id(rule)]) for rule in kept]
    return sorted(found, key=lambda each: (len(each.differing), -each.rule.weight, each.rule.id))


class _Cells:
    """The cells of rules, asked about one line; each only once, since rules share them."""

    def __init__(self, combination: Combination, on: datetime.date) -> None:
        self._combination, self._on = combination, on
        # An unknown charge type keeps every rule away that does not name it; other cells are asked without it.
        self._known = msgspec.structs.replace(combination, charge_type="")
        self._asked: dict[tuple[str, str], bool] = {}

    def differing(self, rule: Rule) -> tuple[Differing, ...]:
        """The cells of ``rule`` that do not match the line."""
        cells = ((column, getattr(rule, column)) for column in MATCH_COLUMNS)
        found = [self._told(column, value) for column, value in cells if not self._matches(column, value)]
        if not valid(rule.valid_from, rule.valid_to, self._on):
            found.append(Differing(column=DATES, wanted=_span(rule), found=self._on.isoformat()))
        return tuple(found)

    def _matches(self, column: str, value: str) -> bool:
        if not value and column != "charge_type":
            return True
        answer = self._asked.get((column, value))
        if answer is None:
            alone = msgspec.structs.replace(Rule(id=""), **{column: value})
            line = self._combination if column == "charge_type" else self._known
            answer = self._asked[column, value] = bool(RuleBook([alone]).matches(line, self._on))
        return answer

    def _told(self, column: str, value: str) -> Differing:
        texts = [getattr(self._combination, name) for name in _LINE_FIELDS[column]]
        return Differing(column=column, wanted=value, found=" / ".join(dict.fromkeys(text for text in texts if text)))


def replaced(near: NearRule, decision: Decision) -> list[tuple[str, Choice]]:
    """The results that ``near`` won among the rules and another table replaced in ``decision``, with that row."""
    last = {choice.column: choice for choice in decision.choices}
    mine = ("rules.csv", near.rule.id)
    found = ((column, last.get(column)) for column in near.won)
    return [(column, choice) for column, choice in found if choice and (choice.file, choice.rule) != mine]


def _fates(matches: Sequence[Match]) -> dict[int, NearRule]:
    """What became of each result of the rules that match, by the identity of the rule."""
    chosen, clashes = choose(matches)
    winners = {column: rule for column, (_, rule) in chosen.items()}
    # A column that clashes has no winner; what is lighter lost to both, what is as heavy is one of those that clash.
    winners |= {clash.column: clash.first for clash in clashes}
    rivals = {clash.column: clash.second for clash in clashes}
    ranks = {id(each.rule): each.rank for each in matches}
    found: dict[int, NearRule] = {}
    for match in matches:
        won, lost = [], []
        for column, value in match.rule.results:
            winner = winners[column]
            if winner is match.rule and column not in rivals:
                won.append(column)
                continue
            by = _difference(ranks[id(winner)], match.rank)
            if column in rivals and by == "same":
                by, winner = "clash", rivals[column] if winner is match.rule else winner
            lost.append(Lost(column=column, value=value, winner=winner, by=by))
        found[id(match.rule)] = NearRule(rule=match.rule, won=tuple(won), lost=tuple(lost))
    return found


def _difference(winner: tuple[int, int, int], loser: tuple[int, int, int]) -> str:
    names = ("weight", "priority", "identifier")
    return next((name for name, one, other in zip(names, winner, loser, strict=True) if one != other), "same")


def _span(rule: Rule) -> str:
    first = rule.valid_from.isoformat() if rule.valid_from else ""
    last = rule.valid_to.isoformat() if rule.valid_to else ""
    return f"{first}..{last}"
