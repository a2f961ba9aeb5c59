"""What the server serves and how."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from connector.sandbox.faults import Faults
from connector.sandbox.keys import KeyStyle
from connector.sandbox.request import LoggedRequest
from connector.sandbox.world import World

LOOPBACK = "127.0.0.1"
REQUESTS_KEPT_MAX = 10_000


@dataclass(kw_only=True)
class Setup:
    """What the server serves and how; ``today`` may be moved while it runs."""

    world: World
    today: dt.date
    cache_dir: Path | None = None
    key_styles: tuple[KeyStyle, ...] = (KeyStyle.BEARER,)
    customer_invoices_active: bool = True
    lists_active: bool = True
    totals: bool = False
    billing_by_vendor: bool = False
    allowed_addresses: tuple[str, ...] = (LOOPBACK,)
    faults: Faults = field(default_factory=Faults)
    requests: deque[LoggedRequest] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT_MAX))
    stopping: threading.Event = field(default_factory=threading.Event)
