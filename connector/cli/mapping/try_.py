"""``connector mapping try``: what would happen to a line that is only described."""

from __future__ import annotations

import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click
import msgspec

from connector.cli import filters, options, working
from connector.cli.mapping import lines, tables
from connector.cli.mapping.coverage import charge_types
from connector.cli.options import DAY, Face
from connector.cli.output import Money
from connector.config import Administration
from connector.domain.combination import Combination
from connector.domain.coverage import USUAL_FIELDS, verdict
from connector.domain.invoice import Direction
from connector.domain.tax_scale import TaxScale, rate_text
from connector.engine import explain
from connector.engine.books import Books
from connector.texts import _, date, marked

USUAL = (*USUAL_FIELDS[1:], "customer_id")
"""What is taken from the administration's usual lines where it is not said."""
LONGEST_RATE = 12
EXAMPLE = 100_00
"""The amount of a line that is only described, in minor units: sentences speak of euros."""


NAMES = {
    "sender": marked("Sender"),
    "currency": marked("Currency"),
    "rate": marked("VAT rate"),
    "zone": marked("VAT zone"),
    "billing": marked("Billing"),
    "customer_id": marked("Customer"),
}
"""The names of the fields as facts show them."""


class Rate(click.ParamType[str]):
    """A VAT rate in percent, with a point or a comma; '' for none."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The rate as the mapping sees it: '21', '5.5', ''."""
        text = str(value).strip().removesuffix("%").strip().replace(",", ".")
        try:
            rate = Decimal(text) if text else None
        except InvalidOperation:
            rate = Decimal("NaN")
        if rate is not None and not (rate.is_finite() and 0 <= rate <= 100 and len(text) <= LONGEST_RATE):
            self.fail(f"'{value}' is no VAT rate in percent; write it as 21 or 5.5", param, ctx)
        return rate_text(rate, TaxScale.PERCENT)


@click.command()
@options.common
@options.administrations
@tables.version
@filters.direction("Bought or sold. Default: purchase.")
@click.option(
    "--charge-type", metavar="TYPE", shell_complete=lambda _ctx, _param, begun: charge_types(begun),
    help="As Copaco says it, for example 'Cycle Fee'; any other is taken too.",
)  # fmt: skip
@click.option("--product-group", "category", metavar="NAME", help="The plan category.")
@click.option("--plan", "plan_name", metavar="NAME", help="The name of the plan.")
@click.option("--plan-id", metavar="ID", help="The PlanID.")
@click.option("--customer", "customer_id", metavar="ID", help="The AccountID of the customer. Default: the usual one.")
@click.option("--customer-number", metavar="NUMBER", help="The CustomerNumber.")
@click.option("--customer-name", metavar="NAME", help="The customer's name.")
@click.option("--billing", metavar="RHYTHM", help="Monthly, Yearly or One Time. Default: the usual one.")
@click.option("--sign", type=click.Choice(("+", "-")), help="Whether the amount is charged or given back. Default: +.")
@click.option("--sender", metavar="NUMBER", help="The VAT number of who issues the document. Default: the usual one.")
@click.option("--currency", metavar="CODE", help="Default: the usual one.")
@click.option("--rate", type=Rate(), help="The stated VAT rate; '' for none. Default: the usual one.")
@click.option("--zone", metavar="CODE", help="The stated tax zone. Default: the usual one.")
@click.option("--cost-center", metavar="CODE", help="The cost centre of the customer at Copaco.")
@click.option("--po-number", metavar="NUMBER", help="The purchase order number.")
@click.option("--date", "on", type=DAY, help="The date of the document. Default: today.")
def command(
    face: Face, /, *, number: int | None, direction: str | None, on: datetime.datetime | None, **given: str | None
) -> None:
    """Show what would happen to a line that you describe: each result with the row that gives it.

    What you leave out is as usual in the newest documents of the administration, where there are any. A charge type,
    plan or customer that nobody knows is no error: the answer is what would happen to it.
    """
    day, way = on.date() if on else face.today, Direction(direction or "purchase")
    said = {name: value for name, value in given.items() if value is not None}
    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            books, files = connector.books(administration), tables.meant(connector, administration, number)
            usual = explain.usual_lines(connector.place(books), books, [way]).get(way)
            line, taken = _line(books, way, said, usual)
            found, decision = verdict(files.mapping, line, on=day, own_country=books.country)
            _show(face, administration, line, taken, day)
            tables.show_decision(face, decision, files.mapping.chart, _minor(line))
            answer.append(
                {
                    "administration": administration.name,
                    "mapping": {"set": files.name, "sha256": files.hash},
                    "date": day,
                    "line": lines.combination_json(line),
                    "usual": taken,
                    "class": found.cover.value,
                    "decision": tables.decision_json(decision, _minor(line)),
                }
            )
    face.out.answer({"lines": answer})


def _line(
    books: Books, way: Direction, said: dict[str, str], usual: Combination | None
) -> tuple[Combination, list[str]]:
    """The line that is described, and the fields that were taken from the usual one."""
    known = Combination(direction=way.value, currency=books.currency) if usual is None else usual
    taken = [] if usual is None else [name for name in USUAL if name not in said and getattr(usual, name)]
    if way is Direction.PURCHASE and "customer_id" in taken:
        # Whose cost it is decides little, and a rule for this one customer would surprise.
        taken.remove("customer_id")
        known = msgspec.structs.replace(known, customer_id="")
    return msgspec.structs.replace(known, **said), taken


def _minor(line: Combination) -> int:
    return -EXAMPLE if line.sign == "-" else EXAMPLE


def _show(face: Face, administration: Administration, line: Combination, taken: list[str], day: datetime.date) -> None:
    face.out.heading(administration.name)
    face.out.facts(lines.facts(line) | {"Net": Money(minor=_minor(line), currency=line.currency), "Document date": day})
    if taken:
        names = ", ".join(_(NAMES[name]) for name in taken)
        face.out.text(_("As usual in the newest documents: {names}.").format(names=names))
    face.out.text("", _("What would happen on {day}:").format(day=date(day)))
