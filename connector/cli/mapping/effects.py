"""How the effect of other tables is shown: rows that differ, movements per account and period, documents that turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connector import texts
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.domain.accounts import ChartOfAccounts
from connector.texts import _, many, marked, money

if TYPE_CHECKING:
    from connector.domain.examples import Tried
    from connector.engine.effect import Effect
    from connector.engine.reclassify import LeftAlone, Reclassified
    from connector.mapping_files.row_changes import RowChange

SHOWN = 20
"""So many rows of a list are shown without --all."""
CHANGES = (marked("added"), marked("changed"), marked("removed"))


def show_rows(face: Face, changes: Sequence[RowChange], *, every: bool = False) -> None:
    """The rows that differ, cell by cell."""
    few = changes if every else changes[:SHOWN]
    face.out.table(
        [column("Table"), column("Row"), column("Change"), prose("Cells")],
        [(each.file, each.row, State(name=each.change.value), _cells(each)) for each in few],
        empty=_("No row differs."),
    )
    _rest(face, len(changes) - len(few))


def _cells(change: RowChange) -> str:
    match change.change.value:
        case "added":
            return "; ".join(f"{name}: {after}" for name, _before, after in change.cells)
        case "removed":
            return "; ".join(f"{name}: {before}" for name, before, _after in change.cells)
        case _:
            return "; ".join(f"{name}: {before or '-'} → {after or '-'}" for name, before, after in change.cells)


def show(face: Face, seen: Effect, chart: ChartOfAccounts, *, every: bool = False) -> None:
    """What changes in the books: entries that were not sent and posted ones apart, then documents."""
    if seen.already:
        told = _("{euros} of what is posted could move already with 'connector mapping apply'; not counted here.")
        euros = sum(minor for minor in seen.already.values() if minor > 0)
        face.out.text(told.format(euros=money(euros)))
    if not seen.is_any:
        face.out.text(_("Nothing changes in the books."))
        return
    _movements(face, _("What is not sent yet"), seen.opened, chart)
    _movements(face, _("What is posted, if you ask for it with 'connector mapping apply'"), seen.posted, chart)
    _turned(face, seen, every=every)
    show_left(face, seen.left, every=every)


def _movements(
    face: Face, title: str, movements: Mapping[tuple[str, str, str, str], int], chart: ChartOfAccounts
) -> None:
    if not movements:
        return
    face.out.heading(title)
    face.out.table(
        [column("Period"), column("Direction", spare=1), column("Account"), prose("Name"), column("VAT code", spare=2),
         amount("Debit"), amount("Credit")],
        [
            (period, State(name=direction), account, _name(chart, account), tax,
             Money(minor=minor) if minor > 0 else "", Money(minor=-minor) if minor < 0 else "")
            for (period, direction, account, tax), minor in movements.items()
        ],
        total=("", "", "", "", "", Money(minor=sum(each for each in movements.values() if each > 0)),
               Money(minor=-sum(each for each in movements.values() if each < 0))),
    )  # fmt: skip


def _name(chart: ChartOfAccounts, account: str) -> str:
    known = chart.accounts.get(account)
    return known.name if known else ""


def show_posted(face: Face, seen: Reclassified, chart: ChartOfAccounts, *, every: bool = False) -> None:
    """What reclassifying moves, and what stays."""
    _movements(face, _("What moves"), dict(sorted(seen.movements.items())), chart)
    show_left(face, seen.left, every=every)


def _turned(face: Face, seen: Effect, *, every: bool) -> None:
    if not seen.turned:
        return
    face.out.heading(many("1 document changes its state", "{number} documents change their state", len(seen.turned)))
    few = seen.turned if every else seen.turned[:SHOWN]
    face.out.table(
        [column("Document"), column("Period"), column("Direction", spare=1), amount("Net"), prose("Before"),
         prose("After")],
        [
            (each.number, each.period, State(name=each.direction), Money(minor=each.net), _state(*each.before),
             _state(*each.after))
            for each in few
        ],
    )  # fmt: skip
    _rest(face, len(seen.turned) - len(few))


def _state(state: str, reason: str) -> str:
    told = texts.state(state)
    return f"{told}: {texts.reason(reason)}" if reason else told


def show_left(face: Face, left: Sequence[LeftAlone], *, every: bool = False) -> None:
    """Posted documents that stay as they are although the tables would book them otherwise."""
    if not left:
        return
    face.out.heading(many("1 posted document stays as it is", "{number} posted documents stay as they are", len(left)))
    few = left if every else left[:SHOWN]
    face.out.table(
        [column("Document"), column("Period"), column("Direction", spare=1), amount("Net"), prose("Why")],
        [
            (each.number, each.period, State(name=each.direction), Money(minor=each.net), texts.reason(each.why))
            for each in few
        ],
    )
    _rest(face, len(left) - len(few))


def show_failing(face: Face, failing: Iterable[Tried]) -> None:
    """Examples that came out otherwise, column by column."""
    face.out.table(
        [column("Example"), column("Table"), amount("Line"), column("Column"), column("Expected"), prose("Found")],
        [
            (each.example.id, each.example.file, each.example.row, name, expected, found or _codes(each))
            for each in failing
            for name, expected, found in each.wrong
        ],
    )


def _codes(tried: Tried) -> str:
    return ", ".join(found.code for found in tried.decision.problems) or "-"


def _rest(face: Face, number: int) -> None:
    if number > 0:
        face.out.text(many("1 more; --all shows it.", "{number} more; --all shows them.", number))


def as_json(seen: Effect) -> dict[str, Any]:
    """An effect as JSON."""
    return {
        "open": movements_as_json(seen.opened),
        "posted": movements_as_json(seen.posted),
        "documents": [
            {
                "number": each.number,
                "direction": each.direction,
                "period": each.period,
                "net": Money(minor=each.net),
                "before": {"state": each.before[0], "reason": each.before[1]},
                "after": {"state": each.after[0], "reason": each.after[1]},
            }
            for each in seen.turned
        ],
        "left": left_as_json(seen.left),
        "already": movements_as_json(seen.already),
    }


def left_as_json(left: Iterable[LeftAlone]) -> list[dict[str, Any]]:
    """Posted documents that stay as they are, as JSON."""
    return [
        {
            "number": each.number,
            "direction": each.direction,
            "period": each.period,
            "net": Money(minor=each.net),
            "why": each.why,
        }
        for each in left
    ]


def movements_as_json(movements: Mapping[tuple[str, str, str, str], int]) -> list[dict[str, Any]]:
    """Movements as JSON."""
    return [
        {"period": period, "direction": direction, "account": account, "tax": tax, "amount": Money(minor=minor)}
        for (period, direction, account, tax), minor in movements.items()
    ]


def rows_as_json(changes: Iterable[RowChange]) -> list[dict[str, Any]]:
    """Rows that differ, as JSON."""
    return [
        {
            "table": each.file,
            "row": each.row,
            "change": each.change.value,
            "line": each.line or None,
            "cells": {name: {"before": before, "after": after} for name, before, after in each.cells},
        }
        for each in changes
    ]
