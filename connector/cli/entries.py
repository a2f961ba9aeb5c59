"""``connector entries``: journal entries; show and explain them, approve them, or keep them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, listed, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.caution import Caution
    from connector.engine.look import DeliveryView


@click.group()
def command() -> None:
    """List journal entries; show, approve or reject them.

    An entry is named by its id, its document number, or its key.
    """


@command.command("list")
@options.common
@options.administrations
@filters.state(filters.DELIVERY_STATES, "Only entries in this state; without it all but the cancelled ones.")
@filters.period("Only entries of this month, as 2026-01.")
def list_(face: Face, *, state: str | None, period: str | None) -> None:
    """List entries with where they stand on their way to the ledger."""
    from connector.cli import working
    from connector.engine import look

    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            found = [
                each
                for each in look.entry_list(*connector.at(administration))
                if (each.state == state if state else each.state != "cancelled") and period in (None, each.period)
            ]
            face.out.heading(administration.name)
            listed.table(face, found)
            answer += [listed.as_json(administration.name, each) for each in found]
    face.out.answer({"entries": answer})


@command.command()
@options.common
@options.administrations
@click.option("--all", "every", is_flag=True, help="Every line of every posting; otherwise the first ten.")
@click.argument("name", metavar="ID|NUMBER|KEY")
def show(face: Face, *, every: bool, name: str) -> None:
    """Show an entry and explain every posting.

    Under each posting: the lines whose cents it holds, which add up to it; the rows of the mapping tables that
    chose its account and VAT; and the bytes it all comes from.
    """
    from connector.cli import explaining, working

    with working.opened(face) as connector:
        chosen = listed.named(face, connector, (name,))
        shown = [explaining.explained(connector, administration, each) for administration, each in chosen]
    for each in shown:
        explaining.show(face.out, each, every=every)
    face.out.answer({"entries": [explaining.as_json(each) for each in shown]})


@command.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--all", "every", is_flag=True, help="Every entry that is ready.")
@filters.period("With --all: only entries of this month, as 2026-01.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@click.argument("names", nargs=-1, metavar="[ID|NUMBER|KEY]...")
def approve(
    face: Face, *, yes: bool, dry_run: bool, every: bool, period: str | None, reason: str, names: tuple[str, ...]
) -> None:
    """Let entries go to the ledger, in your name. 'connector sync' then sends them.

    Shows what they do to each account and what to look at first (warnings, a closed period, entries that the
    ledger files have already), and asks. Entries that a person keeps back, or that the ledger refused,
    are approved by name only. Where a second person must approve, your word is kept until another gives theirs.
    """
    from connector.cli import working
    from connector.engine import approval

    if bool(names) == every:
        raise click.UsageError("Name the entries to approve, or give --all.")
    if period and not every:
        raise click.UsageError("--period goes with --all.")
    with working.opened(face) as connector:
        chosen = _to_approve(face, connector, every, period, names)
        looks: dict[str, dict[int, Caution]] = {}
        if not chosen:
            face.out.text(_("There is nothing to approve."))
        for administration, mine in listed.by_administration(chosen):
            face.out.heading(administration.name)
            looks[administration.name] = _cautions(face, connector, administration, mine)
            listed.table(face, mine, looks[administration.name])
            _effect(face, connector, administration, mine)
        agreed = (
            bool(chosen)
            and not dry_run
            and face.out.confirm(many("Approve this entry?", "Approve these {number} entries?", len(chosen)), yes=yes)
        )
        approved = 0
        for administration, mine in listed.by_administration(chosen) if agreed else ():
            approved += approval.approve(
                *connector.at(administration),
                [each.delivery_id for each in mine],
                actor=face.actor,
                reason=reason or "approved",
            )
    if agreed:
        listed.tell_approved(face, approved, len(chosen) - approved)
    elif chosen:
        face.out.text(_("Nothing was approved."))
    face.out.answer(
        {
            "approved": approved,
            "second_wanted": len(chosen) - approved if agreed else 0,
            "dry_run": dry_run,
            "actor": face.actor,
            "entries": [listed.as_json(a.name, e, looks[a.name][e.entry_id]) for a, e in chosen],
        }
    )


def _to_approve(
    face: Face, connector: Connector, every: bool, period: str | None, names: Sequence[str]
) -> listed.Chosen:
    """Every entry that is ready, or those that are named; UsageError when one of them cannot be approved."""
    if not every:
        chosen = listed.named(face, connector, names)
        listed.refuse(chosen, ("ready", "held", "rejected"), "approved")
        return chosen
    return [
        (administration, each)
        for administration, each in listed.everything(face, connector)
        if each.state == "ready" and period in (None, each.period)
    ]


@command.command()
@options.common
@options.administrations
@options.acting
@options.dry_run
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@click.argument("names", nargs=-1, required=True, metavar="ID|NUMBER|KEY...")
def reject(face: Face, *, dry_run: bool, reason: str, names: tuple[str, ...]) -> None:
    """Keep entries back, with a reason; they count as held until a person approves them.

    When tables or settings change, they are prepared anew and stay kept back. An entry that the ledger refused
    is given up instead: its document waits until tables or settings change, and gets a new entry. What is
    posted stays: correct it in the books.
    """
    from connector.cli import working
    from connector.engine import approval

    if not reason.strip():
        raise click.UsageError("--reason is empty; say why, for whoever finds the entry held.")
    with working.opened(face) as connector:
        chosen = listed.named(face, connector, names)
        listed.refuse(chosen, ("ready", "queued", "rejected"), "kept back")
        rejected = 0
        if not dry_run:
            for administration, mine in listed.by_administration(chosen):
                rejected += approval.keep_back(
                    *connector.at(administration),
                    [each.delivery_id for each in mine],
                    actor=face.actor,
                    reason=reason.strip(),
                )
    if dry_run:
        face.out.text(many("1 entry would be kept back.", "{number} entries would be kept back.", len(chosen)))
    else:
        face.out.text(many("1 entry is kept back.", "{number} entries are kept back.", rejected))
    face.out.answer(
        {
            "rejected": rejected,
            "dry_run": dry_run,
            "actor": face.actor,
            "entries": [listed.as_json(a.name, e) for a, e in chosen],
        }
    )


def _cautions(
    face: Face, connector: Connector, administration: Administration, mine: Sequence[DeliveryView]
) -> dict[int, Caution]:
    """What to look at before approving; on stderr when the ledger could not be asked."""
    seen = connector.cautions(administration, mine)
    if seen.unasked:
        face.out.note(
            _("Whether the ledger has some of these entries already could not be looked up: {why}").format(
                why=seen.unasked
            )
        )
    return dict(seen.of)


def _effect(face: Face, connector: Connector, administration: Administration, mine: Sequence[DeliveryView]) -> None:
    """Show what the entries do together to each account."""
    from connector.engine import look

    totals = look.totals(*connector.at(administration), [each.entry_id for each in mine])
    names = connector.chart(administration, max(each.mapping_version for each in mine)).accounts
    face.out.text("")
    face.out.table(
        [column("Account"), prose("Name"), amount("Debit"), amount("Credit")],
        [
            (
                account,
                names[account].name if account in names else "",
                Money(minor=minor) if minor > 0 else "",
                Money(minor=-minor) if minor < 0 else "",
            )
            for account, minor in totals.items()
        ],
        total=(
            "",
            "",
            Money(minor=sum(minor for minor in totals.values() if minor > 0)),
            Money(minor=-sum(minor for minor in totals.values() if minor < 0)),
        ),
    )
