"""The world is at fault: each trouble is named with its next step, nothing half-written stays, and the same action
works once the cause is gone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text

from connector.errors import Recovery, SchemaError, StoreBusy, StoreError
from connector.store import bulk, schema, tables
from connector.store.database import Database
from tests import postgres
from tests.store import rows

WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("writing", flush=True)
sys.stdin.read()
"""
PAGE = 4096


def _store(database: Database, *, bodies: int = 1) -> None:
    """What a pull does: an administration and the bodies it fetched, of a tenth of a megabyte each, as a whole."""
    with database.transaction() as connection:
        rows.insert(connection, tables.administration)
        slices = [(1, number, number.to_bytes(32, "big"), 1, os.urandom(25 * PAGE)) for number in range(bodies)]
        bulk.insert(connection, tables.slice_, [column.name for column in tables.slice_.columns], slices)


def _stored(database: Database) -> tuple[int, int]:
    with database.reading() as connection:
        administrations = connection.scalar(select(func.count()).select_from(tables.administration))
        return administrations or 0, connection.scalar(select(func.count()).select_from(tables.slice_)) or 0


def _trouble(action: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as refusal:
        action()
    assert refusal.value.hint
    return refusal.value


@contextmanager
def _another_program_writes(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        yield
        writer.kill()


@contextmanager
def _without_rights() -> Iterator[None]:
    """As somebody who owns nothing; root may write where nobody may."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="connector-store-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_file_that_another_program_writes_to(sqlite: Database) -> None:
    assert sqlite.path is not None
    with Database(f"sqlite:///{sqlite.path}", busy_seconds=0.3) as hasty, _another_program_writes(sqlite.path):
        start = time.monotonic()
        trouble = _trouble(lambda: _store(hasty))
        assert 0.2 < time.monotonic() - start < 5
        assert isinstance(trouble, StoreBusy)
        assert trouble.recovery is Recovery.RETRY
        assert str(trouble) == f"{sqlite.path}: another program is writing to the database"
        assert trouble.hint == "Close the program that uses the database and run the same command again."
        assert _stored(hasty) == (0, 0)  # reading goes on meanwhile
    _store(sqlite)
    assert _stored(sqlite) == (1, 1)


def test_who_waits_long_enough_gets_its_turn(sqlite: Database) -> None:
    assert sqlite.path is not None
    with _another_program_writes(sqlite.path):
        waiting = threading.Thread(target=_store, args=(sqlite,))
        waiting.start()
    waiting.join()
    assert _stored(sqlite) == (1, 1)


def test_a_table_that_another_session_holds(postgresql: Database) -> None:
    url = postgresql._url.render_as_string(hide_password=False)
    with Database(url, busy_seconds=0.3) as hasty, postgresql.transaction() as connection:
        connection.execute(text("LOCK TABLE administration IN ACCESS EXCLUSIVE MODE"))
        trouble = _trouble(lambda: _store(hasty))
        assert isinstance(trouble, StoreBusy)
        assert "another program" in trouble.message
    _store(postgresql)
    assert _stored(postgresql) == (1, 1)


@pytest.mark.parametrize("content", [b"Hello, ", b"PK\x03\x04", b"SQLite format 3\x00"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "connector.sqlite"
    path.write_bytes(content * 1000)
    with Database(f"sqlite:///{path}") as database:
        for action in (schema.check, schema.upgrade, _store):
            trouble = _trouble(lambda action=action: action(database))  # type: ignore[misc]
            assert str(trouble) == f"{path}: this file is not a SQLite database"
            assert "CONNECTOR_DATABASE_URL" in trouble.hint
    assert path.read_bytes() == content * 1000


def test_a_damaged_file(sqlite: Database) -> None:
    _store(sqlite, bodies=3)
    sqlite.close()
    assert sqlite.path is not None
    whole = sqlite.path.read_bytes()
    sqlite.path.write_bytes(whole[: len(whole) // 2])
    trouble = _trouble(lambda: _stored(sqlite))
    assert "the database is damaged" in trouble.message
    assert "backup" in trouble.hint
    sqlite.close()
    sqlite.path.write_bytes(whole)
    assert _stored(sqlite) == (1, 3)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path}") as database:
        assert "cannot be opened" in _trouble(lambda: schema.check(database)).message


def test_a_file_that_may_only_be_read(made_sqlite: Path, open_folder: Path) -> None:
    path = open_folder / "connector.sqlite"
    path.write_bytes(made_sqlite.read_bytes())
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with Database(f"sqlite:///{path}") as database:
        for _ in range(2):
            with _without_rights():
                trouble = _trouble(lambda: _store(database))
            assert str(trouble) == f"{path}: the database is read-only"
            assert "writable" in trouble.hint
            database.close()
            open_folder.chmod(0o777)  # the folder alone is not enough
        path.chmod(0o666)
        for left in open_folder.glob("connector.sqlite-*"):
            left.chmod(0o666)
        with _without_rights():
            _store(database)
        assert _stored(database) == (1, 1)


def test_a_folder_where_nothing_may_be_made(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with Database(f"sqlite:///{open_folder / 'new' / 'connector.sqlite'}") as database:
        with _without_rights():
            trouble = _trouble(lambda: schema.upgrade(database))
            assert "cannot be made or changed" in trouble.message
            assert "write the file and its folder" in trouble.hint
        open_folder.chmod(0o777)
        schema.upgrade(database)  # with our rights, since the checkout may lie where others may not look
        schema.check(database)


def test_a_folder_that_may_not_be_entered(made_sqlite: Path, open_folder: Path) -> None:
    path = open_folder / "connector.sqlite"
    path.write_bytes(made_sqlite.read_bytes())
    open_folder.chmod(0o000)
    with Database(f"sqlite:///{path}") as database, _without_rights():
        assert str(_trouble(lambda: _stored(database))) == f"{path}: the database cannot be opened"


def test_a_lock_file_that_may_not_be_made(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with Database(f"sqlite:///{open_folder / 'connector.sqlite'}") as database:

        def work() -> None:
            with database.lock("acme"):
                pass

        with _without_rights():
            assert "the lock cannot be taken (Permission denied)" in _trouble(work).message
        open_folder.chmod(0o777)
        with _without_rights():
            work()


class SmallDisk:
    """A disk of two megabytes: a real one where we may mount it, elsewhere a limit that SQLite itself keeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
        mounted = shutil.which("mount") and subprocess.run(mount, check=False, capture_output=True).returncode == 0
        self.real = bool(mounted)

    def limit(self, database: Database, *, pages: int) -> None:
        if self.real:
            size = f"remount,size={pages * PAGE}"
            subprocess.run(["mount", "-o", size, str(self.folder)], check=True)
            return
        with database.transaction() as connection:  # the pool keeps this connection
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def remove(self) -> None:
        if self.real:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = SmallDisk(folder)
    yield disk
    disk.remove()


def test_a_full_disk(small_disk: SmallDisk) -> None:
    path = small_disk.folder / "connector.sqlite"
    with Database(f"sqlite:///{path}") as database:
        schema.upgrade(database)
        small_disk.limit(database, pages=500)
        trouble = _trouble(lambda: _store(database, bodies=40))
        assert str(trouble) == f"{path}: the disk is full"
        assert trouble.hint == "Make room on that disk and run the same command again; nothing half-written is kept."
        assert _stored(database) == (0, 0)
        small_disk.limit(database, pages=20_000)
        _store(database, bodies=40)
        assert _stored(database) == (1, 40)


def test_an_upgrade_on_a_full_disk(small_disk: SmallDisk) -> None:
    path = small_disk.folder / "connector.sqlite"
    ballast = small_disk.folder / "ballast"
    with Database(f"sqlite:///{path}") as database:
        if small_disk.real:
            ballast.write_bytes(bytes(500 * PAGE))
        else:
            path.touch()
            small_disk.limit(database, pages=20)
        assert _trouble(lambda: schema.upgrade(database)).message == "the disk is full"
        assert isinstance(_trouble(lambda: schema.check(database)), SchemaError)  # still empty, as before
        ballast.unlink(missing_ok=True)
        small_disk.limit(database, pages=20_000)
        schema.upgrade(database)
        schema.check(database)


def test_a_full_disk_of_the_postgresql_server(postgresql: Database) -> None:
    def fill_up() -> None:
        with postgresql.transaction() as connection:
            rows.insert(connection, tables.administration)
            connection.execute(text("DO $$ BEGIN RAISE 'no space left on device' USING ERRCODE = 'disk_full'; END $$"))

    assert _trouble(fill_up).message == "the disk is full"
    assert _stored(postgresql) == (0, 0)


def test_a_value_that_postgresql_cannot_keep(postgresql: Database) -> None:
    def write() -> None:
        with postgresql.transaction() as connection:
            rows.insert(connection, tables.administration, name="a\x00b")

    assert "NUL" in _trouble(write).message
    assert _stored(postgresql) == (0, 0)


def test_a_postgresql_server_that_only_reads(postgresql: Database) -> None:
    def write() -> None:
        with postgresql.transaction() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            rows.insert(connection, tables.administration)

    trouble = _trouble(write)
    assert "does not let us write" in trouble.message
    assert "main server" in trouble.hint
    _store(postgresql)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "wr0ng-s3cr3t"}, "password authentication failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"port": 1}, "Connection refused"),
        ({"host": "host.invalid"}, "host.invalid"),
    ],
    ids=["password", "database", "port", "host"],
)
def test_an_address_where_no_database_answers(postgres_url: str, change: dict[str, str | int], reason: str) -> None:
    url = make_url(postgres_url).set(**change)  # type: ignore[arg-type]
    with Database(url.render_as_string(hide_password=False)) as database:
        for action in (schema.check, schema.upgrade, _lock):
            trouble = _trouble(lambda action=action: action(database))  # type: ignore[misc]
            assert trouble.message.startswith("no connection to the database (")
            assert reason in trouble.message
            assert "CONNECTOR_DATABASE_URL" in trouble.hint
            assert url.password is not None
            assert url.password not in f"{trouble} {trouble.hint}"


