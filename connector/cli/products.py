"""``connector products``: what the source sells, and how it changes."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli import exporting, options, registers
from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.texts import _, many


@click.group()
def command() -> None:
    """List the products of the source, or show one with its changes."""


@command.command("list")
@options.common
@options.administrations
@click.option("--plan", metavar="TEXT", help="Only with this in the name or id of the plan, or in its vendor.")
@click.option("--text", "words", metavar="TEXT", help="Only with this anywhere.")
@click.option("--gone", is_flag=True, help="Also those that the source no longer lists.")
@exporting.option
@options.yes
def list_(face: Face, *, plan: str | None, words: str | None, gone: bool, export: Path | None, yes: bool) -> None:
    """List products as the source has them now, with the prices it gives.

    They come from the list products, which lists = ["products"] switches on.
    """
    from connector.cli import working
    from connector.domain.register import PRODUCTS

    with working.opened(face) as connector:
        found = registers.chosen(
            *(face, connector, PRODUCTS),
            lambda each: (
                registers.holds(each.entry, plan, "plan_name", "plan_id", "category")
                and registers.holds(each.entry, words)
            ),
            gone=gone,
        )

    def show(to: Face) -> None:
        for administration, register, entries in found:
            to.out.heading(administration)
            to.out.table(
                [
                    column("Product"),
                    prose("Name"),
                    prose("Vendor"),
                    amount("Purchase price"),
                    amount("Sale price", spare=2),
                    column("Currency", spare=3),
                    column("Billed", spare=4),
                    column("State", spare=1),
                ],
                [
                    (
                        each.entry.key,
                        each.entry.known.get("plan_name", ""),
                        each.entry.known.get("category", ""),
                        each.entry.known.get("purchase_price", ""),
                        each.entry.known.get("sale_price", ""),
                        each.entry.known.get("currency", ""),
                        each.entry.known.get("billing_frequency", ""),
                        each.entry.known.get("status", "") if each.gone_since is None else _("gone"),
                    )
                    for each in entries
                ],
                empty=registers.empty(register, "products"),
            )
            if entries:
                to.out.text(many("1 product", "{number} products", len(entries)))

    show(face)
    exporting.write(face, export, show, yes=yes)
    face.out.answer({"products": [registers.as_json(name, each) for name, _seen, entries in found for each in entries]})


@command.command()
@options.common
@options.administrations
@click.argument("product", metavar="PRODUCT")
def show(face: Face, *, product: str) -> None:
    """Show a PRODUCT with everything the source says of it, and every change of its prices."""
    from connector.domain.register import PRODUCTS

    registers.show_named(face, PRODUCTS, product)
