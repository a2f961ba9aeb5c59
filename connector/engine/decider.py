"""Deciding for documents: what the mapping says of each group, remembered from document to document."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

from connector.domain.decision import Action, Decision
from connector.domain.mapping import Mapping
from connector.store.database import Connection
from connector.store.decisions import DecisionReferences
from connector.store.ids import Ids
from connector.store.kept import Kept

REMEMBERED = 100_000
"""Combinations whose decision is remembered."""


class Decider:
    """Decides under one mapping version for one administration. What it remembers holds as long as no transaction
    fails."""

    def __init__(self, administration_id: int, country: str, mapping: Mapping, mapping_version_id: int) -> None:
        self.mapping, self.mapping_version_id = mapping, mapping_version_id
        self._country = country
        self._references = DecisionReferences(administration_id, mapping_version_id)
        self._decided: dict[datetime.date, dict[int, Decision]] = {}

    def decide(self, document: Kept, today: datetime.date) -> list[Decision]:
        """The decision of every group; a document without a date is decided as of ``today``."""
        on, decide = document.head.date or today, self.mapping.decide
        known = self._decided.setdefault(self.mapping.segment(on), {})
        if len(known) > REMEMBERED:
            known.clear()
        made: list[Decision] = []
        for reference, group in zip(document.references, document.groups, strict=True):
            decision = known.get(reference)
            if decision is None:
                decision = known[reference] = decide(group.combination, on=on, own_country=self._country)
            made.append(decision)
        return made

    def keep(
        self, connection: Connection, ids: Ids, document: Kept, on: datetime.date, made: Sequence[Decision]
    ) -> tuple[datetime.date, list[int]]:
        """The segment of dates in which ``on`` lies, and the ids of the decisions, which are kept."""
        segment = self.mapping.segment(on)
        return segment, self._references.keep(connection, ids, segment, document.references, made)


def distinct(made: Sequence[Decision]) -> Collection[Decision]:
    """Each decision once: thousands of groups share some ten."""
    return {id(each): each for each in made}.values()


def ignored(made: Sequence[Decision]) -> dict[int, str]:
    """The groups that a rule ignores, with its name."""
    rules = {id(each): _rule_of(each) for each in distinct(made) if each.action is Action.IGNORE}
    return {n: rules[id(each)] for n, each in enumerate(made) if id(each) in rules} if rules else {}


def _rule_of(decision: Decision) -> str:
    return next((each.rule for each in decision.choices if each.column == "action"), "") or "ignored by rule"
