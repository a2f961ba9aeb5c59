"""The counterparts of our own ledgers: month files read without the adapter, and the ledger in memory."""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from connector.domain.journal import JournalEntry
from connector.ledgers.base import Adapter, Ledger, Setup
from connector.ledgers.conformance.counterpart import Counterpart, Fault, Proof, Side
from connector.ledgers.memory import MemoryLedger
from connector.ledgers.registry import open_ledger
from tests.ledgers.daybook import PASSWORD, Daybook
from tests.ledgers.opening import EXTENSIONS


class MonthFilesCounterpart(Counterpart):
    """The month files of one of our formats in ``folder``; a booking is a paragraph of text, or the rows of a table."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.proof = Proof(adapter=kind, side=Side.FILES, software="month files")
        self.folder = folder
        self._settings: dict[str, str] = {}

    def open(self, setup: Setup) -> Ledger:
        """Open the folder as the program does."""
        return open_ledger(self.proof.adapter, msgspec.structs.replace(setup, settings=self._settings))

    def count(self, key: str) -> int:
        """How many bookings bear ``key``."""
        return len(self._bookings(key))

    def shows(self, key: str, text: str) -> bool:
        """Whether ``text`` stands in a booking of ``key``."""
        return any(text in booking.replace(key, "") for booking in self._bookings(key))

    def close_period(self, until: datetime.date) -> None:
        """Close in the settings: files know no periods."""
        self._settings["closed_until"] = f"{until}"

    def _bookings(self, key: str) -> list[str]:
        months = sorted(self.folder.glob(f"[0-9]*.{EXTENSIONS[self.proof.adapter]}"))
        if self.proof.adapter == "journal_csv":
            return [text for month in months for text in _in_table(month, key)]
        bears_key = re.compile(rf'connector-key: "?{re.escape(key)}"?$', re.MULTILINE)
        paragraphs = (text for month in months for text in month.read_text(encoding="utf-8").split("\n\n"))
        return [text for text in paragraphs if bears_key.search(text)]


def _in_table(month: Path, key: str) -> list[str]:
    """The bookings of ``key`` in a table; each begins with its posting 1."""
    with month.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row[0] == key]
    bookings: list[list[str]] = []
    for row in rows:
        if row[2] == "1":
            bookings.append([])
        bookings[-1] += row
    return ["\n".join(cells) for cells in bookings]


class MemoryCounterpart(Counterpart):
    """The ledger in memory; it stays when it is opened again, as a server would. ``kind`` is a variant of it."""

    def __init__(self, kind: type[MemoryLedger] = MemoryLedger) -> None:
        self.proof = Proof(adapter="memory", side=Side.OURS, software="our own memory")
        self._kind = kind
        self._settings = {"reversal": "yes", "attachments": "yes"}
        self.ledger: MemoryLedger | None = None

    def open(self, setup: Setup) -> Ledger:
        """The ledger, made when it is asked for the first time."""
        self.ledger = self.ledger or self._kind(msgspec.structs.replace(setup, settings=self._settings))
        return self.ledger

    def count(self, key: str) -> int:
        """How many bookings have ``key``: looked at directly."""
        return [each.key.text for each in self._kept()].count(key)

    def shows(self, key: str, text: str) -> bool:
        """Whether ``text`` stands in the entry of ``key``."""
        return any(text in repr(each) or f"{each.due}" == text for each in self._kept() if each.key.text == key)

    def attached(self, key: str) -> list[tuple[str, bytes]]:
        """What is kept with the entry of ``key``."""
        return [] if self.ledger is None else list(self.ledger.papers.get(key, {}).items())

    def close_period(self, until: datetime.date) -> None:
        """Close in the settings."""
        self._settings["closed_until"] = f"{until}"

    def _kept(self) -> list[JournalEntry]:
        return [] if self.ledger is None else [*self.ledger.entries.values()]


class DaybookCounterpart(Counterpart):
    """The server of the tutorial, with its own adapter or a variant of it."""

    def __init__(self, server: Daybook, adapter: Adapter) -> None:
        self.proof = Proof(adapter="daybook", side=Side.OURS, software="the tutorial's server")
        self._server, self._adapter = server, adapter

    def open(self, setup: Setup) -> Ledger:
        """A new session. It waits a second where no answer will come, and a minute otherwise."""
        seconds = "1" if self._server.fault is Fault.TIME_OUT and not self._server.struck else "60"
        settings = {"url": self._server.url, "seconds": seconds}
        secrets = {"password": lambda: PASSWORD}
        return self._adapter(msgspec.structs.replace(setup, settings=settings, secrets=secrets))

    def count(self, key: str) -> int:
        """How many entries in the server's books have the key in their note."""
        return sum(f" {key} " in entry["note"] for entry in self._server.entries)

    def shows(self, key: str, text: str) -> bool:
        """Whether ``text`` stands in the entry that the server keeps."""
        return any(
            text in repr(entry).replace(key, "") for entry in self._server.entries if f" {key} " in entry["note"]
        )

    def booked_on(self, key: str) -> datetime.date:
        """The day in the server's books."""
        (entry,) = (each for each in self._server.entries if f" {key} " in each["note"])
        return datetime.date.fromisoformat(entry["date"])

    def close_period(self, until: datetime.date) -> None:
        """Close the server's books."""
        self._server.closed_until = until

    def arm(self, fault: Fault, after: int = 0) -> None:
        """Let the server fail."""
        self._server.fault, self._server.after, self._server.struck = fault, after, False

    def struck(self) -> bool:
        """Whether it has failed."""
        return self._server.struck


@contextmanager
def daybook_counterpart(adapter: Adapter) -> Iterator[DaybookCounterpart]:
    """A running server with fresh books, and ``adapter`` to be tried on it."""
    with Daybook(Counterpart.books) as server:
        yield DaybookCounterpart(server, adapter)


def our_counterpart(kind: str, folder: Path) -> Counterpart:
    """A fresh counterpart of one of our ledgers."""
    return MemoryCounterpart() if kind == "memory" else MonthFilesCounterpart(kind, folder)
