"""Days for a calendar (iCalendar, RFC 5545): whole-day events that a person imports."""

from __future__ import annotations

import datetime
import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LONGEST = 75
"""Octets of a line, its break not counted."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Whole days from ``first`` to ``last`` (both included). ``key`` is the same for the same event in every file, so
    that importing it again changes it instead of doubling it."""

    key: str
    first: datetime.date
    last: datetime.date
    title: str
    text: str


def calendar(name: str, events: Iterable[Event], now: datetime.datetime) -> bytes:
    """The file with these events; ``now`` is when it is written."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//copaco-connector//renewals//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for event in events:
        lines += _event(event, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(event: Event, now: datetime.datetime) -> list[str]:
    mark = hashlib.sha256(event.key.encode()).hexdigest()[:32]
    return [
        "BEGIN:VEVENT",
        f"UID:{mark}@copaco-connector",
        f"DTSTAMP:{now.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{_day(event.first)}",
        # The end is the first day that is no longer part of it.
        f"DTEND;VALUE=DATE:{_day(event.last + datetime.timedelta(days=1))}",
        f"SUMMARY:{_text(event.title)}",
        f"DESCRIPTION:{_text(event.text)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _day(day: datetime.date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _text(text: str) -> str:
    """``text`` with the signs escaped that mean something there; control signs, which no value may hold, are spaces."""
    escaped = (
        text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\n").replace("\n", "\\n")
    )
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in escaped)


def _folded(line: str) -> Iterator[str]:
    """``line`` in pieces of at most 75 octets, no sign cut in two; all but the first begin with a space."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > _LONGEST:
            yield piece
            piece, size = " ", 1
        piece, size = piece + sign, size + octets
    yield piece
