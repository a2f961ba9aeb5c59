"""Examples: the accountant's own test rows, each a line and what it must get."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from connector.domain.combination import Combination
from connector.domain.decision import Decision

if TYPE_CHECKING:
    from connector.domain.mapping import Mapping

NOTHING = "-"
"""What an example expects of a column that must have no value."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``examples.csv``. ``expected`` holds what must come out, by column (``dim_<name>`` for a dimension);
    what is not in it is not looked at. ``on`` is the document's date, ``None`` the day of the test.
    """

    id: str
    combination: Combination
    expected: dict[str, str]
    on: datetime.date | None = None
    file: str = "examples.csv"
    row: int = 0


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """An example with what came out, and the columns that differ: (column, expected, found)."""

    example: Example
    decision: Decision
    wrong: tuple[tuple[str, str, str], ...]

    @property
    def holds(self) -> bool:
        """Whether everything came out as expected."""
        return not self.wrong


def try_examples(mapping: Mapping, *, today: datetime.date, own_country: str) -> tuple[Tried, ...]:
    """Every example of ``mapping`` under ``mapping`` itself, in an administration whose VAT country is
    ``own_country``."""
    return tuple(_tried(mapping, example, today, own_country) for example in mapping.examples)


def failing(tried: Iterable[Tried]) -> tuple[Tried, ...]:
    """Those that came out otherwise."""
    return tuple(each for each in tried if not each.holds)


def _tried(mapping: Mapping, example: Example, today: datetime.date, own_country: str) -> Tried:
    decision = mapping.decide(example.combination, on=example.on or today, own_country=own_country)
    found = outcome(decision)
    wrong = tuple(
        (column, expected, found.get(column, ""))
        for column, expected in example.expected.items()
        if found.get(column, "") != ("" if expected == NOTHING else expected)
    )
    return Tried(example=example, decision=decision, wrong=wrong)


def outcome(decision: Decision) -> dict[str, str]:
    """The results of a decision by column, those that have a value."""
    dimensions = {f"dim_{name}": value for name, value in decision.dimensions}
    results = {
        "action": decision.action.value,
        "account": decision.account,
        "tax": decision.tax,
        "deferral": decision.deferral,
        **dimensions,
    }
    return {column: value for column, value in results.items() if value}
