"""Margin: what was bought beside what it was sold for, row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import msgspec


class SoldLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of one side, as far as margins ask.

    ``row`` is what both sides of a row have in common, ``None`` when nothing was received; ``place`` is the
    subscription and month. ``name`` is of the customer, vendor, plan or month that is asked for; ``net`` is in minor
    units, ``period`` the month of its document.
    """

    row: int | None
    place: tuple[str, ...]
    sale: bool
    name: str
    net: int
    period: str


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
        if self.sale <= 0:
            return None
        return (Decimal(self.margin) * 100 / self.sale).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def add(self, other: Margin) -> None:
        """Count what ``other`` counts as well."""
        for field in _COUNTED:
            setattr(self, field, getattr(self, field) + getattr(other, field))


_COUNTED = tuple(field for field in Margin.__struct_fields__ if field != "name")


def margins(lines: Iterable[SoldLine], compared: Collection[str], period: str | None = None) -> list[Margin]:
    """The margins by name, the lowest first. ``lines`` must come row by row.

    What has no row, on either side, meets what its subscription has left in that month. A row belongs to the name and
    month that its purchase has, or its sale without one; only ``period`` counts when it is given. What lacks a partner
    counts in the months that are ``compared``: those of which both sides are known.
    """
    found: dict[str, Margin] = {}
    for one, month in _met(lines):
        if (period is None or month == period) and (one.rows or month in compared):
            found.setdefault(one.name, Margin(name=one.name)).add(one)
    return sorted(found.values(), key=lambda each: (each.margin - each.unsold, each.name))


def total(of: Iterable[Margin]) -> Margin:
    """All together."""
    summed = Margin(name="")
    for each in of:
        summed.add(each)
    return summed


class _Side(msgspec.Struct, kw_only=True):
    """What one side has of something: the name and month of its first line, and whether all lines have a row."""

    name: str = ""
    period: str = ""
    net: int = 0
    lines: int = 0
    has_row: bool = True

    def add(self, line: SoldLine) -> None:
        if not self.lines:
            self.name, self.period = line.name, line.period
        self.net, self.lines = self.net + line.net, self.lines + 1
        self.has_row = self.has_row and line.row is not None


_Sides = tuple[_Side, _Side]
"""Bought and sold."""


def _met(lines: Iterable[SoldLine]) -> Iterator[tuple[Margin, str]]:
    left: dict[tuple[str, ...], _Sides] = defaultdict(lambda: (_Side(), _Side()))
    for row, group in groupby(lines, key=lambda each: each.row):
        if row is None:
            _leave(left, group)
            continue
        together = list(group)
        bought, sold = _Side(), _Side()
        for each in together:
            (sold if each.sale else bought).add(each)
        if bought.lines and sold.lines:
            yield Margin(name=bought.name, cost=bought.net, sale=sold.net, rows=1), bought.period
        else:
            _leave(left, together)
    for bought, sold in left.values():
        yield from _left_over(bought, sold)


def _leave(left: dict[tuple[str, ...], _Sides], lines: Iterable[SoldLine]) -> None:
    for each in lines:
        left[each.place][each.sale].add(each)


def _left_over(bought: _Side, sold: _Side) -> Iterator[tuple[Margin, str]]:
    if bought.lines and sold.lines and not (bought.has_row and sold.has_row):
        yield Margin(name=bought.name, cost=bought.net, sale=sold.net, rows=1, by_subscription=1), bought.period
        return
    if bought.lines:
        yield Margin(name=bought.name, unsold=bought.net, unsold_lines=bought.lines), bought.period
    if sold.lines:
        yield Margin(name=sold.name, unbought=sold.net, unbought_lines=sold.lines), sold.period
