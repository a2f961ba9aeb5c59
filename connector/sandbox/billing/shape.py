"""Invoices in the shape of the old platform, as values from which JSON and XML are written.

An amount is a Decimal made from the text of its cents. The keys stand in alphabetical order, as in JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from connector.sandbox.billing.heads import Values, header_values, receiver_values, sender_values
from connector.sandbox.billing.numbers import invoice_number, number_of, period_number, plan_number
from connector.sandbox.billing.question import SALE, BillingQuestion
from connector.sandbox.billing.terms import Terms, exact, purchase_terms
from connector.sandbox.catalogue import Plan, Rhythm
from connector.sandbox.documents import Block, Document, documents, purchase_blocks
from connector.sandbox.issued import IssuedInvoice, customer_party, issued_invoices
from connector.sandbox.lines import Line
from connector.sandbox.months import cycle
from connector.sandbox.portfolio import Customer, Subscription
from connector.sandbox.render import Face, on_face
from connector.sandbox.vendors import Held, by_vendor

# Before the whole term, before each period, after each period, and by what was measured.
BILLING_MODELS = {Rhythm.YEARLY: 1, Rhythm.DOMAIN: 1, Rhythm.MONTHLY: 2, Rhythm.FIXED_USAGE: 3, Rhythm.USAGE: 4}
UNITS = {Rhythm.USAGE: "usage", Rhythm.FIXED_USAGE: "package", Rhythm.DOMAIN: "piece"}
CENT = Decimal("0.01")


class OldInvoice(NamedTuple):
    """An invoice: its parts as values, its customers one at a time, and the sums that Totals holds.

    ``percent`` and ``zone`` are those of its VAT; the XML writes them in the Header.
    """

    number: str
    header: Values
    sender: Values
    receiver: Values
    customers: Iterable[Values]
    totals: Values
    percent: int
    zone: str

    def whole(self) -> Values:
        """Return all of it as one value, with the keys of the JSON, to be changed."""
        parts = {"Header": self.header, "Receiver": self.receiver, "Sender": self.sender, "Totals": self.totals}
        return {"Customers": list(self.customers), **parts}

    def with_parts(self, parts: Values) -> OldInvoice:
        """Return it with what was changed of the whole."""
        return self._replace(
            customers=parts["Customers"],
            header=parts["Header"],
            receiver=parts["Receiver"],
            sender=parts["Sender"],
            totals=parts["Totals"],
        )


class Frame(NamedTuple):
    """What the customers and lines of an invoice are written with."""

    number: str
    month: int
    face: Face
    percent: int
    zone: str
    newest: bool


def invoices(question: BillingQuestion) -> Iterator[OldInvoice]:
    """Yield the invoices of an answer, oldest first: Copaco's, or those of the reseller to its customers."""
    world, reseller = question.world, question.reseller
    if question.endpoint == SALE:
        for issued in issued_invoices(world, reseller, question.first, question.last):
            yield _issued(question, issued)
        return
    for document in documents(world, reseller, question.first, question.last):
        for number, held in parts(question, document):
            yield purchase(question, document, number, held)


def parts(question: BillingQuestion, document: Document) -> Iterator[tuple[str, Held]]:
    """Yield a document under its consolidated number, or its part of every vendor under a number of its own."""
    number = invoice_number(document)

    def held() -> Iterator[Block]:
        return purchase_blocks(question.world, document)

    if document.date <= question.by_vendor_until:
        yield from by_vendor(number, held)
    else:
        yield number, held


def purchase(question: BillingQuestion, document: Document, number: str, held: Held) -> OldInvoice:
    """Return an invoice of Copaco to the reseller."""
    reseller = question.reseller
    frame = Frame(
        number, document.month, Face.PURCHASE, reseller.vat_percent, reseller.tax_zone, newest=question.newest
    )
    net, vat = sums(held(), frame)
    return OldInvoice(
        number=number,
        header=header_values(document, number, credit=net + vat < 0),
        sender=sender_values(reseller.supplier),
        receiver=receiver_values(reseller.party, reseller.partner_id),
        customers=_customers(frame, held()),
        totals=_totals(net, vat),
        percent=frame.percent,
        zone=frame.zone,
    )


