"""``connector report margin``: what was bought beside what it was sold for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.cli.report import files
from connector.cli.report.doubtful import doubtful_as_json, tell_doubtful
from connector.cli.report.lowest_first import lowest_first
from connector.domain.margin import BY, Lowest
from connector.domain.rows import percent, quantity_of, unit_price_of
from connector.texts import _, many, marked, money

if TYPE_CHECKING:
    from decimal import Decimal

    from connector.app import Connector
    from connector.cli.report.plots import Bars
    from connector.domain.margin import Margin
    from connector.domain.rows import Row
    from connector.engine.margin import MarginReport, Sides

TITLES = {
    "customer": marked("Customer"),
    "vendor": marked("Vendor"),
    "plan": marked("Plan"),
    "period": marked("Period"),
}
LINE = "line"
ROWS_SHOWN = 30
"""Rows without --all: the lowest margins."""
COLUMNS = (
    amount("Cost"),
    amount("Sale"),
    amount("Margin"),
    amount("%", spare=1),
    amount("Not sold on"),
    amount("Without purchase"),
)
_OF_LINE = (
    column("Period"),
    prose("Customer"),
    prose("Plan"),
    column("Charge type", spare=3),
    amount("Bought", spare=1),
    amount("Sold", spare=1),
    amount("Unit cost", spare=4),
    amount("Unit price", spare=4),
)
_HASH = column("Row hash", spare=5)
LINE_COLUMNS = (*_OF_LINE, *COLUMNS, _HASH)
"""Of files, in which each column can be added up."""
SCREEN_COLUMNS = (*_OF_LINE, amount("Cost"), amount("Sale"), amount("Margin"), amount("%", spare=2), _HASH)
"""Of a screen, which has no room for more: what lacks a side lacks its amount, and so has no margin."""
_NONE = marked("There is no month of which both purchases and sales were fetched.")


@click.command()
@options.common
@options.administrations
@click.option(
    "--by", type=click.Choice((*BY, LINE)), default="customer", show_default=True, help="A row for each of these."
)
@filters.period("Only purchases of this month, as 2026-01.")
@click.option("--all", "every", is_flag=True, help="Every row; otherwise the thirty with the lowest margin.")
@files.option
@options.yes
def command(face: Face, *, by: str, period: str | None, every: bool, output: Path | None, yes: bool) -> None:
    """Show margins: what was bought beside what it was sold for, the lowest first.

    Purchases and sales meet row by row, by the hash that Copaco gives both; lines without one meet per
    subscription and month. What was bought and not sold on, or sold without a purchase, stands apart and is in no
    margin. Nothing is booked from this.

    --by line tells every row with the quantities and unit prices of both sides. The screen and --json have the lowest
    thirty and say so; a CSV holds all of them in the same order, however many there are.
    """
    from connector.cli import working
    from connector.engine.margin import report

    if by == LINE and every:
        raise click.UsageError("--by line shows the lowest thirty; --output FILE.csv writes every row.")
    with working.opened(face) as connector:
        if by == LINE:
            _lines(face, connector, period, output, yes=yes)
            return
        found = [report(*connector.at(each), by, period) for each in face.administrations]
        _show(face, found, every=every)
        files.write(
            face,
            output,
            lambda other: _show(other, found, every=True),
            yes=yes,
            title=_("Margins"),
            plots=lambda: _plots(face, connector, period),
        )
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def _plots(face: Face, connector: Connector, period: str | None) -> Iterator[Bars]:
    """The margins per month and per vendor, whatever the table is by."""
    from connector.cli.report.plots import Bars
    from connector.engine.margin import report

    for each in face.administrations:
        books = connector.books(each)
        months = report(connector.place(books), books, "period", period).rows
        yield Bars(
            title=_("{name}: margin per month").format(name=each.name),
            sentence=_("What was left of the sale in each month."),
            bars=tuple(sorted((one.name, one.margin) for one in months)),
        )
        vendors = report(connector.place(books), books, "vendor", period).rows
        yield Bars.largest(
            _("{name}: margin per vendor").format(name=each.name),
            _("What was left of the sale of each vendor."),
            ((one.name or _("(no name)"), one.margin) for one in vendors),
        )


def _show(face: Face, reports: Iterable[MarginReport], *, every: bool) -> None:
    for found in reports:
        face.out.heading(found.sides.administration)
        rows = found.rows if every else found.rows[:ROWS_SHOWN]
        face.out.table(
            [prose(TITLES[found.by]), *COLUMNS],
            [(each.name or _("(no name)"), *_amounts(each)) for each in rows],
            total=("", *_amounts(found.total)),
            empty=_(_NONE),
        )
        if len(rows) < len(found.rows):
            face.out.text(_("Rows with a higher margin are left out; --all shows them."))
        _remarks(face, found.sides, found.total)


def _remarks(face: Face, sides: Sides, total: Margin) -> None:
    tell_left_out(face, sides)
    tell_doubtful(face, sides.doubtful)
    if count := total.by_subscription:
        face.out.text(
            many(
                "1 row has no hash and was compared per subscription.",
                "{number} rows have no hash and were compared per subscription.",
                count,
            )
        )
    if total.unsold_lines or total.unbought_lines:
        face.out.text(_("'connector findings' lists the lines that only one side has."))


def tell_left_out(face: Face, sides: Sides) -> None:
    """Say of which months only one side was fetched."""
    if sides.left_out:
        face.out.text(
            _("Only one side was fetched of {months}: what lacks a partner there is left out.").format(
                months=", ".join(sides.left_out)
            )
        )


def _amounts(each: Margin) -> tuple[object, ...]:
    return (
        Money(minor=each.cost),
        Money(minor=each.sale),
        Money(minor=each.margin),
        each.percent,
        Money(minor=each.unsold) if each.unsold_lines else "",
        Money(minor=each.unbought) if each.unbought_lines else "",
    )


def _lines(face: Face, connector: Connector, period: str | None, output: Path | None, *, yes: bool) -> None:
    """Every row to the file as it comes; the lowest to a person."""
    told: list[tuple[Sides, Lowest]] = []

    def write_all(other: Face) -> None:
        for sides, lowest, rows in _streams(face, connector, period):
            other.out.heading(sides.administration)
            passing = lowest.passing(rows)
            if files.is_page(output):
                deque(passing, maxlen=0)
                passing = iter(lowest.rows)
            else:
                passing = lowest_first(passing)
            other.out.table(LINE_COLUMNS, map(_line, passing), empty=_(_NONE))
            told.append((sides, lowest))

    files.write(
        face,
        output,
        write_all,
        yes=yes,
        title=_("Lowest margins"),
        plots=lambda: _plots(face, connector, period),
    )
    if not told:
        for sides, lowest, rows in _streams(face, connector, period):
            deque(lowest.passing(rows), maxlen=0)
            told.append((sides, lowest))
    for sides, lowest in told:
        face.out.heading(sides.administration)
        total = (*[""] * len(_OF_LINE), *_amounts(lowest.total)[:4], "")
        face.out.table(SCREEN_COLUMNS, map(_on_screen, lowest.rows), total=total, empty=_(_NONE))
        if lowest.total.count_of_rows > len(lowest.rows):
            left_out = lowest.total.count_of_rows - len(lowest.rows)
            told_out = many(
                "1 row with a higher margin is left out; --output FILE.csv writes all.",
                "{number} rows with a higher margin are left out; --output FILE.csv writes all.",
                left_out,
            )
            face.out.text(told_out)
        _tell_alone(face, lowest.total)
        _remarks(face, sides, lowest.total)
    face.out.answer({"administrations": [_lines_as_json(*each) for each in told]})


def _tell_alone(face: Face, total: Margin) -> None:
    """Say what only one side has, which is in no margin and in no total."""
    if total.unsold_lines:
        told = many(
            "Not sold on, and in no total: {{amount}} in 1 line.",
            "Not sold on, and in no total: {{amount}} in {number} lines.",
            total.unsold_lines,
        )
        face.out.text(told.format(amount=money(total.unsold)))
    if total.unbought_lines:
        told = many(
            "Sold without a purchase, and in no total: {{amount}} in 1 line.",
            "Sold without a purchase, and in no total: {{amount}} in {number} lines.",
            total.unbought_lines,
        )
        face.out.text(told.format(amount=money(total.unbought)))


def _streams(face: Face, connector: Connector, period: str | None) -> Iterator[tuple[Sides, Lowest, Iterator[Row]]]:
    from connector.engine.margin import streamed

    for each in face.administrations:
        with streamed(*connector.at(each), period, detailed=True) as (sides, rows):
            yield sides, Lowest(ROWS_SHOWN), rows


def _of_line(row: Row) -> tuple[object, ...]:
    first = row.first
    return (
        first.period,
        first.customer,
        first.plan,
        first.charge_type,
        quantity_of(row.bought),
        quantity_of(row.sold),
        unit_price_of(row.bought),
        unit_price_of(row.sold),
    )


def _on_screen(row: Row) -> tuple[object, ...]:
    return (
        *_of_line(row),
        Money(minor=row.cost) if row.bought else "",
        Money(minor=row.sale) if row.sold else "",
        Money(minor=row.margin) if row.met else "",
        percent(row.margin, row.sale) if row.met else None,
        row.first.row_hash,
    )


def _line(row: Row) -> tuple[object, ...]:
    return (
        *_of_line(row),
        Money(minor=row.cost) if row.met else "",
        Money(minor=row.sale) if row.met else "",
        Money(minor=row.margin) if row.met else "",
        percent(row.margin, row.sale) if row.met else None,
        Money(minor=row.cost) if not row.sold else "",
        Money(minor=row.sale) if not row.bought else "",
        row.first.row_hash,
    )


def _as_json(found: MarginReport) -> dict[str, Any]:
    return _sides_as_json(found.sides, found.by) | {
        "rows": [_numbers(each) for each in found.rows],
        "total": _numbers(found.total),
    }


def _lines_as_json(sides: Sides, lowest: Lowest) -> dict[str, Any]:
    return _sides_as_json(sides, LINE) | {
        "rows": [_line_as_json(each) for each in lowest.rows],
        "rows_in_all": lowest.total.count_of_rows,
        "rows_left_out": lowest.total.count_of_rows - len(lowest.rows),
        "total": _numbers(lowest.total),
    }


def _sides_as_json(sides: Sides, by: str) -> dict[str, Any]:
    return {
        "administration": sides.administration,
        "by": by,
        "sale_source": sides.sale_source,
        "left_out": list(sides.left_out),
        "doubtful": doubtful_as_json(sides.doubtful),
    }


def _line_as_json(row: Row) -> dict[str, Any]:
    first = row.first
    return {
        "period": first.period,
        "row_hash": first.row_hash or None,
        "customer": first.customer,
        "account_id": first.account_id,
        "subscription_id": first.subscription_id,
        "plan": first.plan,
        "charge_type": first.charge_type,
        "quantity_bought": _text(quantity_of(row.bought)),
        "quantity_sold": _text(quantity_of(row.sold)),
        "unit_cost": _text(unit_price_of(row.bought)),
        "unit_price": _text(unit_price_of(row.sold)),
        "cost": Money(minor=row.cost) if row.bought else None,
        "sale": Money(minor=row.sale) if row.sold else None,
        "margin": Money(minor=row.margin) if row.met else None,
        "percent": _text(percent(row.margin, row.sale)) if row.met else None,
        "by_subscription": row.by_subscription,
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def _numbers(each: Margin) -> dict[str, Any]:
    return {
        "name": each.name,
        "cost": Money(minor=each.cost),
        "sale": Money(minor=each.sale),
        "margin": Money(minor=each.margin),
        "percent": _text(each.percent),
        "rows": each.rows,
        "unsold": Money(minor=each.unsold),
        "unsold_lines": each.unsold_lines,
        "unbought": Money(minor=each.unbought),
        "unbought_lines": each.unbought_lines,
        "rows_by_subscription": each.by_subscription,
    }
