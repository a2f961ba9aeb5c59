"""``connector deliveries``: what was sent to the ledger and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import adopting, filters, options
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.texts import _

if TYPE_CHECKING:
    from connector.engine.look import DeliveryView


@click.group(invoke_without_command=True)
@options.common
@options.administrations
@filters.state(filters.DELIVERY_STATES, "Only deliveries in this state; without it all but the cancelled ones.")
@click.pass_context
def command(ctx: click.Context, face: Face, *, state: str | None) -> None:
    """List deliveries, the way of entries to the ledger, with the last event of each."""
    if ctx.invoked_subcommand is not None:
        return
    from connector.cli import working
    from connector.engine import look

    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            found = [
                each
                for each in look.entry_list(*connector.at(administration))
                if (each.state == state if state else each.state != "cancelled")
            ]
            face.out.heading(administration.name)
            face.out.table(
                [
                    amount("Delivery"),
                    column("State"),
                    column("Document"),
                    amount("Entry", spare=4),
                    amount("Total"),
                    column("Ledger", spare=5),
                    column("Reference", spare=3),
                    column("Since"),
                    prose("By", spare=2),
                    prose("Reason", spare=1),
                ],
                [
                    (
                        each.delivery_id,
                        State(name=each.state),
                        each.number,
                        each.entry_id,
                        Money(minor=each.total, currency=each.currency),
                        each.ledger,
                        each.reference,
                        each.changed_at,
                        each.actor,
                        texts.reason(each.reason),
                    )
                    for each in found
                ],
                empty=_("There are no such deliveries."),
            )
            answer += [as_json(administration.name, each) for each in found]
    face.out.answer({"deliveries": answer})


@command.command()
@options.common
@options.administrations
@click.argument("delivery", metavar="ID", type=click.IntRange(1))
def show(face: Face, *, delivery: int) -> None:
    """Show a delivery with its history. With several administrations name one with -a."""
    from connector.cli import working
    from connector.engine import look

    found = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            one = look.delivery(*connector.at(administration), delivery)
            found += [(administration.name, *one)] if one else []
    if not found:
        raise click.UsageError(f"There is no delivery {delivery}; 'connector deliveries' shows which there are.")
    for name, view, events in found:
        face.out.heading(f"{name} {view.number}")
        face.out.facts(
            {
                "Key": view.key,
                "State": State(name=view.state),
                "Ledger": view.ledger,
                "Reference": view.reference,
                "Total": Money(minor=view.total, currency=view.currency),
            }
        )
        face.out.text("")
        face.out.table(
            [column("When"), column("State"), prose("By"), prose("Reason")],
            [(each.at, State(name=each.state.value), each.actor, texts.reason(each.reason)) for each in events],
        )
    face.out.answer(
        {
            "deliveries": [
                as_json(name, view)
                | {
                    "history": [
                        {"at": each.at, "state": each.state.value, "actor": each.actor, "reason": each.reason}
                        for each in events
                    ]
                }
                for name, view, events in found
            ]
        }
    )


command.add_command(adopting.adopt)


def as_json(administration: str, each: DeliveryView) -> dict[str, Any]:
    """A delivery as JSON."""
    return {
        "administration": administration,
        "id": each.delivery_id,
        "state": each.state,
        "entry": each.entry_id,
        "number": each.number,
        "key": each.key,
        "total": Money(minor=each.total, currency=each.currency),
        "ledger": each.ledger,
        "reference": each.reference or None,
        "changed_at": each.changed_at,
        "actor": each.actor,
        "reason": each.reason,
    }
