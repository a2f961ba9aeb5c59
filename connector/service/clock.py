"""The clock that gives out what is due: APScheduler's, looking at the time again every ten seconds.

APScheduler alone sleeps until the next moment by a clock that knows nothing of the time of day, so that it would not
notice for hours that the time was set, or that the computer slept.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_STOPPED

LONGEST_SECONDS = 10.0
"""How long the time is not looked at."""


class Clock:
    """The time, and waiting for it."""

    def now(self) -> datetime.datetime:
        """The moment, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Wait until ``event`` is set, ``seconds`` at most."""
        event.wait(seconds)


class Looking(BackgroundScheduler):  # type: ignore[misc]
    """Gives out what is due, and calls ``look`` in its thread each time that it looks at ``clock``, which it does again
    after ``longest_seconds`` at most."""

    def __init__(self, clock: Clock, look: Callable[[], None], *, longest_seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._clock, self._look, self._longest = clock, look, longest_seconds

    def _main_loop(self) -> None:
        while self.state != STATE_STOPPED:
            self._look()
            seconds = self._process_jobs()
            self._clock.wait(self._event, self._longest if seconds is None else min(seconds, self._longest))
            self._event.clear()
