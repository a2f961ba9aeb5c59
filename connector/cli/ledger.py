"""``connector ledger``: the bookkeeping software that entries go to: let us in, look at it, check the tables."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import click
import msgspec

from connector.cli import options, working
from connector.cli.options import Face
from connector.cli.output import column, prose
from connector.config import Administration
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.ledgers.base import Capabilities

names = click.argument("names", nargs=-1, metavar="[ADMINISTRATION]...")


@click.group()
def command() -> None:
    """Log in to the bookkeeping software, read its accounts and VAT codes, check the tables against them."""


@command.command()
@options.common
@click.argument("name", metavar="ADMINISTRATION")
def login(face: Face, *, name: str) -> None:
    """Let the connector in to the bookkeeping software of an administration, once.

    Shows an address to open in a browser. After you have agreed there, the browser is sent to another address:
    paste that one here. Only bookkeeping software that logs in like this wants it.
    """
    (administration,) = face.settings.select((name,))
    with working.opened(face) as connector:
        ledger, state = connector.ledger_to_log_in(administration), secrets.token_urlsafe(24)
        face.out.text(_("Open this address in a browser and agree there:"), "", ledger.login_address(state), "")
        answer = click.prompt(_("The address that the browser shows then"), err=True).strip()
        ledger.login(answer, state)
    face.out.text(_("Done: {ledger} lets us in.").format(ledger=administration.ledger.kind))
    face.out.answer({"administration": name, "ledger": administration.ledger.kind, "logged_in": True})


@command.command()
@options.common
@names
def chart(face: Face, *, names: tuple[str, ...]) -> None:
    """List the accounts and VAT codes that the ledger knows."""
    with working.opened(face) as connector:

        def told(administration: Administration) -> dict[str, Any]:
            from connector.app.ledgers import vat_codes_of

            face.out.heading(administration.name)
            mapping = connector.mapping_in_force(administration).mapping
            with connector.ledger(administration, mapping) as ledger:
                accounts = ledger.chart()
                codes = vat_codes_of(ledger) or []
            if accounts is None:
                face.out.text(_("{ledger} takes the accounts of accounts.csv.").format(ledger=ledger.name))
            known = [] if accounts is None else sorted(accounts.accounts.values(), key=lambda each: each.code)
            face.out.table(
                [column("Account"), prose("Name")],
                [(each.code, each.name) for each in known],
            )
            if codes:
                face.out.text("")
                face.out.table(
                    [column("VAT code"), prose("Name"), column("Rate")],
                    [(each.code, each.name, "" if each.rate is None else f"{each.rate:f}%") for each in codes],
                )
            return {
                "administration": administration.name,
                "ledger": ledger.name,
                "accounts": [{"code": each.code, "name": each.name, "type": each.type.value} for each in known],
                "vat_codes": [{"code": each.code, "name": each.name, "rate": each.rate} for each in codes],
            }

        done = working.each(face.naming(names), told)
    face.out.answer({"ledgers": done.results, "errors": done.errors()})
    done.end()


@command.command()
@options.common
@names
@click.pass_context
def check(ctx: click.Context, face: Face, *, names: tuple[str, ...]) -> None:
    """Check that the ledger can be reached, and that it knows every account and VAT code that the tables use.

    Tells also what the ledger can do. Ends with exit code 20 when the tables name what the ledger does not have.
    """
    from connector.cli.failure import DIFFERENCE

    with working.opened(face) as connector:

        def checked(administration: Administration) -> dict[str, Any]:
            from connector.app.ledgers import looked_into

            face.out.heading(administration.name)
            mapping = connector.mapping_in_force(administration).mapping
            with connector.ledger(administration, mapping) as ledger:
                found = looked_into(administration, mapping, ledger)
            face.out.facts({"Ledger": administration.ledger.kind, "It can": _abilities(ledger.capabilities)})
            face.out.table(
                [column("File"), column("Ours"), prose("Meaning"), column("Ledger"), prose("Doubt")],
                [(each.file, each.name, each.title, each.theirs, _(each.doubt.value)) for each in found],
                empty=_("Everything that the tables name is known there."),
            )
            return {
                "administration": administration.name,
                "ledger": administration.ledger.kind,
                "capabilities": msgspec.structs.asdict(ledger.capabilities),
                "doubts": [msgspec.structs.asdict(each) | {"doubt": each.doubt.value} for each in found],
            }

        done = working.each(face.naming(names), checked)
    doubts = sum(len(each["doubts"]) for each in done.results)
    if doubts:
        face.out.text("", many("1 row to look at.", "{number} rows to look at.", doubts))
    face.out.answer({"ledgers": done.results, "errors": done.errors()})
    done.end()
    if doubts:
        ctx.exit(DIFFERENCE)


def _abilities(can: Capabilities) -> str:
    told = {
        _("purchase invoices"): can.purchase_invoices,
        _("sales invoices"): can.sales_invoices,
        _("journal entries"): can.journal,
        _("drafts"): can.drafts,
        _("dimensions"): can.dimensions,
        _("due dates"): can.due_dates,
        _("attachments"): can.attachments,
    }
    return ", ".join(name for name, able in told.items() if able)
