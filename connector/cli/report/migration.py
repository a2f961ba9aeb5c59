"""``connector report migration``: what Copaco's old and new platform gave of the same months, beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.cli.report import files
from connector.domain.migration import IdKind
from connector.domain.platform import Platform
from connector.texts import _, many, marked, money

if TYPE_CHECKING:
    from connector.engine.migration import Lonely, MigrationReport, Moved, Side, Together

ROWS_SHOWN = 30
"""Rows of each table without --all."""
DOCUMENTS = (
    column("Month"),
    column("List", spare=2),
    prose("Old platform"),
    prose("New platform"),
    amount("Old amount"),
    amount("New amount"),
    amount("Lines met"),
    amount("Amount met", spare=1),
    amount("Lines only old"),
    amount("Lines only new"),
    prose("Booked as"),
)
LINES = (
    column("Month"),
    column("Only on"),
    column("Number", spare=1),
    prose("Customer"),
    prose("Plan"),
    column("From"),
    column("To"),
    amount("Quantity", spare=2),
    amount("Amount"),
    amount("VAT"),
)
IDS = (
    column("What"),
    prose("Customer"),
    prose("Plan", spare=1),
    column("Old id"),
    column("New id"),
    amount("Lines", spare=2),
    prose("Rows that name the old id"),
    prose("Remark", spare=3),
)
PLATFORMS = {Platform.OLD: marked("old platform"), Platform.NEW: marked("new platform")}
KINDS = {
    IdKind.CUSTOMER: marked("customer"),
    IdKind.SUBSCRIPTION: marked("subscription"),
    IdKind.PLAN: marked("plan"),
}
_NEW_HAS_ROWS = marked("named already: {rows}")
_UNCERTAIN = marked("not certain: one of both ids was met with another one too")


@click.command()
@options.common
@options.administrations
@filters.period("Only this month, as 2024-01.")
@click.option("--all", "every", is_flag=True, help="Every row; otherwise the first thirty of each table.")
@files.option
@options.yes
def command(face: Face, *, period: str | None, every: bool, output: Path | None, yes: bool) -> None:
    """Show what Copaco's old and new platform gave of the same months: documents, lines that differ, and ids.

    Old documents have numbers that begin with TN or TB. They are compared line by line with those of the new platform:
    customer, plan, period, quantity, amount and VAT. What one platform alone has is shown line by line. The old and new
    ids of customers, subscriptions and plans follow, with the rows of the mapping that still name an old one.
    """
    from connector.cli import working
    from connector.engine.migration import report

    with working.opened(face) as connector:
        found = [
            report(*connector.at(each), connector.mapping_in_force(each).mapping, period)
            for each in face.administrations
        ]
    _show(face, found, every=every)
    files.write(face, output, lambda other: _show(other, found, every=True), yes=yes, title=_("Migration"))
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def _show(face: Face, reports: Iterable[MigrationReport], *, every: bool) -> None:
    for found in reports:
        face.out.heading(found.administration)
        if not found.together:
            face.out.table(DOCUMENTS, [], empty=_("There is no month that both platforms gave."))
        else:
            _show_one(face, found, every=every)
        for (platform, source), (documents, net) in found.elsewhere.items():
            told = many(
                "{{list}}: besides, 1 document with {{amount}} came from the {{platform}} alone.",
                "{{list}}: besides, {number} documents with {{amount}} came from the {{platform}} alone.",
                documents,
            )
            face.out.text(told.format(list=source, amount=money(net), platform=_(PLATFORMS[platform])))


def _show_one(face: Face, found: MigrationReport, *, every: bool) -> None:
    face.out.table(DOCUMENTS, _cut(list(map(_documents, found.together)), every), total=_total(found.together))
    nothing = _("Every line met.")
    face.out.table(LINES, _cut(list(map(_line, found.lonely)), every), title=_("Lines without an equal"), empty=nothing)
    ids = list(map(_id, found.moved))
    face.out.table(IDS, _cut(ids, every), title=_("Ids"), empty=_("No line met that has ids on both platforms."))
    if not every and max(map(len, (found.together, found.lonely, ids))) > ROWS_SHOWN:
        face.out.text(_("Further rows are left out; --all shows them."))
    if any(each.rows and not each.known for each in found.moved):
        face.out.text(_("Give the new ids rows of their own in the mapping before the new platform is booked from."))


def _cut(rows: Sequence[Sequence[object]], every: bool) -> Sequence[Sequence[object]]:
    return rows if every else rows[:ROWS_SHOWN]


def _documents(each: Together) -> tuple[object, ...]:
    return (
        each.month,
        each.source,
        ", ".join(each.old.numbers),
        ", ".join(each.new.numbers),
        Money(minor=each.old.net, currency=each.currency),
        Money(minor=each.new.net, currency=each.currency),
        each.met_lines,
        Money(minor=each.met, currency=each.currency),
        each.old.only_lines,
        each.new.only_lines,
        ", ".join(each.booked),
    )


def _total(rows: Sequence[Together]) -> tuple[object, ...] | None:
    """The sums of the amounts, where all are in one currency."""
    currencies = {each.currency for each in rows}
    if len(currencies) != 1:
        return None
    (currency,) = currencies
    nets = (sum(each.old.net for each in rows), sum(each.new.net for each in rows))
    return (
        _("Total"),
        *("", "", ""),
        *(Money(minor=net, currency=currency) for net in nets),
        sum(each.met_lines for each in rows),
        Money(minor=sum(each.met for each in rows), currency=currency),
        sum(each.old.only_lines for each in rows),
        sum(each.new.only_lines for each in rows),
        "",
    )


def _line(each: Lonely) -> tuple[object, ...]:
    key = each.line.key
    return (
        each.month,
        _(PLATFORMS[each.platform]),
        each.number,
        each.line.customer,
        each.line.plan,
        key.start,
        key.end,
        "" if key.quantity is None else key.quantity.normalize() + 0,
        Money(minor=key.net, currency=each.currency),
        Money(minor=key.vat, currency=each.currency),
    )


def _id(each: Moved) -> tuple[object, ...]:
    pair = each.pair
    remark = "" if pair.certain else _(_UNCERTAIN)
    if each.rows and each.known:
        remark = "; ".join(filter(None, (remark, _(_NEW_HAS_ROWS).format(rows=", ".join(each.known)))))
    return _(KINDS[pair.kind]), pair.customer, pair.plan, pair.old, pair.new, pair.lines, ", ".join(each.rows), remark


def _as_json(found: MigrationReport) -> dict[str, Any]:
    return {
        "administration": found.administration,
        "documents": [
            {
                "month": each.month,
                "source": each.source,
                "currency": each.currency,
                "old": _side(each.old, each.currency),
                "new": _side(each.new, each.currency),
                "lines_met": each.met_lines,
                "met": Money(minor=each.met, currency=each.currency),
                "booked_as": each.booked,
            }
            for each in found.together
        ],
        "lines": [
            {
                "month": each.month,
                "platform": each.platform.value,
                "number": each.number,
                "account_id": each.line.account_id,
                "customer": each.line.customer,
                "subscription_id": each.line.subscription_id,
                "plan": each.line.plan,
                "start": each.line.key.start,
                "end": each.line.key.end,
                "quantity": None if each.line.key.quantity is None else f"{each.line.key.quantity:f}",
                "net": Money(minor=each.line.key.net, currency=each.currency),
                "vat": Money(minor=each.line.key.vat, currency=each.currency),
            }
            for each in found.lonely
        ],
        "ids": [
            {
                "kind": each.pair.kind.value,
                "customer": each.pair.customer,
                "plan": each.pair.plan,
                "old": each.pair.old,
                "new": each.pair.new,
                "lines": each.pair.lines,
                "certain": each.pair.certain,
                "rows_of_old": each.rows,
                "rows_of_new": each.known,
            }
            for each in found.moved
        ],
        "only_one_platform": [
            {"platform": platform.value, "source": source, "documents": documents, "net": Money(minor=net)}
            for (platform, source), (documents, net) in found.elsewhere.items()
        ],
    }


def _side(each: Side, currency: str) -> dict[str, Any]:
    return {
        "numbers": each.numbers,
        "lines": each.lines,
        "net": Money(minor=each.net, currency=currency),
        "lines_only_here": each.only_lines,
        "only_here": Money(minor=each.only, currency=currency),
    }
