"""``connector invoices total``: the total that a person read on the PDF of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector.cli import choosing, filters, options
from connector.cli.options import Face
from connector.cli.output import Money, State
from connector.texts import _

if TYPE_CHECKING:
    from connector.engine.look import Standing
    from connector.engine.printed import Compared


# An amount may begin with a minus, which is no option.
@click.command(context_settings={"ignore_unknown_options": True})
@options.common
@options.administrations
@options.acting
@filters.direction("Only the document of this direction.")
@choosing.customer
@click.argument("number", metavar="NUMBER")
@click.argument("amount", metavar="AMOUNT")
def total(face: Face, *, direction: str | None, customer: str | None, number: str, amount: str) -> None:
    """Enter the total, including VAT, that is printed on the PDF of a document.

    It is compared with the document now and at every later version. If it differs, 'connector sync' holds the
    document as long as it is not sent. Entered again, the newest amount counts. Write it as 1234.56 or 1234,56.
    """
    from connector.cli import working
    from connector.engine import printed

    with working.opened(face) as connector:
        wanted = [
            (administration, each)
            for administration in face.administrations
            for each in printed.on_paper(*connector.at(administration), number)
            if choosing.meant(each, number, direction, customer)
        ]
        administration, standing = choosing.only(
            wanted,
            lambda each: each,
            nothing=f"There is no invoice {number}; 'connector invoices list' shows which documents there are "
            "(specifications of end customers are no invoices and have no printed total).",
            several=f"documents have the number {number}",
        )
        compared = printed.enter(
            *connector.at(administration),
            standing,
            _minor(amount, standing.currency),
            actor=face.actor,
        )
    _show(face, administration.name, standing, compared)


def _minor(amount: str, currency: str) -> int:
    from connector.domain.printed import read_amount

    try:
        return read_amount(amount, currency)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def _show(face: Face, administration: str, standing: Standing, compared: Compared) -> None:
    def money(minor: int) -> Money:
        return Money(minor=minor, currency=standing.currency)

    face.out.heading(f"{standing.number}  {standing.party}")
    face.out.facts(
        {
            "Administration": administration,
            "State": State(name=standing.state.value),
            "Total of the document": money(compared.total),
            "Total on the PDF": money(compared.printed),
        }
        | ({"Difference": money(compared.difference)} if compared.difference else {})
    )
    face.out.text("", _verdict(standing, compared))
    face.out.answer(
        {
            "administration": administration,
            "direction": standing.direction,
            "number": standing.number,
            "customer": standing.customer,
            "state": standing.state,
            "total": money(compared.total),
            "printed": money(compared.printed),
            "difference": money(compared.difference),
            "confirmed": compared.difference == 0,
            "actor": face.actor,
        }
    )


def _verdict(standing: Standing, compared: Compared) -> str:
    """What comes of it, by how far the document is."""
    if not compared.difference:
        return _("They are equal; 'connector findings' tells it after the next sync.")
    if standing.state.value == "posted":
        return _("They differ, and the document is booked: ask Copaco which one is right, and for a credit note.")
    if standing.state.value == "ignored":
        return _("They differ. The document is ignored, so nothing is booked of it.")
    return _("They differ: 'connector sync' holds the document, unless it was sent already.")
