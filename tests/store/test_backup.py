"""A copy of the database that can be put back."""

from __future__ import annotations

import os
import sqlite3
import stat
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
    with pytest.raises(StoreError, match="cannot be written") as refusal:
        backup.copy(sqlite, tmp_path / "missing" / "kept.sqlite")
    assert str(tmp_path / "missing" / "kept.sqlite") in str(refusal.value)
    assert "a folder that is there" in refusal.value.hint


def test_a_copy_is_readable_by_its_owner_only(sqlite: Database, tmp_path: Path) -> None:
    """A server asks for a password; a file that everybody may read does not."""
    _is_private(sqlite, tmp_path)


@pytest.mark.needs_pg_dump
def test_a_copy_of_postgresql_is_readable_by_its_owner_only(postgresql: Database, tmp_path: Path) -> None:
    _is_private(postgresql, tmp_path)


def _is_private(database: Database, folder: Path) -> None:
    target = folder / "kept"
    (folder / "kept.unfinished").touch(mode=0o644)  # as a kill leaves it
    backup.copy(database, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_copy_of_postgresql_without_its_program_is_explained(
    postgresql: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="pg_dump is not installed") as refusal:
        backup.copy(postgresql, tmp_path / "kept")
    assert "postgresql-client" in refusal.value.hint
    assert not list(tmp_path.iterdir())


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What everybody on the machine sees of PostgreSQL's programs, which fail here."""
    programs, seen = tmp_path / "programs", tmp_path / "seen"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (programs / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {seen}\necho "server too new" >&2\nexit 1\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return seen


def test_a_copy_of_postgresql_that_fails_leaves_nothing_and_shows_no_password(
    postgresql: Database, seen: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="server too new"):
        backup.copy(postgresql, tmp_path / "kept")
    assert not list(tmp_path.glob("kept*"))
    assert postgresql.url.password is not None
    assert str(postgresql.url.password) not in seen.read_text()
    assert "connector.administration" in seen.read_text()


def _with_two_passwords(database: Database) -> Database:
    """The same by an address with two passwords, of which PostgreSQL takes the second."""
    password = str(database.url.password)
    url = database.url.set(password="not-this-one").update_query_dict({"password": password})
    return Database(url.render_as_string(hide_password=False))


def test_no_second_password_of_the_address_is_shown(postgresql: Database, seen: Path, tmp_path: Path) -> None:
    with _with_two_passwords(postgresql) as database, pytest.raises(StoreError, match="server too new"):
        backup.copy(database, tmp_path / "kept")
    assert not [each for each in (str(postgresql.url.password), "not-this-one") if each in seen.read_text()]


@pytest.mark.needs_pg_dump
def test_the_password_that_counts_is_given_to_pg_dump(postgresql: Database, tmp_path: Path) -> None:
    with _with_two_passwords(postgresql) as database:
        backup.copy(database, tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_size > 0


def test_a_password_that_could_only_be_shown_is_refused(postgresql: Database, seen: Path, tmp_path: Path) -> None:
    url = postgresql.url.update_query_dict({"sslpassword": "s3cret"})
    with Database(url.render_as_string(hide_password=False)) as database, pytest.raises(StoreError) as refusal:
        backup.copy(database, tmp_path / "kept")
    assert "sslpassword" in refusal.value.message
    assert "service=NAME" in refusal.value.hint
    assert "s3cret" not in f"{refusal.value}{refusal.value.hint}"
    assert not seen.exists()
    assert not list(tmp_path.glob("kept*"))


@pytest.mark.needs_pg_dump
def test_a_service_may_hold_it(postgresql: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "services").write_text("[mine]\nsslpassword=s3cret\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    url = postgresql.url.update_query_dict({"service": "mine"})
    with Database(url.render_as_string(hide_password=False)) as database:
        backup.copy(database, tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_size > 0
