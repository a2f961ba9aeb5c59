"""Bursts: what strikes many administrations at once is told in a few messages.

The first is told at once. What comes of other administrations soon after it waits for the end of a short time and goes
out together; while it keeps coming, that time doubles.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence

import msgspec

SHORTEST = datetime.timedelta(minutes=10)
LONGEST = datetime.timedelta(hours=2)


class _Burst(msgspec.Struct, frozen=True, kw_only=True):
    """Of an address: about which administration it was told last ('' for several), until when others wait, and for how
    long that is."""

    about: str
    until: datetime.datetime
    span: datetime.timedelta


class Bursts:
    """What each address (its reference) was told last, by this process."""

    def __init__(self) -> None:
        self._last: dict[str, _Burst] = {}
        self._guard = threading.Lock()

    def wait(self, address: str, administration: str, now: datetime.datetime) -> datetime.datetime | None:
        """Until when what is to be told of ``administration`` waits for what comes of others; ``None``: tell it now,
        and let others wait."""
        with self._guard:
            last = self._last.get(address)
            if last is not None and now < last.until <= now + LONGEST and last.about != administration:
                return last.until
            if last is None or last.about != administration or now >= last.until:
                self._begin(address, administration, now)
            return None

    def together(self, address: str, administrations: Sequence[str], now: datetime.datetime) -> None:
        """``administrations`` are told in one message."""
        with self._guard:
            self._begin(address, administrations[0] if len(administrations) == 1 else "", now)

    def _begin(self, address: str, about: str, now: datetime.datetime) -> None:
        last = self._last.get(address)
        goes_on = last is not None and last.until <= now < last.until + last.span
        span = min(last.span * 2, LONGEST) if last is not None and goes_on else SHORTEST
        self._last[address] = _Burst(about=about, until=now + span, span=span)