def _lock(database: Database) -> None:
    with database.lock("acme"):
        pass


def test_a_session_that_is_ended_in_the_middle(postgresql: Database) -> None:
    url = postgresql._url.render_as_string(hide_password=False)

    def work() -> None:
        with postgresql.lock("acme"), postgresql.transaction() as connection:
            rows.insert(connection, tables.administration)
            with Database(url) as other, other.transaction() as ending:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                ending.execute(text(f"{others} AND pid <> pg_backend_pid()"))
            connection.execute(text("SELECT 1"))

    trouble = _trouble(work)
    assert trouble.message.startswith("no connection to the database (")
    assert _stored(postgresql) == (0, 0)
    with postgresql.lock("acme"):  # which the lost session no longer holds
        _store(postgresql)
    assert _stored(postgresql) == (1, 1)


@pytest.fixture
def own_server() -> Iterator[Path]:
    """A PostgreSQL server for one test, which may stop it."""
    folder = postgres.new_folder()
    postgres.server_url(folder, owner=os.getpid())
    yield folder
    postgres.stop(folder)


def test_a_server_that_stops_in_the_middle(own_server: Path) -> None:
    url = postgres.create_database((own_server / "url").read_text(encoding="utf-8"))
    url += "?options=-c%20synchronous_commit%3Don"  # the servers of the tests forget what was committed last
    with Database(url, busy_seconds=5).of_all() as database:
        schema.upgrade(database)

        def work() -> None:
            with database.lock("acme"), database.transaction() as connection:
                rows.insert(connection, tables.administration)
                _stop(own_server)
                rows.insert(connection, tables.administration, administration_id=2, name="two")

        assert _trouble(work).message.startswith("no connection to the database (")
        assert "Check that the server runs" in _trouble(lambda: _stored(database)).hint
        _start_again(own_server, make_url(url).port or 0)
        assert _stored(database) == (0, 0)
        with database.lock("acme"):
            _store(database)
        assert _stored(database) == (1, 1)


def _stop(folder: Path) -> None:
    """As when the machine of the server goes down: at once, without a word to anybody."""
    pid_file = folder / "cluster" / "postmaster.pid"
    os.kill(int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0]), signal.SIGQUIT)
    while pid_file.exists():
        time.sleep(0.01)


def _start_again(folder: Path, port: int) -> None:
    command = [
        str(postgres.find_binaries() / "pg_ctl"),
        "-D",
        str(folder / "cluster"),
        "-l",
        str(folder / "server.log"),
    ]
    started = postgres._run(
        [*command, "-o", f"-p {port}", "-w", "start"], folder, postgres._other_user(), output=subprocess.DEVNULL
    )
    assert started.returncode == 0
