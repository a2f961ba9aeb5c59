from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.source.base import Window
from connector.source.windows import look_back, month_windows, widen


def test_a_long_span_is_split_into_calendar_months() -> None:
    assert month_windows(date(2023, 12, 18), date(2024, 3, 5)) == [
        Window(start=date(2023, 12, 18), end=date(2023, 12, 31)),
        Window(start=date(2024, 1, 1), end=date(2024, 1, 31)),
        Window(start=date(2024, 2, 1), end=date(2024, 2, 29)),
        Window(start=date(2024, 3, 1), end=date(2024, 3, 5)),
    ]


def test_months_can_be_cut_further() -> None:
    windows = month_windows(date(2024, 1, 30), date(2024, 2, 20), max_days=10)

    assert [(window.start.day, window.end.day) for window in windows] == [(30, 31), (1, 10), (11, 20)]


def test_an_empty_span_has_no_windows() -> None:
    assert month_windows(date(2024, 3, 2), date(2024, 3, 1)) == []


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 900), st.none() | st.integers(1, 40))
def test_windows_hold_every_day_once_and_never_cross_a_month(start: date, days: int, max_days: int | None) -> None:
    end = start + timedelta(days=days)

    windows = month_windows(start, end, max_days)

    held = [each.start + timedelta(days=n) for each in windows for n in range((each.end - each.start).days + 1)]
    assert held == [start + timedelta(days=n) for n in range(days + 1)]
    assert all((each.start.year, each.start.month) == (each.end.year, each.end.month) for each in windows)
    assert max_days is None or all((each.end - each.start).days < max_days for each in windows)


def test_the_look_back_goes_from_before_the_watermark_to_today() -> None:
    assert look_back(date(2024, 3, 20), date(2024, 3, 25)) == Window(start=date(2024, 2, 4), end=date(2024, 3, 25))
    assert look_back(date(2024, 3, 20), date(2024, 3, 25), days=0).start == date(2024, 3, 20)


def test_a_watermark_from_a_clock_that_ran_ahead_does_no_harm() -> None:
    assert look_back(date(2030, 1, 1), date(2024, 3, 25), days=5) == Window(
        start=date(2024, 3, 20), end=date(2024, 3, 25)
    )


def test_a_day_more_at_both_ends() -> None:
    assert widen(Window(start=date(2024, 3, 1), end=date(2024, 3, 31)), 1) == Window(
        start=date(2024, 2, 29), end=date(2024, 4, 1)
    )


def test_a_window_cannot_end_before_it_starts() -> None:
    with pytest.raises(AssertionError, match="must not end"):
        Window(start=date(2024, 3, 2), end=date(2024, 3, 1))
