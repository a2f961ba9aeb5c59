"""What a service manager, as systemd, tells the programs it starts: where it listens, and how often it wants a sign."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Supervision:
    """``socket`` is the address to tell about our state, '' when nobody asks; ``watchdog_seconds`` is the longest time
    without a sign of life, ``None`` when none is wanted."""

    socket: str = ""
    watchdog_seconds: float | None = None


def supervision(environ: Mapping[str, str] | None = None) -> Supervision:
    """What the environment says of whoever started us."""
    environ = os.environ if environ is None else environ
    wanted, of_process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    ours = wanted.isdigit() and int(wanted) > 0 and of_process in ("", str(os.getpid()))
    return Supervision(
        socket=environ.get("NOTIFY_SOCKET", ""), watchdog_seconds=int(wanted) / 1_000_000 if ours else None
    )
