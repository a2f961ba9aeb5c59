"""``connector report credits``: seats that were given back, and whether Copaco credited them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import Money, amount, cell, column, prose
from connector.cli.report import files
from connector.cli.report.doubtful import doubtful_as_json, tell_doubtful
from connector.cli.report.leakage import NEXT_STEP, tell_next_steps
from connector.domain.credits import CreditKind
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.cli.report.plots import Bars
    from connector.domain.credits import CreditDoubt
    from connector.engine.prices import CreditReport

ROWS_SHOWN = 30
"""Rows without --all: those of the most money."""
COLUMNS = (
    prose("What"),
    prose("Customer"),
    column("Subscription", spare=3),
    prose("Plan", spare=4),
    column("From", spare=2),
    column("To"),
    amount("Seats", spare=1),
    amount("Seats after", spare=1),
    amount("Expected"),
    amount("Received", spare=1),
    amount("Open"),
)
CERTAINTY = column("Certainty")
"""Of files, whose rows stand in one list."""
CERTAIN, AT_MOST = marked("certain"), marked("at most")
KINDS = {
    CreditKind.SEATS_NOT_CREDITED: marked("seats given back, not credited"),
    CreditKind.END_NOT_CREDITED: marked("subscription ended, not credited"),
    CreditKind.CREDIT_DIFFERS: marked("credited otherwise than its days"),
    CreditKind.CREDIT_WITHOUT_CHANGE: marked("credited, and no seats given back"),
}
_ASK = marked("Ask Copaco to credit the days that were left.")
_DAY = marked("At most: look up the day of the change; Copaco owes the days after it, none if it was the last.")
_COMPARE = marked("Compare the days and the seats with the change in Copaco's portal.")
_WHY = marked("Look whether the seats are really gone: the next cycle still charges them.")


@click.command()
@options.common
@options.administrations
@click.option("--all", "every", is_flag=True, help="Every row; otherwise the thirty of the most money.")
@files.option
@options.yes
def command(face: Face, *, every: bool, output: Path | None, yes: bool) -> None:
    """Show seats that were given back and subscriptions that ended without the credit that Copaco owes for them.

    The seats of each cycle are compared with those of the next. A change within a cycle is credited pro rata by its
    days; where the day is not said, the most that can be owed is told, and added up apart. Credits that come without a
    change of seats are told as well. Only purchases are looked at.
    """
    from connector.cli import working
    from connector.engine.prices import credits_due

    with working.opened(face) as connector:
        found = [credits_due(*connector.at(each)) for each in face.administrations]
    show(face, found, every=every)
    files.write(
        face,
        output,
        lambda other: show(other, found, whole=True),
        yes=yes,
        title=_("Credits"),
        plots=lambda: map(_plot, found),
    )
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def show(face: Face, reports: Iterable[CreditReport], *, every: bool = False, whole: bool = False) -> None:
    """A file has everything, the next step in each row; on a screen it is told once for each kind.

    What is certain and what is owed at most are added up apart: together they would be the sum of nothing.
    """
    for found in reports:
        face.out.heading(found.administration)
        doubts = found.doubts if every or whole else found.doubts[:ROWS_SHOWN]
        if not doubts:
            face.out.text(_("Seats and credits fit."))
        for title, at_most in (
            (_("Certain: by the days of the change"), False),
            (_("At most: the day of the change is not told"), True),
        ):
            rows = [each for each in doubts if each.at_most is at_most]
            if rows:
                _table(face, rows, title, found.open(at_most=at_most), whole=whole)
        if not whole:
            tell_next_steps(face, ((KINDS[each.kind], _next_step(each)) for each in doubts))
        if len(doubts) < len(found.doubts):
            face.out.text(_("Rows of less money are left out; --all shows them."))
        if found.unplaced:
            face.out.text(
                many(
                    "1 credit could not be compared: its cycle was not fetched.",
                    "{number} credits could not be compared: their cycles were not fetched.",
                    found.unplaced,
                )
            )
        tell_doubtful(face, found.doubtful)


def _table(face: Face, rows: Sequence[CreditDoubt], title: str, summed: int, *, whole: bool) -> None:
    total = (*[""] * (len(COLUMNS) - 1), Money(minor=summed))
    if not whole:
        face.out.table(COLUMNS, [_row(each) for each in rows], title=title, total=total)
        return
    face.out.table(
        [*COLUMNS, CERTAINTY, NEXT_STEP],
        [(*_row(each), _(AT_MOST if each.at_most else CERTAIN), _(_next_step(each))) for each in rows],
        title=title,
        total=(*total, "", ""),
    )


def _row(each: CreditDoubt) -> tuple[object, ...]:
    return (
        _(KINDS[each.kind]),
        each.customer,
        each.subscription_id,
        each.plan,
        each.start,
        each.end,
        each.before.normalize() + 0,
        each.after.normalize() + 0,
        Money(minor=each.expected),
        Money(minor=each.received),
        Money(minor=each.minor),
    )


def _next_step(each: CreditDoubt) -> str:
    if each.kind is CreditKind.CREDIT_WITHOUT_CHANGE:
        return _WHY
    if each.kind is CreditKind.CREDIT_DIFFERS:
        return _COMPARE
    return _DAY if each.at_most else _ASK


def _plot(found: CreditReport) -> Bars:
    from connector.cli.report.plots import Bars

    return Bars.largest(
        _("{name}: largest open credits").format(name=found.administration),
        _("Credits that are open, by customer and cycle; what is owed at most is marked."),
        ((_bar(each), each.minor) for each in found.doubts),
    )


def _bar(each: CreditDoubt) -> str:
    name = f"{cell(each.start)} {each.customer}"
    return f"{name} ({_(AT_MOST)})" if each.at_most else name


def _as_json(found: CreditReport) -> dict[str, Any]:
    return {
        "administration": found.administration,
        "credits": [
            {
                "kind": each.kind.value,
                "account_id": each.account_id,
                "customer": each.customer,
                "subscription_id": each.subscription_id,
                "plan": each.plan,
                "start": each.start,
                "end": each.end,
                "seats_before": f"{each.before:f}",
                "seats_after": f"{each.after:f}",
                "expected": Money(minor=each.expected),
                "received": Money(minor=each.received),
                "open": Money(minor=each.minor),
                "at_most": each.at_most,
                "next": _(_next_step(each)),
            }
            for each in found.doubts
        ],
        "open_certain": Money(minor=found.open(at_most=False)),
        "open_at_most": Money(minor=found.open(at_most=True)),
        "not_compared": found.unplaced,
        "doubtful": doubtful_as_json(found.doubtful),
    }
