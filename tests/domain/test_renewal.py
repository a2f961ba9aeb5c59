"""Renewals: dates at the ends of months and in leap years, terms, windows, seats and euros."""

from __future__ import annotations

import datetime
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.dates import months_after, months_back
from connector.domain.renewal import (
    Renewal,
    Subscribed,
    billed,
    by_register,
    calendar,
    is_microsoft,
    renewal_of,
    renews_on,
    term_months,
)

DAYS = st.dates(date(2000, 1, 1), date(2190, 12, 31))
ONE_DAY = datetime.timedelta(days=1)


def subscription(**more: Any) -> Subscribed:
    plain: dict[str, Any] = {
        "subscription_id": "s-1",
        "customer": "Bakker",
        "plan": "Microsoft 365 (NCE, 1 year)",
        "vendor": "Microsoft",
        "start": date(2024, 2, 5),
        "end": date(2025, 2, 4),
    }
    return Subscribed(**(plain | more))


def renewal(today: date = date(2025, 1, 1), notice_days: int = 30, **more: Any) -> Renewal:
    found = renewal_of(subscription(**more), today=today, notice_days=notice_days)
    assert found is not None
    return found


def test_the_days_that_matter() -> None:
    found = renewal()
    assert (found.renews, found.notice, found.window_end) == (date(2025, 2, 5), date(2025, 1, 6), date(2025, 2, 11))
    assert (found.term_months, found.assumed) == (12, False)
    assert [found.stage(day) for day in (date(2025, 1, 6), date(2025, 1, 7), date(2025, 2, 4), date(2025, 2, 5))] == [
        "notice possible",
        "notice is past",
        "notice is past",
        "window open",
    ]
    assert renewal(vendor="Veeam", plan="Backup").window_end is None
    assert is_microsoft(subscription(vendor="", plan="Teams (NCE, 1 month)"))


@given(DAYS, st.sampled_from([1, 6, 12]))
def test_a_term_ends_the_day_before_it_renews(start: date, months: int) -> None:
    """Both forms of the end give the same renewal and the same term, except where a month has no such day."""
    after = months_after(start, months)
    assert after is not None
    assert term_months(start, after - ONE_DAY) == (months, False)
    assert renews_on(start, after - ONE_DAY) == after
    if after.day == start.day:
        assert renews_on(start, after) == after
        assert term_months(start, after) == (months, False)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2024, 2, 29), date(2025, 2, 28), (12, False)),
        (date(2024, 2, 29), date(2025, 2, 27), (12, False)),
        (date(2025, 1, 31), date(2025, 2, 28), (1, False)),
        (date(2024, 1, 31), date(2024, 2, 29), (1, False)),
        (date(2022, 2, 5), date(2025, 2, 4), (12, True)),
        (date(2023, 8, 5), date(2025, 2, 4), (None, False)),
        (date(2024, 2, 5), date(2024, 12, 31), (None, False)),
        (date(2024, 2, 5), date(2024, 2, 20), (None, False)),
        (date(2025, 2, 5), date(2025, 2, 4), (None, False)),
        (date(2025, 2, 5), date(2025, 2, 1), (None, False)),
        (None, date(2025, 2, 4), (None, False)),
        (date(9999, 1, 1), date(9999, 12, 31), (None, False)),
    ],
)
def test_the_length_of_a_term(start: date | None, end: date, months: tuple[int | None, bool]) -> None:
    assert term_months(start, end) == months


@given(DAYS, st.integers(0, 500))
def test_months_after_and_back_meet(day: date, months: int) -> None:
    later = months_after(day, months)
    assert later is not None
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    assert months_back(later, months).month == day.month
    assert months_after(date(9999, 12, 1), 1) is None


@given(DAYS, st.sampled_from([1, 12]), st.integers(0, 3000), st.integers(0, 400))
def test_what_is_told_is_next_or_still_open(start: date, months: int, since: int, notice: int) -> None:
    after = months_after(start, months)
    assert after is not None
    today = start + datetime.timedelta(days=since)
    lines = billed([(start, today + datetime.timedelta(days=31), 100, None)])
    found = renewal(today=today, notice_days=notice, start=start, end=after - ONE_DAY, bought=lines)
    every = (months_after(after, number * months) for number in range(200))
    assert found.renews == next(each for each in every if each and (today - each).days < 7)
    assert found.notice == found.renews - datetime.timedelta(days=notice)
    assert found.window_end == found.renews + datetime.timedelta(days=6)


