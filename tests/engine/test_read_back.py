"""What a ledger of others made of an entry: read back at once, and a difference is kept and told."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import Receipt
from connector.domain.held import HeldEntry
from connector.domain.journal import balances
from connector.errors import LedgerUnavailable
from connector.ledgers.base import Setup
from connector.ledgers.memory import MemoryLedger
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import invoice, line
from tests.ledgers.faults import Fault, FaultyLedger

Alter = Callable[[HeldEntry], HeldEntry]


class Telling(MemoryLedger):
    """A ledger in memory that is read back, and that booked some entries otherwise than they were sent."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.altered: dict[str, Alter] = {}
        self.unreadable = False

    def read_many(self, receipts: Sequence[Receipt]) -> Mapping[str, HeldEntry]:
        """Every entry with its sums."""
        if self.unreadable:
            raise LedgerUnavailable("no connection")
        wanted = {each.key for each in receipts}
        found = {}
        for held in super().all_entries():
            if held.key in wanted:
                entry = self.entries[held.key]
                full = msgspec.structs.replace(held, currency="EUR", accounts=balances(entry))
                found[held.key] = self.altered[entry.number](full) if entry.number in self.altered else full
        return found


@pytest.fixture
def telling(desk: Desk) -> Telling:
    """The ledger of ``desk``."""
    chart = mapping_files().mapping.chart
    desk.ledger = ledger = Telling(Setup(name="memory", chart=chart, settings={}, folder=Path("unused")))
    return ledger


def later(held: HeldEntry) -> HeldEntry:
    return msgspec.structs.replace(held, date=held.date + datetime.timedelta(days=30))


def test_a_date_that_the_ledger_moved_is_told_at_once_and_kept(desk: Desk, telling: Telling) -> None:
    telling.altered["2"] = later
    desk.pull(invoice("1", line("1.00")), invoice("2", line("2.00")))
    report = desk.post()
    assert (report.posted, report.differing) == (2, 1)
    ((key, reason, hint),) = report.problems
    assert "/2/" in key
    assert reason.startswith("read back: date: 2024-03-")
    assert "connector reconcile" in hint
    moved = next(each for each in desk.deliveries() if each.key == key)
    assert desk.reasons(moved.delivery_id)[-1] == reason
    assert desk.states() == {"1": "posted", "2": "posted"}
    assert desk.verify().holds


def test_what_is_found_after_a_lost_answer_is_read_back_too(desk: Desk, telling: Telling) -> None:
    """The ledger moved the date, and the answer that it was posted never came."""
    telling.altered["1"] = later
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    desk.approve()
    desk.deliver(FaultyLedger(telling, on_post=[Fault.LOST_ANSWER]))
    report = desk.deliver()
    assert (report.found, report.differing) == (1, 1)
    assert desk.reasons(1)[-1].startswith("read back: date: ")


def test_a_draft_differs_only_where_none_is_wanted(desk: Desk, telling: Telling) -> None:
    telling.altered["1"] = telling.altered["2"] = lambda held: msgspec.structs.replace(held, draft=True)
    desk.pull(invoice("1", line("1.00")))
    assert desk.post().differing == 1
    telling.capabilities = msgspec.structs.replace(telling.capabilities, drafts=True, leaves_drafts=True)
    desk.pull(invoice("1", line("1.00")), invoice("2", line("2.00")))
    assert desk.post().differing == 0


def test_what_cannot_be_read_back_is_posted_all_the_same(desk: Desk, telling: Telling) -> None:
    telling.unreadable = True
    desk.pull(invoice("1", line("1.00")))
    report = desk.post()
    assert (report.posted, report.differing) == (1, 0)
    assert [problem[1] for problem in report.problems] == ["posted, and could not be read back: no connection"]
