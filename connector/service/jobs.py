"""What every way to run administrations unattended offers, whether one process gives out the work or a queue does."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

from connector.errors import ConnectorError

Told = Literal["stop", "reload"]


class JobRunner(Protocol):
    """Runs every administration by its schedule: one run at a time of each, whatever is killed, however late it wakes
    up; one that is slow or fails does not keep the others waiting. ``tests/service/test_job_runners.py`` holds each of
    them to it."""

    def serve(self, *, patience_seconds: float = 10) -> bool:
        """Serve until SIGTERM or SIGINT. Runs end at their next step; whether all did within ``patience_seconds``.

        Raises SettingsError, StoreError and SchemaError before anything is begun. Call it in the main thread.
        """
        ...

    def once(self) -> list[ConnectorError]:
        """Work off what there is to do now; the errors of what failed."""
        ...


@contextmanager
def listening(told: Callable[[Told], None]) -> Iterator[None]:
    """Call ``told`` with what signals say: to stop (SIGTERM, SIGINT), to read the settings anew (SIGHUP)."""

    def stop(_number: int, _frame: object) -> None:
        told("stop")

    def reload(_number: int, _frame: object) -> None:
        told("reload")

    before: dict[int, Any] = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    if hasattr(signal, "SIGHUP"):  # not on Windows
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, reload)
    try:
        yield
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)