def test_an_end_that_has_passed() -> None:
    late = date(2025, 2, 12)
    assert renewal(today=date(2025, 2, 11)).renews == date(2025, 2, 5)
    assert renewal_of(subscription(), today=late) is None
    until_the_end = billed([(date(2024, 2, 5), date(2025, 2, 4), 1, None)])
    assert renewal_of(subscription(bought=until_the_end), today=late) is None
    after = billed([(date(2025, 2, 5), date(2025, 3, 4), 1, None)])
    assert renewal(today=late, sold=after).renews == date(2026, 2, 5)
    assert renewal_of(subscription(sold=after, start=None), today=late) is None
    assert renewal_of(subscription(end=date.max), today=late) is None
    assert renewal_of(subscription(start=None, end=date.max), today=late) is None
    assert renewal_of(subscription(start=None, end=date.min), today=date.min) is None
    at_the_end = subscription(
        start=date(9997, 6, 1), end=date(9998, 5, 31), bought=billed([(date.max, date.max, 1, None)])
    )
    assert renewal_of(at_the_end, today=date(9999, 12, 1)) is None


def test_seats_and_euros_of_a_monthly_bill() -> None:
    bought = billed(
        [
            (date(2024, 11, 5), date(2024, 12, 4), 5000, Decimal(5)),
            (date(2024, 12, 5), date(2025, 1, 4), 4000, Decimal(4)),
            (date(2024, 12, 5), date(2025, 1, 4), 3000, Decimal(3)),
        ]
    )
    sold = billed([(date(2024, 12, 5), date(2025, 1, 4), 8400, Decimal(7))])
    found = renewal(bought=bought, sold=sold)
    assert (found.seats, found.seats_before, found.cost, found.sale) == (Decimal(7), Decimal(5), 84000, 100800)
    known = renewal(bought=bought, seats=Decimal(9), seats_before=Decimal(8))
    assert (known.seats, known.seats_before, known.sale) == (Decimal(9), Decimal(8), None)
    assert renewal(bought=bought, seats=Decimal(9)).seats_before == Decimal(7)
    same = renewal(bought=bought, seats=Decimal(7))
    assert same.seats_before == Decimal(5), "a register that was fetched once hides no change that was billed"
    only_sold = renewal(sold=sold)
    assert (only_sold.seats, only_sold.seats_before, only_sold.cost) == (Decimal(7), None, None)


def test_seats_and_euros_of_a_yearly_bill() -> None:
    bought = billed([(date(2024, 2, 5), date(2025, 2, 4), 222000, Decimal(5))])
    found = renewal(bought=bought)
    assert (found.seats, found.seats_before, found.cost) == (Decimal(5), None, 222000)
    assert renewal(bought=bought, start=date(2023, 8, 5)).cost is None
    odd = billed(
        [(date(2025, 1, 1), date(2025, 1, 10), 100, None), (date(2025, 1, 1), date(2025, 1, 10), 1, Decimal(1))]
    )
    assert (renewal(bought=odd).cost, renewal(bought=odd).seats) == (None, None)


def test_the_calendar() -> None:
    seen = calendar(
        [
            subscription(subscription_id="late", end=date(2025, 2, 20)),
            subscription(subscription_id="soon"),
            subscription(subscription_id="beyond", end=date(2025, 12, 31)),
            subscription(subscription_id="old", end=date(2024, 6, 1)),
            subscription(subscription_id="azure", end=None),
            subscription(subscription_id="gone", status="Cancelled by customer"),
        ],
        today=date(2025, 1, 1),
        until=date(2025, 3, 1),
    )
    assert [each.subscription.subscription_id for each in seen.renewals] == ["soon", "late"]
    assert [each.subscription_id for each in seen.passed] == ["old"]
    assert (seen.endless, seen.ended) == (1, 1)


@pytest.mark.parametrize(("text", "meaning"), [("true", True), ("NO", False), ("maybe", None), ("", None)])
def test_whether_it_renews_by_itself(text: str, meaning: bool | None) -> None:
    assert by_register({"auto_renew": text}) is meaning
