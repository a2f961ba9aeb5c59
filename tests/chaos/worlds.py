"""The bookkeeping software that a life works with: what can be done to it, and what it holds, past the adapter."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec

from connector.ledgers.base import Ledger, Setup
from tests.chaos.bookkeeper import FAULTS
from tests.chaos.boundaries import BOUNDARIES, Fate, MortalLedger
from tests.chaos.ledger import SETTLING_SECONDS
from tests.engine.desk import mapping_files

ROOT = Path(__file__).parents[2]
SERVER_KILLS = ("killed on arrival", "killed, then booked", "killed when booked")
CLOSED, OPEN = "2024-03-31", ""


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What the software holds of one entry; amounts in minor units, debit positive."""

    key: str
    document: str
    number: str
    total: int
    postings: tuple[tuple[str, int], ...]


class World(Protocol):
    """One kind of software. ``kills`` are the boundaries at which it kills its sender itself, ``troubles`` what it can
    do wrong otherwise; ``boundaries`` are those of the program that works with it."""

    boundaries: tuple[str, ...]
    kills: tuple[str, ...]
    troubles: tuple[str, ...]

    def begin(self) -> None:
        """New, empty books."""

    def fault(self, name: str) -> None:
        """What happens to the next posting; 'none' for nothing."""

    def period(self, *, closed: bool) -> None:
        """A person closes the period of the documents, or opens it again."""

    def booked(self) -> list[Booked]:
        """Every entry."""
        ...

    def ledger(self, folder: Path, fate: Fate) -> Ledger:
        """The adapter, which dies as ``fate`` says."""
        ...

    def wait(self) -> float:
        """Let the settling time pass; the seconds by which the program's clock goes ahead of the real one."""
        ...


class Server:
    """The bookkeeping server, in a process of its own. A context."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.chaos.bookkeeper"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def tell(self, path: str, **told: Any) -> Any:
        """Ask past the adapter."""
        request = urllib.request.Request(f"{self.url}/{path}", data=json.dumps(told).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


class Bookkeeping:
    """The bookkeeping server of these tests."""

    boundaries: tuple[str, ...] = BOUNDARIES
    kills: tuple[str, ...] = SERVER_KILLS
    troubles: tuple[str, ...] = (*(each for each in FAULTS if each not in SERVER_KILLS), *["late booking"] * 3)

    def __init__(self, server: Server) -> None:
        self._server, self._chart = server, mapping_files().mapping.chart

    def begin(self) -> None:
        """New, empty books."""
        self._server.tell("begin")

    def fault(self, name: str) -> None:
        """What happens to the next posting."""
        self._server.tell("fault", fault=name)

    def period(self, *, closed: bool) -> None:
        """Close March, or open it again."""
        self._server.tell("fault", closed_until=CLOSED if closed else OPEN)

    def booked(self) -> list[Booked]:
        """Every entry."""
        return [msgspec.convert(each, Booked) for each in self._server.tell("books")["entries"]]

    def ledger(self, folder: Path, fate: Fate) -> Ledger:
        """The adapter of these tests."""
        MortalLedger.fate = fate
        settings = {"url": self._server.url}
        return MortalLedger(Setup(name="bookkeeper", chart=self._chart, settings=settings, folder=folder))

    def wait(self) -> float:
        """What is late is booked now, and then the program may look."""
        self._server.tell("settle")
        return SETTLING_SECONDS
