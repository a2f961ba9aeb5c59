"""Months as plain ordinals (``year * 12 + month - 1``), and the cycles that begin on a day of them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

ONE_DAY = dt.timedelta(days=1)
LAST_ANCHOR_DAY = 28


def month_of(day: dt.date) -> int:
    """Return the ordinal of the month a day lies in."""
    return day.year * 12 + day.month - 1


def day_in(month: int, day: int) -> dt.date:
    """Return a day, 1 to 28, of a month."""
    return dt.date(month // 12, month % 12 + 1, day)


def month_text(month: int) -> str:
    """Write a month as ``YYYY-MM``."""
    return f"{month // 12}-{month % 12 + 1:02d}"


class Span(NamedTuple):
    """A period with inclusive ends, and its texts as the API writes them (``YYYYMMDD``)."""

    start: dt.date
    end: dt.date
    start_text: str
    end_text: str

    @property
    def days(self) -> int:
        """Length in days, both ends included."""
        return (self.end - self.start).days + 1


def date_text(day: dt.date) -> str:
    """Write a date as ``YYYYMMDD``."""
    return f"{day.year}{day.month:02d}{day.day:02d}"


def span(start: dt.date, end: dt.date) -> Span:
    """Make a period from two dates, both included."""
    return Span(start, end, date_text(start), date_text(end))


@lru_cache(maxsize=4096)
def cycle(month: int, anchor: int, months: int = 1) -> Span:
    """Return the cycle of some months that begins on the anchor day (1 to 28) of a month."""
    return span(day_in(month, anchor), day_in(month + months, anchor) - ONE_DAY)


def weekday_near(day: dt.date) -> dt.date:
    """Return the day itself, or the Friday before a Saturday and the Monday after a Sunday."""
    saturday, sunday = 5, 6
    if day.weekday() == saturday:
        return day - ONE_DAY
    return day + ONE_DAY if day.weekday() == sunday else day
