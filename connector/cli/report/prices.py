"""``connector report prices``: changed cost prices and whether they were passed on."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.cli.report import files
from connector.cli.report.doubtful import doubtful_as_json, tell_doubtful
from connector.domain.prices import Passed
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.cli.report.plots import Bars
    from connector.domain.prices import Item, OtherPrice, PriceChange
    from connector.engine.prices import PriceReport

ROWS_SHOWN = 30
"""Rows of a list without --all: those of the most money."""
CHANGES = (
    column("Month"),
    prose("Plan"),
    column("Term", spare=2),
    amount("Cost before"),
    amount("Cost after"),
    amount("Price before", spare=1),
    amount("Price after", spare=1),
    prose("Passed on"),
    amount("Customers", spare=3),
    amount("Units", spare=3),
    amount("Margin per month"),
)
OTHERS = (
    prose("Customer"),
    prose("Plan"),
    column("Term", spare=2),
    column("Month", spare=2),
    column("Subscription", spare=3),
    amount("Units"),
    amount("Price"),
    amount("Price of most"),
    amount("Per month"),
)
PASSED = {
    Passed.FULLY: marked("fully"),
    Passed.PARTLY: marked("partly"),
    Passed.NOT: marked("not"),
    Passed.UNKNOWN: marked("no sale price known"),
}
RHYTHMS = {"Monthly": marked("Monthly"), "Yearly": marked("Yearly"), "One Time": marked("One Time")}
"""How Copaco says that a plan is billed; what it may say beyond these stays as it is."""
_CENTS = Decimal("0.01")


@click.command()
@options.common
@options.administrations
@click.option("--all", "every", is_flag=True, help="Every row; otherwise the thirty of the most money in each list.")
@files.option
@options.yes
def command(face: Face, *, every: bool, output: Path | None, yes: bool) -> None:
    """Show cost prices that changed, whether the sale price followed, and what that means per month.

    A price is what a unit costs for its term, by the amount of the line; corrections, consumption and first cycles
    that are charged by their days have none. Below it stand the subscriptions that pay another sale price than more
    than half of the others of their plan and term.
    """
    from connector.cli import working
    from connector.engine.prices import prices

    with working.opened(face) as connector:
        found = [prices(*connector.at(each)) for each in face.administrations]
    _show(face, found, every=every)
    files.write(
        face,
        output,
        lambda other: _show(other, found, every=True),
        yes=yes,
        title=_("Prices"),
        plots=lambda: map(_plot, found),
    )
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def _show(face: Face, reports: Iterable[PriceReport], *, every: bool) -> None:
    for found in reports:
        face.out.heading(found.administration)
        most = None if every else ROWS_SHOWN
        face.out.table(
            CHANGES,
            [_change(each) for each in found.changes[:most]],
            title=_("Changed cost prices"),
            empty=_("No cost price changed."),
        )
        face.out.table(
            OTHERS,
            [_other(each) for each in found.others[:most]],
            title=_("Another sale price than most"),
            empty=_("No customer pays another price than most others."),
        )
        if most is not None and max(len(found.changes), len(found.others)) > most:
            face.out.text(_("Rows of less money are left out; --all shows them."))
        tell_doubtful(face, found.doubtful)


def _change(each: PriceChange) -> tuple[object, ...]:
    return (
        each.month,
        named(each.item),
        term(each.item),
        price(each.cost_before),
        price(each.cost_after),
        price(each.sale_before),
        price(each.sale_after),
        _(PASSED[each.passed]),
        len(each.customers),
        each.units.normalize() + 0,
        Money(minor=each.minor),
    )


def _other(each: OtherPrice) -> tuple[object, ...]:
    return (
        each.customer,
        named(each.item),
        term(each.item),
        each.month,
        each.subscription_id,
        each.units.normalize() + 0,
        price(each.price),
        price(each.usual),
        Money(minor=each.minor),
    )


def named(item: Item) -> str:
    """A plan, and what is charged of it where that says more."""
    plan, description = item.plan, item.description
    return plan if not description or description in plan else f"{plan}: {description}" if plan else description


def term(item: Item) -> str:
    """How an item is billed, and for how long."""
    months = many("1 month", "{number} months", item.months)
    return f"{_(RHYTHMS.get(item.billing, item.billing))}, {months}" if item.billing else months


def price(exact: Decimal | None) -> Decimal | None:
    """A price with all its digits, and cents at least."""
    if exact is None:
        return None
    cents = exact.quantize(_CENTS, ROUND_HALF_UP)
    return cents if cents == exact else exact.normalize()


def _plot(found: PriceReport) -> Bars:
    from connector.cli.report.plots import Bars

    return Bars.largest(
        _("{name}: what changed prices mean per month").format(name=found.administration),
        _("What the margin of a month gains or loses by each changed cost price."),
        ((f"{each.month} {named(each.item)}", each.minor) for each in found.changes),
    )


def _as_json(found: PriceReport) -> dict[str, Any]:
    return {
        "administration": found.administration,
        "changes": [
            _item(each.item)
            | {
                "month": each.month,
                "cost_before": _text(each.cost_before),
                "cost_after": _text(each.cost_after),
                "sale_before": _text(each.sale_before),
                "sale_after": _text(each.sale_after),
                "passed_on": each.passed.value,
                "customers": sorted(each.customers),
                "units": _text(each.units),
                "margin_per_month": Money(minor=each.minor),
            }
            for each in found.changes
        ],
        "others": [
            _item(each.item)
            | {
                "month": each.month,
                "account_id": each.account_id,
                "customer": each.customer,
                "subscription_id": each.subscription_id,
                "units": _text(each.units),
                "price": _text(each.price),
                "usual": _text(each.usual),
                "per_month": Money(minor=each.minor),
            }
            for each in found.others
        ],
        "doubtful": doubtful_as_json(found.doubtful),
    }


def _item(item: Item) -> dict[str, Any]:
    return {"plan": item.plan, "description": item.description, "billing": item.billing, "months": item.months}


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
