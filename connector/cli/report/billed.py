"""``connector report billed``: what customers were sold beside what they were really invoiced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options
from connector.cli.mapping import past
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.cli.report import files
from connector.cli.report.doubtful import doubtful_as_json, tell_doubtful
from connector.cli.report.leakage import NEXT_STEP
from connector.domain.billed import FoundBy
from connector.texts import _, marked, money

if TYPE_CHECKING:
    from connector.cli.report.plots import Bars
    from connector.domain.billed import Billed
    from connector.engine.billed import BilledReport

ROWS_SHOWN = 30
"""Rows without --all: those of which the most is missing."""
COLUMNS = (
    column("Period"),
    prose("Customer"),
    column("Debtor", spare=2),
    prose("Found by", spare=1),
    amount("Expected"),
    amount("Billed"),
    amount("Difference"),
)
FOUND_BY = {
    FoundBy.DEBTOR: marked("debtor"),
    FoundBy.VAT_NUMBER: marked("VAT number"),
    FoundBy.NAME: marked("name"),
    FoundBy.NOT_IN_FILE: marked("not in the file"),
    FoundBy.SEVERAL: marked("several debtors"),
    FoundBy.NO_DEBTOR: marked("no debtor"),
    FoundBy.NOT_MAPPED: marked("not in customers.csv"),
}
_NOT_FOUND = {
    FoundBy.NOT_IN_FILE: marked(
        "Not in the file: it has no debtor with this number, nor one with the VAT number or name of the customer. "
        "Correct the debtor in customers.csv, or look whether nothing was invoiced at all."
    ),
    FoundBy.SEVERAL: marked(
        "Several debtors of the file have the VAT number or the name of this customer: fill in the right one as debtor "
        "in customers.csv."
    ),
    FoundBy.NO_DEBTOR: marked(
        "No debtor: customers.csv has none for this customer, and the file nobody with its VAT number or name. Fill in "
        "the debtor."
    ),
    FoundBy.NOT_MAPPED: marked(
        "Not in customers.csv, and the file has nobody with the name of this customer: add the customer with its "
        "debtor."
    ),
}
_NOTHING = marked("Billed 0.00: look whether the invoice is missing, or dated in another month.")
_LESS = marked("Billed less: compare the invoice with the customer specification, and charge what is missing.")


@click.command()
@options.common
@options.administrations
@click.option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="What was billed: an XML audit file (XAF 3.2, 3.2.1, 4.0) or the general ledger as CSV.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    type=past.Named(),
    metavar="FIELD=NAME",
    help="Which column of a CSV is which, as account=Grootboek or amount=#7; may be repeated.",
)
@click.option(
    "--account", "accounts", multiple=True, metavar="CODE", help="Only revenue on this account; may be repeated."
)
@filters.period("Only this month, as 2026-01.")
@click.option("--all", "every", is_flag=True, help="Every row; otherwise the thirty of which the most is missing.")
@files.option
@options.yes
def command(
    face: Face,
    *,
    export: Path,
    columns: tuple[tuple[str, str], ...],
    accounts: tuple[str, ...],
    period: str | None,
    every: bool,
    output: Path | None,
    yes: bool,
) -> None:
    """Show what your customers were sold beside what your bookkeeping software invoiced them, per month.

    Sales are those of the customer specifications; invoices are the entries of the file on the debtors' account or in
    a journal of sales, without VAT. They meet by the debtor in customers.csv; where the file has no such number,
    by VAT number or name, and each row says by which. You may have billed other work as well: more than expected is
    no mistake, less is; --account narrows it down.
    """
    from connector.app import past_books
    from connector.cli import working

    administration = past.one(face)
    with working.opened(face) as connector:
        found = past_books.billed(connector, administration, export, dict(columns), period=period, accounts=accounts)
    past.show_remarks(face, found.remarks)
    _show(face, administration.name, found, every=every)
    files.write(
        face,
        output,
        lambda other: _show(other, administration.name, found, whole=True),
        yes=yes,
        title=_("Billed"),
        plots=lambda: [_plot(administration.name, found)],
    )
    face.out.answer(_as_json(administration.name, found))


def _show(face: Face, name: str, found: BilledReport, *, every: bool = False, whole: bool = False) -> None:
    """A file has everything, the next step in each row; on a screen it is told once for each kind."""
    face.out.heading(name)
    rows = found.comparison.rows if every or whole else found.comparison.rows[:ROWS_SHOWN]
    nothing = _nothing(found)
    if whole:
        face.out.table([*COLUMNS, NEXT_STEP], [(*_row(each), _(_next_step(each))) for each in rows], empty=nothing)
    else:
        face.out.table(COLUMNS, [_row(each) for each in rows], empty=nothing)
        for step in dict.fromkeys(map(_next_step, rows)):
            if step:
                face.out.text(_(step))
    if len(rows) < len(found.comparison.rows):
        face.out.text(_("Rows of which less is missing are left out; --all shows them."))
    if found.comparison.others:
        told = _("Billed to others than Copaco's customers: {amount}.")
        face.out.text(told.format(amount=money(found.comparison.others)))
    if found.nobody:
        told = _("Billed to nobody or to several at once, and not counted: {amount}.")
        face.out.text(told.format(amount=money(found.nobody)))
    for account, minor in sorted(found.unknown.items()):
        told = _("Account {account} is not known: {amount} were not counted. Add it to accounts.csv.")
        face.out.text(told.format(account=account, amount=money(minor)))
    tell_doubtful(face, found.doubtful)


def _row(each: Billed) -> tuple[object, ...]:
    return (
        each.period,
        each.name,
        each.debtor,
        _(FOUND_BY[each.by]),
        Money(minor=each.expected),
        "" if each.billed is None else Money(minor=each.billed),
        Money(minor=each.difference),
    )


def _nothing(found: BilledReport) -> str:
    """Why there is nothing to compare, and what to do about it."""
    if not found.sold:
        return _("No sales were fetched: 'connector pull' fetches them.")
    if not found.invoiced and found.accounts:
        told = _("No invoice of the file books on account {accounts}: look whether it is the account of the revenue.")
        return told.format(accounts=", ".join(found.accounts))
    if not found.invoiced:
        told = _(
            "The file has no invoices: no entry on the debtors' account {account} with other accounts beside it, nor "
            "in a journal of sales. Export all accounts and the number of each entry (--column entry=NAME says which "
            "column it is), and look at the role debtors_control in accounts.csv."
        )
        return told.format(account=found.debtors_account)
    told = _(
        "There is no month with both sales and invoices: sales are of {sold}, invoices of the file of {invoiced}. "
        "Fetch or export the months that lack."
    )
    if found.period:
        told = _(
            "Sales and invoices are not both of {period}: sales are of {sold}, invoices of the file of {invoiced}. "
            "Fetch or export that month, or ask for another."
        )
    return told.format(period=found.period, sold=", ".join(found.sold), invoiced=", ".join(found.invoiced))


def _next_step(each: Billed) -> str:
    if each.by in _NOT_FOUND and each.expected:
        return _NOT_FOUND[each.by]
    if each.difference <= 0:
        return ""
    return _LESS if each.billed else _NOTHING


def _plot(name: str, found: BilledReport) -> Bars:
    from connector.cli.report.plots import Bars

    return Bars.largest(
        _("{name}: expected and not billed").format(name=name),
        _("What was sold and not billed, by customer and month."),
        ((f"{each.period} {each.name}", each.difference) for each in found.comparison.rows if each.difference > 0),
    )


def _as_json(name: str, found: BilledReport) -> dict[str, Any]:
    return {
        "administration": name,
        "form": found.form,
        "months": list(found.months),
        "months_sold": list(found.sold),
        "months_invoiced": list(found.invoiced),
        "rows": [
            {
                "period": each.period,
                "debtor": each.debtor or None,
                "found_by": each.by.value,
                "customer": each.name,
                "account_ids": list(each.customers),
                "expected": Money(minor=each.expected),
                "billed": None if each.billed is None else Money(minor=each.billed),
                "difference": Money(minor=each.difference),
                "next": _(_next_step(each)) or None,
            }
            for each in found.comparison.rows
        ],
        "others": Money(minor=found.comparison.others),
        "nobody": Money(minor=found.nobody),
        "unknown_accounts": {account: Money(minor=minor) for account, minor in sorted(found.unknown.items())},
        "doubtful": doubtful_as_json(found.doubtful),
        "remarks": past.as_json(found.remarks),
    }
