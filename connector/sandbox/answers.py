"""The body of every endpoint, as a stream of invoices."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from connector.sandbox.alterations import Alteration, Invoice, in_turn
from connector.sandbox.catalogue import EVERY_PLAN
from connector.sandbox.defects import DEFECTS
from connector.sandbox.documents import Document, blocks, documents, purchase_blocks
from connector.sandbox.figures import cents_text, digest
from connector.sandbox.issued import IssuedInvoice, customer_party, issued_invoices
from connector.sandbox.months import cycle, day_in, month_of
from connector.sandbox.parties import Reseller
from connector.sandbox.render import (
    Face,
    Frame,
    expiration_text,
    header_text,
    invoice_pieces,
    quoted,
    receiver_text,
    sender_text,
)
from connector.sandbox.vendors import Held, by_vendor
from connector.sandbox.world import World

EXAMPLES = "example-invoices"
SUBSCRIPTIONS = "customer-subscriptions"
PRODUCTS = "products"
FACES = {face.value: face for face in Face}
LISTS = (SUBSCRIPTIONS, PRODUCTS)
ENDPOINTS = (*FACES, EXAMPLES, *LISTS)
EXAMPLE_MONTH = dt.date(2024, 2, 1)
write_json = msgspec.json.Encoder(decimal_format="number").encode


class Question(NamedTuple):
    """What a request asks: an endpoint, creation dates (inclusive), and whether corrections are split.

    Sound documents created up to ``by_vendor_until`` are served as an invoice per vendor.
    """

    world: World
    reseller: Reseller
    endpoint: str
    first: dt.date
    last: dt.date
    detail: bool = False
    totals: bool = False
    by_vendor_until: dt.date = dt.date.min

    def fingerprint(self) -> str:
        """Return a name for the answer: equal names, equal bytes. Another version of the sandbox names it anew."""
        made = documents(self.world, self.reseller, self.first, self.last)
        numbers = [document.number for document in made]
        asked = (self.world, self.reseller.name, self.endpoint, *self[5:], numbers)
        return digest(f"{_own_source()}{asked!r}")


@cache
def _own_source() -> str:
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return digest("".join(module.read_text("utf-8") for module in modules))


class Element(NamedTuple):
    """An entry of ``Invoices``: its number and its text in pieces. A defect may make several of it."""

    number: str
    pieces: Iterable[str]


def elements(question: Question) -> Iterator[Element]:
    """Yield the invoices of an answer, oldest first."""
    world, reseller, endpoint, first, last, *_ = question
    if endpoint == EXAMPLES:
        month = month_of(EXAMPLE_MONTH)
        made_up = World(
            seed=7,
            resellers=(reseller,),
            first_month=EXAMPLE_MONTH,
            last_month=EXAMPLE_MONTH,
            customers=3,
            extras=False,
            leaks=False,
        )
        first, last = day_in(month + 1, 1), day_in(month + 2, 1)
        yield from elements(question._replace(world=made_up, endpoint="invoices", first=first, last=last))
    elif FACES[endpoint] is Face.ISSUED:
        for invoice in issued_invoices(world, reseller, first, last):
            yield Element(invoice.number, _issued_pieces(question, invoice))
    else:
        for document in documents(world, reseller, first, last):
            yield from _document_elements(question, document)


def _document_elements(question: Question, document: Document) -> Iterator[Element]:
    if document.defect or document.date > question.by_vendor_until:
        yield Element(document.number, document_pieces(question, document))
        return
    held = _held(question, document)
    sale = FACES[question.endpoint] is not Face.PURCHASE
    for number, part in by_vendor(document.number, held, sale=sale):
        yield Element(number, _pieces(question, document, number, part))


def document_pieces(question: Question, document: Document) -> Iterator[str]:
    """Yield the text of one of Copaco's documents, with its defect where it carries one."""
    pieces = sound_pieces(question, document)
    if document.defect and FACES[question.endpoint] is Face.PURCHASE:
        return iter([joined(DEFECTS[document.defect].change(parsed(pieces)))])
    return pieces


def sound_pieces(question: Question, document: Document) -> Iterator[str]:
    """Yield the text of a document as it would be without its defect."""
    return _pieces(question, document, document.number, _held(question, document))


def _held(question: Question, document: Document) -> Held:
    held = purchase_blocks if FACES[question.endpoint] is Face.PURCHASE else blocks
    return lambda: held(question.world, document)


