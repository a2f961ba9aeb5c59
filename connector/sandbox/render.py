"""Invoices as the API writes them: JSON with its keys in alphabetical order, piece by piece.

Numbers are written from integer cents, so ``217.20`` stays ``217.20``. Which fields there are, and which
are always empty on this platform, follows the published field lists; the rest is a guess at form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from connector.sandbox.catalogue import Rhythm
from connector.sandbox.documents import Block, Document
from connector.sandbox.figures import cents_text, vat_on
from connector.sandbox.lines import MONTHS_IN_YEAR, Line
from connector.sandbox.months import cycle, date_text
from connector.sandbox.parties import Party
from connector.sandbox.portfolio import Subscription, resources


class Face(Enum):
    """The three views on a line: what the reseller pays, what its customer owes, what that customer gets."""

    PURCHASE = "invoices"
    SPECIFICATION = "customer-specifications"
    ISSUED = "customer-invoices"


class Frame(NamedTuple):
    """What an invoice is rendered with. ``percent`` and ``zone`` are those of its VAT on this face."""

    number: str
    month: int
    face: Face
    percent: int
    zone: str
    detail: bool
    totals: bool
    header: str
    receiver: str
    sender: str


@lru_cache(maxsize=8192)
def quoted(text: str) -> str:
    """Write a text as JSON, with its accents as they are."""
    return json.dumps(text, ensure_ascii=False)


def _or_null(text: str) -> str:
    return quoted(text) if text else "null"


def header_text(document: Document, number: str) -> str:
    """Write the Header of a document under a number: the type is always INVOICE, credit notes included."""
    return (
        f'{{"Currency":"EUR","Date":"{date_text(document.date)}","Description":"Invoice",'
        f'"ExpirationDate":"{date_text(document.due)}","InvoiceID":"{number}","Language":"Dutch",'
        f'"LanguageCode":"NL","TermsOfPaymentDays":{document.reseller.payment_days},"Type":"INVOICE",'
        '"TypeIdentifier":1}'
    )


def receiver_text(party: Party, customer_number: str) -> str:
    """Write the Receiver block."""
    return json.dumps(
        {
            "AccountID": party.account_id,
            "Address": party.address,
            "City": party.city,
            "CompanyName": party.company_name,
            "ContactFirstName": party.first_name,
            "ContactLastName": party.last_name,
            "ContactMiddleName": "",
            "Country": party.country,
            "CountryCode": party.country_code,
            "CustomerNumber": customer_number,
            "Email": party.email,
            "Fax": None,
            "Telephone": party.telephone,
            "Type": 1,
            "VATNumber": party.vat_number,
            "Zip": party.postal_code,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def sender_text(party: Party) -> str:
    """Write the Sender block."""
    return json.dumps(
        {
            "AccountID": party.account_id,
            "Address": party.address,
            "BankAccount": "",
            "BIC": party.bic,
            "ChamberOfCommerce": party.chamber_of_commerce,
            "City": party.city,
            "CompanyName": party.company_name,
            "Country": party.country,
            "CountryCode": party.country_code,
            "Fax": None,
            "IBAN": party.iban,
            "Logo": "",
            "PostalCode": party.postal_code,
            "Telephone": party.telephone,
            "VATNumber": party.vat_number,
            "Website": "",
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def on_face(lines: Iterable[Line], face: Face, *, detail: bool, percent: int = 0) -> list[Line]:
    """Return the lines one face shows: without the leaks of the other side, corrections split when asked."""
    absent = "sale" if face is Face.PURCHASE else "purchase"
    shown = [line for line in lines if line.only != absent]
    if not detail:
        return shown
    return [part for line in shown for part in _parts(line, face, percent)]


def _parts(line: Line, face: Face, percent: int) -> tuple[Line, ...]:
    """Split a summarised correction; the VAT of its parts sums to that of the whole."""
    if len(line.changes) <= 1:
        return (line,)
    parts, net, given = [], 0, 0
    for change in line.changes[:-1]:
        net += change.cost if face is Face.PURCHASE else change.sale
        vat = vat_on(net, percent) - given
        given += vat
        parts.append(change._replace(vat=vat))
    whole = line.vat_at(percent, sale=face is not Face.PURCHASE)
    return (*parts, line.changes[-1]._replace(vat=whole - given))


class _Sums:
    """Running number of lines and sums in cents of one invoice while it is written."""

    def __init__(self) -> None:
        self.lines = self.net = self.vat = 0


def invoice_pieces(frame: Frame, blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the text of one invoice, a customer at a time, so that a long invoice never stands in memory."""
    sums = _Sums()
    opening = '{"Customers":['
    for block in blocks:
        text = _customer_text(frame, block, sums)
        if text:
            yield opening + text
            opening = ","
    if opening != ",":
        yield opening
    totals = ""
    if frame.totals:
        totals = (
            f',"Totals":{{"GrossTotal":{cents_text(sums.net + sums.vat)},"NetTotal":{cents_text(sums.net)},'
            f'"VATTotal":{cents_text(sums.vat)}}}'
        )
    yield f'],"Header":{frame.header},"Receiver":{frame.receiver},"Sender":{frame.sender}{totals}}}'


