"""Dates as the source writes them, and the months that books are kept in."""

from __future__ import annotations

import calendar
import datetime
import re
from functools import lru_cache

EARLIEST, LATEST = datetime.date(2000, 1, 1), datetime.date(2199, 12, 31)
"""No invoice of Copaco's API is older, and none we shall see is later: what lies outside is a slip of the pen."""
_FORMS = re.compile(r"(\d{4})(?:(\d{2})(\d{2})|-(\d{2})-(\d{2})(?:[T ].*)?)")


@lru_cache(maxsize=8192)
def parse_date(text: str) -> datetime.date | None:
    """The date in ``text``: 'YYYYMMDD', 'YYYY-MM-DD' or an ISO date-time. ``None`` for anything else.

    Day-month-year is refused rather than guessed (02-03-2024 is two dates).
    """
    match = _FORMS.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = match[1], match[2] or match[4], match[3] or match[5]
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def month_of(date: datetime.date) -> str:
    """The month of ``date`` as 'YYYY-MM'."""
    return f"{date.year:04d}-{date.month:02d}"


def months_between(start: datetime.date, end: datetime.date) -> int:
    """Full calendar months from ``start`` to ``end``; both inclusive, so 1 January to 31 December is twelve."""
    after = days_after(end, 1)
    year, month, day = (after.year, after.month, after.day) if after else (datetime.MAXYEAR + 1, 1, 1)
    return (year - start.year) * 12 + month - start.month - (day < start.day)


def whole_months(start: datetime.date, end: datetime.date) -> int:
    """The months from ``start`` to ``end``, both inclusive, when they are whole ones; else 0.

    >>> whole_months(datetime.date(2024, 1, 31), datetime.date(2024, 2, 28)), whole_months(
    ...     datetime.date(2024, 1, 5), datetime.date(2024, 1, 31)
    ... )
    (1, 0)
    """
    after = days_after(end, 1)
    if after is None or after <= start:
        return 0
    count = (after.year - start.year) * 12 + after.month - start.month
    return count if months_back(start, -count) == after else 0


def days_after(date: datetime.date, days: int) -> datetime.date | None:
    """The date ``days`` after ``date``; ``None`` when the calendar ends before it."""
    try:
        return date + datetime.timedelta(days=days)
    except OverflowError:
        return None


def months_back(day: datetime.date, months: int) -> datetime.date:
    """The same day ``months`` months earlier, the last of that month where it has no such day; never before year 1."""
    count = max(day.year * 12 + day.month - 1 - months, 12)
    year, month = divmod(count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(day.day, last))


def months_after(day: datetime.date, months: int) -> datetime.date | None:
    """The same day ``months`` months later, the last of that month where it has no such day; ``None`` when the calendar
    ends before it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > datetime.MAXYEAR:
        return None
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
