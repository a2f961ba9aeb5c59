"""A sign of life: the clock that gives out work beats it, and whoever asks learns whether it still does."""

from __future__ import annotations

import time
from collections.abc import Callable

BEAT_SECONDS = 10.0
"""How often the clock is to beat."""
_MISSED_BEATS = 6


class Alive:
    """Whether the clock still gives out work: it beat within the last minute. ``monotonic`` is in seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._beaten = monotonic()

    def beat(self) -> None:
        """Work is given out now."""
        self._beaten = self._monotonic()

    @property
    def silent_seconds(self) -> float:
        """How long ago it last beat."""
        return self._monotonic() - self._beaten

    def __bool__(self) -> bool:
        return self.silent_seconds <= BEAT_SECONDS * _MISSED_BEATS
