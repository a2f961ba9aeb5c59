"""Margin: rows summed per customer, vendor, plan or month."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from connector.domain.rows import Row, percent

BY = ("customer", "vendor", "plan", "period")
"""What margins can be summed by: fields of a line."""


class Margin(msgspec.Struct, kw_only=True):
    """The margin of one customer, vendor, plan or month, in minor units.

    ``cost`` and ``sale`` are of rows that both sides have. ``unsold`` was bought and not sold on, ``unbought`` sold
    without a purchase: neither is a margin.
    """

    name: str
    cost: int = 0
    sale: int = 0
    rows: int = 0
    unsold: int = 0
    unsold_lines: int = 0
    unbought: int = 0
    unbought_lines: int = 0
    by_subscription: int = 0

    @property
    def margin(self) -> int:
        """What is left of the sale."""
        return self.sale - self.cost

    @property
    def percent(self) -> Decimal | None:
        """The margin as a share of the sale, in percent with one decimal; ``None`` without a sale."""
        return percent(self.margin, self.sale)

    @property
    def count_of_rows(self) -> int:
        """Rows that both sides have, and lines of one side alone."""
        return self.rows + self.unsold_lines + self.unbought_lines

    def count(self, row: Row) -> None:
        """Count a row."""
        if row.met:
            self.cost, self.sale, self.rows = self.cost + row.cost, self.sale + row.sale, self.rows + 1
            self.by_subscription += row.by_subscription
        elif row.bought:
            self.unsold, self.unsold_lines = self.unsold + row.cost, self.unsold_lines + len(row.bought)
        else:
            self.unbought, self.unbought_lines = self.unbought + row.sale, self.unbought_lines + len(row.sold)

    def add(self, other: Margin) -> None:
        """Count what ``other`` counts as well."""
        for field in _COUNTED:
            setattr(self, field, getattr(self, field) + getattr(other, field))


_COUNTED = tuple(field for field in Margin.__struct_fields__ if field != "name")


def margins(rows: Iterable[Row], by: str) -> list[Margin]:
    """The margins by name, the lowest first; ``by`` is one of ``BY``. A row belongs to the name that its purchase has,
    or its sale without one.
    """
    found: dict[str, Margin] = {}
    for row in rows:
        name: str = getattr(row.first, by)
        one = found.get(name)
        if one is None:
            one = found[name] = Margin(name=name)
        one.count(row)
    return sorted(found.values(), key=lambda each: (each.margin - each.unsold, each.name))


def total(of: Iterable[Margin]) -> Margin:
    """All together."""
    summed = Margin(name="")
    for each in of:
        summed.add(each)
    return summed


Order = tuple[int, str, str, str, str, str, str, int, bool]


def order(row: Row) -> Order:
    """By what rows are sorted: the lowest margin first, and of equal ones always the same."""
    first = row.first
    return (
        row.margin, first.period, first.customer, first.account_id, first.plan, first.subscription_id, first.row_hash,
        row.cost, row.met,
    )  # fmt: skip


class Lowest:
    """Passes rows on, and keeps the ``most`` of them with the lowest margins, and the total of all."""

    def __init__(self, most: int) -> None:
        self.total = Margin(name="")
        self._most = most
        self._kept: list[tuple[Order, Row]] = []

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """``rows`` as they come."""
        for row in rows:
            self.total.count(row)
            if len(self._kept) < self._most or (self._kept and row.margin <= self._kept[-1][1].margin):
                insort(self._kept, (order(row), row), key=_order_kept)
                del self._kept[self._most :]
            yield row

    @property
    def rows(self) -> list[Row]:
        """Those that were kept, the lowest first."""
        return [row for _, row in self._kept]


def _order_kept(kept: tuple[Order, Row]) -> Order:
    return kept[0]
