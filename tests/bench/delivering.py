"""What delivering costs: the machine around an entry, beside file ledgers that take entries without it.

Ratios within one run: how much slower a ledger is when every entry has its intent, look-up, receipt and events.
"""

from __future__ import annotations

import datetime
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from connector.domain.journal import JournalEntry
from connector.ledgers.base import Ledger, Setup
from connector.ledgers.registry import open_ledger
from connector.store import schema
from connector.store.database import Database
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import invoice, line

ENTRIES, BATCH = 2000, 1000
KINDS = ("hledger", "beancount", "journal_csv")


class Delivering(msgspec.Struct, frozen=True, kw_only=True):
    """Entries a second: the machine with the ledger of ``kind``, and that ledger alone (0 where it costs nothing)."""

    kind: str
    machine: float
    alone: float = 0.0


def delivering() -> Iterator[Delivering]:
    """The machine with a ledger in memory, which costs next to nothing, and with each kind of files."""
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as place:
        for kind in ("memory", *KINDS):
            folder = Path(place) / kind
            folder.mkdir()
            machine, entries = _machine(kind, folder)
            yield Delivering(
                kind=kind, machine=machine, alone=0.0 if kind == "memory" else _alone(kind, folder, entries)
            )


def shown(found: Sequence[Delivering]) -> list[str]:
    """The table."""
    cost = next(1000 / each.machine for each in found if each.kind == "memory")
    head = f"Delivering {ENTRIES} entries, SQLite: the machine alone takes {cost:.2f} ms an entry"
    return [head, *(_row(each) for each in found if each.alone)]


def _row(each: Delivering) -> str:
    share = each.machine / each.alone
    return (
        f"  {each.kind:<12} {each.alone:>8,.0f} entries/s alone (5,000 wanted), "
        f"{each.machine:>8,.0f} with the machine: {share:.2f} of it"
    )


def _machine(kind: str, folder: Path) -> tuple[float, list[JournalEntry]]:
    with Database(f"sqlite:///{folder}/books.sqlite") as database:
        schema.upgrade(database)
        desk = Desk(database, folder, kind=kind)
        desk.pull(*(invoice(str(number), line(f"{number}.00"), date=_day(number)) for number in range(1, ENTRIES + 1)))
        desk.prepare()
        desk.approve()
        entries = list(desk.entries().values())
        started = time.perf_counter()
        report = desk.deliver()
        seconds = time.perf_counter() - started
        assert report.posted == ENTRIES
    return ENTRIES / seconds, entries


def _alone(kind: str, folder: Path, entries: Sequence[JournalEntry]) -> float:
    setup = Setup(name=kind, chart=mapping_files().mapping.chart, settings={}, folder=folder / "alone")
    ledger: Ledger = open_ledger(kind, setup)
    started = time.perf_counter()
    with ledger:
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            ledger.find_many([entry.key for entry in batch])
            ledger.post_many(batch)
    return len(entries) / (time.perf_counter() - started)


def _day(number: int) -> datetime.date:
    return datetime.date(2024, 1 + number % 3, 1 + number % 28)
