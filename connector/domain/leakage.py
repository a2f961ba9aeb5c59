"""Leakage: what was bought and never charged to anyone, and what was charged for less than it cost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from enum import Enum

import msgspec

from connector.domain.money import EXACT, from_minor, to_minor
from connector.domain.rows import Line, Row, quantity_of, unit_price_of


class LeakKind(Enum):
    """In which way money leaks."""

    CUSTOMER_MISSING = "customer-missing"
    COST_WITHOUT_SALE = "cost-without-sale"
    SALE_WITHOUT_COST = "sale-without-cost"
    QUANTITY_DIFFERS = "quantity-differs"
    BELOW_COST = "below-cost"


class Leak(msgspec.Struct, kw_only=True):
    """What leaks in one month ('YYYY-MM') at one subscription of one customer; ``lines`` are rows that do.

    ``minor`` is the money in minor units: the cost of what was not sold on or of a customer that is missing, the sale
    of what was not bought, the loss of what was sold below cost, and what the difference in quantity would be charged
    at (below zero: more was charged than bought). A missing customer has no subscription: none was charged.
    """

    kind: LeakKind
    period: str
    account_id: str
    customer: str
    subscription_id: str
    plan: str
    minor: int = 0
    lines: int = 0

    def count(self, minor: int, lines: int = 1) -> None:
        """Count more of the same."""
        self.minor, self.lines = self.minor + minor, self.lines + lines


class Leaks:
    """Gathers the leaks of rows. What customers in ``internal`` (AccountIDs) use is theirs to use: it is only summed
    in ``own_use``, and ``own_lines`` counts its lines.
    """

    def __init__(self, internal: Collection[str] = ()) -> None:
        self.own_use, self.own_lines = 0, 0
        self._internal = internal
        self._found: dict[tuple[LeakKind, str, str, str], Leak] = {}

    def look(self, rows: Iterable[Row]) -> None:
        """Look at ``rows``."""
        for row in rows:
            kind, minor = _leak(row)
            first = row.first
            if kind is None:
                continue
            if kind is LeakKind.COST_WITHOUT_SALE and first.account_id in self._internal:
                self.own_use, self.own_lines = self.own_use + minor, self.own_lines + 1
            else:
                self._leak_of(kind, first).count(minor)

    @property
    def doubtful(self) -> set[str]:
        """Months in which something was not sold on: a customer may be missing there."""
        return {each.period for each in self._found.values() if each.kind is LeakKind.COST_WITHOUT_SALE}

    def sold(self, period: str, customers: Collection[str]) -> None:
        """Take for missing who bought in the month ``period`` and is none of ``customers`` (AccountIDs), those that
        were charged anything.
        """
        for key, each in list(self._found.items()):
            kind, month, account_id, _ = key
            if (kind, month) == (LeakKind.COST_WITHOUT_SALE, period) and account_id not in customers:
                del self._found[key]
                missing = (LeakKind.CUSTOMER_MISSING, period, account_id, "")
                if missing not in self._found:
                    self._found[missing] = Leak(
                        kind=LeakKind.CUSTOMER_MISSING,
                        period=period,
                        account_id=account_id,
                        customer=each.customer,
                        subscription_id="",
                        plan="",
                    )
                self._found[missing].count(each.minor, each.lines)

    @property
    def all(self) -> list[Leak]:
        """Every leak, the most money first."""
        return sorted(self._found.values(), key=_order)

    def _leak_of(self, kind: LeakKind, line: Line) -> Leak:
        key = (kind, line.period, line.account_id, line.subscription_id)
        if key not in self._found:
            self._found[key] = Leak(
                kind=kind,
                period=line.period,
                account_id=line.account_id,
                customer=line.customer,
                subscription_id=line.subscription_id,
                plan=line.plan,
            )
        return self._found[key]


def _order(each: Leak) -> tuple[int, str, str, str, str, str]:
    return -abs(each.minor), each.period, each.customer, each.account_id, each.subscription_id, each.kind.value


def _leak(row: Row) -> tuple[LeakKind | None, int]:
    """How a row leaks, and how much; ``None`` when it does not."""
    if not row.sold:
        return LeakKind.COST_WITHOUT_SALE, row.cost
    if not row.bought:
        return LeakKind.SALE_WITHOUT_COST, row.sale
    short = _short(row)
    if short:
        return LeakKind.QUANTITY_DIFFERS, short
    # A credit of a sale is larger than that of its cost, so that its margin is below zero: that is no loss.
    if 0 <= row.cost > row.sale:
        return LeakKind.BELOW_COST, -row.margin
    return None, 0


def _short(row: Row) -> int:
    """What the units are worth that were bought and not charged, at the price of the sale; 0 where both sides have the
    same, or one does not say. The sign of a quantity is not documented, so it does not count.
    """
    if row.by_subscription or _alike(row.bought, row.sold):
        return 0
    bought, sold = quantity_of(row.bought), quantity_of(row.sold)
    if bought is None or sold is None or abs(bought) == abs(sold):
        return 0
    price = unit_price_of(row.sold)
    if price is None:
        price = EXACT.divide(from_minor(row.sale), sold) if sold else Decimal(0)
    short = EXACT.multiply(abs(bought) - abs(sold), abs(price))
    return to_minor(short) if row.cost >= 0 else -to_minor(short)


def _alike(bought: Sequence[Line], sold: Sequence[Line]) -> bool:
    """Whether both sides state their quantity in the same digits: nearly every row does, and is looked at no closer."""
    return len(bought) == len(sold) == 1 and bought[0].quantity == sold[0].quantity