def _issued(question: BillingQuestion, issued: IssuedInvoice) -> OldInvoice:
    customer, document = issued.block.customer, issued.document
    percent = customer.vat_percent
    zone = document.reseller.party.country_code if percent else ""
    frame = Frame(issued.number, document.month, Face.ISSUED, percent, zone, newest=question.newest)
    net, vat = sums([issued.block], frame)
    return OldInvoice(
        number=issued.number,
        header=header_values(document, issued.number, credit=net + vat < 0),
        sender=sender_values(document.reseller.party),
        receiver=receiver_values(customer_party(customer), customer.number_in(document.month + 1)),
        customers=_customers(frame, [issued.block]),
        totals=_totals(net, vat),
        percent=percent,
        zone=zone,
    )


def sums(held: Iterable[Block], frame: Frame) -> tuple[int, int]:
    """Return net and VAT of an invoice in cents, which its Header must know before the first line."""
    net = vat = 0
    for block in held:
        for _, lines in block.subscriptions:
            for line in on_face(lines, frame.face, detail=False):
                net += _amount(line, frame)
                vat += line.vat_at(frame.percent, sale=frame.face is not Face.PURCHASE)
    return net, vat


def _amount(line: Line, frame: Frame) -> int:
    return line.cost if frame.face is Face.PURCHASE else line.sale


def _totals(net: int, vat: int) -> Values:
    return {"GrossTotal": exact(net + vat), "NetTotal": exact(net), "VATTotal": exact(vat)}


def _customers(frame: Frame, held: Iterable[Block]) -> Iterator[Values]:
    line_id = 0
    for customer, subscriptions in held:
        # A new number comes a day late, as in the current API.
        number = customer.number_in(frame.month + (frame.face is not Face.PURCHASE))
        rows = []
        for subscription, lines in subscriptions:
            shown = on_face(lines, frame.face, detail=False)
            if shown:
                rows.append(_subscription(frame, subscription, shown, customer, number, line_id))
                line_id += len(shown)
        if rows:
            yield {
                "AccountID": number_of(customer.account_id),
                "CompanyName": customer.company_name,
                "CostCenter": customer.cost_centre,
                "CustomerNumber": number,
                "Subscriptions": rows,
            }


def _subscription(
    frame: Frame, subscription: Subscription, lines: list[Line], customer: Customer, number: str, last_id: int
) -> Values:
    plan = subscription.plan
    consumer = {"ConsumerCompanyName": customer.company_name, "ConsumerCompanyNumber": number}
    values: Values = {
        "BillingModel": BILLING_MODELS[plan.rhythm],
        "PlanCategoryName": plan.category,
        "PlanID": plan_number(plan.plan_id),
        "PlanName": plan.name,
        "PriceLines": [
            consumer | _line(frame, subscription, line, line_id) for line_id, line in enumerate(lines, last_id + 1)
        ],
        "StartDate": cycle(subscription.start_month, subscription.anchor).start_text,
        "SubscriptionID": number_of(subscription.subscription_id),
        "SubscriptionName": subscription.name,
    }
    return values | ({"SubscriptionPONumber": subscription.order_number or None} if frame.newest else {})


def _line(frame: Frame, subscription: Subscription, line: Line, line_id: int) -> Values:
    plan, sale = subscription.plan, frame.face is not Face.PURCHASE
    terms = Terms(Decimal(line.unit_sale), 0) if sale else purchase_terms(plan, line)
    values: Values = {
        "Description": plan.description,
        "Discount": exact(terms.discount),
        "Duration": "1",
        "DurationType": line.duration,
        "EndDate": line.period.end_text,
        "ExtendedPrice": exact(_amount(line, frame)),
        "LineId": line_id,
        "Quantity": two_decimals(line.quantity),
        "QuantityType": UNITS.get(plan.rhythm, "licence"),
    }
    if frame.newest:
        values["RatePeriodID"] = rate_period(plan)
    values |= {"SKU": stock_code(plan), "StartDate": line.period.start_text}
    if frame.newest:
        values["SubPONumber"] = subscription.order_number or None
    return values | {
        "TaxPercentage": exact(frame.percent * 100),
        "TaxZoneID": frame.zone,
        "UID": f"{frame.number}.{line_id}",
        "UnitPrice": terms.unit_price,
        "VAT": exact(line.vat_at(frame.percent, sale=sale)),
    }


def rate_period(plan: Plan) -> int | None:
    """Return the rate period of a plan; only what Microsoft sells for a term has one."""
    return period_number(plan.plan_id) if "(NCE" in plan.name else None


def two_decimals(quantity: str) -> Decimal:
    """Return a quantity as the decimal number it is on the old platform."""
    return Decimal(quantity).quantize(CENT)


def stock_code(plan: Plan) -> str:
    """Return the SKU of a plan."""
    return plan.plan_id.removeprefix("p-").upper()
