"""Old invoices as text, piece by piece: JSON, or XML with the places its elements had there.

In XML the rate and the zone of the VAT stand in the Header and not on the lines, ``Address`` of the Receiver
is ``Street``, and what is empty is written self-closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from html import escape
from typing import Any, NamedTuple

from connector.sandbox.answers import write_json
from connector.sandbox.billing.heads import Values
from connector.sandbox.billing.shape import OldInvoice
from connector.sandbox.billing.terms import exact

NAMESPACES = (
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)  # fmt: skip
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
ROWS = {"Customers": "Customer", "Subscriptions": "Subscription", "PriceLines": "PriceLine"}
HEADER = (
    *("InvoiceID", "Date", "ExpirationDate", "Currency", "TermsOfPaymentDays", "TaxZoneID", "TaxPercentage"),
    *("Type", "TypeIdentifier", "LanguageCode", "Language"),
)
SENDER = (
    *("CompanyName", "Address", "PostalCode", "City", "CountryCode", "Country", "Telephone", "Fax"),
    *("ChamberOfCommerce", "BankAccount", "IBAN", "BIC", "VATNumber", "Website", "Logo"),
)
RECEIVER = (
    *("AccountID", "CustomerNumber", "CompanyName", "VATNumber", "ContactFirstName", "ContactMiddleName"),
    *("ContactLastName", "Street", "Zip", "City", "Country", "Telephone", "Email"),
)
CUSTOMER = ("AccountID", "CustomerNumber", "CompanyName", "CostCenter", "CustomerCostCenter", "Subscriptions")
HEADER_ONLY_JSON = ("Description",)
HEADER_ONLY_XML = ("TaxPercentage", "TaxZoneID")


class Root(NamedTuple):
    """The elements around the invoices of an XML document, outermost first."""

    names: tuple[str, ...]

    @property
    def opening(self) -> str:
        """The text before the first invoice."""
        first, *further = self.names
        return f"{DECLARATION}<{first} {NAMESPACES}>" + "".join(f"<{name}>" for name in further)

    @property
    def closing(self) -> str:
        """The text after the last invoice."""
        return "".join(f"</{name}>" for name in reversed(self.names))


INVOICE_ROOT = Root(("InvoiceResponse",))
CONSOLIDATED_ROOT = Root(("ConsolidatedInvoiceResponse", "Invoices"))


def as_json(invoice: OldInvoice, *, totals: bool) -> Iterator[str]:
    """Yield the JSON of an invoice, a customer at a time."""
    yield '{"Customers":['
    comma = ""
    for customer in invoice.customers:
        yield comma + _json(customer)
        comma = ","
    written = f',"Totals":{_json(invoice.totals)}' if totals else ""
    yield (
        f'],"Header":{_json(invoice.header)},"Receiver":{_json(invoice.receiver)},'
        f'"Sender":{_json(invoice.sender)}{written}}}'
    )


def _json(values: Values) -> str:
    return write_json(values).decode()


def as_xml(invoice: OldInvoice) -> Iterator[str]:
    """Yield the XML of an invoice, a customer at a time."""
    header = invoice.header | {"TaxZoneID": invoice.zone, "TaxPercentage": exact(invoice.percent * 100)}
    receiver = {"Street" if name == "Address" else name: value for name, value in invoice.receiver.items()}
    further = [name for name in invoice.header if name not in (*HEADER, *HEADER_ONLY_JSON)]
    yield f"<Invoice>{_parent('Header', header, (*HEADER, *further))}"
    yield _parent("Sender", invoice.sender, SENDER) + _parent("Receiver", receiver, RECEIVER)
    opening = "<Customers>"
    for customer in invoice.customers:
        yield opening + _parent("Customer", customer, [name for name in CUSTOMER if name in customer])
        opening = ""
    yield "<Customers />" if opening else "</Customers>"
    yield f"{_parent('Totals', invoice.totals, invoice.totals)}</Invoice>"


def _parent(name: str, values: Values, order: Iterable[str]) -> str:
    inside = "".join(_element(part, values[part]) for part in order)
    return f"<{name}>{inside}</{name}>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        rows = "".join(_parent(ROWS[name], row, [part for part in row if part not in HEADER_ONLY_XML]) for row in value)
        return f"<{name}>{rows}</{name}>" if rows else f"<{name} />"
    text = f"{value:f}" if isinstance(value, Decimal) else "" if value is None else escape(str(value), quote=False)
    return f"<{name}>{text}</{name}>" if text else f"<{name} />"
