"""Rows: a line that was bought beside the line it was sold on as, which Copaco gives one hash.

Both reports of margins and of leaks are made of rows; how the two sides meet is decided here alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import groupby

import msgspec

Place = tuple[str, str, str]
"""Where lines without a hash meet: end customer, subscription and month."""


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of one side, with the month ('YYYY-MM') of its document; ``net`` in minor units.

    ``row`` is the number of what both sides of a row have in common, ``None`` when no hash was received. The texts
    below ``subscription_id`` are as received, '' where there is none or nobody asked for them.
    """

    row: int | None
    sale: bool
    period: str
    net: int
    account_id: str = ""
    customer: str = ""
    vendor: str = ""
    plan: str = ""
    subscription_id: str = ""
    charge_type: str = ""
    row_hash: str = ""
    quantity: str = ""
    unit_price: str = ""

    @property
    def place(self) -> Place:
        """Where it meets the other side without a hash."""
        return self.account_id, self.subscription_id, self.period


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was ``bought`` and what it was ``sold`` as: mostly one line and one, or one side alone.

    ``by_subscription``: the lines have no hash and met by their subscription and month.
    """

    bought: tuple[Line, ...]
    sold: tuple[Line, ...]
    by_subscription: bool = False

    @property
    def first(self) -> Line:
        """The line that names the row: of the purchase, or of the sale without one."""
        return (self.bought or self.sold)[0]

    @property
    def met(self) -> bool:
        """Whether both sides have it: only then it has a margin."""
        return bool(self.bought and self.sold)

    @property
    def cost(self) -> int:
        """What was paid for it."""
        return sum(each.net for each in self.bought)

    @property
    def sale(self) -> int:
        """What it was sold for."""
        return sum(each.net for each in self.sold)

    @property
    def margin(self) -> int:
        """What is left of the sale; of what was not sold on the loss, of what was not bought nothing."""
        return self.sale - self.cost if self.bought else 0


def percent(margin: int, sale: int) -> Decimal | None:
    """A margin as a share of the sale, in percent with one decimal; ``None`` without a sale."""
    if sale <= 0:
        return None
    return (Decimal(margin) * 100 / sale).quantize(Decimal("0.1"), ROUND_HALF_UP)


def rows(lines: Iterable[Line], compared: Collection[str], loose: Collection[str] = ()) -> Iterator[Row]:
    """The rows of ``lines``, which come row by row, and then what has no hash place by place.

    What has no hash, on either side, meets what its subscription has left in that month. What lacks a partner counts in
    the months that are ``compared``, those of which both sides are known. ``loose`` are the months in which any line
    has no hash: only there a line without a partner must wait, so memory holds no more than these.
    """
    waiting: dict[Place, list[Line]] = {}
    for together, group in groupby(lines, key=lambda each: each.place if each.row is None else each.row):
        if isinstance(together, tuple):
            yield from _at_place((*waiting.pop(together, ()), *group), compared)
            continue
        bought, sold = _sides(group)
        if bought and sold:
            yield Row(bought=bought, sold=sold)
            continue
        for each in bought or sold:
            if each.period in loose:
                waiting.setdefault(each.place, []).append(each)
            elif each.period in compared:
                yield _alone(each)
    for left in waiting.values():
        yield from _at_place(left, compared)


def _sides(lines: Iterable[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    bought: list[Line] = []
    sold: list[Line] = []
    for each in lines:
        (sold if each.sale else bought).append(each)
    return tuple(bought), tuple(sold)


def _at_place(lines: Sequence[Line], compared: Collection[str]) -> Iterator[Row]:
    bought, sold = _sides(lines)
    if bought and sold and any(each.row is None for each in lines):
        yield Row(bought=bought, sold=sold, by_subscription=True)
    else:
        yield from (_alone(each) for each in lines if each.period in compared)


def _alone(line: Line) -> Row:
    return Row(bought=() if line.sale else (line,), sold=(line,) if line.sale else ())


def quantity_of(lines: Sequence[Line]) -> Decimal | None:
    """How many units one side of a row has, all its lines together; ``None`` when one does not say."""
    found = [decimal_of(each.quantity) for each in lines]
    known = [each for each in found if each is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(found) else None


def unit_price_of(lines: Sequence[Line]) -> Decimal | None:
    """The unit price that all lines of one side of a row state; ``None`` when they state none or several."""
    found = {decimal_of(each.unit_price) for each in lines}
    return found.pop() if len(found) == 1 else None


def decimal_of(received: str) -> Decimal | None:
    """A number as it was received; ``None`` when there is none or it cannot be read."""
    try:
        number = Decimal(received)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
