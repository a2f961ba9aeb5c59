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
from connector.source.legacy.tree import Tree, decoded

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
    """The consolidated invoice in ``slice``, which is JSON. What cannot be read is told, never raised."""
    found: ConsolidatedInvoice = decoded(slice, from_tree)
    return found


def from_tree(found: object, tree: Tree | None = None) -> ConsolidatedInvoice:
    """The consolidated invoice in a decoded ``found``, whatever that is."""
    tree = tree or Tree()
    parts = tree.members(found, _INVOICE, "")
    header = tree.members(parts.get("header"), _HEADER, "Header")
    sender = tree.members(parts.get("sender"), _PARTY, "Sender")
    tree.members(parts.get("receiver"), _PARTY, "Receiver")
    totals = tree.members(parts.get("totals"), _TOTALS, "Totals")
    currency = tree.text(header.get("currency"), "Header.Currency").upper()
    lines = tuple(_lines(tree, parts.get("customers"), currency))
    return ConsolidatedInvoice(
        number=tree.text(header.get("number"), "Header.InvoiceID"),
        issuer=_compact(tree.text(sender.get("vat_number"), "Sender.VATNumber"))
        or tree.text(sender.get("name"), "Sender.CompanyName"),
        date=parse_date(tree.text(header.get("date"), "Header.Date")),
        currency=currency,
        lines=lines,
        stated_purchases=_minor(tree.number(totals.get("purchases"), "Totals.TotalPurchases"), currency),
        stated_sales=_minor(tree.number(totals.get("sales"), "Totals.TotalSales"), currency),
        unknown=tuple(tree.unknown.items()),
        unreadable=tuple(tree.unreadable),
    )


def _lines(tree: Tree, customers: object, currency: str) -> Iterator[GivenLine]:
    for in_customer, each in tree.elements(customers, "Customers"):
        customer = tree.members(each, _CUSTOMER, in_customer)
        whose = {
            "account_id": tree.text(customer.get("account_id"), f"{in_customer}.AccountID"),
            "customer": tree.text(customer.get("name"), f"{in_customer}.CompanyName"),
            "cost_centre": tree.text(customer.get("cost_centre"), f"{in_customer}.CustomerCostCenter"),
        }
        for in_subscription, one in tree.elements(customer.get("subscriptions"), f"{in_customer}.Subscriptions"):
            subscription = tree.members(one, _SUBSCRIPTION, in_subscription)
            of_plan = whose | {
                "subscription_id": tree.text(subscription.get("subscription_id"), f"{in_subscription}.SubscriptionID"),
                "plan": tree.text(subscription.get("plan"), f"{in_subscription}.PlanName")
                or tree.text(subscription.get("plan_id"), f"{in_subscription}.PlanID"),
            }
            for where, line in tree.elements(subscription.get("lines"), f"{in_subscription}.PriceLines"):
                if isinstance(line, dict):
                    yield _line(tree, line, where, currency, of_plan)
                else:
                    tree.refuse(where, line)


def _line(tree: Tree, line: object, where: str, currency: str, of_plan: dict[str, str]) -> GivenLine:
    values = tree.members(line, _LINE, where)
    price = tree.number(values.get("price"), f"{where}.PurchasePrice")
    discount = tree.number(values.get("discount"), f"{where}.PurchaseDiscount")
    cost = price if price is None or discount is None else EXACT.subtract(price, discount)
    return GivenLine(
        **of_plan,
        description=tree.text(values.get("description"), f"{where}.Description"),
        start=tree.day(values.get("start"), f"{where}.StartDate"),
        end=tree.day(values.get("end"), f"{where}.EndDate"),
        quantity=tree.number(values.get("quantity"), f"{where}.Quantity"),
        cost=_minor(cost, currency),
        discount_given=discount is not None,
        sale=_minor(tree.number(values.get("sale"), f"{where}.SalesPrice"), currency),
        line_id=tree.text(values.get("line_id"), f"{where}.LineId"),
        rate_id=tree.text(values.get("rate_period"), f"{where}.RatePeriodID")
        or tree.text(values.get("plan_rate"), f"{where}.PlanRateID"),
    )


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else to_minor(amount, currency)


def _compact(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())
