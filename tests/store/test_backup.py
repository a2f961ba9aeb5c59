"""A copy of the database that can be put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connector.errors import StoreError
from connector.store import backup, schema
from connector.store.database import Database
from tests.store import rows


def test_a_copy_is_one_file_with_every_row_and_guard(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.transaction() as connection:
        rows.fill(connection)
        before = rows.contents(connection)
    target = tmp_path / "copies"
    target.mkdir()
    backup.copy(sqlite, target / "kept.sqlite")
    assert [path.name for path in target.iterdir()] == ["kept.sqlite"]
    with Database(f"sqlite:///{target / 'kept.sqlite'}") as kept:
        schema.check(kept)
        with kept.reading() as connection:
            assert rows.contents(connection) == before
    with closing(sqlite3.connect(target / "kept.sqlite")) as connection:
        triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        assert sqlite.path is not None
        with closing(sqlite3.connect(sqlite.path)) as original:
            assert connection.execute(triggers).fetchall() == original.execute(triggers).fetchall() != []


def test_a_copy_holds_what_is_committed_and_nothing_else(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.transaction() as connection:
        rows.fill(connection)
        backup.copy(sqlite, tmp_path / "kept.sqlite")
    with Database(f"sqlite:///{tmp_path / 'kept.sqlite'}") as kept, kept.reading() as connection:
        assert [name for name, found in rows.contents(connection).items() if found] == ["delivery_transition"]


def test_nothing_is_overwritten(sqlite: Database, tmp_path: Path) -> None:
    target = tmp_path / "kept.sqlite"
    target.write_bytes(b"precious")
    with pytest.raises(StoreError, match="exists already"):
        backup.copy(sqlite, target)
    assert target.read_bytes() == b"precious"


def test_a_damaged_database_makes_no_copy(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.transaction() as connection:
        rows.fill(connection)
    sqlite.close()
    assert sqlite.path is not None
    whole = sqlite.path.read_bytes()
    # The first page, with the header and the schema, stays.
    sqlite.path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    with pytest.raises(StoreError, match="the database is damaged"):
        backup.copy(sqlite, tmp_path / "kept.sqlite")
    assert not list(tmp_path.glob("kept*"))


def test_a_copy_in_a_missing_folder_is_explained(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as refusal:
        backup.copy(sqlite, tmp_path / "missing" / "kept.sqlite")
    assert str(tmp_path / "missing" / "kept.sqlite") in str(refusal.value)


def test_postgresql_has_its_own_way(postgresql: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refusal:
        backup.copy(postgresql, tmp_path / "kept")
    assert "pg_dump" in refusal.value.hint
