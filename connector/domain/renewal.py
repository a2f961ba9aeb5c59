"""Renewals: when the term of a subscription ends, until when it can be cancelled or made smaller, and what is at stake.

A subscription renews on the day after the last day of its term. Microsoft lets a customer cancel it, or reduce its
seats, within seven days of the start or the renewal of a term; after that the term binds. Who wants to decide before
gives notice some days ahead.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from connector.domain.dates import days_after, months_after, months_back

NOTICE_DAYS = 30
"""How many days before a renewal notice is given, when nobody says otherwise."""
WINDOW_DAYS = 7
"""Microsoft's window, the day of the renewal included."""
_A_YEAR = 12
_ENDED = ("cancelled", "canceled", "expired", "terminated", "deleted", "inactive", "suspended")


class Billed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a subscription was billed for a period (both days included): net in minor units, and seats where all its
    lines have a number. Usage, corrections and one-time fees are not in it."""

    start: datetime.date
    end: datetime.date
    net: int
    seats: Decimal | None


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as it is known.

    ``end`` is the last day of its term, ``None`` without one. ``seats`` are those of now and ``seats_before`` those of
    a month before, where a register told them; else those that were billed count, of the bill before the last one when
    the last one has the seats of now. ``renews_itself`` is ``None`` when
    nobody says so.
    """

    subscription_id: str
    customer: str
    plan: str
    vendor: str
    account_id: str = ""
    customer_number: str = ""
    start: datetime.date | None = None
    end: datetime.date | None = None
    status: str = ""
    renews_itself: bool | None = None
    seats: Decimal | None = None
    seats_before: Decimal | None = None
    bought: Sequence[Billed] = ()
    sold: Sequence[Billed] = ()


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """A renewal. ``renews`` is the first day of the next term; ``notice`` the last day to give notice; ``window_end``
    the last day of Microsoft's window, ``None`` for other vendors. ``term_months`` is the length of a term, ``assumed``
    when it is taken for a year because several years have passed. ``cost`` and ``sale`` are a whole term at what was
    last billed, in minor units; ``None`` when that cannot be told."""

    subscription: Subscribed
    renews: datetime.date
    notice: datetime.date
    window_end: datetime.date | None
    term_months: int | None
    assumed: bool
    seats: Decimal | None
    seats_before: Decimal | None
    cost: int | None
    sale: int | None

    def stage(self, today: datetime.date) -> str:
        """Where ``today`` lies: 'notice possible', 'notice is past', or 'window open' from the renewal on."""
        if today >= self.renews:
            return "window open"
        return "notice possible" if today <= self.notice else "notice is past"


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The renewals of some time, the first one first. ``passed`` subscriptions reached their end and nothing told since
    whether they were renewed; ``endless`` ones have no term; ``ended`` ones do not renew, by their status."""

    renewals: tuple[Renewal, ...]
    passed: tuple[Subscribed, ...]
    endless: int
    ended: int


def calendar(
    subscriptions: Iterable[Subscribed],
    *,
    today: datetime.date,
    until: datetime.date,
    notice_days: int = NOTICE_DAYS,
) -> Calendar:
    """The renewals from ``today`` to ``until`` (inclusive), those whose window is still open included."""
    found: list[Renewal] = []
    passed: list[Subscribed] = []
    endless = ended = 0
    for each in subscriptions:
        if any(word in each.status.casefold() for word in _ENDED):
            ended += 1
        elif each.end is None:
            endless += 1
        else:
            renewal = renewal_of(each, today=today, notice_days=notice_days)
            if renewal is None:
                passed.append(each)
            elif renewal.renews <= until:
                found.append(renewal)
    found.sort(key=lambda each: (each.renews, each.subscription.customer, each.subscription.subscription_id))
    return Calendar(renewals=tuple(found), passed=tuple(passed), endless=endless, ended=ended)


def renewal_of(each: Subscribed, *, today: datetime.date, notice_days: int = NOTICE_DAYS) -> Renewal | None:
    """The renewal that comes next, or whose window is still open on ``today``. ``None`` when the end of the term has
    passed and no bill shows that it went on, or when the calendar ends before."""
    assert each.end is not None, "what has no term does not renew"
    months, assumed = term_months(each.start, each.end)
    first = renews_on(each.start, each.end)
    renews = None if first is None else _rolled(first, months, today, _billed_until(each))
    notice = None if renews is None else days_after(renews, -notice_days)
    if renews is None or notice is None:
        return None
    seats, before = each.seats, each.seats_before
    if seats is None:
        seats, before = _seats(each.bought or each.sold)
    elif before is None:
        newest, then = _seats(each.bought or each.sold)
        before = then if newest == seats else newest
    return Renewal(
        subscription=each,
        renews=renews,
        notice=notice,
        window_end=days_after(renews, WINDOW_DAYS - 1) if is_microsoft(each) else None,
        term_months=months,
        assumed=assumed,
        seats=seats,
        seats_before=before,
        cost=_of_a_term(each.bought, months),
        sale=_of_a_term(each.sold, months),
    )


def is_microsoft(each: Subscribed) -> bool:
    """Whether Microsoft's window applies."""
    return "microsoft" in each.vendor.casefold() or "(nce" in each.plan.casefold()


