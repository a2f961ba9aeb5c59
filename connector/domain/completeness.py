"""Completeness: what should have come by now and did not, and totals that moved more than usual.

Copaco invoices once a month, around the 23rd, everything of the month before (kb.copaco.cloud/kb/billing-api-s).
A reseller that buys licences gets an invoice every month, from the same vendors and for the same customers: what is
absent after having been there twice in a row is more often lost than given up.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from connector.domain.dates import month_of
from connector.domain.finding import Finding, finding

BEFORE = 2
"""In how many months before, one after the other, something must have been there to be expected again."""
_MONTHLY = ("monthly", "month", "p1m")
_ACTIVE = ("", "active", "enabled")
"""Words of a list nobody documented: with any other nothing is expected."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What an administration expects. ``by_day``: the day of a month at whose end its invoice should be there; ``None``
    when none is expected. A total alarms when it moved by more than ``percent`` and by more than ``above`` minor
    units."""

    by_day: int | None = 28
    percent: int = 50
    above: int = 10_000


class Bought(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was bought in a month ('YYYY-MM', of the document) for one customer from one vendor, in minor units."""

    month: str
    vendor: str
    account_id: str
    customer: str
    net: int


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription in the source's list of them: its status and how often it is billed, as received, since when it
    runs, and from which day on it is no longer in the list (``None``: it is)."""

    subscription_id: str
    customer: str
    plan: str
    status: str
    billing: str
    start: datetime.date | None
    gone: datetime.date | None


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A finding about a month, not about a document."""

    month: str
    finding: Finding


def missing_invoices(
    months: Collection[str], expectation: Expectation, today: datetime.date, since: datetime.date | None = None
) -> Iterator[Alarm]:
    """The months after the first one that have no invoice although it is past ``by_day``; none before ``since``."""
    if expectation.by_day is None or not months:
        return
    month = max(min(months), month_of(since) if since else "")
    while month <= month_of(today):
        if month not in months and (month < month_of(today) or today.day > expectation.by_day):
            yield Alarm(month=month, finding=finding("INVOICE-EXPECTED", "", 0, month=month, day=expectation.by_day))
        month = _next(month)


def absent_or_moved(bought: Iterable[Bought], expectation: Expectation) -> Iterator[Alarm]:
    """What the newest month lacks of vendors and customers that the months before had, and totals that moved."""
    known = list(bought)
    months = _newest({each.month for each in known})
    if len(months) < BEFORE + 1:
        return
    newest, before = months[0], months[1:]
    kinds: tuple[tuple[str, Callable[[Bought], str]], ...] = (
        ("VENDOR-EXPECTED", lambda each: each.vendor),
        ("CUSTOMER-EXPECTED", lambda each: each.account_id),
    )
    names = {each.account_id: each.customer or each.account_id for each in known}
    renamed = _renamed(known, newest)
    for code, what in kinds:
        sums = _sums(known, what)
        for key in sorted({key for month in before for key in sums[month]}):
            if key and key not in sums[newest] and key not in renamed and all(key in sums[month] for month in before):
                shown = names[key] if code == "CUSTOMER-EXPECTED" else key
                minor = sums[before[0]][key]
                yield Alarm(month=newest, finding=finding(code, "", minor, name=shown, month=newest))
    yield from _moved(known, newest, before[0], expectation)


def listed_and_billed(listed: Iterable[Subscribed], bills: Mapping[str, Mapping[str, int]]) -> Iterator[Alarm]:
    """Where the list of subscriptions and the invoices of the newest month disagree. ``bills`` are net minor units by
    month and subscription.

    Expected is what is billed every month, began before the month that the newest invoice is over, and is in the list
    as active. When fewer than half of those are billed, only a small order of the month is there yet, and none is told.
    Not expected is what left the list before that month. A list whose subscriptions have other ids than those of the
    invoices says nothing.
    """
    everything, known = list(listed), {each for month in bills.values() for each in month}
    if not any(each.subscription_id in known for each in everything):
        return
    newest = max(bills)
    before = _previous(newest)
    now, then = bills[newest], bills.get(before, {})
    billed_over = datetime.date.fromisoformat(f"{before}-01")
    expected = [each for each in everything if _is_expected(each, billed_over)]
    absent = [each for each in expected if each.subscription_id not in now]
    for each in absent if 2 * len(absent) <= len(expected) else ():
        told = finding("SUBSCRIPTION-EXPECTED", "", then.get(each.subscription_id, 0), **_told_of(each, newest))
        yield Alarm(month=newest, finding=told)
    for each in everything:
        billed = now.get(each.subscription_id, 0)
        if each.gone is not None and each.gone < billed_over and billed > 0:
            told = finding("SUBSCRIPTION-GONE-BILLED", "", billed, **_told_of(each, newest), since=each.gone)
            yield Alarm(month=newest, finding=told)


def _is_expected(each: Subscribed, billed_over: datetime.date) -> bool:
    monthly = each.billing.strip().casefold() in _MONTHLY and each.status.strip().casefold() in _ACTIVE
    return monthly and each.gone is None and each.start is not None and each.start < billed_over


def _told_of(each: Subscribed, month: str) -> dict[str, str]:
    return {"name": each.customer, "plan": each.plan, "subscription": each.subscription_id, "month": month}


def _renamed(known: Iterable[Bought], newest: str) -> set[str]:
    """The accounts of which the ``newest`` month has the customer under an id that was not there before, as when
    Copaco moved to another platform."""
    named: dict[str, set[str]] = {}
    before, now = (
        {each.account_id for each in known if (each.month == newest) is is_newest} for is_newest in (False, True)
    )
    for each in known:
        named.setdefault("".join(each.customer.split()).casefold(), set()).add(each.account_id)
    return {account for name, ids in named.items() if name and ids & (now - before) for account in ids - now}


def _moved(known: Iterable[Bought], newest: str, before: str, expectation: Expectation) -> Iterator[Alarm]:
    totals = _sums(known, lambda _: "")
    vendors = _sums(known, lambda each: each.vendor)
    for name, sums in (("", totals), *((vendor, vendors) for vendor in sorted(vendors[newest]) if vendor)):
        now, then = sums[newest].get(name, 0), sums[before].get(name)
        if then is None:
            continue
        if abs(now - then) > expectation.above and abs(now - then) * 100 > expectation.percent * abs(then):
            values = {"month": newest, "before": before, "then": then, "now": now} | ({"name": name} if name else {})
            yield Alarm(
                month=newest, finding=finding("VENDOR-MOVED" if name else "TOTAL-MOVED", "", now - then, **values)
            )


def _sums(known: Iterable[Bought], what: Callable[[Bought], str]) -> Mapping[str, Mapping[str, int]]:
    """Net minor units by month and by what is told apart."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in known:
        sums[each.month][what(each)] += each.net
    return sums


def _newest(months: Collection[str]) -> list[str]:
    """The newest month with the ``BEFORE`` months before it, newest first; fewer when one of them is not there."""
    found = [max(months)] if months else []
    while found and len(found) <= BEFORE and _previous(found[-1]) in months:
        found.append(_previous(found[-1]))
    return found


def _next(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def _previous(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1):04}-{(number - 2) % 12 + 1:02}"
