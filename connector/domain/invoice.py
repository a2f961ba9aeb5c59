"""The invoice as the distributor sends it: header, parties, end customers, subscriptions and price lines.

One typed value for every source. The JSON name of a field is the name in Copaco's current API, so that one decode makes
the value; other dialects convert to it. Nothing is interpreted here: dates are texts, amounts are the decimals that
were received, ``None`` means absent, null or empty. What the fields mean for the books is decided in ``reading``,
``checks`` and ``booking``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum

import msgspec

_SPELLED = {
    "sku": "SKU",
    "uid": "UID",
    "vat": "VAT",
    "iban": "IBAN",
    "bic": "BIC",
    "noshow": "noshow",
    "line_id": "LineId",
}


def wire_name(field: str) -> str:
    """The JSON name of a field: ``tax_zone_id`` is 'TaxZoneID', ``sub_po_number`` is 'SubPONumber'."""
    if field in _SPELLED:
        return _SPELLED[field]
    words = {"id": "ID", "po": "PO", "vat": "VAT"}
    return "".join(words.get(word, word.capitalize()) for word in field.split("_"))


class Direction(Enum):
    """``purchase``: Copaco to the reseller. ``sale``: the reseller to its customer."""

    PURCHASE = "purchase"
    SALE = "sale"


Text = str | None
Ident = str | int | None
"""An identifier: text on the current platform, a number on the old one; read as text by ``ident``."""


def ident(value: Ident) -> str:
    """An identifier as text, '' when there is none."""
    return "" if value is None else str(value)


class _Received(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, forbid_unknown_fields=True, gc=False):
    """What was received. Unknown fields are not dropped but kept apart by the parser."""


class Line(_Received, frozen=True, kw_only=True):
    """One price line. ``extended_price`` is the net amount to book; amounts are in major units, rates in percent or
    fraction.
    """

    billing_frequency: Text = None
    charge_type: Text = None
    consumer_company_name: Text = None
    consumer_company_number: Ident = None
    description: Text = None
    discount: Decimal | None = None
    duration: Ident = None
    duration_type: Text = None
    end_date: Text = None
    extended_price: Decimal | None = None
    invoice_row_hash: Ident = None
    line_id: Ident = None
    quantity: Decimal | None = None
    quantity_type: Text = None
    rate_period_id: Ident = None
    sku: Text = None
    start_date: Text = None
    sub_po_number: Ident = None
    tax_percentage: Decimal | None = None
    tax_zone_id: Ident = None
    uid: Ident = None
    unit_price: Decimal | None = None
    vat: Decimal | None = None
    vendor_details: Text = None
    subscription_details: tuple[Detail, ...] = ()


class Detail(_Received, frozen=True, kw_only=True):
    """One attribute of a subscription's configuration; ``noshow`` tells whether Copaco's PDF leaves it out. Carries no
    money.
    """

    attribute: Text = None
    attribute_value: Ident = None
    attribute_description: Text = None
    noshow: bool | str | int | None = None


class Subscription(_Received, frozen=True, kw_only=True):
    """One subscription of an end customer with its price lines."""

    billing_model: Ident = None
    expiration_date: Text = None
    plan_category_name: Text = None
    plan_id: Ident = None
    plan_name: Text = None
    price_lines: tuple[Line, ...] = ()
    start_date: Text = None
    subscription_details: tuple[Detail, ...] = ()
    subscription_id: Ident = None
    subscription_name: Text = None
    subscription_po_number: Ident = None


class Customer(_Received, frozen=True, kw_only=True):
    """One end customer. ``account_id`` is the key; ``customer_number`` may come a day late and is not unique."""

    account_id: Ident = None
    company_name: Text = None
    cost_center: Ident = None
    customer_number: Ident = None
    subscriptions: tuple[Subscription, ...] = ()


class Header(_Received, frozen=True, kw_only=True):
    """The document's head. ``invoice_id`` is Copaco's consolidated invoice number; ``type`` says INVOICE even for a
    credit note.
    """

    currency: Text = None
    date: Text = None
    description: Text = None
    expiration_date: Text = None
    invoice_id: Ident = None
    language: Text = None
    language_code: Text = None
    terms_of_payment_days: Ident = None
    type: Text = None
    type_identifier: Ident = None


class Party(_Received, frozen=True, kw_only=True):
    """Sender or receiver. The country that decides about VAT is the prefix of ``vat_number``, not the address."""

    account_id: Ident = None
    address: Text = None
    bank_account: Ident = None
    bic: Text = None
    chamber_of_commerce: Ident = None
    city: Text = None
    company_name: Text = None
    contact_first_name: Text = None
    contact_last_name: Text = None
    contact_middle_name: Text = None
    country: Text = None
    country_code: Text = None
    customer_number: Ident = None
    email: Text = None
    fax: Ident = None
    iban: Text = None
    logo: Text = None
    postal_code: Ident = None
    telephone: Ident = None
    type: Ident = None
    vat_number: Text = None
    website: Text = None
    zip: Ident = None


class Invoice(_Received, frozen=True, kw_only=True):
    """One document of the source. ``totals`` is kept as received: every number found in it counts as a check."""

    customers: tuple[Customer, ...] | None = None
    header: Header | None = None
    receiver: Party | None = None
    sender: Party | None = None
    totals: dict[str, Decimal | None] | None = None


def lines(invoice: Invoice) -> Iterator[tuple[Customer, Subscription, Line]]:
    """Every price line with its customer and subscription, in document order."""
    for customer in invoice.customers or ():
        for subscription in customer.subscriptions:
            for line in subscription.price_lines:
                yield customer, subscription, line


class InvoiceKey(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What makes an invoice the same invoice within an administration.

    ``source`` is the endpoint it comes from, ``issuer`` the VAT number (else the name) of who issues it, ``number``
    Copaco's consolidated invoice number, and ``customer`` the end customer's AccountID for a sale, '' for a purchase.
    """

    direction: Direction
    source: str
    issuer: str
    number: str
    customer: str = ""
