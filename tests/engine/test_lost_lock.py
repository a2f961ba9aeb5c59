"""A run that loses its administration without noticing: it stops before it sends, and who comes next settles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.domain.delivery import Receipt
from connector.domain.document import EntryKey
from connector.engine.purge import Order, purge
from connector.errors import BusyError
from connector.store import tables
from connector.store.database import Database
from tests.engine.desk import Desk
from tests.engine.paper import invoice, line
from tests.engine.test_purge import NOW, fill, removed
from tests.ledgers.faults import FaultyLedger


def _take_away(database: Database, folder: Path) -> None:
    """What takes a lock from a run that lives: its session ends, or somebody tidies up its file."""
    if database.kind == "sqlite":
        (lock,) = folder.rglob("*.lock")
        lock.unlink()
        return
    with database.transaction() as connection:
        ours = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ending = f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND {ours}"
        connection.execute(text(ending))


class _WhileLookingUp(FaultyLedger):
    """A ledger during whose first look-up something happens."""

    happening: Callable[[], None] | None = None

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """Let it happen, then look up."""
        happening, self.happening = self.happening, None
        if happening is not None:
            happening()
        return super().find_many(keys)


@pytest.fixture
def approved(database: Database, tmp_path: Path) -> Desk:
    desk = Desk(database, tmp_path)
    desk.pull(*(invoice(str(number), line(f"{number}.00")) for number in (1, 2, 3)))
    desk.prepare()
    desk.approve()
    return desk


def _folder(database: Database, tmp_path: Path) -> Path:
    return database.path.parent if database.path is not None else tmp_path


def test_without_the_lock_no_intent_is_committed(approved: Desk, database: Database, tmp_path: Path) -> None:
    with database.lock(approved.books.name):
        _take_away(database, _folder(database, tmp_path))
        with pytest.raises(BusyError, match="no longer holds the administration") as lost:
            approved.deliver()
    assert "connector sync" in lost.value.hint
    assert set(approved.delivery_states()) == {"queued"}
    with database.lock(approved.books.name):
        assert approved.deliver().posted == 3


def test_what_another_run_took_over_while_looking_up_is_sent_once(
    approved: Desk, database: Database, tmp_path: Path
) -> None:
    slow = _WhileLookingUp(approved.ledger)
    with Database(database._url.render_as_string(hide_password=False)) as other:
        second = Desk(other, tmp_path)
        second.ledger = approved.ledger

        def taken_over() -> None:
            _take_away(database, _folder(database, tmp_path))
            with other.lock(approved.books.name):
                approved.wait(3600)
                second.wait(3600)
                assert second.deliver().posted == 3

        slow.happening = taken_over
        with database.lock(approved.books.name), pytest.raises(BusyError):
            approved.deliver(slow)
        assert slow.posted == {}
        assert approved.rows()["receipt"] == 3
        assert len(approved.all(tables.delivery)) == 3
        assert set(approved.delivery_states()) == {"posted"}
        assert approved.verify().problems == []


def test_a_purge_without_the_lock_removes_nothing(database: Database, tmp_path: Path) -> None:
    """Another run may have written meanwhile what refers to a row that goes."""
    desk = fill(Desk(database, tmp_path, today=NOW.date()))
    before = desk.rows()
    order = Order(until=2018, years_kept=7, actor="jansen", reason="over")
    steps = iter([lambda: _take_away(database, _folder(database, tmp_path))])

    def step(_done: int, _total: int) -> None:
        next(steps, lambda: None)()

    with pytest.raises(BusyError, match="nothing was removed") as lost:
        purge(desk.place, desk.books, order, desk.dialect, step)
    assert "again" in lost.value.hint
    assert desk.rows() == before
    assert removed(desk).documents == 3
    assert desk.verify().problems == []
