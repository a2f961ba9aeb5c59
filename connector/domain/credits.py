"""Credits: seats that were given back or subscriptions that ended, and whether Copaco credited them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from itertools import chain

import msgspec

from connector.domain.cycles import CycleLine, by_subscription
from connector.domain.dates import month_of, months_back
from connector.domain.money import EXACT, to_minor
from connector.domain.rows import decimal_of

TOLERANCE = 2
"""Minor units by which a credit may differ from what its days come to: both are rounded."""


class CreditKind(Enum):
    """What is wrong between seats and credits."""

    SEATS_NOT_CREDITED = "seats-not-credited"
    END_NOT_CREDITED = "end-not-credited"
    CREDIT_DIFFERS = "credit-differs"
    CREDIT_WITHOUT_CHANGE = "credit-without-change"


class CreditDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """A cycle (``start`` to ``end``, both inclusive) whose seats and credits do not fit.

    ``before`` and ``after`` are the seats of the cycle and of the next one, ``expected`` and ``received`` credits in
    minor units. The days of the cycle decide what is expected; where the day of the change was not said
    (``at_most``) it is the whole cycle, and nothing at all when the seats ended with it.
    """

    kind: CreditKind
    account_id: str
    customer: str
    subscription_id: str
    plan: str
    start: datetime.date
    end: datetime.date
    before: Decimal
    after: Decimal
    expected: int
    received: int
    at_most: bool = False

    @property
    def minor(self) -> int:
        """What is open: expected and not received; below zero, received and not expected."""
        return self.expected - self.received


class _Cycle(msgspec.Struct, kw_only=True):
    """What is charged of a subscription until one ``end``; seats that came in between are in it."""

    line: CycleLine
    start: datetime.date
    end: datetime.date
    seats: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    corrections: list[CycleLine] = msgspec.field(default_factory=list)

    @property
    def credited(self) -> int:
        """What its corrections gave back, in minor units; below zero when they charged more."""
        return -sum(each.net for each in self.corrections)

    def worth(self, seats: Decimal, first: datetime.date, last: datetime.date) -> int:
        """What ``seats`` are worth from ``first`` to ``last``, pro rata by days, in minor units."""
        days, whole = (last - first).days + 1, (self.end - self.start).days + 1
        amount = EXACT.multiply(EXACT.multiply(seats, self.price), Decimal(days))
        return to_minor(EXACT.divide(amount, Decimal(whole)))


class Credits:
    """Gathers the doubts of purchase lines. ``known`` are the months ('YYYY-MM') that were fetched: only when the month
    of the next cycle is there, a subscription without it has ended. ``unplaced`` counts credits of cycles that were
    not fetched.
    """

    def __init__(self, known: Collection[str]) -> None:
        self.doubts: list[CreditDoubt] = []
        self.unplaced = 0
        self._known = known

    def look(self, lines: Iterable[CycleLine]) -> None:
        """Look at ``lines``, which come subscription by subscription."""
        for group in by_subscription(lines):
            cycles = _cycles([each for each in group if not each.sale])
            for each in group:
                if not each.sale and each.is_correction and not _placed(each, cycles) and each.net < 0:
                    self.unplaced += 1
            for mine in cycles.values():
                self.doubts.extend(self._doubts(mine))

    def _doubts(self, cycles: Sequence[_Cycle]) -> Iterator[CreditDoubt]:
        for number, cycle in enumerate(cycles):
            follows = cycles[number + 1] if number + 1 < len(cycles) else None
            if follows is not None and _continues(cycle, follows):
                yield from _compared(cycle, follows.seats)
            elif follows is not None or self._ended(cycle):
                yield from _at_end(cycle)

    def _ended(self, cycle: _Cycle) -> bool:
        """Whether the month in which the next cycle would be charged is there, without it."""
        charged = datetime.date.fromisoformat(f"{cycle.line.period}-01")
        return bool(cycle.line.months) and month_of(months_back(charged, -cycle.line.months)) in self._known


_Key = tuple[str, str]
"""What is charged of a subscription: its plan and the description of the line."""


def _cycles(lines: Iterable[CycleLine]) -> dict[_Key, list[_Cycle]]:
    """The cycles of what is charged, in their order; the longest line until one end gives the start and the price."""
    found: dict[_Key, dict[datetime.date, _Cycle]] = {}
    for each in lines:
        price = None if each.is_correction or each.is_usage else each.price
        if price is None or each.start is None or each.end is None or each.end < each.start:
            continue
        ends = found.setdefault((each.plan, each.description), {})
        cycle = ends.setdefault(each.end, _Cycle(line=each, start=each.start, end=each.end, price=price))
        if each.start < cycle.start:
            cycle.line, cycle.start, cycle.price = each, each.start, price
        cycle.seats = EXACT.add(cycle.seats, Decimal(each.quantity))
    return {key: [ends[end] for end in sorted(ends)] for key, ends in found.items()}


def _placed(correction: CycleLine, cycles: Mapping[_Key, Sequence[_Cycle]]) -> bool:
    """Give a correction to the cycle that it lies in, of what it names or else of anything; whether there is one."""
    own = cycles.get((correction.plan, correction.description), ())
    for cycle in chain(own, *cycles.values()):
        if correction.start and correction.end and cycle.start <= correction.start <= correction.end <= cycle.end:
            cycle.corrections.append(correction)
            return True
    return False


def _continues(cycle: _Cycle, follows: _Cycle) -> bool:
    """Whether a cycle begins where the other ends; also where the end is not inclusive."""
    return 0 <= (follows.start - cycle.end).days <= 1


def _compared(cycle: _Cycle, after: Decimal) -> Iterator[CreditDoubt]:
    """Seats that went down must have been credited, and nothing else."""
    back, received = cycle.seats - after, cycle.credited
    if back <= 0:
        if received > 0:
            yield _doubt(CreditKind.CREDIT_WITHOUT_CHANGE, cycle, after, 0)
        return
    days = _days_of(cycle, back)
    expected = None if days is None else cycle.worth(back, *days)
    if expected is not None and abs(expected - received) <= TOLERANCE:
        return  # also where the days are worth less than a cent, so that the credit is 0.00
    if received <= 0:
        whole = cycle.worth(back, cycle.start, cycle.end)
        yield _doubt(CreditKind.SEATS_NOT_CREDITED, cycle, after, whole, at_most=True)
    elif expected is not None:
        yield _doubt(CreditKind.CREDIT_DIFFERS, cycle, after, expected)


def _days_of(cycle: _Cycle, back: Decimal) -> tuple[datetime.date, datetime.date] | None:
    """The days for which ``back`` seats must be credited: only a single change of just these seats says them. A line
    with the quantity 1 may as well stand for several changes.
    """
    if len(cycle.corrections) != 1 or back == 1:
        return None
    (one,) = cycle.corrections
    if abs(decimal_of(one.quantity) or Decimal(0)) != back or one.start is None or one.end is None:
        return None
    return one.start, one.end


def _at_end(cycle: _Cycle) -> Iterator[CreditDoubt]:
    """A subscription that ended before its cycle must have been credited for the days that were left."""
    expires, received = cycle.line.expires, cycle.credited
    if expires is None or expires < cycle.start:
        if received <= 0:
            whole = cycle.worth(cycle.seats, cycle.start, cycle.end)
            yield _doubt(CreditKind.END_NOT_CREDITED, cycle, Decimal(0), whole, at_most=True)
    elif expires < cycle.end:
        expected = cycle.worth(cycle.seats, expires + datetime.timedelta(days=1), cycle.end)
        if abs(expected - received) > TOLERANCE:
            kind = CreditKind.CREDIT_DIFFERS if received > 0 else CreditKind.END_NOT_CREDITED
            yield _doubt(kind, cycle, Decimal(0), expected)


def _doubt(kind: CreditKind, cycle: _Cycle, after: Decimal, expected: int, *, at_most: bool = False) -> CreditDoubt:
    line = cycle.line
    return CreditDoubt(
        kind=kind,
        account_id=line.account_id,
        customer=line.customer,
        subscription_id=line.subscription_id,
        plan=line.plan,
        start=cycle.start,
        end=cycle.end,
        before=cycle.seats,
        after=after,
        expected=expected,
        received=cycle.credited,
        at_most=at_most,
    )
