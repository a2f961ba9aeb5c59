"""A second reader of raw invoices, for ``verify`` only: small, slow, and sharing nothing with the first but the bytes.

It knows just enough to add up euros: the standard library's ``json`` and ``expat`` with decimals, and rounding half up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn

import msgspec

from connector.engine.plain_xml import plain_tree

FIELDS = ("ExtendedPrice", "VAT", "Quantity", "UnitPrice", "Discount", "TaxPercentage")
"""The numbers of a line, in the order of ``PlainLine.amounts``."""
_MOST_DIGITS, _LARGEST = 60, 15
_WIDE = Context(prec=200)
_WITHOUT_CENTS = {"JPY"}


class PlainLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line as a plain reader sees it: net amount and VAT in minor units, and its ``FIELDS`` exactly."""

    net: int
    vat: int
    amounts: tuple[Decimal | None, ...]


def plain_lines(exact: bytes, part: int | None) -> Iterator[PlainLine]:
    """The lines of a raw invoice, or of its end customer number ``part`` only, in document order."""
    invoice = _read(exact)
    unit = _unit(invoice)
    for position, customer in enumerate(_list(invoice, "Customers")):
        if part is not None and position != part:
            continue
        for subscription in _list(customer, "Subscriptions"):
            for line in _list(subscription, "PriceLines"):
                amounts = tuple(_amount(line.get(name)) for name in FIELDS)
                yield PlainLine(net=_minor(amounts[0], unit), vat=_minor(amounts[1], unit), amounts=amounts)


def plain_totals(exact: bytes) -> set[int]:
    """Every number in the invoice's totals, in minor units."""
    invoice = _read(exact)
    totals, unit = invoice.get("Totals"), _unit(invoice)
    return {_minor(_amount(value), unit) for value in totals.values()} if isinstance(totals, dict) else set()


def exact_sum(lines: list[PlainLine], minor: int, exact: bytes) -> Decimal:
    """The exact net amounts of ``lines`` less ``minor`` units, in major units."""
    total = Decimal(0)
    for line in lines:
        total = _WIDE.add(total, line.amounts[0] or Decimal(0))
    return _WIDE.subtract(total, _WIDE.divide(Decimal(minor), _unit(_read(exact))))


@lru_cache(maxsize=1)  # a specification is read once, not once for each of its customers
def _read(exact: bytes) -> dict[str, Any]:
    try:
        if exact.startswith(b"<"):
            return plain_tree(exact)
        value = json.loads(exact.decode(), parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
        if b"\\" in exact:
            json.dumps(value, ensure_ascii=False, default=str).encode()  # half a character is no text
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _unit(invoice: dict[str, Any]) -> Decimal:
    """How many minor units make one of the invoice's currency."""
    header = invoice.get("Header")
    currency = str(header.get("Currency")).strip().upper() if isinstance(header, dict) else ""
    return Decimal(1) if currency in _WITHOUT_CENTS else Decimal(100)


def _list(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _amount(found: object) -> Decimal | None:
    """An amount: a number, in quotes or not, of at most 60 digits and below 10^16; anything else is none."""
    if isinstance(found, str):
        try:
            found = None if "_" in found else Decimal(found.strip())
        except InvalidOperation:
            return None
    if not isinstance(found, Decimal) or not found.is_finite():
        return None
    digits = "".join(map(str, found.as_tuple().digits)).rstrip("0")
    return None if digits and (found.adjusted() > _LARGEST or len(digits) > _MOST_DIGITS) else found


def _minor(amount: Decimal | None, unit: Decimal) -> int:
    if amount is None:
        return 0
    return int(_WIDE.multiply(amount, unit).quantize(Decimal(1), ROUND_HALF_UP, _WIDE))
