"""``connector report``: what the documents of both sides tell together."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, prose
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.domain.margin import Margin
    from connector.engine.margin import MarginReport

TITLES = {
    "customer": marked("Customer"),
    "vendor": marked("Vendor"),
    "plan": marked("Plan"),
    "period": marked("Period"),
}
ROWS_SHOWN = 30
"""Rows without --all: the lowest margins."""


@click.group()
def command() -> None:
    """Show what purchases and sales tell together."""


@command.command()
@options.common
@options.administrations
@click.option(
    "--by", type=click.Choice(tuple(TITLES)), default="customer", show_default=True, help="A row for each of these."
)
@filters.period("Only purchases of this month, as 2026-01.")
@click.option("--all", "every", is_flag=True, help="Every row; otherwise the thirty with the lowest margin.")
def margin(face: Face, *, by: str, period: str | None, every: bool) -> None:
    """Show margins: what was bought beside what it was sold for, the lowest first.

    Purchases and sales meet row by row, by the hash that Copaco gives both; lines without one meet per
    subscription and month. What was bought and not sold on, or sold without a purchase, stands apart and is in no
    margin. Nothing is booked from this.
    """
    from connector.cli import working
    from connector.engine.margin import report

    with working.opened(face) as connector:
        found = [report(connector.place, connector.books(each), by, period) for each in face.administrations]
    for each in found:
        face.out.heading(each.administration)
        _show(face, each, every=every)
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def _show(face: Face, found: MarginReport, *, every: bool) -> None:
    rows = found.rows if every else found.rows[:ROWS_SHOWN]
    face.out.table(
        [
            prose(TITLES[found.by]),
            amount("Cost"),
            amount("Sale"),
            amount("Margin"),
            amount("%"),
            amount("Not sold on"),
            amount("Without purchase"),
        ],
        [_row(each, each.name or _("(no name)")) for each in rows],
        total=_row(found.total, ""),
        empty=_("There is no month of which both purchases and sales were fetched."),
    )
    if len(rows) < len(found.rows):
        face.out.text(_("Rows with a higher margin are left out; --all shows them."))
    if found.left_out:
        face.out.text(
            _("Only one side was fetched of {months}: what lacks a partner there is left out.").format(
                months=", ".join(found.left_out)
            )
        )
    if count := found.total.by_subscription:
        face.out.text(
            many(
                "1 row has no hash and was compared per subscription.",
                "{number} rows have no hash and were compared per subscription.",
                count,
            )
        )
    if found.total.unsold_lines or found.total.unbought_lines:
        face.out.text(_("'connector findings' lists the lines that only one side has."))


def _row(each: Margin, name: str) -> tuple[object, ...]:
    return (
        name,
        Money(minor=each.cost),
        Money(minor=each.sale),
        Money(minor=each.margin),
        "" if each.percent is None else texts.percent(each.percent),
        Money(minor=each.unsold) if each.unsold_lines else "",
        Money(minor=each.unbought) if each.unbought_lines else "",
    )


def _as_json(found: MarginReport) -> dict[str, Any]:
    return {
        "administration": found.administration,
        "by": found.by,
        "sale_source": found.sale_source,
        "left_out": list(found.left_out),
        "rows": [_numbers(each) for each in found.rows],
        "total": _numbers(found.total),
    }


def _numbers(each: Margin) -> dict[str, Any]:
    percent: Decimal | None = each.percent
    return {
        "name": each.name,
        "cost": Money(minor=each.cost),
        "sale": Money(minor=each.sale),
        "margin": Money(minor=each.margin),
        "percent": None if percent is None else str(percent),
        "rows": each.rows,
        "unsold": Money(minor=each.unsold),
        "unsold_lines": each.unsold_lines,
        "unbought": Money(minor=each.unbought),
        "unbought_lines": each.unbought_lines,
        "rows_by_subscription": each.by_subscription,
    }
