"""Whether the source writes a VAT rate of 21 % as 21 or as 0.21: decided per document from VAT and net amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from enum import Enum

from connector.domain.invoice import Customer, Line


class TaxScale(Enum):
    """``auto`` decides per document; ``unclear`` means that the document cannot be trusted in this."""

    AUTO = "auto"
    PERCENT = "percent"
    FRACTION = "fraction"
    UNCLEAR = "unclear"


_context = Context(prec=60)


def tax_scale(customers: Sequence[Customer], forced: TaxScale = TaxScale.AUTO) -> TaxScale:
    """The scale of a document's rates: the one under which rate x net is the stated VAT.

    A rate of 1 or more can only be a percentage. A document without any rate above zero has percent: 0 means the same
    in both. Otherwise the sums decide, and when they fit both scales or neither, it is unclear.
    """
    if forced is not TaxScale.AUTO:
        return forced
    lines, vat, as_fraction = 0, Decimal(0), Decimal(0)
    for line in _rated(customers):
        rate = line.tax_percentage or Decimal(0)
        if rate >= 1:
            return TaxScale.PERCENT
        lines += 1
        vat = _context.add(vat, line.vat or Decimal(0))
        as_fraction = _context.add(as_fraction, _context.multiply(line.extended_price or Decimal(0), rate))
    if not lines:
        return TaxScale.PERCENT
    tolerance = Decimal("0.005") * (lines + 1) + abs(vat) / 100
    fits = {
        TaxScale.PERCENT: abs(_context.subtract(_context.scaleb(as_fraction, -2), vat)) <= tolerance,
        TaxScale.FRACTION: abs(_context.subtract(as_fraction, vat)) <= tolerance,
    }
    fitting = [scale for scale, fit in fits.items() if fit]
    return fitting[0] if len(fitting) == 1 else TaxScale.UNCLEAR


def _rated(customers: Sequence[Customer]) -> Iterator[Line]:
    for customer in customers:
        for subscription in customer.subscriptions:
            for line in subscription.price_lines:
                if line.tax_percentage:
                    yield line


def rate_text(rate: Decimal | None, scale: TaxScale) -> str:
    """A rate as percent without trailing zeros: '21', '5.5', '0'; '' when there is none."""
    if rate is None:
        return ""
    percent = _context.scaleb(rate, 2) if scale is TaxScale.FRACTION else rate
    return f"{percent.normalize(_context) + 0:f}"
