"""Prices: what a unit costs and is sold for, from month to month, and whether a changed cost was passed on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import Enum

import msgspec

from connector.domain.cycles import CycleLine, by_subscription
from connector.domain.money import EXACT, to_minor

FEWEST = 3
"""With fewer subscriptions of an item there is no price that the others pay."""


class Passed(Enum):
    """Whether the sale price followed the cost price."""

    FULLY = "fully"
    PARTLY = "partly"
    NOT = "not"
    UNKNOWN = "unknown"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What has a price: a plan, what is charged of it, and the ``months`` of its term."""

    plan: str
    description: str
    billing: str
    months: int


class PriceChange(msgspec.Struct, kw_only=True):
    """A cost price of an item that changed in a month ('YYYY-MM'), at all ``customers`` whose sale price did the same.

    Prices are of one unit and term, in major units; those of the sale are ``None`` where they differ from customer to
    customer or are not known. ``units`` are those of the month; ``stake`` is what the margin of a month gains by it,
    in major units.
    """

    item: Item
    month: str
    cost_before: Decimal
    cost_after: Decimal
    passed: Passed
    sale_before: Decimal | None = None
    sale_after: Decimal | None = None
    customers: set[str] = msgspec.field(default_factory=set)
    units: Decimal = Decimal(0)
    stake: Decimal = Decimal(0)

    @property
    def minor(self) -> int:
        """What the margin of a month gains by it, in minor units; below zero it loses."""
        return to_minor(self.stake)


class OtherPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that pays another sale price than most others of the item; ``minor`` is what it pays more in a
    month, in minor units.
    """

    item: Item
    month: str
    account_id: str
    customer: str
    subscription_id: str
    price: Decimal
    usual: Decimal
    units: Decimal
    minor: int


class _Seen(msgspec.Struct, kw_only=True):
    """What was seen of an item of one subscription in one month."""

    month: str
    cost: Decimal | None = None
    sale: Decimal | None = None
    units: Decimal = Decimal(0)


class _Last(msgspec.Struct, frozen=True, kw_only=True):
    line: CycleLine
    price: Decimal
    units: Decimal


class Prices:
    """Gathers the prices of lines; memory holds no more than changes, and each subscription's last sale price."""

    def __init__(self) -> None:
        self._changes: dict[tuple[object, ...], PriceChange] = {}
        self._last: dict[Item, list[_Last]] = {}

    def look(self, lines: Iterable[CycleLine]) -> None:
        """Look at ``lines``, which come subscription by subscription."""
        for group in by_subscription(lines):
            items: dict[Item, list[CycleLine]] = {}
            for each in group:
                item = _item(each)
                if item is not None:
                    items.setdefault(item, []).append(each)
            for item, mine in items.items():
                self._look(item, mine)

    @property
    def changes(self) -> list[PriceChange]:
        """The changes of cost prices, those that cost the most margin first."""
        return sorted(
            self._changes.values(),
            key=lambda each: (
                each.stake,
                each.month,
                *msgspec.structs.astuple(each.item),
                each.cost_after,
                each.cost_before,
                each.passed.value,
            ),
        )

    def others(self) -> Iterator[OtherPrice]:
        """Who pays another sale price than more than half of the subscriptions of the item, as they are now."""
        for item, all_of_it in self._last.items():
            newest = max(map(_number, (each.line.period for each in all_of_it)))
            last = [each for each in all_of_it if _number(each.line.period) > newest - item.months]
            ((usual, count),) = Counter(each.price for each in last).most_common(1)
            if len(last) >= FEWEST and 2 * count > len(last):
                yield from (_other(item, each, usual) for each in last if each.price != usual)

    def _look(self, item: Item, lines: list[CycleLine]) -> None:
        """Note the changes of one item of one subscription, and its last sale price."""
        before: _Seen | None = None
        now: _Seen | None = None
        account = lines[0].account_id
        for seen in _by_month(lines):
            if now is not None and seen.cost in (None, now.cost):
                now.sale = seen.sale if seen.sale is not None else now.sale
                now.units = seen.units or now.units
            elif seen.cost is not None:
                self._note(item, account, before, now)
                before, now = now, seen
        self._note(item, account, before, now)
        sold = [each for each in lines if each.sale]
        if sold:
            line = max(sold, key=_order)
            price, units = line.price, _units(line)
            assert price is not None, "only lines with a price are looked at"
            self._last.setdefault(item, []).append(_Last(line=line, price=price, units=units))

    def _note(self, item: Item, account: str, before: _Seen | None, now: _Seen | None) -> None:
        """Note that the cost of ``before`` became that of ``now``, when there is such a change."""
        if before is None or now is None or before.cost is None or now.cost is None:
            return
        rise, follows = EXACT.subtract(now.cost, before.cost), None
        if before.sale is not None and now.sale is not None:
            follows = EXACT.subtract(now.sale, before.sale)
        passed = _passed(rise, follows)
        key = (item, now.month, before.cost, now.cost, passed)
        change = self._changes.get(key)
        if change is None:
            change = self._changes[key] = PriceChange(
                item=item,
                month=now.month,
                cost_before=before.cost,
                cost_after=now.cost,
                passed=passed,
                sale_before=before.sale,
                sale_after=now.sale,
            )
        if (change.sale_before, change.sale_after) != (before.sale, now.sale):
            change.sale_before = change.sale_after = None
        gain = EXACT.multiply(now.units, EXACT.subtract(follows or Decimal(0), rise))
        change.customers.add(account)
        change.units = EXACT.add(change.units, now.units)
        change.stake = EXACT.add(change.stake, EXACT.divide(gain, Decimal(item.months)))


def _item(line: CycleLine) -> Item | None:
    """What the price of ``line`` is of; ``None`` when it has none: consumption, corrections, broken terms."""
    if line.is_correction or line.is_usage or not line.months or line.price is None:
        return None
    return Item(plan=line.plan, description=line.description, billing=line.billing, months=line.months)


def _by_month(lines: list[CycleLine]) -> list[_Seen]:
    """What the months say, in their order; of several lines the last period counts, and all units."""
    seen: dict[str, _Seen] = {}
    for line in sorted(lines, key=_order):
        one = seen.setdefault(line.period, _Seen(month=line.period))
        if line.sale:
            one.sale = line.price
        else:
            one.cost, one.units = line.price, EXACT.add(one.units, _units(line))
    return list(seen.values())


def _order(line: CycleLine) -> tuple[str, str, Decimal]:
    return line.period, str(line.start or ""), _units(line)


def _units(line: CycleLine) -> Decimal:
    return Decimal(line.quantity)


def _passed(rise: Decimal, follows: Decimal | None) -> Passed:
    if follows is None:
        return Passed.UNKNOWN
    if rise < 0:
        rise, follows = -rise, -follows
    return Passed.FULLY if follows >= rise else Passed.PARTLY if follows > 0 else Passed.NOT


def _other(item: Item, last: _Last, usual: Decimal) -> OtherPrice:
    more = EXACT.multiply(last.units, EXACT.subtract(last.price, usual))
    return OtherPrice(
        item=item,
        month=last.line.period,
        account_id=last.line.account_id,
        customer=last.line.customer,
        subscription_id=last.line.subscription_id,
        price=last.price,
        usual=usual,
        units=last.units,
        minor=to_minor(EXACT.divide(more, Decimal(item.months))),
    )


def _number(period: str) -> int:
    """The number of a month, so that months can be counted."""
    return int(period[:4]) * 12 + int(period[5:])
