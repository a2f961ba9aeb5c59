"""Killed in the middle: nothing is half-written, and the same command then does all of it once."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import BusyError
from connector.store import tables
from connector.store.database import Database
from tests.engine.children import MANY, killed, many
from tests.engine.desk import Desk


def _url(database: Database) -> str:
    return database._url.render_as_string(hide_password=False)


def test_a_pull_that_is_killed_leaves_nothing(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path, kind="hledger")
    before = desk.rows()
    killed("pull", _url(database), tmp_path)
    assert desk.rows() == before
    assert desk.pull(*many()).new == MANY
    assert desk.verify().problems == []


def test_a_delivery_that_is_killed_after_the_ledger_took_it_is_found(database: Database, tmp_path: Path) -> None:
    killed("sync", _url(database), tmp_path)
    desk = Desk(database, tmp_path, kind="hledger")
    assert set(desk.delivery_states()) == {"sending"}
    ledger = (tmp_path / "ledger" / "2024-03.journal").read_bytes()
    with database.lock(desk.books.name):  # the lock went with the program
        report = desk.deliver()
    assert (report.found, report.posted) == (5, 0)
    assert (tmp_path / "ledger" / "2024-03.journal").read_bytes() == ledger
    assert {row.found for row in desk.all(tables.receipt)} == {True}
    assert desk.verify().problems == []


def test_a_purge_that_is_killed_removes_nothing(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path, kind="hledger")
    desk.pull(*many()[:20])
    desk.post()
    before = desk.rows()
    killed("purge", _url(database), tmp_path)
    assert desk.rows() == before
    assert desk.verify().problems == []


def test_two_runs_of_one_administration_do_not_meet(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path)
    with database.lock(desk.books.name), Database(_url(database)) as other:
        with pytest.raises(BusyError), other.lock(desk.books.name):
            pass
        with other.lock("another"):
            pass
