"""Changes of an invoice between two fetches: what a correction at the source looks like from outside."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from connector.sandbox.alterations import Alteration, Invoice, numbers_empty, price_lines
from connector.sandbox.figures import cents_text


def amendment(kind: str, cents: int) -> Alteration:
    """Return what happens to an invoice, of which nothing is left where it vanishes; an amount gains ``cents``."""

    def change(invoice: Invoice) -> list[Invoice]:
        if kind == "vanished-invoice":
            return []
        _CHANGES[kind](invoice, cents)
        return [_with_totals(invoice)]

    return change


def _change_amount(invoice: Invoice, cents: int) -> None:
    line = next(price_lines(invoice))
    if "ExtendedPrice" not in line:
        line["PurchasePrice"] += Decimal(cents_text(cents))
        return
    amount = Decimal(line["ExtendedPrice"]) + Decimal(cents_text(cents))
    rate = Decimal(line["TaxPercentage"])
    line |= {"Discount": 0, "ExtendedPrice": amount, "Quantity": 1, "UnitPrice": amount}
    line["VAT"] = (amount * rate / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP") if rate else 0


def _change_customer_number(invoice: Invoice, _cents: int) -> None:
    customer = invoice["Customers"][0]
    customer["CustomerNumber"] = f"{customer['CustomerNumber']}9"


def _empty_customer_numbers(invoice: Invoice, _cents: int) -> None:
    numbers_empty(invoice)


def _drop_last_line(invoice: Invoice, _cents: int) -> None:
    subscription = invoice["Customers"][-1]["Subscriptions"][-1]
    subscription["PriceLines"].pop()
    if not subscription["PriceLines"]:
        invoice["Customers"][-1]["Subscriptions"].pop()
    if not invoice["Customers"][-1]["Subscriptions"]:
        invoice["Customers"].pop()


def _with_totals(invoice: Invoice) -> Invoice:
    """Let the totals follow the lines, where there are any: a correction at the source is one of both."""
    if "NetTotal" in invoice.get("Totals", {}):
        net = sum((Decimal(line["ExtendedPrice"]) for line in price_lines(invoice)), Decimal("0.00"))
        vat = sum((Decimal(line["VAT"]) for line in price_lines(invoice)), Decimal("0.00"))
        invoice["Totals"] = {"GrossTotal": net + vat, "NetTotal": net, "VATTotal": vat}
    return invoice


_CHANGES: dict[str, Callable[[Invoice, int], None]] = {
    "amount": _change_amount,
    "customer-number": _change_customer_number,
    "late-number": _empty_customer_numbers,
    "vanished-line": _drop_last_line,
}
