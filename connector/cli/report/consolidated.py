"""``connector report consolidated``: where Copaco's own matching of purchases and sale prices was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.cli.report import files
from connector.cli.report.leakage import NEXT_STEP, tell_next_steps
from connector.domain.consolidated_check import DifferenceKind
from connector.texts import _, day, many, marked

if TYPE_CHECKING:
    from connector.cli.report.plots import Bars
    from connector.domain.consolidated_check import Difference
    from connector.engine.consolidated import Compared, ConsolidatedReport

ROWS_SHOWN = 30
"""Differences without --all: those of the most money."""
INVOICES = (
    column("Invoice"),
    column("Date", spare=2),
    amount("Lines", spare=3),
    amount("Purchases"),
    amount("On the invoice"),
    amount("Difference"),
    amount("Sale prices"),
    amount("On customers' invoices"),
    amount("Difference"),
)
SUMS = (prose("What"), amount("Lines"), amount("Purchases"), amount("Sale prices"))
ROWS = (
    column("Invoice", spare=1),
    prose("What"),
    prose("Customer"),
    column("Subscription", spare=3),
    prose("Plan"),
    column("From", spare=4),
    column("To", spare=4),
    amount("Purchase"),
    amount("On the invoice"),
    amount("Sale price"),
    amount("On customer's invoice"),
    prose("Mixed up with"),
)
_CHARGED = marked("If you charge customers from consolidatedinvoices, look whether this customer was charged right.")
_COST = marked("The purchase invoice counts, and is what is booked; take no purchase price from this list.")
_SALE = marked("What the customer owes is on its invoice; take no sale price from this list.")
KINDS = {
    DifferenceKind.LEFT_OUT: (
        marked("left out"),
        marked("The line is on the purchase invoice: look whether the customer was charged for it."),
    ),
    DifferenceKind.GIVEN_TWICE: (
        marked("given twice"),
        marked("The purchase invoice has it once: look whether the customer was charged twice."),
    ),
    DifferenceKind.WRONG_CUSTOMER: (marked("under the wrong customer"), _CHARGED),
    DifferenceKind.NOT_INVOICED: (
        marked("not on the purchase invoice"),
        marked("Copaco did not invoice this line: look whether the customer was charged for it."),
    ),
    DifferenceKind.COST_DIFFERS: (marked("another purchase price"), _COST),
    DifferenceKind.NO_DISCOUNT: (marked("purchase price without its discount"), _COST),
    DifferenceKind.DESCRIBED_OTHERWISE: (marked("same amount, other words, period or quantity"), _COST),
    DifferenceKind.NO_SALE_PRICE: (
        marked("no sale price"),
        marked("None is not zero: 'connector report margin' tells what the line was sold for."),
    ),
    DifferenceKind.SALE_DIFFERS: (marked("another sale price"), _SALE),
    DifferenceKind.SALE_OF_OTHER: (marked("sale price of another customer"), _CHARGED),
    DifferenceKind.NOT_SOLD: (
        marked("sale price, and on no invoice to the customer"),
        marked("Look whether the customer was charged for this line."),
    ),
}
AGAINST = {
    "not-fetched": marked(
        "{number} was not compared: its purchase invoice was not fetched. Keep the answer of invoices of the older "
        "API as well: 'connector pull --from-files --endpoint invoices FILE'."
    ),
    "several": marked("{number} was not compared: several purchase invoices have this number, none of its issuer."),
    "other-platform": marked(
        "{number} was not compared: the purchase invoice names its customers otherwise, so it came from the current "
        "API. Keep the answer of invoices of the older API as well."
    ),
    "unreadable": marked(
        "An answer was not compared: it has no invoice number. Save it once more, unchanged, as the API gave it."
    ),
}


@click.command()
@options.common
@options.administrations
@filters.period("Only invoices of this month, as 2026-01.")
@click.option("--all", "every", is_flag=True, help="Every difference; otherwise the thirty of the most money.")
@files.option
@options.yes
def command(face: Face, *, period: str | None, every: bool, output: Path | None, yes: bool) -> None:
    """Show where Copaco's own matching of purchases and sale prices was wrong, the most money first.

    The answers of consolidatedinvoices of the older Billing API, which are fetched with lists = ["consolidated"] in the
    settings of the source, or kept from files with 'connector pull --from-files --endpoint consolidated-invoices', are
    compared with the purchase invoice of the same number and, where
    invoices to customers of that month were kept, with these: lines left out, given twice or under the wrong customer,
    sale prices that are missing or another's. What differs adds up to the whole difference. Nothing is booked from
    these answers.
    """
    from connector.app import compared
    from connector.cli import working
    from connector.engine.consolidated import report

    with working.opened(face) as connector:
        found = [report(*connector.at(each), compared.read_consolidated, period) for each in face.administrations]
    _show(face, found, every=every)
    files.write(
        face,
        output,
        lambda other: _show(other, found, whole=True),
        yes=yes,
        title=_("Consolidated invoices"),
        plots=lambda: map(_plot, found),
    )
    face.out.answer({"administrations": [_as_json(each) for each in found]})


def _show(face: Face, reports: Iterable[ConsolidatedReport], *, every: bool = False, whole: bool = False) -> None:
    """A file has every difference with its next step, and nothing else that would be in the way of it."""
    for found in reports:
        face.out.heading(found.administration)
        rows = list(_differences(found))
        nothing = _nothing_found(found)
        if whole:
            told = [(*_row(*each), _(KINDS[each[1].kind][1])) for each in rows]
            face.out.table([*ROWS, NEXT_STEP], told, empty=nothing)
            continue
        if found.invoices:
            _show_sums(face, found, [difference for _one, difference in rows])
        shown = rows if every else rows[:ROWS_SHOWN]
        face.out.table(ROWS, [_row(*each) for each in shown], title=_("Differences"), empty=nothing)
        tell_next_steps(face, (KINDS[difference.kind] for _one, difference in shown))
        if len(shown) < len(rows):
            face.out.text(_("Rows of less money are left out; --all shows them."))
        _remarks(face, found)


def _show_sums(face: Face, found: ConsolidatedReport, differences: Sequence[Difference]) -> None:
    face.out.table(INVOICES, [_invoice(each) for each in found.invoices], title=_("Consolidated invoices"))
    sums = []
    for kind in DifferenceKind:
        alike = [each for each in differences if each.kind is kind]
        if alike:
            sums.append((_(KINDS[kind][0]), *_added(alike)))
    if sums:
        total = (_("All differences"), *_added(differences))
        face.out.table(SUMS, sums, title=_("What differs"), total=total)


def _added(differences: Sequence[Difference]) -> tuple[object, ...]:
    cost, sale = sum(each.cost for each in differences), sum(each.sale for each in differences)
    return len(differences), Money(minor=cost), Money(minor=sale)


def _invoice(each: Compared) -> tuple[object, ...]:
    def money(minor: int | None) -> object:
        return "" if minor is None else Money(minor=minor, currency=each.currency)

    other = each.comparison
    sold = other.sale_invoiced if other else None
    return (
        each.number,
        each.date or "",
        each.lines,
        money(each.cost),
        money(other.cost_invoiced if other else None),
        money(each.cost - other.cost_invoiced if other else None),
        money(each.sale),
        money(sold),
        money(None if sold is None else each.sale - sold),
    )


def _differences(found: ConsolidatedReport) -> Iterator[tuple[Compared, Difference]]:
    """Every difference with its invoice, the most money first."""
    pairs = [(each, one) for each in found.invoices if each.comparison for one in each.comparison.differences]
    yield from sorted(pairs, key=lambda pair: (-max(abs(pair[1].cost), abs(pair[1].sale)), pair[0].number))


def _row(invoice: Compared, each: Difference) -> tuple[object, ...]:
    def money(minor: int | None) -> object:
        return "" if minor is None else Money(minor=minor, currency=invoice.currency)

    line = each.line
    return (
        invoice.number,
        _(KINDS[each.kind][0]),
        line.customer or line.account_id,
        line.subscription_id,
        line.plan or line.description,
        day(line.start),
        day(line.end),
        money(each.cost_given),
        money(each.cost_invoiced),
        money(each.sale_given),
        money(each.sale_invoiced),
        each.other,
    )


def _nothing_found(found: ConsolidatedReport) -> str:
    if any(each.comparison for each in found.invoices):
        return _("No consolidated invoice differs from the invoices.")
    if found.invoices:
        return _("No consolidated invoice could be compared.")
    return _(
        "No consolidated invoices were kept. Save the answer of consolidatedinvoices and run 'connector pull "
        "--from-files --endpoint consolidated-invoices FILE'."
    )


def _remarks(face: Face, found: ConsolidatedReport) -> None:
    """Why something was not compared, and what could not be read."""
    for each in found.invoices:
        if each.comparison is None:
            face.out.text(_(AGAINST[each.against.value]).format(number=each.number))
        if each.unreadable:
            where, value = each.unreadable[0]
            told = many(
                "{{number}}: 1 value could not be read and counts as missing: {{where}} '{{value}}'.",
                "{{number}}: {number} values could not be read and count as missing, the first: {{where}} '{{value}}'.",
                len(each.unreadable),
            )
            face.out.text(told.format(number=each.number or _("(no number)"), where=where, value=value))
        for stated, added in ((each.stated_purchases, each.cost), (each.stated_sales, each.sale)):
            if stated is not None and stated != added:
                told = _("{number} states a total of {stated}, its lines add up to {added}.")
                stated_money, added_money = (Money(minor=one, currency=each.currency) for one in (stated, added))
                face.out.text(told.format(number=each.number, stated=stated_money, added=added_money))
    unsold = [each.number for each in found.invoices if each.comparison and each.comparison.sale_invoiced is None]
    if unsold:
        told = _(
            "Sale prices of {numbers} were not compared: no invoice of that month to their customers was kept. "
            "'connector pull --from-files --endpoint customer-invoices FILE' keeps those of the older API."
        )
        face.out.text(told.format(numbers=", ".join(unsold)))


def _plot(found: ConsolidatedReport) -> Bars:
    from connector.cli.report.plots import Bars

    return Bars.largest(
        _("{name}: largest differences").format(name=found.administration),
        _("What consolidated invoices say too much (above zero) or too little, purchases and sale prices together."),
        ((f"{one.number} {each.line.customer}", each.cost + each.sale) for one, each in _differences(found)),
    )


def _as_json(found: ConsolidatedReport) -> dict[str, Any]:
    return {
        "administration": found.administration,
        "invoices": [_invoice_as_json(each) for each in found.invoices],
    }


def _invoice_as_json(each: Compared) -> dict[str, Any]:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor=minor, currency=each.currency)

    other = each.comparison
    return {
        "number": each.number or None,
        "date": each.date,
        "fetched_at": each.fetched_at,
        "against": each.against.value,
        "lines": each.lines,
        "purchases": money(each.cost),
        "purchases_invoiced": money(other.cost_invoiced if other else None),
        "sale_prices": money(each.sale),
        "sales_invoiced": money(other.sale_invoiced if other else None),
        "stated_purchases": money(each.stated_purchases),
        "stated_sales": money(each.stated_sales),
        "unreadable": [{"where": where, "value": value} for where, value in each.unreadable],
        "differences": [
            {
                "kind": one.kind.value,
                "account_id": one.line.account_id,
                "customer": one.line.customer,
                "subscription_id": one.line.subscription_id,
                "plan": one.line.plan,
                "description": one.line.description,
                "start": one.line.start or None,
                "end": one.line.end or None,
                "purchase": money(one.cost_given),
                "purchase_invoiced": money(one.cost_invoiced),
                "sale_price": money(one.sale_given),
                "sale_invoiced": money(one.sale_invoiced),
                "other_customer": one.other or None,
                "next": _(KINDS[one.kind][1]),
            }
            for one in (other.differences if other else ())
        ],
    }
