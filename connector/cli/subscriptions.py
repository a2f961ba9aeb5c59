"""``connector subscriptions``: what customers subscribe to, how it changes, and when it renews."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli import choosing, exporting, options, registers, renewing
from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.domain.register import Listed
    from connector.engine.registers import Register

CUSTOMER = ("company_name", "customer_number", "account_id")
PLAN = ("plan_name", "plan_id", "category", "subscription_name")


@click.group()
def command() -> None:
    """List subscriptions, show one with its changes, or see which renew soon."""


command.add_command(renewing.renewals)


@command.command("list")
@options.common
@options.administrations
@click.option("--customer", metavar="TEXT", help="Only of customers with this in their name, number or account.")
@click.option("--plan", metavar="TEXT", help="Only with this in the name or id of the plan, or in its vendor.")
@click.option("--text", "words", metavar="TEXT", help="Only with this anywhere.")
@click.option("--gone", is_flag=True, help="Also those that the source no longer lists.")
@exporting.option
@options.yes
def list_(
    face: Face,
    *,
    customer: str | None,
    plan: str | None,
    words: str | None,
    gone: bool,
    export: Path | None,
    yes: bool,
) -> None:
    """List subscriptions as the source has them now: seats, plan, dates.

    They come from the list customer-subscriptions, which lists = ["subscriptions"] switches on. The older Billing API
    has no such list: there those stand whose details were kept (lists = ["subscription-details"]).
    """
    from connector.cli import building, working
    from connector.domain.register import SUBSCRIPTIONS

    names: set[str] = set()

    def keep(each: Listed) -> bool:
        names.add(each.entry.known.get("company_name", ""))
        return (
            registers.holds(each.entry, customer, *CUSTOMER)
            and registers.holds(each.entry, plan, *PLAN)
            and registers.holds(each.entry, words)
        )

    with working.opened(face) as connector:
        found = registers.chosen(face, connector, SUBSCRIPTIONS, keep, gone=gone)
        # Details name no customer, so none of them is one of a customer's.
        built = {} if customer else building.kept(face, connector, (plan, words))

    def show(to: Face) -> None:
        for administration, register, entries in found:
            to.out.heading(administration)
            if entries or administration not in built:
                _table(to, register, entries)
            if administration in built:
                building.table(to, [row for _json, row in built[administration]])

    show(face)
    if not built and not any(entries for _name, _seen, entries in found):
        face.out.text(*filter(None, [choosing.perhaps(customer, names)]))
    exporting.write(face, export, show, yes=yes)
    face.out.answer(
        {
            "subscriptions": [registers.as_json(name, each) for name, _seen, entries in found for each in entries],
            "made_of": [each for mine in built.values() for each, _row in mine],
        }
    )


def _table(face: Face, register: Register, entries: list[Listed]) -> None:
    face.out.table(
        [
            column("Subscription"),
            prose("Customer"),
            prose("Plan"),
            amount("Seats"),
            column("Start", spare=3),
            column("End of term"),
            column("Billed", spare=4),
            column("Status", spare=2),
            amount("Version", spare=5),
        ],
        [
            (
                each.entry.key,
                each.entry.known.get("company_name") or each.entry.known.get("account_id", ""),
                each.entry.known.get("plan_name") or each.entry.known.get("plan_id", ""),
                each.entry.known.get("quantity", ""),
                registers.known(each.entry, "start_date"),
                registers.known(each.entry, "expiration_date"),
                each.entry.known.get("billing_frequency", ""),
                each.entry.known.get("status", "") if each.gone_since is None else _("gone"),
                each.version_no,
            )
            for each in entries
        ],
        empty=registers.empty(register, "subscriptions"),
    )
    if entries:
        face.out.text(many("1 subscription", "{number} subscriptions", len(entries)))


@command.command()
@options.common
@options.administrations
@click.argument("subscription", metavar="SUBSCRIPTION")
def show(face: Face, *, subscription: str) -> None:
    """Show a SUBSCRIPTION with everything the source says of it, and every change of seats, dates and plan.

    Where answers of subscriptiondetails of the older Billing API were kept ('connector pull --from-files --endpoint
    subscription-details'), they tell what it is made of: plan, period, and the resources with their rates.
    """
    from connector.cli import building, working
    from connector.domain.register import SUBSCRIPTIONS

    with working.opened(face) as connector:
        entries = registers.named(face, connector, SUBSCRIPTIONS, subscription)
        built = building.named(face, connector, subscription)
    if not entries and not built:
        raise registers.no_such(subscription, SUBSCRIPTIONS)
    face.out.answer({"entries": entries, "made_of": built})
