"""Defects that Copaco told of in its release notes, each to be switched on by its name for every invoice.

Those with a ticket have its number for a name. One that is about fields which an endpoint does not have
changes nothing there: SKU is empty in the current API anyhow, and the older one never had a row hash.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

from connector.sandbox import alterations as to
from connector.sandbox.alterations import Alteration, Invoice, price_lines
from connector.sandbox.figures import dice, digest

BILLING_SALE, CONSOLIDATED = "billing/customerinvoices", "billing/consolidatedinvoices"
LAST_BY_VENDOR = dt.date(2024, 2, 12)
WITHOUT_CONTACT_ONE_IN = 4
AMOUNTS = ("ExtendedPrice", "VAT", "UnitPrice", "Discount", "PurchasePrice", "PurchaseDiscount", "SalesPrice")
DEAD_LINK = "https://copaco.invalid/invoices/{}.pdf"
Row = dict[str, Any]


class Ticket(NamedTuple):
    """A defect: what shows, the endpoints that have it (none: all with invoices), and the change itself."""

    meaning: str
    change: Alteration
    endpoints: tuple[str, ...] = ()

    def concerns(self, endpoint: str) -> bool:
        """Tell whether an endpoint has it; those of the Billing API begin with ``billing/``."""
        return not self.endpoints or endpoint in self.endpoints


def last_by_vendor(value: str) -> dt.date:
    """Return the last day of the invoices per vendor: that of the value, or the one on which they ended.

    Raises ValueError when the value is no date.
    """
    return dt.datetime.strptime(value, "%Y%m%d").replace(tzinfo=dt.UTC).date() if value else LAST_BY_VENDOR


def _lines(change: Callable[[Row], None]) -> Alteration:
    def changed(invoice: Invoice) -> list[Invoice]:
        for line in price_lines(invoice):
            change(line)
        return [invoice]

    return changed


def _subscriptions(change: Callable[[Row], None]) -> Alteration:
    def changed(invoice: Invoice) -> list[Invoice]:
        for customer in invoice["Customers"]:
            for subscription in customer["Subscriptions"]:
                change(subscription)
        return [invoice]

    return changed


def _customers(change: Callable[[Row], None]) -> Alteration:
    def changed(invoice: Invoice) -> list[Invoice]:
        for customer in invoice["Customers"]:
            change(customer)
        return [invoice]

    return changed


def _without(*names: str) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        for name in names:
            row.pop(name, None)

    return change


def _line_ids_restart(subscription: Row) -> None:
    for place, line in enumerate(subscription["PriceLines"], 1):
        line["LineId"] = type(line["LineId"])(place)


def _sku_empty(line: Row) -> None:
    if "SKU" in line:
        line["SKU"] = ""


def _one_rate_only(line: Row) -> None:
    line["RatePeriodID" if line.get("RatePeriodID") is None else "PlanRateID"] = None


def _sale_unmatched(subscription: Row) -> None:
    """Leave out the sale price where matching is hard, and take that of the neighbour where it is harder."""
    first, *further = subscription["PriceLines"]
    if further and first["PurchasePrice"] > 0:
        first["SalesPrice"] = further[0]["SalesPrice"]
    hard = subscription["PriceLines"] if "Azure" in subscription["PlanName"] else further
    for line in subscription["PriceLines"]:
        if line in hard or line["PurchasePrice"] < 0:
            line["SalesPrice"] = None


def _one_line_negative(invoice: Invoice) -> list[Invoice]:
    for line in price_lines(invoice):
        if line["PurchasePrice" if "PurchasePrice" in line else "ExtendedPrice"] > 0:
            line |= {name: -line[name] for name in AMOUNTS if line.get(name)}
            break
    return [invoice]


def _azure_without_prices(subscription: Row) -> None:
    if "Azure" in subscription["PlanName"]:
        for line in subscription["PriceLines"]:
            line |= {name: None for name in ("UnitPrice", "Discount", "PurchaseDiscount") if name in line}


def _swapped_dates(subscription: Row) -> None:
    """Give every line the dates of the subscription, and the subscription those of its first line."""
    lines = subscription["PriceLines"]
    start, end = lines[0]["StartDate"], lines[0]["EndDate"]
    for line in lines:
        line["StartDate"] = subscription["StartDate"]
        line["EndDate"] = subscription.get("ExpirationDate") or line["EndDate"]
    subscription["StartDate"] = start
    if "ExpirationDate" in subscription:
        subscription["ExpirationDate"] = end


def _last_vendor_lost(invoice: Invoice) -> list[Invoice]:
    """Lose the lines of the vendor that stands last; an invoice of one vendor is whole."""
    vendors = [one["PlanCategoryName"] for customer in invoice["Customers"] for one in customer["Subscriptions"]]
    if len(set(vendors)) > 1:
        for customer in invoice["Customers"]:
            customer["Subscriptions"] = [
                one for one in customer["Subscriptions"] if one["PlanCategoryName"] != vendors[-1]
            ]
    return [_pruned(invoice)]


def _without_contact(invoice: Invoice) -> list[Invoice]:
    name = invoice["Receiver"]["CompanyName"]
    return [] if dice(digest(f"contact:{name}"), WITHOUT_CONTACT_ONE_IN) == 0 else [invoice]


def _dead_link(invoice: Invoice) -> list[Invoice]:
    invoice["Header"]["PDFLink"] = DEAD_LINK.format(invoice["Header"]["InvoiceID"])
    return [invoice]


def _every_third_line(times: int) -> Alteration:
    """Write every third line of an invoice as often as told, which may be not at all."""

    def changed(invoice: Invoice) -> list[Invoice]:
        places = count(1)
        for customer in invoice["Customers"]:
            for subscription in customer["Subscriptions"]:
                written = []
                for line in subscription["PriceLines"]:
                    written += [dict(line) for _ in range(times if next(places) % 3 == 0 else 1)]
                subscription["PriceLines"] = written
        return [_pruned(invoice)]

    return changed


def _pruned(invoice: Invoice) -> Invoice:
    """Leave out the subscriptions without a line, and the customers without a subscription."""
    for customer in invoice["Customers"]:
        customer["Subscriptions"] = [one for one in customer["Subscriptions"] if one["PriceLines"]]
    invoice["Customers"] = [customer for customer in invoice["Customers"] if customer["Subscriptions"]]
    return invoice


def _sales_of_next_customer(invoice: Invoice) -> list[Invoice]:
    """Give the first line of every customer the sale price of the first line of the next one."""
    firsts = [customer["Subscriptions"][0]["PriceLines"][0] for customer in invoice["Customers"]]
    prices: list[Decimal | None] = [line["SalesPrice"] for line in firsts]
    for line, price in zip(firsts, [*prices[1:], *prices[:1]], strict=True):
        line["SalesPrice"] = price
    return [invoice]


TICKETS: dict[str, Ticket] = {
    "cd-204": Ticket(
        "the first line stands twice, with another RatePeriodID (older API: version 4)", to.duplicated_line
    ),
    "cd-260": Ticket("SKU is empty in the older API, as it always is in the current one", _lines(_sku_empty)),
    "cd-319": Ticket(
        "consolidatedinvoices has no PlanRateID, as the other endpoints never have",
        _lines(_without("PlanRateID")),
        (CONSOLIDATED,),
    ),
    "cd-320": Ticket(
        "of PlanRateID and RatePeriodID only one is filled (consolidatedinvoices)",
        _lines(_one_rate_only),
        (CONSOLIDATED,),
    ),
    "cd-337": Ticket(
        "corrections, refunds and Azure have no SalesPrice, and a line beside a correction has a wrong one "
        "(consolidatedinvoices)",
        _subscriptions(_sale_unmatched),
        (CONSOLIDATED,),
    ),
    "cd-374": Ticket(
        "no line has an InvoiceRowHash: cost and sale cannot be matched, as always in the older API",
        _lines(_without("InvoiceRowHash")),
    ),
    "cd-481": Ticket(
        "CustomerCostCenter is absent (consolidatedinvoices)",
        _customers(_without("CustomerCostCenter")),
        (CONSOLIDATED,),
    ),
    "cd-482": Ticket("the first amount above zero of an invoice is below it", _one_line_negative),
    "cd-483": Ticket("no subscription has its end, ExpirationDate", _subscriptions(_without("ExpirationDate"))),
    "cd-484": Ticket("Azure has neither unit price nor discount", _subscriptions(_azure_without_prices)),
    "cd-508": Ticket("LineId begins at 1 again in every subscription", _subscriptions(_line_ids_restart)),
    "cd-513": Ticket(
        "the discount is absent, so that the price before it looks like the net one",
        _lines(_without("Discount", "PurchaseDiscount")),
    ),
    "lines-left-out": Ticket(
        "every third line is absent (consolidatedinvoices)",
        _every_third_line(times=0),
        (CONSOLIDATED,),
    ),
    "lines-given-twice": Ticket(
        "every third line stands twice, as it is (consolidatedinvoices)",
        _every_third_line(times=2),
        (CONSOLIDATED,),
    ),
    "wrong-customer": Ticket(
        "the first line of a customer has the SalesPrice of the next customer's (consolidatedinvoices)",
        _sales_of_next_customer,
        (CONSOLIDATED,),
    ),
    "swapped-dates": Ticket(
        "lines have the dates of their subscription, and the other way round", _subscriptions(_swapped_dates)
    ),
    "incomplete-specification": Ticket(
        "the sale side lacks the lines of one vendor (customer-specifications, customerinvoices)",
        _last_vendor_lost,
        ("customer-specifications", BILLING_SALE),
    ),
    "no-billing-contact": Ticket(
        "customers without a billing contact get no invoice (customer-invoices, customerinvoices)",
        _without_contact,
        ("customer-invoices", BILLING_SALE),
    ),
    "empty-customer-number": Ticket("no customer has a CustomerNumber", to.numbers_empty),
    "partial-row-hash": Ticket("every second line has no InvoiceRowHash", to.hashes_missing),
    "dead-pdf-link": Ticket("the Header has a PDFLink that leads nowhere", _dead_link),
}
"""Changes of every invoice."""

OF_ANSWERS: dict[str, str] = {
    "cd-215": "the name of the file of the older API says version 2, whatever was asked",
    "vendor-grouping": "Copaco made an invoice per vendor up to 12 February 2024, or up to 'value' (YYYYMMDD)",
}
"""Defects of an answer as a whole, which the server looks up by name."""

MEANINGS = {name: ticket.meaning for name, ticket in TICKETS.items()} | OF_ANSWERS
