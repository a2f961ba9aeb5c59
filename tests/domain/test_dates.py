"""Dates as the source writes them, and periods."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.dates import days_after, month_of, months_between, parse_date
from connector.domain.periods import Periods

DAY = datetime.date(2024, 3, 22)


@pytest.mark.parametrize(
    "text", ["20240322", "2024-03-22", "2024-03-22T00:00:00", "2024-03-22 23:59", " 20240322 ", "2024-03-22T00:00:00Z"]
)
def test_three_forms_are_read(text: str) -> None:
    assert parse_date(text) == DAY


@pytest.mark.parametrize("text", ["", "22-03-2024", "03/22/2024", "2024-3-22", "20240230", "20241301", "202403", "x"])
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@given(st.dates(min_value=datetime.date(1000, 1, 1)))
def test_every_day_is_read_in_both_spellings(day: datetime.date) -> None:
    assert parse_date(f"{day:%Y%m%d}") == parse_date(day.isoformat()) == day


def test_months() -> None:
    assert month_of(DAY) == "2024-03"

    def months(start: tuple[int, int, int], end: tuple[int, int, int]) -> int:
        return months_between(datetime.date(*start), datetime.date(*end))

    assert months((2024, 1, 1), (2024, 12, 31)) == 12
    assert months((2024, 2, 14), (2024, 3, 13)) == 1
    assert months((2024, 2, 14), (2024, 3, 12)) == 0
    assert months((2024, 2, 1), (2024, 2, 29)) == 1


def test_the_calendar_ends() -> None:
    assert days_after(DAY, 14) == datetime.date(2024, 4, 5)
    assert days_after(datetime.date.max, 1) is None
    assert days_after(DAY, 10**12) is None
    assert months_between(datetime.date(9999, 12, 1), datetime.date.max) == 1


@pytest.mark.parametrize(
    ("start", "end", "rhythm"),
    [
        ("20240201", "20240229", "Monthly"),
        ("20240118", "20240213", "Monthly"),
        ("20240205", "20250204", "Yearly"),
        ("20240205", "20270204", "Yearly"),
        ("20240101", "20240331", ""),
        ("20240205", None, ""),
        (None, "20240205", ""),
        ("20240205", "20240204", ""),
    ],
)
def test_a_period_tells_how_a_line_is_billed(start: str | None, end: str | None, rhythm: str) -> None:
    assert Periods()[start, end].rhythm == rhythm


def test_a_period_is_read_once() -> None:
    periods = Periods()
    assert periods["20240201", "20240229"] is periods["20240201", "20240229"]
