"""``connector status``: where the euros stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, moment
from connector.texts import _, many, money

if TYPE_CHECKING:
    from connector.engine.status import Status, StatusRow

ROWS_SHOWN = 24
"""Rows without --all: a year of both directions."""


@click.command()
@options.common
@options.administrations
@click.option("--all", "every", is_flag=True, help="Every month; otherwise the last twelve of each direction.")
@filters.period("Only this month, as 2026-01.")
def command(face: Face, *, every: bool, period: str | None) -> None:
    """Show per direction and month what is held, ignored, ready, in delivery and posted, in euros without VAT.

    The exit code is 0 also when documents are held: being held is a state, not an error.
    """
    from connector.cli import working
    from connector.engine import status

    with working.opened(face) as connector:
        seen = [status.status(connector.place, connector.books(each)) for each in face.administrations]
    if period:
        seen = [each.only(period) for each in seen]
    for each in seen:
        face.out.heading(each.administration)
        _table(face, each, status.STATES, every=every or period is not None)
        face.out.text(*_remarks(each))
    face.out.answer({"administrations": [_as_json(each, status.STATES) for each in seen]})


def _table(face: Face, seen: Status, states: tuple[str, ...], *, every: bool) -> None:
    rows = list(seen.rows)
    if not every:
        rows = [row for name in ("purchase", "sale") for row in _last_year([r for r in rows if r.direction == name])]
    face.out.table(
        [
            column("Direction"),
            column("Period"),
            *(amount(state.capitalize()) for state in states),
            amount("Source"),
        ],
        [
            (
                State(name=row.direction),
                row.period or _("no date"),
                *(Money(minor=row.net(state)) for state in states),
                Money(minor=row.source),
            )
            for row in rows
        ],
        total=("", "", *(Money(minor=sum(row.net(state) for row in rows)) for state in states),
               Money(minor=sum(row.source for row in rows))),
        empty=_("Nothing was fetched yet. Run 'connector sync'."),
    )  # fmt: skip
    if len(rows) < len(seen.rows):
        face.out.text(_("Earlier months are left out; --all shows them."))


def _last_year(rows: list[StatusRow]) -> list[StatusRow]:
    return rows[-ROWS_SHOWN // 2 :]


def _remarks(seen: Status) -> Iterator[str]:
    """What wants attention, in sentences."""
    if seen.held_documents:
        yield many(
            "1 document is held: 'connector findings' says why and what to do.",
            "{number} documents are held: 'connector findings' says why and what to do.",
            seen.held_documents,
        )
    if seen.waiting_documents:
        yield many(
            "1 entry waits for approval: 'connector entries list --state ready'.",
            "{number} entries wait for approval: 'connector entries list --state ready'.",
            seen.waiting_documents,
        )
    for (state, reason), number in seen.on_the_way.items():
        told = many(
            "1 entry is in delivery ({{state}}): {{reason}}",
            "{number} entries are in delivery ({{state}}): {{reason}}",
            number,
        )
        yield told.format(state=texts.state(state), reason=texts.reason(reason))
    if seen.on_the_way:
        yield _("'connector sync' sends what is approved.")
    if seen.deferral_minor:
        yield _("{euros} is booked in full and awaits deferral.").format(euros=money(seen.deferral_minor))
    if seen.last_fetch is not None:
        yield _("Last fetched: {moment}.").format(moment=moment(seen.last_fetch))


def _as_json(seen: Status, states: tuple[str, ...]) -> dict[str, Any]:
    return {
        "administration": seen.administration,
        "last_fetch": seen.last_fetch,
        "held_documents": seen.held_documents,
        "waiting_documents": seen.waiting_documents,
        "in_delivery": [
            {"state": state, "reason": reason, "entries": number} for (state, reason), number in seen.on_the_way.items()
        ],
        "awaiting_deferral": Money(minor=seen.deferral_minor),
        "source": Money(minor=seen.source),
        "totals": {state: Money(minor=seen.total(state)) for state in states},
        "periods": [
            {
                "direction": row.direction,
                "period": row.period or None,
                "source": Money(minor=row.source),
                "states": {
                    state: {"documents": documents, "lines": lines, "net": Money(minor=net)}
                    for state in states
                    for documents, lines, net in [row.sums.get(state, (0, 0, 0))]
                },
            }
            for row in seen.rows
        ],
    }