def _pieces(question: Question, document: Document, number: str, held: Held) -> Iterator[str]:
    reseller, face = document.reseller, FACES[question.endpoint]
    purchase = face is Face.PURCHASE
    frame = Frame(
        number=number,
        month=document.month,
        face=face,
        percent=reseller.vat_percent if purchase else 0,
        zone=reseller.tax_zone if purchase else "",
        detail=question.detail,
        totals=question.totals,
        header=header_text(document, number),
        receiver=receiver_text(reseller.party, reseller.partner_id),
        sender=sender_text(reseller.supplier),
    )
    return invoice_pieces(frame, held())


def _issued_pieces(question: Question, invoice: IssuedInvoice) -> Iterator[str]:
    customer, document = invoice.block.customer, invoice.document
    frame = Frame(
        number=invoice.number,
        month=document.month,
        face=Face.ISSUED,
        percent=customer.vat_percent,
        zone=document.reseller.party.country_code if customer.vat_percent else "",
        detail=question.detail,
        totals=question.totals,
        header=header_text(document, invoice.number),
        receiver=receiver_text(customer_party(customer), customer.number_in(document.month + 1)),
        sender=sender_text(document.reseller.party),
    )
    return invoice_pieces(frame, [invoice.block])


def parsed(pieces: Iterable[str]) -> Invoice:
    """Read an invoice back with its numbers as exact decimals, to be changed as a whole."""
    invoice: Invoice = json.loads("".join(pieces), parse_float=Decimal)
    return invoice


def joined(invoices: Iterable[Invoice]) -> str:
    """Write invoices as the inside of a JSON array."""
    return ",".join(write_json(invoice).decode() for invoice in invoices)


def changed(invoices: Iterable[Element], due: Callable[[str], list[Alteration]]) -> Iterator[Element]:
    """Pass invoices on with the changes that are due to each; of a vanished one nothing is left."""
    for element in invoices:
        changes = due(element.number)
        if changes:
            made = joined(in_turn(parsed(element.pieces), changes))
            yield element._replace(pieces=[made] if made else [])
        else:
            yield element


def body(invoices: Iterable[Element], *, opening: str = "", closing: str = "") -> Iterator[str]:
    """Yield the text of ``{"Invoices": [...]}`` with further keys of the top level around it."""
    yield f'{{{opening}"Invoices":['
    separator, written = "", False
    for element in invoices:
        for piece in element.pieces:
            # A vanished invoice has no piece and must leave no comma behind.
            yield separator + piece
            separator, written = "", True
        separator = "," if written else ""
    yield f"]{closing}}}"


def subscriptions_body(world: World, reseller: Reseller) -> Iterator[str]:
    """Yield the subscriptions per end customer that were billed in the last month; the shape is a guess."""
    yield '{"CustomerSubscriptions":['
    comma = ""
    mains = (
        document
        for document in documents(world, reseller, dt.date.min, dt.date.max)
        if document.kind == "main" and document.month == world.months[-1]
    )
    for customer, held in (block for document in mains for block in blocks(world, document)):
        rows = ",".join(
            f'{{"BillingFrequency":"{subscription.plan.frequency}",'
            f'"ExpirationDate":"{expiration_text(subscription, world.months[-1])}",'
            f'"PlanCategoryName":"{subscription.plan.category}",'
            f'"PlanID":{quoted(subscription.plan.plan_id)},"PlanName":{quoted(subscription.plan.name)},'
            f'"Quantity":{subscription.quantity_in(world.months[-1])},'
            f'"Renewal":{{"AutoRenew":true,"Tier":"{1 + subscription.phase % 3}"}},'
            f'"StartDate":"{cycle(subscription.start_month, subscription.anchor).start_text}",'
            f'"Status":"Active",'
            f'"SubscriptionID":"{subscription.subscription_id}","SubscriptionName":{quoted(subscription.name)}}}'
            for subscription, _ in held
        )
        yield (
            f'{comma}{{"AccountID":"{customer.account_id}","CompanyName":{quoted(customer.company_name)},'
            f'"CustomerNumber":"{customer.number}","Subscriptions":[{rows}]}}'
        )
        comma = ","
    yield "]}"


def products_body() -> str:
    """Return the catalogue; the shape is a guess."""
    rows = ",".join(
        f'{{"Currency":"EUR","PlanCategoryName":{quoted(plan.category)},"PlanID":{quoted(plan.plan_id)},'
        f'"PlanName":{quoted(plan.name)},"PurchasePrice":{cents_text(plan.cost)}}}'
        for plan in EVERY_PLAN
    )
    return f'{{"Products":[{rows}]}}'


def answer_text(question: Question) -> Iterator[str]:
    """Yield the sound answer to a question, without any fault."""
    if question.endpoint == PRODUCTS:
        return iter([products_body()])
    if question.endpoint == SUBSCRIPTIONS:
        return subscriptions_body(question.world, question.reseller)
    return body(elements(question))
