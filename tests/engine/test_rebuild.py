"""Rebuild: with our database gone, the keys in the ledger are enough, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from connector.domain.delivery import Answer
from connector.domain.journal import JournalEntry
from connector.engine.deviations import Standing
from connector.engine.moves_there import MOVED_ALREADY
from connector.engine.reconcile import UNKNOWN_MOVE
from connector.errors import BusyError
from connector.ledgers.base import HeldEntry, Ledger
from connector.ledgers.memory import MemoryLedger
from connector.store import tables
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import Json, invoice, line
from tests.engine.test_effect import USAGE, accept, reclassified
from tests.ledgers.faults import FaultyLedger

Anew = Callable[..., Desk]


class Silent(FaultyLedger):
    """A ledger to which nothing may be sent."""

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        raise AssertionError("something was sent")


@pytest.fixture
def anew(desk: Desk, tmp_path: Path, made_sqlite: Path) -> Any:
    """The desk's administration on a database of its own that knows nothing, with the same ledger: before it, the
    desk's own database was filled, of each kind."""
    made: list[Database] = []

    def fresh(*invoices: Json, ledger: Ledger | None = None, **settings: Any) -> Desk:
        path = tmp_path / f"new{len(made)}.sqlite"
        path.write_bytes(made_sqlite.read_bytes())
        made.append(Database(f"sqlite:///{path}"))
        other = Desk(made[-1], tmp_path, ledger=Silent(ledger or desk.ledger), **{"auto_post": "off", **settings})
        other.pull(*invoices)
        other.prepare()
        return other

    yield fresh
    for each in made:
        each.close()


def papers(count: int = 3) -> list[Json]:
    return [invoice(str(n), line(f"{n}.00", kind="Usage Fee")) for n in range(1, count + 1)]


class TakenAway(Silent):
    """A ledger during whose listing somebody tidies up the lock."""

    lock: Callable[[], Path]

    def all_entries(self) -> Iterator[HeldEntry]:
        self.lock().unlink()
        yield from super().all_entries()


def test_without_the_lock_no_link_is_restored(desk: Desk, anew: Anew, tmp_path: Path) -> None:
    desk.pull(*papers())
    desk.post()
    ledger = TakenAway(desk.ledger)
    ledger.lock = lambda: next(tmp_path.glob("new*.lock"))
    again = anew(*papers(), ledger=ledger)
    with pytest.raises(BusyError, match="no longer holds the administration"):
        again.reconcile(rebuild="the disk died")
    assert again.rows()["receipt"] == 0
    assert set(again.delivery_states()) == {"ready"}


def test_links_are_restored_without_sending_anything(desk: Desk, anew: Anew) -> None:
    desk.pull(*papers())
    desk.post()
    again = anew(*papers(4))
    plain = again.reconcile()
    assert (plain.linkable, plain.linked, again.rows()["receipt"]) == (3, [], 0)
    found = again.reconcile(rebuild="the disk died")
    assert found.agrees
    assert [each.number for each in found.linked] == ["1", "2", "3"]
    assert again.delivery_states() == ["posted", "posted", "posted", "ready"]
    assert again.reasons(1) == [
        "prepared",
        "linked to what the ledger holds: the disk died",
        "looked up only, nothing is sent",
        "linked to what the ledger holds: the disk died",
    ]
    events = again.all(tables.delivery_event)
    assert [each.actor for each in events if each.delivery_id == 1] == ["connector", "jansen", "connector", "jansen"]
    assert [each.found for each in again.all(tables.receipt)] == [True] * 3
    assert [each.reference for each in again.all(tables.receipt)] == [
        each.reference for each in desk.all(tables.receipt)
    ]
    assert again.verify().problems == []
    assert again.replay().problems == []
    assert again.reconcile(rebuild="once more").linked == []
    assert again.deliver().posted == 0


