"""Invoices as Copaco sends them, written by hand: just the fields that matter, in the order they are sent."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

Json = dict[str, Any]
COPACO = {
    "CompanyName": "Copaco Nederland B.V.",
    "VATNumber": "NL111111111B01",
    "IBAN": "NL02BANK0123456789",
    "CountryCode": "NL",
}
RESELLER = {"CompanyName": "Voorbeeld ICT B.V.", "VATNumber": "NL222222222B01", "CountryCode": "NL"}
DATE = datetime.date(2024, 3, 20)
_encoder = msgspec.json.Encoder(decimal_format="number")


def line(
    net: str = "100.00",
    *,
    kind: str | int | None = "Cycle Fee",
    row_hash: str = "",
    rate: str = "21",
    vat: str | None = "",
    **more: Any,
) -> Json:
    """A price line of ``net`` euros with its VAT, unless told otherwise; fields that are ``None`` are sent as null."""
    amount = Decimal(net)
    stated = (amount * Decimal(rate) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP) if vat == "" else vat
    return {
        "BillingFrequency": "Monthly",
        "ChargeType": kind,
        "Description": "Microsoft 365 Business Premium",
        "StartDate": "20240214",
        "EndDate": "20240313",
        "Quantity": 1,
        "UnitPrice": amount,
        "Discount": 0,
        "ExtendedPrice": amount,
        "InvoiceRowHash": row_hash or None,
        "TaxPercentage": Decimal(rate),
        "TaxZoneID": "NL",
        "VAT": None if stated is None else Decimal(stated),
        **more,
    }


def customer(account: str, lines: Sequence[Json], **more: Any) -> Json:
    """An end customer with one subscription."""
    subscription = {
        "PlanCategoryName": "Microsoft",
        "PlanID": "p-1",
        "PlanName": "Microsoft 365 Business Premium",
        "PriceLines": list(lines),
        "SubscriptionID": f"s-{account}",
    }
    return {
        "AccountID": account,
        "CompanyName": f"Customer {account}",
        "CustomerNumber": "10021",
        "Subscriptions": [subscription],
        **more,
    }


def invoice(
    number: str,
    *lines: Json,
    date: datetime.date | None = DATE,
    customers: Sequence[Json] | None = None,
    sender: Mapping[str, Any] = COPACO,
    header: Mapping[str, Any] | None = None,
    **more: Any,
) -> Json:
    """An invoice of ``lines`` for one end customer, or of ``customers``. Row hashes are made where lines have none."""
    held = [customer("A-1", lines or (line(),))] if customers is None else list(customers)
    head = {
        "Currency": "EUR",
        "Date": f"{date:%Y%m%d}" if date else None,
        "InvoiceID": number,
        "TermsOfPaymentDays": 30,
        "Type": "INVOICE",
    }
    made = {"Customers": held, "Header": {**head, **(header or {})}, "Receiver": RESELLER, "Sender": dict(sender)}
    return numbered({**made, **more})


def numbered(made: Json) -> Json:
    """The invoice with a row hash and an id on every line that has none."""
    place = 0
    for each in made["Customers"]:
        for subscription in each["Subscriptions"]:
            for price_line in subscription["PriceLines"]:
                place += 1
                text = f"{made['Header']['InvoiceID']}/{each['AccountID']}/{place}"
                price_line.setdefault("LineId", str(place))
                price_line.setdefault("UID", f"u-{place}")
                if price_line["InvoiceRowHash"] is None:
                    price_line["InvoiceRowHash"] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return made


def reordered(value: Any) -> Any:
    """The same JSON with the fields of every object backwards."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    return [reordered(each) for each in value] if isinstance(value, list) else value


def body(invoices: Sequence[Json]) -> bytes:
    """The answer that holds ``invoices``."""
    return b'{"Invoices": [' + b",\n  ".join(map(_encoder.encode, invoices)) + b"]}\n"
