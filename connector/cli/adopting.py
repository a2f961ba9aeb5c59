"""``connector deliveries adopt``: a booking that came by another channel is taken for our entry."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import click

from connector.cli import listed, options
from connector.cli.options import Face
from connector.cli.output import Money, amount, column
from connector.texts import _

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.domain.journal import JournalEntry
    from connector.engine.adopt import Adopted, Offer
    from connector.engine.look import DeliveryView


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--booking", default="", metavar="REFERENCE", help="Which booking, where the ledger holds several.")
@click.option("--vat-is-right", is_flag=True, help="You looked at the VAT of the booking: it is that of the invoice. "
              "Asked for where the ledger cannot tell.")  # fmt: skip
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day on which its cost is moved, as 2026-01-31. "
              "Default: the date of the entry.")  # fmt: skip
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@click.argument("name", metavar="ID|NUMBER|KEY")
def adopt(
    face: Face,
    *,
    yes: bool,
    dry_run: bool,
    booking: str,
    vat_is_right: bool,
    date: datetime.datetime | None,
    reason: str,
    name: str,
) -> None:
    """Take a booking that came by another channel (Peppol, scan, by hand) for an entry, in your name.

    The booking stays as it is, creditor and VAT with it. Only its cost is moved to the accounts and dimensions of
    our tables, by an entry that 'connector sync' sends. Total, currency, VAT and supplier must agree. If it is
    another invoice, approve the entry instead: 'connector entries approve'.
    """
    from connector.cli import working

    day = date.date() if date else None
    with working.opened(face) as connector:
        administration, entry = _named(face, connector, name)
        found = connector.offers(administration, entry.entry_id, date=day)
        chosen = _chosen(found, entry, booking)
        _show(face, administration, entry, chosen)
        if chosen.refusal:
            raise click.UsageError(f"{chosen.compared.booking.reference} cannot be adopted: {chosen.refusal}.")
        if chosen.vat_unknown and not vat_is_right:
            raise click.UsageError(
                f"The ledger cannot tell the VAT of {chosen.compared.booking.reference}; look at it there, and "
                "give --vat-is-right if it is that of the invoice."
            )
        agreed = not dry_run and face.out.confirm(_("Take this booking for our entry?"), yes=yes)
        done = (
            connector.adopt(administration, entry.entry_id, chosen, date=day, reason=reason.strip()) if agreed else None
        )
    _tell(face, done)
    face.out.answer(_as_json(face, administration, entry, chosen, done, dry_run=dry_run))


def _named(face: Face, connector: Connector, name: str) -> tuple[Administration, DeliveryView]:
    """The entry that books the document; what moves its cost is named by nobody."""
    chosen = [
        (administration, each)
        for administration, each in listed.named(face, connector, (name,))
        if each.kind != "reclassification"
    ]
    if len(chosen) != 1:
        raise click.UsageError(f"{name} names {len(chosen)} entries; name one by its id ('connector entries list').")
    return chosen[0]


def _chosen(found: list[Offer], entry: DeliveryView, booking: str) -> Offer:
    if not found:
        raise click.UsageError(
            f"The ledger {entry.ledger} holds no booking of {entry.number} by another channel; "
            "'connector entries approve' lets ours go."
        )
    references = [each.compared.booking.reference for each in found]
    matching = [each for each in found if booking in ("", each.compared.booking.reference)]
    if len(matching) != 1:
        raise click.UsageError(f"Say which with --booking: {'; '.join(references)}.")
    return matching[0]


def _show(face: Face, administration: Administration, entry: DeliveryView, chosen: Offer) -> None:
    """Our entry beside the booking, and what the move would do to each account."""
    there = chosen.compared.booking
    face.out.heading(f"{administration.name} {entry.number}")
    face.out.facts(
        {
            "Entry": entry.entry_id,
            "Party": entry.party,
            "Date": entry.date,
            "Total": Money(minor=entry.total, currency=entry.currency),
            "Booked as": there.reference,
            "Dated": there.date,
            "Its total": Money(minor=there.total_minor, currency=there.currency or entry.currency),
            "Its VAT": _("not told") if there.vat_minor is None else Money(minor=there.vat_minor),
        }
    )
    if not chosen.compared.same_period:
        face.out.text("", _("The booking lies in another VAT period than our entry; its VAT stays in that one."))
    face.out.text("")
    if chosen.move is None:
        if not chosen.refusal:
            face.out.text(_("Its accounts agree with ours; nothing has to be moved."))
        return
    face.out.table(
        [column("Account"), amount("Moved")],
        [(account, Money(minor=minor, currency=entry.currency)) for account, minor in sorted(_moved(chosen.move))],
    )


def _moved(move: JournalEntry) -> list[tuple[str, int]]:
    from connector.domain.journal import balances

    return [(account, minor) for account, minor in balances(move).items() if minor]


def _tell(face: Face, done: Adopted | None) -> None:
    if done is None:
        face.out.text("", _("Nothing was adopted."))
        return
    face.out.text("", _("{reference} stands for our entry now.").format(reference=done.reference))
    if done.entry_id is None:
        return
    if done.approved:
        face.out.text(_("'connector sync' sends entry {entry}, which moves its cost.").format(entry=done.entry_id))
    else:
        face.out.text(
            _("A second person must approve entry {entry}, which moves its cost.").format(entry=done.entry_id)
        )


def _as_json(
    face: Face,
    administration: Administration,
    entry: DeliveryView,
    chosen: Offer,
    done: Adopted | None,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    compared, there = chosen.compared, chosen.compared.booking
    return {
        "adopted": done is not None,
        "dry_run": dry_run,
        "actor": face.actor,
        "entry": listed.as_json(administration.name, entry),
        "booking": {
            "reference": there.reference,
            "number": there.number,
            "supplier": there.supplier,
            "date": there.date,
            "total": Money(minor=there.total_minor, currency=there.currency or entry.currency),
            "vat": None if there.vat_minor is None else Money(minor=there.vat_minor),
            "same_vat_period": compared.same_period,
            "told": compared.told,
        },
        "moves": {} if chosen.move is None else {account: Money(minor=minor) for account, minor in _moved(chosen.move)},
        "moved_by": None if done is None else done.entry_id,
        "approved": done is not None and done.approved,
    }
