"""Keeps to the limits of a ledger: so many calls in so many seconds, as the ledger's own headers tell.

One throttle for each application and company, since that is what ledgers count by: a ledger object belongs to one
company, and what other programs use up is seen in the headers. Calls go out as fast as the ledger
lets them; when what is left is used up, the next one waits until the ledger's clock has begun anew.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

import msgspec

from connector.errors import LedgerUnavailable
from connector.telemetry import figure

log = logging.getLogger(__name__)

LONGEST_WAIT = 15 * 60.0
"""Seconds that a run waits for a ledger's clock; a limit that lasts longer (a day's) ends the run instead."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``calls`` in any ``seconds``."""

    calls: int
    seconds: float


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer tells: ``calls`` are left until ``seconds`` from now."""

    calls: int
    seconds: float


class Throttle:
    """The pace of calls for one application and company. ``monotonic`` and ``sleep`` are in seconds.

    ``limits`` are what is known before the first answer; what answers tell is narrower and counts from then on.
    """

    def __init__(
        self, limits: tuple[Limit, ...], *, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._limits = limits
        self._monotonic, self._sleep = monotonic, sleep
        self._made: deque[float] = deque(maxlen=max((limit.calls for limit in limits), default=1))
        self._closed_until = 0.0
        self.waited = 0.0

    def before_call(self) -> None:
        """Wait until the next call may go out, and count it. LedgerUnavailable when that would take too long."""
        wait = max(self._closed_until - self._monotonic(), *(self._wait_for(limit) for limit in self._limits), 0.0)
        if wait > LONGEST_WAIT:
            raise LedgerUnavailable(
                f"the ledger's limit of calls is used up for another {wait / 60:.0f} minutes",
                hint="Run the same command again after that time. Nothing was sent.",
            )
        if wait > 0:
            log.info("Waiting %.1f s: the ledger's limit is reached", wait)
            self.waited += wait
            self._sleep(wait)
        self._made.append(self._monotonic())

    def told(self, left: Left | None) -> None:
        """Obey what the last answer told of what is left."""
        if left is None:
            return
        figure("ledger_calls_left", max(left.calls, 0))
        if left.calls <= 0:
            self.closed_for(left.seconds)

    def closed_for(self, seconds: float) -> None:
        """Make no call for ``seconds``: the ledger asked for it."""
        self._closed_until = max(self._closed_until, self._monotonic() + max(seconds, 0.0))

    def _wait_for(self, limit: Limit) -> float:
        if len(self._made) < limit.calls:
            return 0.0
        return self._made[-limit.calls] + limit.seconds - self._monotonic()
