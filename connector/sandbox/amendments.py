"""Changes of an invoice between two fetches: what a correction at the source looks like from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from connector.sandbox.alterations import Invoice, numbers_empty, price_lines
from connector.sandbox.answers import Element, joined, parsed
from connector.sandbox.figures import cents_text


class Amendment(NamedTuple):
    """What happens to an invoice; ``cents`` is how much an amount gains."""

    kind: str
    cents: int


def amended(element: Element, due: Iterable[Amendment]) -> Iterator[str]:
    """Return the text of an invoice after its amendments; of a vanished one nothing is left."""
    due = list(due)
    if any(amendment.kind == "vanished-invoice" for amendment in due):
        return iter(())
    invoice = parsed(element.pieces)
    for amendment in due:
        _CHANGES[amendment.kind](invoice, amendment.cents)
    return iter([joined([invoice])])


def _change_amount(invoice: Invoice, cents: int) -> None:
    line = next(price_lines(invoice))
    amount = Decimal(line["ExtendedPrice"]) + Decimal(cents_text(cents))
    rate = Decimal(line["TaxPercentage"])
    line |= {"ExtendedPrice": amount, "Quantity": 1, "UnitPrice": amount}
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


_CHANGES: dict[str, Callable[[Invoice, int], None]] = {
    "amount": _change_amount,
    "customer-number": _change_customer_number,
    "late-number": _empty_customer_numbers,
    "vanished-line": _drop_last_line,
}
