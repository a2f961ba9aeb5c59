"""``connector findings accept``: a person's word that a finding need not hold a document, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli import choosing, filters, options
from connector.cli.options import Face
from connector.cli.output import Money
from connector.texts import _, date, many, marked, next_step, sentence

if TYPE_CHECKING:
    from connector.domain.acceptance import Acceptance
    from connector.engine.accept import Held
    from connector.engine.look import FindingView


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--reason", required=True, metavar="TEXT", help="Why it may be booked, for the record.")
@filters.direction("Only the document of this direction.")
@choosing.customer
@click.argument("number", metavar="NUMBER")
@click.argument("code", metavar="CODE")
def accept(
    face: Face,
    *,
    yes: bool,
    dry_run: bool,
    reason: str,
    direction: str | None,
    customer: str | None,
    number: str,
    code: str,
) -> None:
    """Accept a finding that holds a document, in your name. 'connector sync' then prepares the document.

    It counts for this document as it is now: when the document or what is wrong with it changes, it is held
    again. Only findings that ask for a person's judgement can be accepted; docs/findings.md says which.
    """
    from connector.cli import working
    from connector.engine import accept as accepting

    code, reason = code.upper(), reason.strip()
    _refuse(code)
    if not reason:
        raise click.UsageError("--reason is empty; say why, for whoever asks later.")
    with working.opened(face) as connector:
        wanted = [
            (administration, each)
            for administration in face.administrations
            for each in accepting.held_by(*connector.at(administration), code)
            if choosing.meant(each.standing, number, direction, customer)
        ]
        administration, held = choosing.only(
            wanted,
            lambda each: each.standing,
            nothing=f"No document {number} is held by {code}, or it was accepted already; "
            f"'connector invoices show {number}' tells what holds it.",
            several=f"documents {number} are held by {code}",
        )
        _show(face, administration.name, held)
        agreed = not dry_run and face.out.confirm(_("Accept this, so that the document can be booked?"), yes=yes)
        accepted = 0
        if agreed:
            books = connector.books(administration)
            accepted = accepting.accept(connector.place(books), books, [held], actor=face.actor, reason=reason)
    if agreed:
        face.out.text(
            "",
            many("1 finding was accepted.", "{number} findings were accepted.", accepted),
            _("'connector sync' prepares the document; what else holds it still does."),
        )
    else:
        face.out.text("", _("Nothing was accepted."))
    face.out.answer(
        {
            "accepted": accepted,
            "dry_run": dry_run,
            "actor": face.actor,
            "reason": reason,
            "findings": _as_json(administration.name, held),
        }
    )


def _refuse(code: str) -> None:
    """UsageError unless findings with this code can be accepted."""
    from connector.config import nearest
    from connector.domain.catalogue import FINDINGS
    from connector.domain.finding import Severity

    entry = FINDINGS.get(code)
    if entry is None:
        raise click.UsageError(f"There is no finding {code}{nearest(code, list(FINDINGS))}")
    if entry.severity is not Severity.HOLD:
        raise click.UsageError(f"{code} holds no document, so there is nothing to accept.")
    if not entry.acceptable:
        raise click.UsageError(f"{code} cannot be accepted: its cause must be mended. {entry.next_step}")


def _show(face: Face, administration: str, held: Held) -> None:
    each = held.standing
    face.out.heading(f"{each.number}  {each.party}")
    face.out.facts(
        {
            "Administration": administration,
            "Date": each.date,
            "Net": Money(minor=each.net, currency=each.currency),
            "VAT": Money(minor=each.vat, currency=each.currency),
        }
        | ({"Customer": each.customer} if each.customer else {})
    )
    for found in held.found:
        face.out.text("", f"{found.code}: {sentence(found)}", f"  {_('Next')}: {next_step(found)}")


def _as_json(administration: str, held: Held) -> list[dict[str, Any]]:
    each = held.standing
    return [
        {
            "administration": administration,
            "direction": each.direction,
            "number": each.number,
            "customer": each.customer,
            "code": found.code,
            "amount": Money(minor=found.minor),
            "sentence": sentence(found),
        }
        for found in held.found
    ]


IN_THE_BOOKS = marked(
    "It is already in your books, and stays there as it is. Ask Copaco which one is right. Corrected data are fetched "
    "by themselves; if the paper is right, correct the booking in your bookkeeping software."
)
"""The next step where a paper differs from what was booked before it came."""


def what_now(found: FindingView) -> str:
    """What a person does next about a finding, or who accepted it."""
    if found.accepted is not None:
        return told(found.accepted)
    return _(IN_THE_BOOKS) if found.booked else next_step(found.finding)


def told(accepted: Acceptance) -> str:
    """Who accepted, when and why, in a sentence."""
    day = date(accepted.at.astimezone().date())
    return _("Accepted by {actor} on {day}: {reason}").format(actor=accepted.actor, day=day, reason=accepted.reason)


def as_json(accepted: Acceptance | None) -> dict[str, Any] | None:
    """Who accepted, when and why, as JSON; ``None`` when nobody did."""
    if accepted is None:
        return None
    return {"actor": accepted.actor, "reason": accepted.reason, "at": accepted.at}
