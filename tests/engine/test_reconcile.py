"""Ours against theirs, and a lost database: nothing is posted again, and no difference stays unseen."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import Receipt
from connector.domain.journal import balances
from connector.domain.reconciliation import HeldEntry
from connector.engine.approval import keep_back
from connector.engine.reconcile import Match, Reconciliation, reconcile
from connector.errors import LedgerUnavailable
from connector.ledgers.base import Setup
from connector.ledgers.memory import MemoryLedger
from connector.store import tables
from connector.store.database import Database
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import invoice, line

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


def compare(desk: Desk, **how: str) -> Reconciliation:
    return reconcile(desk.place, desk.books, desk.ledger, {}, **how)


def counts(found: Reconciliation) -> dict[str, int]:
    """Entries by match."""
    return {match.value: count for (_period, match), (count, _minor) in found.sums.items()}


def post(desk: Desk, *numbers: str) -> None:
    desk.pull(*(invoice(number, line(f"{number}.00")) for number in numbers))
    desk.post()


def test_what_was_posted_is_matched_to_the_cent(desk: Desk) -> None:
    post(desk, "1", "2", "3")
    found = compare(desk)
    assert found.sums == {("2024-03", Match.MATCHED): (3, 121 + 242 + 363)}
    assert found.open == []


def test_a_date_that_the_ledger_moved_is_told_at_once_and_kept(desk: Desk, telling: Telling) -> None:
    telling.altered["2"] = later
    desk.pull(invoice("1", line("1.00")), invoice("2", line("2.00")))
    report = desk.post()
    assert (report.posted, report.differing) == (2, 1)
    ((key, reason, hint),) = report.problems
    assert "/2/" in key
    assert reason.startswith("read back: date is 2024-0")
    assert "connector reconcile" in hint
    moved = next(each for each in desk.deliveries() if each.key == key)
    assert desk.reasons(moved.delivery_id)[-1] == reason
    assert desk.states() == {"1": "posted", "2": "posted"}
    assert desk.verify().holds
    (open_,) = compare(desk).open
    assert (open_.match, open_.number, [each.field for each in open_.differences]) == (Match.DIFFERENT, "2", ["date"])


def test_what_cannot_be_read_back_is_posted_all_the_same(desk: Desk, telling: Telling) -> None:
    telling.unreadable = True
    desk.pull(invoice("1", line("1.00")))
    report = desk.post()
    assert (report.posted, report.differing) == (1, 0)
    assert [problem[1] for problem in report.problems] == ["posted, and could not be read back: no connection"]
    telling.unreadable = False
    assert counts(compare(desk)) == {"matched": 1}


def test_what_others_removed_is_missing_and_what_they_left_is_unexpected(desk: Desk, telling: Telling) -> None:
    post(desk, "1", "2")
    gone, stays = telling.entries
    removed = telling.entries.pop(gone)
    stranger = msgspec.structs.replace(
        removed, number="99", key=msgspec.structs.replace(removed.key, number="99"), postings=removed.postings
    )
    telling.entries[stranger.key.text] = stranger
    other = msgspec.structs.replace(stranger, key=msgspec.structs.replace(stranger.key, administration="others"))
    telling.entries[other.key.text] = other
    found = compare(desk)
    assert counts(found) == {"matched": 1, "missing": 1, "unexpected": 1}
    by_match = {each.match: each for each in found.open}
    assert by_match[Match.MISSING].key == gone
    assert by_match[Match.UNEXPECTED].number == "99"
    assert compare(desk, period="2024-02").sums == {}
    assert stays in telling.entries


def fresh(tmp_path: Path, made_sqlite: Path, before: Desk) -> Desk:
    """A desk with an empty database beside the same ledger, that has fetched and prepared."""
    new = tmp_path / "new.sqlite"
    new.write_bytes(made_sqlite.read_bytes())
    return Desk(Database(f"sqlite:///{new}"), tmp_path, ledger=before.ledger, auto_post="off")


def test_a_lost_database_gets_its_links_back_and_nothing_is_posted_again(
    desk: Desk, tmp_path: Path, made_sqlite: Path
) -> None:
    post(desk, "1", "2", "3")
    again = fresh(tmp_path, made_sqlite, desk)
    with again.database:
        unchanged = [invoice(number, line(f"{number}.00")) for number in ("1", "2", "4")]
        again.pull(*unchanged, invoice("3", line("3.50")))
        again.prepare()
        keep_back(again.place, again.books, [2], actor="smit", reason="wait")
        only = compare(again)
        assert only.linked == 0
        assert counts(only) == {"unexpected": 3}
        assert set(again.states().values()) == {"ready", "held"}
        found = compare(again, rebuild_by="jansen")
        assert (found.linked, counts(found)) == (2, {"matched": 2, "unexpected": 1})
        assert "another content" in found.open[0].why
        states = {name: state for name, state in again.states().items() if name in "123"}
        assert states == {"1": "posted", "2": "posted", "3": states["3"]}
        assert states["3"] != "posted"
        receipts = again.all(tables.receipt)
        assert {row.found for row in receipts} == {True}
        actors = {row.actor for row in again.all(tables.delivery_event) if row.state == "posted"}
        assert actors == {"jansen"}
        assert compare(again, rebuild_by="jansen").linked == 0
        assert again.verify(ledger=False).problems == []
        assert len(again.ledger.entries) == 3  # type: ignore[attr-defined]