def renews_on(start: datetime.date | None, end: datetime.date) -> datetime.date | None:
    """The first day of the next term. ``end`` is the last day of this one, or that first day itself when it is the very
    day of the month on which the subscription began; ``None`` past the end of the calendar."""
    if start is not None and start < end and start.day == end.day:
        return end
    return days_after(end, 1)


def term_months(start: datetime.date | None, end: datetime.date) -> tuple[int | None, bool]:
    """The months of a term, and whether they are assumed.

    Up to a year it is the time from ``start`` to ``end``. Beyond it the subscription was renewed before, or has a
    longer term: whole years are taken for terms of one year, and that is said. Other spans tell nothing.
    """
    after = renews_on(start, end)
    if start is None or after is None or after <= start:
        return None, False
    apart = (after.year - start.year) * 12 + after.month - start.month
    months = next((each for each in (apart, apart - 1) if each > 0 and _ends_there(start, each, after)), None)
    if months is None:
        return None, False
    if months <= _A_YEAR:
        return months, False
    return (_A_YEAR, True) if months % _A_YEAR == 0 else (None, False)


def _ends_there(start: datetime.date, months: int, after: datetime.date) -> bool:
    """Whether ``months`` from ``start`` are over on ``after``. What began on the 31st is over on the last day of a
    shorter month, or on the day after it."""
    reached = months_after(start, months)
    return reached is not None and (after == reached or (start.day > reached.day and (after - reached).days == 1))


def _rolled(
    first: datetime.date, months: int | None, today: datetime.date, billed_until: datetime.date | None
) -> datetime.date | None:
    """The renewal that matters on ``today``: the next one, or the last while its window is open."""
    if (today - first).days < WINDOW_DAYS:
        return first
    if months is None or billed_until is None or billed_until < first:
        return None
    terms = max((today.year - first.year) * 12 + today.month - first.month, 0) // months
    for number in range(max(terms - 1, 1), terms + 3):
        renews = months_after(first, number * months)
        if renews is not None and (today - renews).days < WINDOW_DAYS:
            return renews
    return None


def _billed_until(each: Subscribed) -> datetime.date | None:
    return max((one.end for one in (*each.bought, *each.sold)), default=None)


def _seats(billed: Sequence[Billed]) -> tuple[Decimal | None, Decimal | None]:
    """The seats that were billed last, and those of a month before."""
    if not billed:
        return None, None
    newest = max(billed, key=lambda each: (each.start, each.end))
    day = months_back(newest.start, 1)
    then = [each for each in billed if each.start <= day <= each.end]
    if not then:
        return newest.seats, None
    return newest.seats, max(then, key=lambda each: (each.start, each.end)).seats


def _of_a_term(billed: Sequence[Billed], months: int | None) -> int | None:
    """What a term costs at what was last billed, in minor units."""
    if not billed or months is None:
        return None
    newest = max(billed, key=lambda each: (each.start, each.end))
    cycle, _assumed = term_months(newest.start, newest.end)
    if cycle is None:
        return None
    return int((Decimal(newest.net) * months / cycle).quantize(Decimal(1), ROUND_HALF_UP))


def billed(lines: Iterable[tuple[datetime.date, datetime.date, int, Decimal | None]]) -> tuple[Billed, ...]:
    """Lines of one subscription and side (first day, last day, net, quantity), together per period."""
    together: dict[tuple[datetime.date, datetime.date], list[tuple[int, Decimal | None]]] = {}
    for start, end, net, quantity in lines:
        together.setdefault((start, end), []).append((net, quantity))
    return tuple(
        Billed(
            start=start,
            end=end,
            net=sum(net for net, _ in found),
            seats=_added([quantity for _, quantity in found]),
        )
        for (start, end), found in sorted(together.items())
    )


def _added(quantities: Sequence[Decimal | None]) -> Decimal | None:
    known = [each for each in quantities if each is not None]
    return sum(known, Decimal(0)) if len(known) == len(quantities) else None


def by_register(known: Mapping[str, str]) -> bool | None:
    """What a register says of whether a subscription renews by itself; ``None`` when it says nothing we know."""
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        known.get("auto_renew", "").casefold()
    )
