"""``connector mapping coverage``: which euros the tables have a row for, and what would happen tomorrow."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from connector.cli import filters, options, working
from connector.cli.mapping import coverage_tables, tables
from connector.cli.options import Face
from connector.cli.output import Money
from connector.config import Administration
from connector.domain.coverage import UNKNOWN_TYPE, Cover
from connector.domain.dates import months_back
from connector.domain.invoice import Direction
from connector.domain.rules import CHARGE_TYPES, fold
from connector.engine.coverage import Coverage, CoverageRow, Tomorrow, added_up, coverage, shares
from connector.engine.run import MappingFiles
from connector.texts import next_step, sentence


@click.command()
@options.common
@options.administrations
@click.option("--months", type=click.IntRange(1, 240), default=12, show_default=True, help="How many months back.")
@filters.direction()
@click.option(
    "--charge-type", metavar="TYPE", shell_complete=lambda _ctx, _param, begun: charge_types(begun),
    help="Only this charge type; '' for lines without one.",
)  # fmt: skip
@click.option("--uncovered", is_flag=True, help="List only what is not covered.")
@click.option("--without-customers", is_flag=True, help="Add up the customers.")
@click.option("--all", "every", is_flag=True, help=f"Every row; otherwise the {coverage_tables.ROWS_SHOWN} largest.")
@tables.version
def command(
    face: Face,
    *,
    months: int,
    direction: str | None,
    charge_type: str | None,
    uncovered: bool,
    without_customers: bool,
    every: bool,
    number: int | None,
) -> None:
    """Show which euros the tables have a row for: by charge type, product group, customer and VAT.

    Counts the current lines of documents dated in the last months, largest first. 'covered' means that a row says
    what the line is; 'by default' that only a row which takes anything gives the account; 'left out' that a row
    ignores it; 'not covered' that it is held. Then what would happen tomorrow to a usual line of each charge type,
    of none, and of an unknown one.
    """
    first = months_back(face.today, months) + datetime.timedelta(days=1)
    ways = tuple(each for each in Direction if direction in (None, each.value))
    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            books, files = connector.books(administration), tables.meant(connector, administration, number)
            found = coverage(
                connector.place(books), books, files.mapping, first=first, last=face.today, directions=ways
            )
            if charge_type is not None:
                found = _only(found, charge_type)
            rows = added_up(found.rows) if without_customers and face.json else found.rows
            listed = [row for row in rows if not uncovered or row.verdict.cover is Cover.UNCOVERED]
            if not face.json:
                coverage_tables.show(
                    face, administration, books, found, listed, customers=not without_customers, every=every
                )
            else:
                answer.append(_as_json(administration, files, found, listed))
    face.out.answer({"coverage": answer})


def charge_types(begun: str) -> list[str]:
    """The documented charge types that begin so, for a shell."""
    return [each for each in CHARGE_TYPES if fold(each).startswith(fold(begun))]


def _only(found: Coverage, charge_type: str) -> Coverage:
    wanted = fold(charge_type)
    return msgspec.structs.replace(
        found, rows=tuple(row for row in found.rows if fold(row.situation.charge_type) == wanted)
    )


def _as_json(
    administration: Administration, files: MappingFiles, found: Coverage, listed: Sequence[CoverageRow]
) -> dict[str, Any]:
    return {
        "administration": administration.name,
        "mapping": {"set": files.name, "sha256": files.hash},
        "first": found.first,
        "last": found.last,
        "totals": [
            {
                "direction": direction,
                "currency": currency,
                "class": cover.value,
                "lines": lines,
                "net": Money(minor=net, currency=currency),
                "turnover": Money(minor=turnover, currency=currency),
            }
            for (direction, currency, cover), (net, lines, turnover) in shares(found.rows).items()
        ],
        "rows": [_row_json(row) for row in listed],
        "tomorrow": [_tomorrow_json(each) for each in found.tomorrow],
    }


def _row_json(row: CoverageRow) -> dict[str, Any]:
    situation = msgspec.structs.asdict(row.situation)
    return situation | {
        "customer": row.customer_id,
        "customer_name": row.customer_name,
        "lines": row.lines,
        "net": Money(minor=row.net, currency=row.situation.currency),
        "vat": Money(minor=row.vat, currency=row.situation.currency),
        "turnover": Money(minor=row.turnover, currency=row.situation.currency),
        "class": row.verdict.cover.value,
        "account": row.verdict.account or None,
        "tax": row.verdict.tax or None,
        "rows": [{"column": each.column} | tables.choice_json(each) for each in row.verdict.rows],
        "codes": row.verdict.codes,
    }


def _tomorrow_json(each: Tomorrow) -> dict[str, Any]:
    unknown = each.line.charge_type == UNKNOWN_TYPE
    return {
        "direction": each.line.direction,
        "charge_type": None if unknown else each.line.charge_type,
        "unknown_charge_type": unknown,
        "usual": {name: getattr(each.line, name) for name in ("sender", "currency", "rate", "zone", "billing")}
        | {"customer": each.line.customer_id},
        "class": each.verdict.cover.value,
        "account": each.verdict.account or None,
        "tax": each.verdict.tax or None,
        "rows": [{"column": one.column} | tables.choice_json(one) for one in each.verdict.rows],
        "problems": [
            {"code": one.code, "sentence": sentence(one), "next_step": next_step(one)} for one in each.problems
        ],
    }
