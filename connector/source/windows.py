"""Windows of creation dates: long spans split into calendar months or smaller, and the look-back."""

from __future__ import annotations

from datetime import date, timedelta

from connector.source.base import Window

_DAY = timedelta(days=1)


def month_windows(start: date, end: date, max_days: int | None = None) -> list[Window]:
    """The days from ``start`` to ``end``, both included, as one window per calendar month, oldest first (U5).

    ``max_days`` cuts the months further, for sources that refuse or cannot answer a whole month. Together the
    windows hold every day exactly once; an ``end`` before ``start`` gives none.
    """
    assert max_days is None or max_days >= 1, "a window holds at least one day"
    windows = []
    while start <= end:
        last = min(_month_end(start), end)
        if max_days is not None:
            last = min(last, start + timedelta(days=max_days - 1))
        windows.append(Window(start=start, end=last))
        start = last + _DAY
    return windows


def look_back(watermark: date, today: date, days: int = 45) -> Window:
    """The window to ask for when everything up to ``watermark`` has been seen: ``days`` earlier until
    ``today``.

    The watermark itself is kept as it is; only the question goes back, because late documents and changed
    ones turn up with old creation dates. A watermark after today (a clock that was wrong) counts as today.
    """
    assert days >= 0, "a look-back does not go forward"
    return Window(start=min(watermark, today) - timedelta(days=days), end=today)


def widen(window: Window, days: int) -> Window:
    """``window`` with ``days`` more at both ends: whether the source includes its bounds is not known (U4)."""
    return Window(start=window.start - timedelta(days=days), end=window.end + timedelta(days=days))


def _month_end(day: date) -> date:
    first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first_of_next - _DAY
