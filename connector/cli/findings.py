"""``connector findings``: what is wrong with documents, gravest first, and the next step; what a person accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from connector.cli import accepting, filters, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.texts import _, many, next_step, sentence, severity

if TYPE_CHECKING:
    from connector.engine.in_force import Leak, Seen

LEAKS = ("COST-WITHOUT-SALE", "SALE-WITHOUT-COST", "CUSTOMER-WITHOUT-INVOICE")


@click.group(invoke_without_command=True)
@options.common
@options.administrations
@click.option("--code", metavar="CODE", help="Only this code; for a leak, the lines behind it.")
@click.option(
    "--severity", "weight", type=filters.Severity(), help="Only findings of this weight; also in the words of JSON."
)
@filters.period()
@click.pass_context
def command(ctx: click.Context, face: Face, *, code: str | None, weight: str | None, period: str | None) -> None:
    """List what is wrong with documents, gravest first, and the next step.

    'hold' keeps a document out of the books, 'warning' books it, 'notice' only tells. What was bought and not
    sold on, and the reverse, is summed per month; --code COST-WITHOUT-SALE and --code SALE-WITHOUT-COST show
    the lines, --code CUSTOMER-WITHOUT-INVOICE the customers.
    """
    if ctx.invoked_subcommand is not None:
        return
    from connector.cli import working
    from connector.engine import in_force

    code = code.upper() if code else None
    found: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            books = connector.books(administration)
            seen = [
                each
                for each in in_force.findings(connector.place(books), books)
                if code in (None, each.found.finding.code)
                and weight in (None, filters.WEIGHTS[each.found.severity.value])
                and period in (None, each.period)
            ]
            face.out.heading(administration.name)
            _table(face, seen)
            _totals(face, seen)
            found += [_as_json(administration.name, each) for each in seen]
            if code in LEAKS:
                leaks = [
                    each
                    for each in in_force.leaks(connector.place(books), books, code or "")
                    if period in (None, each.period)
                ]
                _lines(face, leaks)
                lines += [{"administration": administration.name} | _leak(each) for each in leaks]
    face.out.answer({"findings": found} | ({"lines": lines} if code in LEAKS else {}))


command.add_command(accepting.accept)


def _table(face: Face, seen: Sequence[Seen]) -> None:
    face.out.table(
        [
            column("Weight"),
            column("Code"),
            column("Document"),
            amount("Amount"),
            prose("What is wrong"),
            prose("Next step"),
        ],
        [
            (
                severity(each.found.severity),
                each.found.finding.code,
                each.standing.number if each.standing else each.period,
                Money(minor=each.found.finding.minor) if each.found.finding.minor else "",
                sentence(each.found.finding),
                accepting.what_now(each.found),
            )
            for each in seen
        ],
        empty=_("There are no findings."),
    )


def _totals(face: Face, seen: Sequence[Seen]) -> None:
    if not seen:
        return
    by_code: dict[str, list[Seen]] = {}
    for each in seen:
        by_code.setdefault(each.found.finding.code, []).append(each)
    face.out.text("")
    face.out.table(
        [column("Weight"), column("Code"), amount("Findings"), amount("Amount")],
        [
            (
                severity(each[0].found.severity),
                code,
                len(each),
                Money(minor=sum(one.found.finding.minor for one in each)),
            )
            for code, each in by_code.items()
        ],
    )


def _lines(face: Face, leaks: Sequence[Leak]) -> None:
    face.out.text("")
    face.out.table(
        [column("Period"), column("Document"), prose("Customer"), prose("Description"), amount("Net")],
        [(each.period, each.number, each.customer, each.description, Money(minor=each.net)) for each in leaks],
        total=("", "", "", many("1 line", "{number} lines", len(leaks)), Money(minor=sum(each.net for each in leaks))),
    )


def _as_json(administration: str, each: Seen) -> dict[str, Any]:
    standing, finding = each.standing, each.found.finding
    return {
        "administration": administration,
        "severity": each.found.severity.value,
        "code": finding.code,
        "direction": standing.direction if standing else None,
        "number": standing.number if standing else None,
        "customer": standing.customer if standing else None,
        "period": each.period or None,
        "where": finding.where,
        "amount": Money(minor=finding.minor),
        "sentence": sentence(finding),
        "next_step": _(accepting.IN_THE_BOOKS) if each.found.booked else next_step(finding),
        "in_the_books": each.found.booked,
        "values": dict(finding.values),
        "accepted": accepting.as_json(each.found.accepted),
    }


def _leak(each: Leak) -> dict[str, Any]:
    return {
        "period": each.period,
        "number": each.number,
        "customer": each.customer,
        "description": each.description,
        "net": Money(minor=each.net),
    }
