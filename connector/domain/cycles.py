"""Cycles: what a subscription is charged for a term, from one document to the next; what prices and credits rest on."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import msgspec

from connector.domain.dates import whole_months
from connector.domain.money import EXACT, to_minor
from connector.domain.rows import decimal_of
from connector.domain.rules import fold

_CORRECTION, _USAGE = fold("Correction"), fold("Usage Fee")
_MONTHS = {"Monthly": 1, "Yearly": 12}
_FINEST = Decimal("0.000001")


class CycleLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of a subscription, of one side, with the month ('YYYY-MM') of its document; ``net`` in minor units.

    ``start`` and ``end`` are its period, both days inclusive; ``expires`` is the last day of the subscription where
    that was said. ``quantity``, ``unit_price`` and ``extended`` are the texts received; ``billing`` is its rhythm.
    """

    sale: bool
    period: str
    net: int
    account_id: str
    customer: str
    subscription_id: str
    plan: str
    description: str = ""
    billing: str = ""
    charge_type: str = ""
    start: datetime.date | None = None
    end: datetime.date | None = None
    expires: datetime.date | None = None
    quantity: str = ""
    unit_price: str = ""
    extended: str = ""

    @property
    def is_correction(self) -> bool:
        """Whether it corrects an earlier cycle. The older API has no charge types; there a line below zero does."""
        return fold(self.charge_type) == _CORRECTION or (not self.charge_type and self.net < 0)

    @property
    def is_usage(self) -> bool:
        """Whether it charges consumption, of which the amount is no price."""
        return fold(self.charge_type) == _USAGE

    @property
    def months(self) -> int:
        """The months of its term; 0 when the term is broken, as a first cycle that is charged by its days, or not
        known.
        """
        if self.start is None or self.end is None:
            return _MONTHS.get(self.billing, 0)
        return whole_months(self.start, self.end)

    @property
    def price(self) -> Decimal | None:
        """The price of one unit, as the amount says: the stated unit price where the amount is that times the quantity,
        since the amount is rounded to cents, else the amount by unit. ``None`` when there is none.
        """
        units, amount, stated = map(decimal_of, (self.quantity, self.extended, self.unit_price))
        if units is None or amount is None or units <= 0 or amount < 0:
            return None
        if stated is not None and to_minor(EXACT.multiply(units, stated)) == to_minor(amount):
            return stated
        return EXACT.divide(amount, units).quantize(_FINEST, ROUND_HALF_UP, EXACT)


def by_subscription(lines: Iterable[CycleLine]) -> Iterator[list[CycleLine]]:
    """The lines of one subscription after those of another; ``lines`` come ordered so."""
    for _, group in groupby(lines, key=lambda each: (each.account_id, each.subscription_id)):
        yield list(group)
