"""``connector reconcile``: what was posted beside what the ledger holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import filters, options
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.domain.reconciliation import Difference
    from connector.engine.deviations import Deviation, Reconciliation


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@filters.period("Only this month, as 2026-01.")
@click.option("--rebuild", is_flag=True, help="Link entries that the ledger holds from us and that we do not count as "
              "posted; nothing is sent.")  # fmt: skip
@click.option("--reason", default="", metavar="TEXT", help="With --rebuild: why, for the record.")
@click.pass_context
def command(
    ctx: click.Context, face: Face, *, yes: bool, dry_run: bool, period: str | None, rebuild: bool, reason: str
) -> None:
    """Compare what was posted with what the ledger holds, entry by entry, to the cent.

    Matched; missing (we have a receipt, the ledger does not hold it); different (date, currency, total,
    accounts, VAT, or still a draft there); unexpected (the ledger holds it under a key of ours, and we do not
    count it as posted). Nothing is sent. Ends with exit code 20 when anything differs.

    --rebuild is for after a lost database: fetch and prepare first. Entries that the ledger holds under the same
    key, with the same content, become posted in your name without being approved one by one.
    """
    from connector.cli import working
    from connector.cli.failure import DIFFERENCE

    if rebuild and not dry_run and not reason.strip():
        raise click.UsageError("--rebuild needs --reason: why links are restored, for whoever looks at them later.")
    with working.opened(face) as connector:
        done = working.each(face, connector.reconcile)
        for each in done.results:
            show(face, each.only(period) if period else each, offering=not rebuild)
        if rebuild and _agreed(face, done.results, yes=yes, dry_run=dry_run):
            done.results[:] = _rebuilt(face, connector, done.results, reason.strip())
    shown = [each.only(period) if period else each for each in done.results]
    face.out.answer({"administrations": [as_json(each) for each in shown], "errors": done.errors()})
    done.end()
    if not all(each.agrees for each in shown):
        ctx.exit(DIFFERENCE)


def _agreed(face: Face, found: Sequence[Reconciliation], *, yes: bool, dry_run: bool) -> bool:
    number = sum(each.linkable for each in found)
    if not number:
        face.out.text(_("There is no entry to link."))
        return False
    if dry_run:
        face.out.text(many("1 entry would be linked.", "{number} entries would be linked.", number))
        return False
    question = many(
        "Link this entry to what the ledger holds? Nothing is sent.",
        "Link these {number} entries to what the ledger holds? Nothing is sent.",
        number,
    )
    if face.out.confirm(question, yes=yes):
        return True
    face.out.text(_("Nothing was linked."))
    return False


def _rebuilt(face: Face, connector: Connector, found: Sequence[Reconciliation], reason: str) -> list[Reconciliation]:
    """Each of ``found`` after its links were restored; those without any as they were."""
    after = []
    for each in found:
        if not each.linkable:
            after.append(each)
            continue
        (administration,) = face.settings.select((each.administration,))
        again = connector.reconcile(administration, rebuild=reason)
        show(face, again, offering=False)
        after.append(again)
    return after


def show(face: Face, found: Reconciliation, *, offering: bool) -> None:
    """Show the sums per month, then every entry on which the two sides do not agree."""
    from connector.engine.deviations import Standing

    face.out.heading(found.administration)
    if found.linked:
        face.out.text(many("1 entry was linked.", "{number} entries were linked.", len(found.linked)))
    face.out.table(
        [
            column("Direction"),
            column("Period"),
            amount("Matched"),
            amount("Total"),
            amount("Missing"),
            amount("Different"),
            amount("Unexpected"),
        ],
        [
            (
                State(name=direction),
                period,
                row.get(Standing.MATCHED, (0, 0))[0],
                Money(minor=row.get(Standing.MATCHED, (0, 0))[1]),
                *(row.get(each, (0, 0))[0] for each in Standing if each is not Standing.MATCHED),
            )
            for (direction, period), row in found.sums.items()
        ],
        empty=_("Nothing was posted, and the ledger holds nothing from us."),
    )
    if found.agrees:
        face.out.text(_("The ledger holds what was posted, and nothing else from us."))
        return
    face.out.text("")
    face.out.table(
        [
            column("Differs"),
            column("Document"),
            amount("Entry", spare=2),
            column("Period", spare=1),
            amount("Total"),
            column("Reference", spare=3),
            prose("What"),
        ],
        [
            (
                State(name=each.standing.value),
                each.number or each.key,
                each.entry_id or "",
                each.period,
                Money(minor=each.total_minor, currency=each.currency or "EUR"),
                each.reference,
                _what(each),
            )
            for each in found.deviations
        ],
    )
    if found.linkable and offering:
        face.out.text(
            many(
                "1 of them only misses its link: 'connector reconcile --rebuild' restores it.",
                "{number} of them only miss their link: 'connector reconcile --rebuild' restores it.",
                found.linkable,
            )
        )


def _what(each: Deviation) -> str:
    told = [texts.reason(each.why)] if each.why else []
    told += [_told(difference, each.currency) for difference in each.differences]
    told += [f"{account} {Money(minor=minor, currency=each.currency or 'EUR')}"
             for account, minor in sorted(each.accounts.items())]  # fmt: skip
    return "; ".join(told)


def _told(difference: Difference, currency: str) -> str:
    """A difference in the reader's language, with its cents."""
    from connector.domain.reconciliation import AMOUNTS, CONTENT, DRAFT

    if difference.field == DRAFT:
        return _("still a draft in the ledger")
    if difference.field == CONTENT:
        return _("other content was sent under this key")
    ours, theirs = texts.shown(difference.ours), texts.shown(difference.theirs)
    told = _("{what}: {ours} posted, {theirs} in the ledger").format(
        what=f"{_(difference.field)} {difference.what}".rstrip(), ours=ours, theirs=theirs
    )
    return f"{told} ({Money(minor=difference.minor, currency=currency)})" if difference.field in AMOUNTS else told


def as_json(found: Reconciliation) -> dict[str, Any]:
    """A reconciliation as JSON."""
    from connector.engine.deviations import Standing

    return {
        "administration": found.administration,
        "ledger": found.ledger,
        "agrees": found.agrees,
        "periods": [
            {
                "direction": direction,
                "period": period,
                **{
                    each.value: {"entries": row.get(each, (0, 0))[0], "total": Money(minor=row.get(each, (0, 0))[1])}
                    for each in Standing
                },
            }
            for (direction, period), row in found.sums.items()
        ],
        "deviations": [_as_json(each) for each in found.deviations],
        "linkable": found.linkable,
        "linked": [_as_json(each) for each in found.linked],
    }


def _as_json(each: Deviation) -> dict[str, Any]:
    currency = each.currency or "EUR"
    return {
        "standing": each.standing.value,
        "key": each.key,
        "number": each.number,
        "direction": each.direction,
        "period": each.period,
        "entry": each.entry_id,
        "delivery": each.delivery_id,
        "reference": each.reference,
        "total": Money(minor=each.total_minor, currency=currency),
        "why": each.why,
        "linkable": each.linkable,
        "differences": [
            {
                "field": one.field,
                "what": one.what,
                "ours": one.ours,
                "theirs": one.theirs,
                "difference": Money(minor=one.minor, currency=currency),
            }
            for one in each.differences
        ],
        "accounts": {account: Money(minor=minor, currency=currency) for account, minor in each.accounts.items()},
    }
