"""What a line of the old platform says of price and discount: a list price, less what the reseller gets off."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from connector.sandbox.catalogue import AZURE, Plan
from connector.sandbox.figures import cents_text, half_up
from connector.sandbox.lines import Line

# The reseller's discount in permille of the list price; Azure's stands for the partner earned credit.
ITEM_DISCOUNT, AZURE_DISCOUNT = 150, 100


class Terms(NamedTuple):
    """The price per unit, and the discount on the whole line in cents."""

    unit_price: Decimal
    discount: int


def exact(cents: int) -> Decimal:
    """Return cents as an amount with two decimals."""
    return Decimal(cents_text(cents))


def purchase_terms(plan: Plan, line: Line) -> Terms:
    """Return price and discount of a purchase: their difference is the amount. Corrections are net."""
    quantity = int(Decimal(line.quantity))
    off = AZURE_DISCOUNT if plan.plan_id == AZURE.plan_id else ITEM_DISCOUNT if plan.cycle_type == "Item Fee" else 0
    if not off or line.charge_type == "Correction":
        return Terms(Decimal(line.unit_cost), 0)
    listed = half_up(half_up(line.cost, quantity) * 1000, 1000 - off)
    return Terms(exact(listed), listed * quantity - line.cost)
