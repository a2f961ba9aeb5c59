"""Clocks that tests set, and APScheduler made to look at them: it asks its own module for the time."""

from __future__ import annotations

import datetime
import threading
from types import SimpleNamespace

import apscheduler.schedulers.base
import pytest

from connector.service.clock import Clock


class SetClock(Clock):
    """Shows ``moment`` until it is set anew. Waiting is short, and so moves nothing."""

    def __init__(self, moment: datetime.datetime) -> None:
        self.moment = moment

    def now(self) -> datetime.datetime:
        """The moment that was set."""
        return self.moment

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Look again soon."""
        event.wait(min(seconds, 0.01))


def scheduler_follows(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let APScheduler see the time of ``clock``."""
    followed = SimpleNamespace(now=lambda zone: clock.now().astimezone(zone))
    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", followed)
