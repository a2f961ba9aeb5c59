"""One consolidated invoice of the older Billing API, read from its decoded tree. Nothing is booked from it.

Copaco's page shows the names of its fields up to PurchasePrice; the sale price, its unit price and the dates of the
subscription follow from release notes, so every likely spelling of a name counts. Prices are those of the whole line.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connector.domain.consolidated import ConsolidatedInvoice, GivenLine
from connector.domain.dates import parse_date
from connector.domain.money import EXACT, to_minor
from connector.source.legacy.parts import Parts, decoded

_Names = dict[str, str]


def _same(*names: str) -> _Names:
    return {name: name for name in names}


_INVOICE = _same("header", "sender", "receiver", "customers", "totals")
_HEADER = {"invoiceid": "number"} | _same(
    "date", "currency", "description", "expirationdate", "language", "languagecode", "termsofpaymentdays",
    "type", "typeidentifier", "taxzoneid", "taxpercentage",
)  # fmt: skip
_PARTY = {"vatnumber": "vat_number", "companyname": "name"} | _same(
    "accountid", "address", "street", "bankaccount", "bic", "chamberofcommerce", "city", "contactfirstname",
    "contactlastname", "contactmiddlename", "country", "countrycode", "customernumber", "email", "fax", "iban", "logo",
    "postalcode", "telephone", "type", "website", "zip",
)  # fmt: skip
_TOTALS = {"totalpurchases": "purchases", "totalsales": "sales"}
_CUSTOMER = {
    "accountid": "account_id", "companyname": "name", "customernumber": "number",
    "customercostcenter": "cost_centre", "costcenter": "cost_centre", "subscriptions": "subscriptions",
}  # fmt: skip
_SUBSCRIPTION = {
    "subscriptionid": "subscription_id", "planname": "plan", "planid": "plan_id", "pricelines": "lines",
} | _same(
    "subscriptionname", "plancategoryname", "startdate", "expirationdate", "enddate", "subscriptionponumber",
    "billingmodel",
)  # fmt: skip
_LINE = {
    "description": "description", "startdate": "start", "enddate": "end", "quantity": "quantity",
    "purchaseprice": "price", "purchasediscount": "discount",
    "salesprice": "sale", "saleprice": "sale", "sellingprice": "sale",
    "lineid": "line_id", "planrateid": "plan_rate", "resourcerateid": "plan_rate", "rateperiodid": "rate_period",
} | _same(
    "duration", "durationtype", "sku", "unitprice", "purchaseunitprice", "quantitytype", "uid", "subponumber",
    "consumercompanyname", "consumercompanynumber",
)  # fmt: skip


def read_consolidated(slice: bytes) -> ConsolidatedInvoice:  # noqa: A002 - the word for a piece cut out of a body
    """The consolidated invoice in ``slice``, in JSON or XML. What cannot be read is told, never raised."""
    found: ConsolidatedInvoice = decoded(slice, from_tree)
    return found


def from_tree(found: object, told: Parts | None = None) -> ConsolidatedInvoice:
    """The consolidated invoice in a decoded ``found``, whatever that is."""
    told = told or Parts()
    parts = told.members(found, _INVOICE, "")
    header = told.members(parts.get("header"), _HEADER, "Header")
    sender = told.members(parts.get("sender"), _PARTY, "Sender")
    told.members(parts.get("receiver"), _PARTY, "Receiver")
    totals = told.members(parts.get("totals"), _TOTALS, "Totals")
    currency = told.text(header.get("currency"), "Header.Currency").upper()
    lines = tuple(_lines(told, parts.get("customers"), currency))
    return ConsolidatedInvoice(
        number=told.text(header.get("number"), "Header.InvoiceID"),
        issuer=_compact(told.text(sender.get("vat_number"), "Sender.VATNumber"))
        or told.text(sender.get("name"), "Sender.CompanyName"),
        date=parse_date(told.text(header.get("date"), "Header.Date")),
        currency=currency,
        lines=lines,
        stated_purchases=_minor(told.number(totals.get("purchases"), "Totals.TotalPurchases"), currency),
        stated_sales=_minor(told.number(totals.get("sales"), "Totals.TotalSales"), currency),
        unknown=tuple(told.unknown.items()),
        unreadable=tuple(told.unreadable),
    )


def _lines(told: Parts, customers: object, currency: str) -> Iterator[GivenLine]:
    for in_customer, each in told.elements(customers, "Customers"):
        customer = told.members(each, _CUSTOMER, in_customer)
        whose = {
            "account_id": told.text(customer.get("account_id"), f"{in_customer}.AccountID"),
            "customer": told.text(customer.get("name"), f"{in_customer}.CompanyName"),
            "cost_centre": told.text(customer.get("cost_centre"), f"{in_customer}.CustomerCostCenter"),
        }
        for in_subscription, one in told.elements(customer.get("subscriptions"), f"{in_customer}.Subscriptions"):
            subscription = told.members(one, _SUBSCRIPTION, in_subscription)
            of_plan = whose | {
                "subscription_id": told.text(subscription.get("subscription_id"), f"{in_subscription}.SubscriptionID"),
                "plan": told.text(subscription.get("plan"), f"{in_subscription}.PlanName")
                or told.text(subscription.get("plan_id"), f"{in_subscription}.PlanID"),
            }
            for where, line in told.elements(subscription.get("lines"), f"{in_subscription}.PriceLines"):
                if isinstance(line, dict):
                    yield _line(told, line, where, currency, of_plan)
                else:
                    told.refuse(where, line)


def _line(told: Parts, line: object, where: str, currency: str, of_plan: dict[str, str]) -> GivenLine:
    values = told.members(line, _LINE, where)
    price = told.number(values.get("price"), f"{where}.PurchasePrice")
    discount = told.number(values.get("discount"), f"{where}.PurchaseDiscount")
    cost = price if price is None or discount is None else EXACT.subtract(price, discount)
    return GivenLine(
        **of_plan,
        description=told.text(values.get("description"), f"{where}.Description"),
        start=told.day(values.get("start"), f"{where}.StartDate"),
        end=told.day(values.get("end"), f"{where}.EndDate"),
        quantity=told.number(values.get("quantity"), f"{where}.Quantity"),
        cost=_minor(cost, currency),
        discount_given=discount is not None,
        sale=_minor(told.number(values.get("sale"), f"{where}.SalesPrice"), currency),
        line_id=told.text(values.get("line_id"), f"{where}.LineId"),
        rate_id=told.text(values.get("rate_period"), f"{where}.RatePeriodID")
        or told.text(values.get("plan_rate"), f"{where}.PlanRateID"),
    )


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else to_minor(amount, currency)


def _compact(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())
