"""Transactions, consistent reads and the one lock per administration."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from connector.errors import (
    BusyError,
    GuardError,
    Recovery,
    SchemaError,
    SettingsError,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from connector.store import tables
from connector.store.database import Database
from tests.store import rows

HOLDER = """
import sys
from connector.store.database import Database
with Database(sys.argv[1]) as database, database.lock(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _url(database: Database) -> str:
    return database._url.render_as_string(hide_password=False)


def _add(connection: Connection, number: int) -> None:
    rows.insert(connection, tables.administration, administration_id=number, name=f"name {number}")


def _count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(tables.administration)) or 0


def _add_and_fail(connection: Connection) -> None:
    _add(connection, 1)
    assert _count(connection) == 1
    raise ZeroDivisionError


def _add_twice(connection: Connection) -> None:
    _add(connection, 1)
    _add(connection, 1)


def test_a_transaction_is_kept_as_a_whole(database: Database) -> None:
    with database.transaction() as connection:
        _add(connection, 1)
        _add(connection, 2)
    with database.reading() as connection:
        assert _count(connection) == 2


def test_nothing_of_a_failed_transaction_is_kept(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        _add_and_fail(connection)
    with database.reading() as connection:
        assert _count(connection) == 0


def test_a_refused_row_undoes_what_came_before(database: Database) -> None:
    with pytest.raises(GuardError, match="refuses a row"), database.transaction() as connection:
        _add_twice(connection)
    with database.reading() as connection:
        assert _count(connection) == 0


def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(GuardError), database.transaction() as connection:
        rows.insert(connection, tables.backfill)


def test_a_savepoint_undoes_only_its_part(database: Database) -> None:
    with database.transaction() as connection:
        _add(connection, 1)
        savepoint = connection.begin_nested()
        _add(connection, 2)
        savepoint.rollback()
        _add(connection, 3)
    with database.reading() as connection:
        assert connection.scalars(select(tables.administration.c.administration_id)).all() == [1, 3]


def test_a_read_sees_one_state_while_others_write(database: Database) -> None:
    with Database(_url(database)).of_all() as other, database.reading() as reading:
        assert _count(reading) == 0
        with other.transaction() as connection:
            _add(connection, 1)
        assert _count(reading) == 0
    with database.reading() as reading:
        assert _count(reading) == 1


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError) as refusal, database.reading() as connection:
        _add(connection, 1)
    assert "read" in refusal.value.message
    with database.transaction() as connection:  # the same connection of the pool may write again
        _add(connection, 1)


def test_writers_of_one_file_wait_for_each_other(sqlite: Database) -> None:
    """Each reads and then writes: without waiting at the beginning all but one of them would fail half way."""
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with Database(_url(sqlite)) as mine:
                for _ in range(5):
                    with mine.transaction() as connection:
                        _add(connection, _count(connection) + 1)
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with sqlite.reading() as connection:
        assert _count(connection) == 20


def test_sqlite_is_set_up_for_safety(sqlite: Database) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    with sqlite.reading() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted


def test_one_run_per_administration(database: Database) -> None:
    with Database(_url(database)).of_all() as other, database.lock("acme"):
        with pytest.raises(BusyError) as busy, other.lock("acme"):
            pass
        assert busy.value.recovery is Recovery.RETRY
        assert "another run works on the administration 'acme' (process " in busy.value.message
        assert " since 20" in busy.value.message
        with pytest.raises(BusyError), database.lock("acme"):
            pass
        with other.lock("other"), other.transaction() as connection:  # the lock stops nobody else
            _add(connection, 1)
    with database.lock("acme"):
        pass


