"""Consolidated invoices of the older Billing API: purchase lines with the sale price that Copaco matched to them.

The matching is best effort: it leaves lines out, gives lines twice, takes the price of another customer, or finds none.
So nothing is booked from it; it is compared with the invoices themselves (``consolidated_check``).
"""

from __future__ import annotations

import datetime
from decimal import Decimal

import msgspec


class GivenLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of a consolidated invoice; amounts in minor units, without VAT, ``None`` where none could be read.

    ``cost`` is the purchase price less its discount; ``discount_given`` tells whether a discount was stated, be it
    nothing. Days are ISO where they can be read, else as they came. ``line_id`` names the line in the answer and is no
    key: numbers come twice. ``rate_id`` is that of the rate period or of the plan, whichever is given.
    """

    account_id: str = ""
    customer: str = ""
    cost_centre: str = ""
    subscription_id: str = ""
    plan: str = ""
    description: str = ""
    start: str = ""
    end: str = ""
    quantity: Decimal | None = None
    cost: int | None = None
    discount_given: bool = False
    sale: int | None = None
    line_id: str = ""
    rate_id: str = ""


class ConsolidatedInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """One consolidated invoice. ``stated_purchases`` and ``stated_sales`` are its own totals in minor units, ``None``
    where there are none. ``unknown`` are fields that we do not know, as (pattern, example as JSON); ``unreadable`` are
    those whose value could not be read, as (where, value)."""

    number: str = ""
    issuer: str = ""
    date: datetime.date | None = None
    currency: str = ""
    lines: tuple[GivenLine, ...] = ()
    stated_purchases: int | None = None
    stated_sales: int | None = None
    unknown: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()

    @property
    def cost(self) -> int:
        """What its lines cost together."""
        return sum(each.cost or 0 for each in self.lines)

    @property
    def sale(self) -> int:
        """The sale prices of its lines together, as far as there are any."""
        return sum(each.sale or 0 for each in self.lines)
