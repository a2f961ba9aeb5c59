"""``connector status``: where the euros stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import filters, options
from connector.cli.api import urgent
from connector.cli.checks_safety import key_end
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, moment
from connector.cli.purged import purged_told
from connector.domain.key_life import KeyLife, key_life
from connector.texts import _, many, money, sentence

if TYPE_CHECKING:
    from connector.config import Administration
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

    More than three administrations have a line each, with what is wrong; -a, --all or --period shows their months.
    The exit code is 0 also when documents are held: being held is a state, not an error.
    """
    from connector.cli import overview, working
    from connector.engine import completeness, status, watched

    chosen = face.administrations
    with working.opened(face) as connector:
        if overview.is_wanted(face, asked_for_months=every or period is not None):
            overview.show(face, watched.everything(connector.everywhere))
            return
        places = [connector.at(each) for each in chosen]
        seen = [status.status(*each) for each in places]
        missing = [completeness.missing(*each) for each in places]
        last = [watched.last_run(*each) for each in places]
    if period:
        seen = [each.only(period) for each in seen]
    for administration, each, absent, ended in zip(chosen, seen, missing, last, strict=True):
        face.out.heading(each.administration)
        _tables(face, each, status.STATES, every=every or period is not None)
        face.out.text(*(sentence(one.finding) for one in absent), *_remarks(each), *_urgent(administration, face))
        face.out.text(*overview.of_run(face, administration, ended))
    face.out.answer(
        {
            "administrations": [
                _as_json(each, status.STATES)
                | {"missing_invoices": [one.month for one in absent]}
                | {"next_run": overview.next_run(face, administration), "last_run": overview.last_run_as_json(ended)}
                for administration, each, absent, ended in zip(chosen, seen, missing, last, strict=True)
            ]
        }
    )


def _urgent(administration: Administration, face: Face) -> Iterator[str]:
    """What a person should know who did not ask: a key or a version that ends."""
    if key_life(administration.source.key_expires, face.today) in (KeyLife.SOON, KeyLife.PASSED):
        yield ". ".join(key_end(administration, face.today) or ())
    yield from urgent(administration, face.today)


def _tables(face: Face, seen: Status, states: tuple[str, ...], *, every: bool) -> None:
    """A table with a total per direction: purchases and sales have none in common."""
    shown = 0
    for direction in ("purchase", "sale"):
        rows = seen.of(direction) if every else _last_year(seen.of(direction))
        shown += len(rows)
        if rows:
            _table(face, rows, states)
    if not seen.rows:
        face.out.text(_("Nothing was fetched yet. Run 'connector sync'."))
    if shown < len(seen.rows):
        face.out.text(_("Earlier months are left out; --all shows them."))


def _table(face: Face, rows: Sequence[StatusRow], states: tuple[str, ...]) -> None:
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
    )  # fmt: skip


def _last_year(rows: tuple[StatusRow, ...]) -> tuple[StatusRow, ...]:
    return rows[-ROWS_SHOWN // 2 :]


def _remarks(seen: Status) -> Iterator[str]:
    """What wants attention, in sentences."""
    yield from _waiting(seen)
    for (state, reason), number in seen.on_the_way.items():
        told = many(
            "1 entry is in delivery ({{state}}): {{reason}}",
            "{number} entries are in delivery ({{state}}): {{reason}}",
            number,
        )
        yield told.format(state=texts.state(state), reason=texts.reason(reason))
    for state, number in seen.reclassifications.items():
        told = many(
            "1 reclassification is not posted yet ({{state}}).",
            "{number} reclassifications are not posted yet ({{state}}).",
            number,
        )
        yield told.format(state=texts.state(state))
    if seen.on_the_way or seen.reclassifications:
        yield _("'connector sync' sends what is approved.")
    if cost := seen.deferral.get("purchase"):
        yield _("{euros} of cost is booked in full and awaits deferral.").format(euros=money(cost))
    if revenue := seen.deferral.get("sale"):
        yield _("{euros} of revenue is booked in full and awaits deferral.").format(euros=money(revenue))
    for source, (documents, net) in seen.compared_by_list.items():
        told = many(
            "{{list}} is only compared and is in none of these sums: 1 document, {{euros}}.",
            "{{list}} is only compared and is in none of these sums: {number} documents, {{euros}}.",
            documents,
        )
        yield told.format(list=source, euros=money(net))
    if seen.purged:
        yield purged_told(seen.purged, seen.purged_until)
    if seen.last_fetch is not None:
        yield _("Last fetched: {moment}.").format(moment=moment(seen.last_fetch))


def _waiting(seen: Status) -> Iterator[str]:
    """What waits for a person or for the next sync, and where to look."""
    if seen.held_documents:
        yield many(
            "1 document is held: 'connector findings' says why and what to do.",
            "{number} documents are held: 'connector findings' says why and what to do.",
            seen.held_documents,
        )
    if seen.unprepared:
        yield many(
            "1 document was fetched and waits to be prepared: 'connector sync'.",
            "{number} documents were fetched and wait to be prepared: 'connector sync'.",
            seen.unprepared,
        )
    if seen.kept_back:
        yield many(
            "1 entry is kept back by a person: 'connector entries list --state held'.",
            "{number} entries are kept back by a person: 'connector entries list --state held'.",
            seen.kept_back,
        )
    if seen.withdrawn:
        yield many(
            "1 document waits because a person gave up its entry: 'connector invoices list --state held'. "
            "It gets a new entry when tables or settings change.",
            "{number} documents wait because a person gave up their entries: 'connector invoices list --state held'. "
            "They get new entries when tables or settings change.",
            seen.withdrawn,
        )
    if seen.waiting_documents:
        yield many(
            "1 entry waits for approval: 'connector entries list --state ready'.",
            "{number} entries wait for approval: 'connector entries list --state ready'.",
            seen.waiting_documents,
        )


def _as_json(seen: Status, states: tuple[str, ...]) -> dict[str, Any]:
    return {
        "administration": seen.administration,
        "last_fetch": seen.last_fetch,
        "held_documents": seen.held_documents,
        "waiting_documents": seen.waiting_documents,
        "in_delivery": [
            {"state": state, "reason": reason, "entries": number} for (state, reason), number in seen.on_the_way.items()
        ],
        "reclassifications": seen.reclassifications,
        "kept_back": seen.kept_back,
        "withdrawn": seen.withdrawn,
        "unprepared": seen.unprepared,
        "awaiting_deferral": {
            "cost": Money(minor=seen.deferral.get("purchase", 0)),
            "revenue": Money(minor=seen.deferral.get("sale", 0)),
        },
        "purged": seen.purged,
        "only_compared": [
            {"list": source, "documents": documents, "net": Money(minor=net)}
            for source, (documents, net) in seen.compared_by_list.items()
        ],
        "totals": {
            direction: {
                "source": Money(minor=sum(row.source for row in rows)),
                **{state: Money(minor=sum(row.net(state) for row in rows)) for state in states},
            }
            for direction in ("purchase", "sale")
            for rows in [seen.of(direction)]
        },
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
