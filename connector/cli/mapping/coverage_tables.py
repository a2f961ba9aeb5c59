"""Coverage as people read it: a bar per class, the rows largest first, and tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connector import texts
from connector.cli.mapping import tables
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.config import Administration
from connector.domain.coverage import UNKNOWN_TYPE, Verdict
from connector.domain.finding import Finding
from connector.engine.books import Books
from connector.engine.coverage import Coverage, CoverageRow, Tomorrow, added_up, shares
from connector.texts import _, many, next_step, sentence

ROWS_SHOWN = 30
"""Rows that are shown without --all."""
CUSTOMERS_SHOWN = 15
"""Rows of single customers that are shown without --all."""
BAR = 24
"""How many signs the bar of a class is long when it has everything."""


def show(
    face: Face,
    administration: Administration,
    books: Books,
    found: Coverage,
    listed: Sequence[CoverageRow],
    *,
    customers: bool,
    every: bool,
) -> None:
    """Show it all; of the rows ``listed`` the largest, or every one, with or without telling customers apart."""
    face.out.heading(administration.name)
    face.out.text(
        _("Documents dated {first} to {last}.").format(first=texts.date(found.first), last=texts.date(found.last))
    )
    if books.sale == "report" and any(row.situation.direction == "sale" for row in found.rows):
        face.out.text(_("Sales are compared only (sale = report): this is what the tables would do with them."))
    _totals(face, found.rows)
    if found.rows:
        face.out.text("")
        _rows(face, added_up(listed), every=every)
        if customers and listed:
            face.out.heading(_("By customer, the largest first"))
            _rows(face, listed, customers=True, every=every)
        _holding(face, listed, found.examples)
    _tomorrow(face, found.tomorrow)


def _totals(face: Face, rows: Sequence[CoverageRow]) -> None:
    totals = shares(rows)
    whole: dict[tuple[str, str], int] = {}
    for (direction, currency, _cover), (_net, _lines, turnover) in totals.items():
        whole[direction, currency] = whole.get((direction, currency), 0) + turnover
    face.out.table(
        [
            column("Direction"),
            column("Coverage"),
            amount("Lines"),
            amount("Net"),
            amount("Share"),
            column("Bar", spare=1),
        ],
        [
            (
                State(name=direction),
                State(name=cover.value),
                lines,
                Money(minor=net, currency=currency),
                texts.percent(_percent(turnover, whole[direction, currency])),
                _bar(turnover, whole[direction, currency]),
            )
            for (direction, currency, cover), (net, lines, turnover) in totals.items()
        ],
        empty=_("There are no lines in this time."),
    )


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / (whole or 1)).quantize(Decimal("0.01"))


def _bar(part: int, whole: int) -> str:
    """A bar as long as its share; what is there at all has a sign."""
    return "█" * max(BAR * part // (whole or 1), 1 if part else 0)


def _rows(face: Face, listed: Sequence[CoverageRow], *, customers: bool = False, every: bool) -> None:
    shown = listed if every else listed[: CUSTOMERS_SHOWN if customers else ROWS_SHOWN]
    face.out.table(
        [
            column("Coverage"),
            column("Direction", spare=3),
            prose("Charge"),
            prose("Product group", spare=1 if customers else 0),
            *([prose("Customer")] if customers else []),
            prose("VAT situation", spare=1),
            amount("Lines", spare=4),
            amount("Net"),
            column("Account"),
            column("VAT", spare=2),
            prose("Because of"),
        ],
        [
            (
                State(name=row.verdict.cover.value),
                State(name=row.situation.direction),
                _charge(row.situation.charge_type),
                row.situation.category,
                *([row.customer_name or row.customer_id] if customers else []),
                _situation(row),
                row.lines,
                Money(minor=row.net, currency=row.situation.currency),
                row.verdict.account,
                row.verdict.tax,
                _why(row.verdict),
            )
            for row in shown
        ],
        empty=_("Everything is covered."),
    )
    if len(shown) < len(listed):
        rest = len(listed) - len(shown)
        told = many("1 more row; --all shows it.", "{number} more rows; --all shows them.", rest)
        face.out.text(told)


def _holding(face: Face, listed: Sequence[CoverageRow], examples: dict[str, Finding]) -> None:
    """What each code that holds lines means, by an example, and what to do about it."""
    for code in dict.fromkeys(code for row in listed for code in row.verdict.codes):
        told = _("{code}, for example: {what}").format(code=code, what=sentence(examples[code]))
        face.out.text(told, f"  {_('Next')}: {next_step(examples[code])}")


def _charge(charge_type: str) -> str:
    return {"": _("(none)"), UNKNOWN_TYPE: _("(unknown)")}.get(charge_type, charge_type)


def _situation(row: CoverageRow) -> str:
    """The stated rate, the zone, and the other party's VAT country where it is another than the zone."""
    one = row.situation
    parts = [f"{one.rate} %" if one.rate else "", one.zone, one.country if one.country != one.zone else ""]
    return " ".join(part for part in parts if part)


def _why(verdict: Verdict) -> str:
    """The codes that hold a line, else the rows that give its account and VAT."""
    return (
        ", ".join(verdict.codes)
        if verdict.codes and "RULE-HOLD" not in verdict.codes
        else "; ".join(part for part in (", ".join(verdict.codes), tables.rows_told(verdict.rows)) if part)
    )


def _tomorrow(face: Face, lines: Sequence[Tomorrow]) -> None:
    if not lines:
        return
    face.out.heading(_("Tomorrow"))
    for direction in dict.fromkeys(each.line.direction for each in lines):
        usual = next(each.line for each in lines if each.line.direction == direction)
        told = _("A usual line ({direction}): {currency}, {rate} % VAT, sender {sender}, {billing}.")
        if direction == "sale":
            told = _("A usual line ({direction}): {currency}, {rate} % VAT, customer {customer}, {billing}.")
        face.out.text(
            told.format(
                direction=_(direction), currency=usual.currency, rate=usual.rate or "-", sender=usual.sender or "-",
                customer=usual.customer_id or "-", billing=usual.billing or "-",
            )
        )  # fmt: skip
    face.out.table(
        [
            column("Direction"),
            prose("Charge"),
            column("Coverage"),
            column("Account"),
            column("VAT"),
            prose("Because of"),
        ],
        [
            (
                State(name=each.line.direction),
                _charge(each.line.charge_type),
                State(name=each.verdict.cover.value),
                each.verdict.account,
                each.verdict.tax,
                _why(each.verdict),
            )
            for each in lines
        ],
    )
