"""A client for tests: with a key that is easy to find where it must not be, and waits that are noted, not waited."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.source.http import HttpClient, Received
from connector.source.settings import ApiSettings

KEY = "k-SECRET/9+zz"
NOW = datetime(2024, 3, 25, 8, 30, tzinfo=UTC)


class Waits:
    """Stands for the passing of time: ``sleep`` moves the clock and notes how far."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)


@contextmanager
def client(
    address: str, waits: Waits | None = None, folder: Path | None = None, *, secret: str = KEY, **settings: Any
) -> Iterator[HttpClient]:
    """A client of ``address`` with the key ``secret`` that does not really wait."""
    waits = waits or Waits()
    plain: dict[str, Any] = {"pause_seconds": 0.0, "read_seconds": 5.0, "connect_seconds": 5.0, **settings}
    with HttpClient(
        ApiSettings(base_url=address, **plain),
        reveal_key=lambda: secret,
        now=lambda: NOW,
        randomness=random.Random(1),
        sleep=waits.sleep,
        monotonic=waits.monotonic,
        folder=folder,
    ) as made:
        yield made


def get(address: str, waits: Waits | None = None, **settings: Any) -> tuple[Received, bytes]:
    """One answer of ``address``, with its body."""
    with (
        client(address, waits, **settings) as asking,
        asking.download("invoices", {"startDate": "20240301"}) as received,
    ):
        return received, received.body.read_bytes()
