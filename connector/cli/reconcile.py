"""``connector reconcile``: what was posted beside what the bookkeeping software holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options, working
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.config import Administration
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.engine.reconcile import Compared, Reconciliation


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@filters.period("Only entries of this ledger period, as 2026-01.")
@click.option("--rebuild", is_flag=True, help="After a lost database: link what the ledger holds already.")
@click.pass_context
def command(ctx: click.Context, face: Face, *, yes: bool, period: str | None, rebuild: bool) -> None:
    """Compare what was posted with what the bookkeeping software holds.

    Matched, different (date, amounts, VAT, draft), missing there, or unexpected: an entry with a key of ours that we
    do not count as posted. Nothing is sent. Ends with exit code 20 when anything is not matched.

    With --rebuild, entries that the ledger holds with the same key and content become posted, in your name: for a
    new database, after 'connector sync' has fetched and prepared, so that nothing is approved and posted again.
    """
    from connector.cli.failure import DIFFERENCE

    if rebuild and not face.out.confirm(_("Take what the ledger holds under our keys for posted?"), yes=yes):
        face.out.text(_("Nothing was changed."))
        return
    with working.opened(face) as connector:

        def compared(administration: Administration) -> Reconciliation:
            found = connector.reconcile(administration, period=period, rebuild=rebuild)
            face.out.heading(administration.name)
            _show(face, found)
            return found

        done = working.each(face, compared)
    face.out.answer({"administrations": [_as_json(each) for each in done.results], "errors": done.errors()})
    done.end()
    if any(each.open for each in done.results):
        ctx.exit(DIFFERENCE)


def _show(face: Face, found: Reconciliation) -> None:
    from connector.engine.reconcile import Match

    periods = sorted({period for period, _match in found.sums})
    face.out.table(
        [column("Period"), *(amount(match.value.capitalize()) for match in Match), amount("Matched total")],
        [
            (
                period,
                *(found.sums.get((period, match), (0, 0))[0] for match in Match),
                Money(minor=found.sums.get((period, Match.MATCHED), (0, 0))[1]),
            )
            for period in periods
        ],
        empty=_("Neither side has an entry here."),
    )
    if found.linked:
        face.out.text("", many("1 entry was linked.", "{number} entries were linked.", found.linked))
    if not found.open:
        return
    face.out.text("")
    face.out.table(
        [column("Document"), column("Period"), column("Match"), amount("Total"), column("Reference", spare=1),
         prose("What differs")],
        [
            (each.number, each.period, State(name=each.match.value), Money(minor=each.total_minor), each.reference,
             _what(each))
            for each in found.open
        ],
    )  # fmt: skip
    face.out.text("", _("Look at each in the ledger; what is wrong there is corrected there, or by a new entry."))


def _what(compared: Compared) -> str:
    return compared.why or "; ".join(str(each) for each in compared.differences)


def _as_json(found: Reconciliation) -> dict[str, Any]:
    return {
        "administration": found.administration,
        "ledger": found.ledger,
        "linked": found.linked,
        "periods": [
            {"period": period, "match": match.value, "entries": count, "total": Money(minor=minor)}
            for (period, match), (count, minor) in sorted(
                found.sums.items(), key=lambda each: (each[0][0], each[0][1].value)
            )
        ],
        "open": [
            {
                "match": each.match.value,
                "key": each.key,
                "number": each.number,
                "period": each.period,
                "total": Money(minor=each.total_minor),
                "reference": each.reference or None,
                "why": each.why,
                "differences": [
                    {"field": one.field, "ours": one.ours, "theirs": one.theirs, "minor": one.minor}
                    for one in each.differences
                ],
            }
            for each in found.open
        ],
    }
