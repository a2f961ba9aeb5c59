"""What tests run in a process of its own: two writers at once, and writers that are killed."""

from __future__ import annotations

import datetime
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connector.domain.delivery import DeliveryState
from tests.ledgers.opening import opened_files
from tests.ledgers.worked import simple

DYING = (simple("2000"), simple("2001", date=datetime.date(2026, 11, 30)))
"""What is being posted when the process dies: two months, hence two files and the main file."""


def post_numbers(kind: str, folder: Path, first: int, count: int) -> None:
    """Post ``count`` entries one by one."""
    with opened_files(kind, folder) as ledger:
        for number in range(first, first + count):
            (answer,) = ledger.post_many([simple(f"{number:04}", number)])
            assert answer.state is DeliveryState.POSTED, answer


def post_and_die(kind: str, folder: Path, call: str, which: int, after: bool) -> None:
    """Post an entry in each of two months; be killed before or after the ``which``-th call of ``os.<call>``."""
    _kill_at(call, which, after=after)
    with opened_files(kind, folder) as ledger:
        ledger.post_many(DYING)


def _kill_at(call: str, which: int, *, after: bool) -> None:
    genuine: Callable[..., Any] = getattr(os, call)
    calls = 0

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == which and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = genuine(*arguments, **named)
        if calls == which and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    setattr(os, call, deadly)