def _customer_text(frame: Frame, block: Block, sums: _Sums) -> str:
    customer = block.customer
    # The portal passes a new number on a day late: the purchase invoice of a month may still lack it.
    number = customer.number_in(frame.month + (frame.face is not Face.PURCHASE))
    consumer = (
        f'"ConsumerCompanyName":{quoted(customer.company_name)},"ConsumerCompanyNumber":"{number}","Description":'
    )
    texts = []
    for subscription, lines in block.subscriptions:
        shown = on_face(lines, frame.face, detail=frame.detail, percent=frame.percent)
        if shown:
            texts.append(_subscription_text(frame, subscription, shown, consumer, sums))
    if not texts:
        return ""
    return (
        f'{{"AccountID":"{customer.account_id}","CompanyName":{quoted(customer.company_name)},'
        f'"CostCenter":"{customer.cost_centre}","CustomerNumber":"{number}","Subscriptions":[{",".join(texts)}]}}'
    )


def _subscription_text(frame: Frame, subscription: Subscription, lines: list[Line], consumer: str, sums: _Sums) -> str:
    plan = subscription.plan
    order_number = _or_null(subscription.order_number)
    texts = _lines_text(frame, subscription, lines, f"{consumer}{quoted(plan.description)},", sums)
    details = _details_text(subscription)
    return (
        f'{{"BillingModel":0,"ExpirationDate":"{expiration_text(subscription, frame.month)}",{plan.json_opening}'
        f'{texts}],"StartDate":"{cycle(subscription.start_month, subscription.anchor).start_text}",'
        f'"SubscriptionDetails":{details},"SubscriptionID":"{subscription.subscription_id}",'
        f'"SubscriptionName":{quoted(subscription.name)},"SubscriptionPONumber":{order_number}}}'
    )


def expiration_text(subscription: Subscription, month: int) -> str:
    """Return the end of the yearly term that runs in a month, or "" where there is no term."""
    plan = subscription.plan
    if plan.rhythm is not Rhythm.YEARLY and "-1y-" not in plan.plan_id:
        return ""
    months_in = (month - subscription.start_month) % MONTHS_IN_YEAR
    return cycle(month - months_in, subscription.anchor, MONTHS_IN_YEAR).end_text


def _details_text(subscription: Subscription) -> str:
    return (
        "["
        + ",".join(
            f'{{"Attribute":"{one.attribute}","AttributeDescription":"{one.description}",'
            f'"AttributeValue":"{one.value}","noshow":{str(one.hidden).lower()}}}'
            for one in resources(subscription)
        )
        + "]"
    )


def _lines_text(frame: Frame, subscription: Subscription, lines: list[Line], consumer: str, sums: _Sums) -> str:
    cost_side = frame.face is Face.PURCHASE
    order_number = _or_null(subscription.order_number)
    uid = f"{'u' if cost_side else 'v'}-{frame.number}-"
    tax = f'"TaxPercentage":{frame.percent},"TaxZoneID":"{frame.zone}","UID":"{uid}'
    texts = []
    for line in lines:
        period, amount = line.period, line.cost if cost_side else line.sale
        vat = line.vat_at(frame.percent, sale=not cost_side)
        sums.lines += 1
        sums.net += amount
        sums.vat += vat
        texts.append(
            f'{{"BillingFrequency":"{line.frequency}","ChargeType":"{line.charge_type}",{consumer}"Discount":0,'
            f'"Duration":"1","DurationType":"{line.duration}","EndDate":"{period.end_text}",'
            f'"ExtendedPrice":{cents_text(amount)},"InvoiceRowHash":"{line.row_hash}","LineId":"{sums.lines}",'
            f'"Quantity":{line.quantity},"QuantityType":"item","RatePeriodID":null,"SKU":"",'
            f'"StartDate":"{period.start_text}","SubPONumber":{order_number},{tax}{sums.lines}",'
            f'"UnitPrice":{line.unit_cost if cost_side else line.unit_sale},'
            f'"VAT":{cents_text(vat) if frame.percent else 0},"VendorDetails":"{line.vendor_details}"}}'
        )
    return ",".join(texts)
