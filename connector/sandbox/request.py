"""What a request asks for, and what is kept of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from connector.sandbox.keys import KEY_HEADERS, QUERY_NAME
from connector.sandbox.months import LAST_ANCHOR_DAY, day_in, month_of

DEFAULT_MONTHS_BACK = 3
DATE_LENGTH = len("YYYYMMDD")


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """A request as it came, without its key, and the status it was answered with (0: no answer)."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    reseller: str
    status: int


class Refusal(Exception):
    """A request that gets an error answer: its status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def logged(
    *, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], reseller: str, status: int
) -> LoggedRequest:
    """Return what is kept of a request: everything but the key, wherever it stood."""
    return LoggedRequest(
        method=method,
        path=path,
        query={name: value for name, value in query.items() if name != QUERY_NAME},
        headers={name: value for name, value in headers.items() if name.lower() not in KEY_HEADERS},
        reseller=reseller,
        status=status,
    )


def window_of(query: Mapping[str, str], today: dt.date) -> tuple[dt.date, dt.date]:
    """Read the creation dates of a request, both inclusive: by default the last three months up to today.

    Nothing is created after today. Raises Refusal with status 400 for a date in another form.
    """
    three_months_ago = day_in(month_of(today) - DEFAULT_MONTHS_BACK, min(today.day, LAST_ANCHOR_DAY))
    first = _date(query, "startDate", three_months_ago)
    last = _date(query, "endDate", today)
    if last < first:
        raise Refusal(400, "endDate lies before startDate.")
    return first, min(last, today)


def _date(query: Mapping[str, str], name: str, default: dt.date) -> dt.date:
    text = query.get(name)
    if text is None:
        return default
    if len(text) != DATE_LENGTH or not (text.isascii() and text.isdecimal()):
        raise Refusal(400, f"{name} must have the form YYYYMMDD.")
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise Refusal(400, f"{name} is not a date.") from None