@pytest.mark.parametrize("state", ["held", "queued", "rejected"])
def test_what_waits_in_another_state_is_linked_too(desk: Desk, anew: Anew, state: str) -> None:
    from connector.domain.delivery import DeliveryEvent, DeliveryState
    from connector.store import deliveries

    desk.pull(*papers(1))
    desk.post()
    again = anew(*papers(1))
    path = {"held": ["held"], "queued": ["queued"], "rejected": ["queued", "sending", "rejected"]}[state]
    with again.database.transaction() as connection:
        for each in path:
            event = DeliveryEvent(at=again.now, state=DeliveryState(each), actor="test", reason="so")
            deliveries.move(connection, again.books.id, 1, event)
    assert again.reconcile(rebuild="lost").agrees
    assert again.delivery_states() == ["posted"]


def test_other_content_and_unknown_documents_are_reported_and_nothing_is_linked(desk: Desk, anew: Anew) -> None:
    desk.pull(*papers(2))
    desk.post()
    again = anew(invoice("1", line("1.50", kind="Usage Fee")))
    found = again.reconcile(rebuild="lost")
    assert found.linked == []
    assert [(each.number, each.standing, each.linkable) for each in found.deviations] == [
        ("1", Standing.UNEXPECTED, False),
        ("2", Standing.UNEXPECTED, False),
    ]
    assert again.delivery_states() == ["ready"]


def test_a_reclassification_that_is_not_known_is_reported_and_not_made_twice(desk: Desk, anew: Anew) -> None:
    desk.pull(*papers(1))
    desk.post()
    accept(desk, USAGE)
    reclassified(desk)
    desk.approve()
    desk.deliver()
    assert isinstance(desk.ledger, MemoryLedger)
    before = dict(desk.ledger.entries)
    again = anew(*papers(1))
    found = again.reconcile(rebuild="lost")
    assert [each.number for each in found.linked] == ["1"]
    (stranger,) = found.deviations
    assert (stranger.standing, stranger.why, stranger.total_minor) == (Standing.UNEXPECTED, UNKNOWN_MOVE, 0)
    assert sorted(stranger.accounts.values()) == [-100, 100]
    # Under other tables the same document would be moved from where it no longer stands.
    elsewhere = mapping_files(drop=["P040"], rules=("P040;purchase;Usage Fee;;;;;;;;7080;;post;;",))
    accept(again, elsewhere)
    assert reclassified(again) == 1
    again.set(auto_post="all")
    again.approve()
    report = again.deliver()
    assert report.rejected == 1
    assert report.problems[0][1].startswith(MOVED_ALREADY)
    assert desk.ledger.entries == before
    assert again.delivery_states() == ["posted", "rejected"]


def test_the_same_tables_make_the_same_reclassification_which_is_linked(desk: Desk, anew: Anew) -> None:
    desk.pull(*papers(2))
    desk.post()
    accept(desk, USAGE)
    reclassified(desk)
    desk.approve()
    desk.deliver()
    again = anew(*papers(2))
    again.reconcile(rebuild="lost")
    accept(again, USAGE)
    assert reclassified(again) == 2
    found = again.reconcile(rebuild="and its moves")
    assert found.agrees
    assert len(found.linked) == 2
    assert set(again.delivery_states()) == {"posted"}
    assert again.verify().problems == []
    assert again.replay().problems == []


@pytest.mark.parametrize("kind", ["hledger", "beancount", "journal_csv"])
def test_files_are_not_touched(quick: Seat, tmp_path: Path, made_sqlite: Path, kind: str) -> None:
    first = quick(kind=kind)
    first.pull(*papers())
    first.post()
    files = {path: path.read_bytes() for path in (first.folder / "ledger").iterdir() if path.is_file()}
    path = tmp_path / "new.sqlite"
    path.write_bytes(made_sqlite.read_bytes())
    with Database(f"sqlite:///{path}") as database:
        again = Desk(database, tmp_path, kind=kind, auto_post="off")
        again.pull(*papers())
        again.prepare()
        assert len(again.reconcile(rebuild="lost").linked) == 3
        assert again.verify().problems == []
    assert {path: path.read_bytes() for path in files} == files
