"""The changes that make a sound invoice defective, each on its parsed JSON with exact decimals."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

Invoice = dict[str, Any]
Alteration = Callable[[Invoice], list[Invoice]]


def price_lines(invoice: Invoice) -> Iterator[dict[str, Any]]:
    """Yield the price lines of an invoice as served, in order."""
    for customer in invoice["Customers"]:
        for subscription in customer["Subscriptions"]:
            yield from subscription["PriceLines"]


def first(invoice: Invoice, **wanted: str) -> dict[str, Any]:
    """Return the first line whose fields contain the wanted texts."""
    return next(line for line in price_lines(invoice) if all(text in line[key] for key, text in wanted.items()))


def fee(invoice: Invoice) -> dict[str, Any]:
    """Return the line of the monthly fee, which every small order has."""
    return first(invoice, ChargeType="Cycle Fee")


def every_line(field: str, value: Callable[[dict[str, Any]], Any]) -> Alteration:
    """Set a field of every line that has it."""

    def change(invoice: Invoice) -> list[Invoice]:
        for line in price_lines(invoice):
            if field in line:
                line[field] = value(line)
        return [invoice]

    return change


def fee_line(field: str, value: Callable[[dict[str, Any]], Any]) -> Alteration:
    """Set a field of the monthly fee's line."""

    def change(invoice: Invoice) -> list[Invoice]:
        line = fee(invoice)
        line[field] = value(line)
        return [invoice]

    return change


def block(part: str, field: str, value: Callable[[Any], Any]) -> Alteration:
    """Set a field of Header, Sender or Receiver."""

    def change(invoice: Invoice) -> list[Invoice]:
        invoice[part][field] = value(invoice[part][field])
        return [invoice]

    return change


def without(part: str, field: str) -> Alteration:
    """Take a field away from a part of the invoice or, without a part, from the monthly fee's line."""

    def change(invoice: Invoice) -> list[Invoice]:
        del (invoice[part] if part else fee(invoice))[field]
        return [invoice]

    return change


def duplicated_line(invoice: Invoice) -> list[Invoice]:
    """Double a line but for its rate period, as version 4 of the older API did."""
    lines = invoice["Customers"][0]["Subscriptions"][0]["PriceLines"]
    line = lines[0]
    if "RatePeriodID" in line:
        line["RatePeriodID"] = line["RatePeriodID"] or 4711
        twin = line | {"RatePeriodID": line["RatePeriodID"] + 1}
        lines.insert(1, twin | ({"UID": f"{twin['UID']}b"} if "UID" in twin else {}))
    return [invoice]


def in_turn(invoice: Invoice, changes: Iterable[Alteration]) -> list[Invoice]:
    """Return what several changes make of an invoice, one after another."""
    made = [invoice]
    for change in changes:
        made = [further for one in made for further in change(one)]
    return made


def halves(invoice: Invoice) -> list[Invoice]:
    """Serve each customer in an invoice of its own under the same number."""
    halves = [invoice | {"Customers": [customer]} for customer in invoice["Customers"]]
    return [copy.deepcopy(half) for half in halves]


def different_parts(invoice: Invoice) -> list[Invoice]:
    """Serve two parts under one number that disagree on terms and repeat a line."""
    one, other = halves(invoice)
    other["Header"]["TermsOfPaymentDays"] += 16
    other["Customers"][0]["Subscriptions"].append(copy.deepcopy(one["Customers"][0]["Subscriptions"][0]))
    return [one, other]


def repeated_hash(invoice: Invoice) -> list[Invoice]:
    """Give two lines one hash."""
    one, other, *_ = price_lines(invoice)
    other["InvoiceRowHash"] = one["InvoiceRowHash"]
    return [invoice]


def vat_off(invoice: Invoice) -> list[Invoice]:
    """Add a euro of VAT to a line."""
    line = fee(invoice)
    line["VAT"] = Decimal(line["VAT"]) + 1
    return [invoice]


