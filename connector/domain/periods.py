"""Service periods of lines: the dates as they were sent, read once per pair and remembered."""

from __future__ import annotations

import datetime

import msgspec

from connector.domain.dates import months_between, parse_date

LONGEST_PERIOD_DAYS = 1100
"""A line that covers more than three years is worth a look (the longest Microsoft term is three years)."""


class Period(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line's period, both days inclusive, ``None`` where there is none or it cannot be read.

    ``rhythm`` is how a line with this period is billed when the source does not say: 'Monthly', 'Yearly' or ''.
    ``trouble`` is the code of the finding that the period gives, '' when there is none.
    """

    start: datetime.date | None
    end: datetime.date | None
    token: bytes
    rhythm: str = ""
    trouble: str = ""


class Periods(dict[tuple[str | None, str | None], Period]):
    """Periods by the texts of StartDate and EndDate; a pair that is not there yet is read."""

    def __missing__(self, texts: tuple[str | None, str | None]) -> Period:
        """Read a pair of dates that was not seen before."""
        start, end = (parse_date(text) if text else None for text in texts)
        period = self[texts] = Period(
            start=start,
            end=end,
            token=f"{start or '-'}/{end or '-'}".encode(),
            rhythm=_rhythm(start, end),
            trouble=_trouble(texts, start, end),
        )
        return period


def _rhythm(start: datetime.date | None, end: datetime.date | None) -> str:
    if start is None or end is None or end < start:
        return ""
    months = months_between(start, end)
    return "Yearly" if months >= 11 else "Monthly" if months <= 1 else ""


def _trouble(texts: tuple[str | None, str | None], start: datetime.date | None, end: datetime.date | None) -> str:
    if (texts[0] and start is None) or (texts[1] and end is None):
        return "LINE-DATE-UNREADABLE"
    if start is not None and end is not None and not 0 <= (end - start).days <= LONGEST_PERIOD_DAYS:
        return "LINE-PERIOD"
    return ""
