"""The results of a decision, one by one, each with the row of the tables that gave it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connector.domain.decision import Choice, Decision

COLUMNS = ("customer", "action", "account", "treatment", "tax", "deferral", "text")
"""The results in the order in which they are told; dimensions follow the deferral."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One result column of a decision. ``chosen_by`` is ``None`` where no row said so."""

    column: str
    value: str
    chosen_by: Choice | None = None


def results(decision: Decision) -> Iterator[Result]:
    """Every result of ``decision``: those that a row chose, and action, account and tax code in any case."""
    rows = {choice.column: choice for choice in decision.choices}
    values = {"action": decision.action.value, "account": decision.account, "tax": decision.tax}
    dimensions = sorted(column for column in rows if column.startswith("dim_"))
    for column in (*COLUMNS[:-1], *dimensions, COLUMNS[-1]):
        row = rows.get(column)
        if column == "action" and row is not None and row.value != decision.action.value:
            yield Result(column=column, value=decision.action.value)  # held, whatever the row wants
        elif row is not None:
            yield Result(column=column, value=row.value, chosen_by=row)
        elif column in values or (column == "text" and decision.text):
            yield Result(column=column, value=values.get(column, decision.text))


def same_results(one: Decision, other: Decision) -> bool:
    """Whether two decisions do the same to a line, whichever rows say so."""
    return _effect(one) == _effect(other)


def _effect(decision: Decision) -> tuple[object, ...]:
    codes = tuple(sorted(problem.code for problem in decision.problems))
    return (
        decision.action, decision.account, decision.tax, decision.treatment, decision.deferral, decision.dimensions,
        decision.text, codes,
    )  # fmt: skip
