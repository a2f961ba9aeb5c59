"""``connector report leakage``: what was bought and not charged, or charged below its cost."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.cli.report import files
from connector.cli.report.doubtful import doubtful_as_json, tell_doubtful
from connector.cli.report.margin import tell_left_out
from connector.domain.leakage import LeakKind
from connector.texts import _, many, marked, money

if TYPE_CHECKING:
    from connector.cli.report.plots import Bars
    from connector.domain.leakage import Leak
    from connector.engine.margin import LeakReport

ROWS_SHOWN = 30
"""Leaks without --all: those of the most money."""
COLUMNS = (
    column("Period"),
    prose("What"),
    prose("Customer"),
    column("Subscription", spare=2),
    prose("Plan", spare=3),
    amount("Amount"),
    amount("Lines", spare=1),
)
NEXT_STEP = prose("Next step")
KINDS = {
    LeakKind.CUSTOMER_MISSING: (
        marked("customer not charged at all"),
        marked("Look in Copaco's portal whether this customer has sale prices and a specification of the month."),
    ),
    LeakKind.COST_WITHOUT_SALE: (
        marked("bought, not sold on"),
        marked("Charge it to the customer; mark who is never charged as internal in customers.csv."),
    ),
    LeakKind.SALE_WITHOUT_COST: (
        marked("sold without a purchase"),
        marked("Look whether the purchase is missing or was credited; if it was, credit the customer."),
    ),
    LeakKind.QUANTITY_DIFFERS: (
        marked("another quantity sold than bought"),
        marked("Compare the seats at Copaco with those you charge; charge or credit the difference."),
    ),
    LeakKind.BELOW_COST: (
        marked("sold below cost"),
        marked("Look at the sale price of this plan for this customer in Copaco's portal."),
    ),
}


@click.command()
@options.common
@options.administrations
@filters.period("Only this month, as 2026-01.")
@click.option("--all", "every", is_flag=True, help="Every leak; otherwise the thirty of the most money.")
@files.option
@options.yes
def command(face: Face, *, period: str | None, every: bool, output: Path | None, yes: bool) -> None:
    """Show where money leaks: what was bought and not charged, or charged below its cost, the most money first.

    Told per month and subscription, with the next step: customers that were not charged at all, lines that only
    one side has, rows with another quantity sold than bought, and rows sold below their cost. Months of which only
    one side was fetched are left out. Customers that customers.csv calls internal are only summed.
    """
    from connector.cli import working
    from connector.engine.margin import leakage

    with working.opened(face) as connector:
        found = []
        for each in face.administrations:
            customers = connector.mapping_in_force(each).mapping.customers.values()
            internal = {one.account_id for one in customers if one.internal}
            found.append(leakage(*connector.at(each), internal, period))
    _show(face, found, every=every)
    files.write(
        face,
        output,
        lambda other: _show(other, found, whole=True),
        yes=yes,
        title=_("Leakage"),
        plots=lambda: map(_plot, found),
    )
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def _show(face: Face, reports: Iterable[LeakReport], *, every: bool = False, whole: bool = False) -> None:
    """A file has everything, the next step in each row; on a screen it is told once for each kind."""
    for found in reports:
        face.out.heading(found.sides.administration)
        leaks = found.leaks if every or whole else found.leaks[:ROWS_SHOWN]
        nothing = _("Nothing leaks in the months that both sides have.")
        if not found.sides.compared:
            nothing = _("There is no month of which both purchases and sales were fetched.")
        if whole:
            face.out.table(
                [*COLUMNS, NEXT_STEP], [(*_row(each), _(KINDS[each.kind][1])) for each in leaks], empty=nothing
            )
        else:
            face.out.table(COLUMNS, [_row(each) for each in leaks], empty=nothing)
            tell_next_steps(face, (KINDS[each.kind] for each in leaks))
        if len(leaks) < len(found.leaks):
            face.out.text(_("Leaks of less money are left out; --all shows them."))
        if found.own_lines:
            told = many(
                "Own use, of customers that are internal: {{amount}} in 1 line.",
                "Own use, of customers that are internal: {{amount}} in {number} lines.",
                found.own_lines,
            )
            face.out.text(told.format(amount=money(found.own_use)))
        tell_left_out(face, found.sides)
        tell_doubtful(face, found.sides.doubtful)


def _row(each: Leak) -> tuple[object, ...]:
    return (
        each.period,
        _(KINDS[each.kind][0]),
        each.customer,
        each.subscription_id,
        each.plan,
        Money(minor=each.minor),
        each.lines,
    )


def tell_next_steps(face: Face, told: Iterable[tuple[str, str]]) -> None:
    """Say once for each kind of trouble that was shown what a person does about it."""
    for what, step in dict.fromkeys(told):
        face.out.text(_("{what}: {step}").format(what=_(what), step=_(step)))


def _plot(found: LeakReport) -> Bars:
    from connector.cli.report.plots import Bars

    return Bars.largest(
        _("{name}: largest leaks").format(name=found.sides.administration),
        _("The leaks of the most money, by customer and month."),
        ((f"{each.period} {each.customer}", each.minor) for each in found.leaks),
    )


def _as_json(found: LeakReport) -> dict[str, Any]:
    return {
        "administration": found.sides.administration,
        "sale_source": found.sides.sale_source,
        "compared": list(found.sides.compared),
        "left_out": list(found.sides.left_out),
        "leaks": [
            {
                "kind": each.kind.value,
                "period": each.period,
                "account_id": each.account_id,
                "customer": each.customer,
                "subscription_id": each.subscription_id or None,
                "plan": each.plan or None,
                "amount": Money(minor=each.minor),
                "lines": each.lines,
                "next": _(KINDS[each.kind][1]),
            }
            for each in found.leaks
        ],
        "own_use": Money(minor=found.own_use),
        "own_lines": found.own_lines,
        "doubtful": doubtful_as_json(found.sides.doubtful),
    }