def test_the_lock_holds_between_processes_and_goes_with_them(database: Database) -> None:
    command = [sys.executable, "-c", HOLDER, _url(database), "acme"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {holder.pid} on "), database.lock("acme"):
            pass
        holder.kill()
        holder.wait()
    _soon(database, "acme")


def _soon(database: Database, administration: str) -> None:
    """The lock is free; PostgreSQL needs a moment to see that the other process is gone."""
    for _ in range(500):
        try:
            with database.lock(administration):
                return
        except BusyError:
            threading.Event().wait(0.01)
    raise AssertionError("the lock of a killed process is still held")


def test_any_name_can_be_locked(database: Database, tmp_path: Path) -> None:
    for name in ("Bakkerij de Vries & Zn. / Gent", "../escape", "x" * 200, "日本" * 50):
        with database.lock(name), pytest.raises(BusyError), database.lock(name):
            pass
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_an_error_inside_the_lock_frees_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.lock("acme"):
        raise ZeroDivisionError
    with database.lock("acme"):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "",
        "connector.sqlite",
        "postgresql://me:s3cr3t@host:port/db",
        "postgresql://me:s3@cr3t@host:5432/db",
        "postgresql://me:s3@ss/cr3t@host:5432/db",
        "postgresql://me:p@s3/cr3t@host:5432/db",
        "mysql://me:s3cr3t@host/db",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_wrong_address_is_explained_without_the_password(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Database(url)
    shown = f"{refusal.value} {refusal.value.hint} {refusal.value.__cause__!r}"
    assert "s3" not in shown
    assert "cr3t" not in shown
    assert "sqlite:///" in refusal.value.hint


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_has_more_than_one_name(scheme: str) -> None:
    with Database(f"{scheme}://me:s3cr3t@db.example:5432/books") as database:
        assert database.kind == "postgresql"
        assert database.name == "postgresql://me:***@db.example:5432/books"
        assert database.path is None


def test_the_name_of_a_database_shows_no_password() -> None:
    with Database("postgresql://me:s3%2Fcr3t@host/books?password=s3cr3t&sslkey=s3cr3t") as database:
        assert database.name == "postgresql://me:***@host/books"


def test_a_missing_table_asks_for_an_upgrade(database: Database) -> None:
    for statement in ("SELECT * FROM nowhere", "SELECT missing FROM administration"):
        with pytest.raises(SchemaError) as refusal, database.reading() as connection:
            connection.execute(text(statement))
        assert refusal.value.hint == "Run 'connector db upgrade'."


def test_what_a_driver_says_otherwise_is_passed_on(database: Database) -> None:
    with pytest.raises(StoreError, match=r"the database reports: .*syntax error"), database.reading() as connection:
        connection.execute(text("SELECT FROM FROM"))


def test_a_server_that_can_only_be_read_is_obeyed_and_told(postgresql: Database) -> None:
    """After a look, which only reads, a session insisted on writing, and wrote."""
    user, name = postgresql.url.username, postgresql.url.database
    postgresql.check_writable()
    with postgresql.transaction() as connection:
        connection.execute(text(f'ALTER ROLE "{user}" IN DATABASE "{name}" SET default_transaction_read_only = on'))
    postgresql.close()
    for _ in range(2):
        with postgresql.reading() as connection:
            connection.execute(text("SELECT 1"))
        with pytest.raises(StoreUnavailable, match="does not let us write"), postgresql.transaction() as connection:
            connection.execute(text("CREATE TABLE nothing (number integer)"))
    with pytest.raises(StoreUnavailable, match="it can only be read for now") as told:
        postgresql.check_writable()
    assert "let this one take writes again" in told.value.hint


def test_a_machine_that_is_gone_does_not_keep_its_lock_for_hours(postgresql: Database) -> None:
    with postgresql.reading() as connection:
        shown = {
            name: connection.scalar(text(f"SHOW {name}"))
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "lock_timeout")
        }
        assert shown == {
            "tcp_keepalives_idle": "60",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
            "lock_timeout": "5s",
        }
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1h"
        assert connection.scalar(text("SHOW statement_timeout")) == "0"


def _holds(path: Path, name: bytes) -> bool:
    return any(name in each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def test_compacting_says_so_when_somebody_reads_and_what_was_removed_is_still_there(sqlite: Database) -> None:
    """SQLite writes the file anew beside a reader, and then cannot put it in the place of the old pages."""
    assert sqlite.path is not None
    with Database(_url(sqlite), busy_seconds=0) as impatient:
        with closing(sqlite3.connect(sqlite.path)) as connection:
            connection.execute("PRAGMA secure_delete = OFF")  # some builds of SQLite have it on
            connection.execute("CREATE TABLE removed (name TEXT)")
            connection.execute("INSERT INTO removed VALUES ('Klant van vroeger')")
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("DROP TABLE removed")
            connection.commit()
        with sqlite.reading() as reader:
            _count(reader)
            with pytest.raises(StoreBusy, match="in use") as caught:
                impatient.compact([])
        assert caught.value.recovery is Recovery.RETRY
        assert _holds(sqlite.path, b"Klant van vroeger")
        sqlite.close()
        impatient.compact([])
    assert not _holds(sqlite.path, b"Klant van vroeger")
