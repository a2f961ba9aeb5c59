"""The reseller's own invoices: one document per end customer and month, at sale prices with VAT."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from connector.sandbox import names
from connector.sandbox.documents import Block, Document, blocks, documents, with_vat
from connector.sandbox.parties import Party, Reseller
from connector.sandbox.portfolio import Customer
from connector.sandbox.world import World


class IssuedInvoice(NamedTuple):
    """An invoice of the reseller. ``document`` is Copaco's main invoice of the same month."""

    number: str
    document: Document
    block: Block


def issued_invoices(world: World, reseller: Reseller, first: dt.date, last: dt.date) -> Iterator[IssuedInvoice]:
    """Yield the invoices created from ``first`` to ``last`` inclusive: the day of Copaco's main invoice.

    The lines of small documents of the month are on the same invoice as those of the main one.
    """
    for document in documents(world, reseller, first, last):
        if document.kind == "main":
            further = _extras(world, document)
            for block in blocks(world, document):
                yield _issued(world, document, block, further.get(block.customer.ordinal, []))


def _extras(world: World, main: Document) -> dict[int, list[Block]]:
    """Collect the blocks of the small documents of the month, which are few, by customer index."""
    found: defaultdict[int, list[Block]] = defaultdict(list)
    if world.lines_per_invoice is None:
        for document in documents(world, main.reseller, dt.date.min, main.date):
            if document.month == main.month and document.kind != "main":
                for block in blocks(world, document):
                    found[block.customer.ordinal].append(block)
    return found


def _issued(world: World, document: Document, block: Block, further: list[Block]) -> IssuedInvoice:
    customer = block.customer
    subscriptions = (*block.subscriptions, *(held for extra in further for held in extra.subscriptions))
    (taxed,) = with_vat([Block(customer, subscriptions)], customer.vat_percent, sale=True)
    created = document.month + 1
    serial = document.shard * world.customers_per_invoice + customer.ordinal % world.customers_per_invoice + 1
    number = f"{document.reseller.invoice_prefix}{created // 12}{created % 12 + 1:02d}{serial:06d}"
    return IssuedInvoice(number, document, taxed)


def customer_party(customer: Customer) -> Party:
    """Return an end customer as the Receiver of an invoice."""
    index = customer.ordinal
    dutch = customer.country_code == "NL"
    towns = names.TOWNS_NL if dutch else names.TOWNS_BE
    town, postal_code = towns[index % len(towns)]
    return Party(
        account_id=customer.account_id,
        company_name=customer.company_name,
        address=f"{names.STREETS[index % len(names.STREETS)]} {index % 97 + 1}",
        postal_code=postal_code,
        city=town,
        country="Netherlands" if dutch else "Belgium",
        country_code=customer.country_code,
        vat_number=customer.vat_number,
        email=f"administratie@klant-{index + 1}.example",
        first_name=names.FIRST_NAMES[index % len(names.FIRST_NAMES)],
        last_name=names.SURNAMES_NL[index % len(names.SURNAMES_NL)],
    )