def foreign_vat(invoice: Invoice) -> list[Invoice]:
    """Charge Dutch VAT where none belongs."""
    for line in price_lines(invoice):
        line["TaxPercentage"], line["TaxZoneID"] = 21, "NL"
        line["VAT"] = (line["ExtendedPrice"] * 21 / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    return [invoice]


def zero_rated(invoice: Invoice) -> list[Invoice]:
    """Charge no VAT where there should be some."""
    for line in price_lines(invoice):
        line["TaxPercentage"], line["TaxZoneID"], line["VAT"] = 0, "", 0
    return [invoice]


def tax_fraction(invoice: Invoice) -> list[Invoice]:
    """Write the rate as 0.21 in place of 21."""
    return every_line("TaxPercentage", lambda line: Decimal(line["TaxPercentage"]) / 100)(invoice)


def cent_lines(invoice: Invoice) -> list[Invoice]:
    """Three lines of 0.07 with 0.01 VAT each, where the sum of 0.21 would carry 0.04."""
    subscription = invoice["Customers"][0]["Subscriptions"][0]
    model = subscription["PriceLines"][0]
    cent = {"ExtendedPrice": Decimal("0.07"), "Quantity": 1, "UnitPrice": Decimal("0.07")}
    cent["VAT"] = Decimal("0.01") if model["TaxPercentage"] else 0
    subscription["PriceLines"] = [
        model | cent | {"LineId": str(place), "InvoiceRowHash": f"{place}{model['InvoiceRowHash'][1:]}"}
        for place in (1, 2, 3)
    ]
    invoice["Customers"] = [invoice["Customers"][0] | {"Subscriptions": [subscription]}]
    return [invoice]


def zero_total(invoice: Invoice) -> list[Invoice]:
    """Leave a fee and its full credit."""
    subscription = invoice["Customers"][0]["Subscriptions"][0]
    line = fee(invoice)
    other_hash = "0" + line["InvoiceRowHash"][1:]
    back = line | {"ChargeType": "Correction", "LineId": "2", "InvoiceRowHash": other_hash}
    for field in ("ExtendedPrice", "UnitPrice", "VAT"):
        back[field] = -line[field]
    subscription["PriceLines"] = [line, back]
    invoice["Customers"] = [invoice["Customers"][0] | {"Subscriptions": [subscription]}]
    return [invoice]


def wrong_totals(invoice: Invoice) -> list[Invoice]:
    """Add totals that are a euro above the lines."""
    net = sum(line["ExtendedPrice"] for line in price_lines(invoice)) + 1
    vat = sum(line["VAT"] for line in price_lines(invoice))
    return [invoice | {"Totals": {"GrossTotal": net + vat, "NetTotal": net, "VATTotal": vat}}]


def azure_without_unit_price(invoice: Invoice) -> list[Invoice]:
    """Leave the unit price of usage empty."""
    first(invoice, ChargeType="Usage Fee")["UnitPrice"] = None
    return [invoice]


def hashes_missing(invoice: Invoice) -> list[Invoice]:
    """Take the hash from every second line, as during the days it was introduced."""
    for line in list(price_lines(invoice))[::2]:
        line.pop("InvoiceRowHash", None)
    return [invoice]


def without_charge_types(invoice: Invoice) -> list[Invoice]:
    """Take the charge types away, as before they were introduced."""
    for line in price_lines(invoice):
        del line["ChargeType"]
    return [invoice]


def full_unit_price(invoice: Invoice) -> list[Invoice]:
    """Show the unit price of a correction as it was before it was taken pro rata."""
    first(invoice, ChargeType="Correction")["UnitPrice"] = fee(invoice)["UnitPrice"]
    return [invoice]


def integer_ids(invoice: Invoice) -> list[Invoice]:
    """Write identifiers as numbers, as the older platform does."""
    for number, customer in enumerate(invoice["Customers"]):
        customer["AccountID"] = 1_000_001 + number
        for subscription in customer["Subscriptions"]:
            subscription["SubscriptionID"] = int(subscription["SubscriptionID"][2:])
            for line in subscription["PriceLines"]:
                line["LineId"] = int(line["LineId"])
    return [invoice]


def iso(text: str, suffix: str) -> str:
    """Write a date ``YYYYMMDD`` in ISO form."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}{suffix}" if text else text


def iso_dates(suffix: str) -> Alteration:
    """Write the dates of header and lines in ISO form, with a suffix for the time."""

    def change(invoice: Invoice) -> list[Invoice]:
        for field in ("Date", "ExpirationDate"):
            invoice["Header"][field] = iso(invoice["Header"][field], suffix)
        for line in price_lines(invoice):
            for field in ("StartDate", "EndDate"):
                line[field] = iso(line[field], suffix)
        return [invoice]

    return change


def unknown_fields(invoice: Invoice) -> list[Invoice]:
    """Add a field nobody knows on every level."""
    invoice["Header"]["PeppolStatus"] = "sent"
    invoice["Customers"][0]["Segment"] = {"Code": "SMB"}
    invoice["Customers"][0]["Subscriptions"][0]["RenewalMode"] = "auto"
    fee(invoice)["CarbonGrams"] = Decimal("12.5")
    return [invoice | {"Extension": []}]


def shuffled(value: Any) -> Any:
    """Return a JSON value with its fields in another order."""
    """Return a JSON value with its fields in another order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(part) for part in value] if isinstance(value, list) else value


def numbers_empty(invoice: Invoice) -> list[Invoice]:
    """Leave the customer numbers empty."""
    for customer in invoice["Customers"]:
        customer["CustomerNumber"] = ""
    return every_line("ConsumerCompanyNumber", lambda _line: "")(invoice)


def details_on_line(invoice: Invoice) -> list[Invoice]:
    """Put subscription details on a line, with another spelling and type of their flag."""
    row = {"Attribute": "vcpu", "AttributeDescription": "vCores", "AttributeValue": "16", "NoShow": "true"}
    fee(invoice)["SubscriptionDetails"] = [row]
    return [invoice]


def quoted(line: dict[str, Any], field: str) -> str:
    """Return a number of a line as a text."""
    return str(line[field])
