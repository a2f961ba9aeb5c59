"""From SQLite to PostgreSQL: every row arrives as it was, or nothing does and nothing is lost."""

from __future__ import annotations

import datetime
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text, update

from connector.domain.delivery import DeliveryState
from connector.errors import BusyError, ConnectorError, GuardError, SchemaError, SettingsError, StoreError
from connector.store import bulk, guards, ids, moving, schema, tables
from connector.store.database import Database
from tests.store import rows
from tests.store.test_guards import PATHS

MANY = 3 * bulk.COPY_FROM_ROWS
KILLED = """
import os, signal, sys
from connector.store import moving
from connector.store.database import Database

def told(done, total):
    if done >= total * float(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

moving.move(Database(sys.argv[1]), Database(sys.argv[2]), told)
"""


@pytest.fixture
def full(sqlite: Database) -> Database:
    """Two administrations with rows in every table, a delivery in every state, and a table that is copied in bulk."""
    with sqlite.transaction() as connection:
        rows.fill(connection)
        more(connection)
    return sqlite


def more(connection: Connection) -> None:
    """What the one row of every table does not show."""
    rows.insert(connection, tables.administration, administration_id=2, name="Bäckerei “Ünal” 🍞")
    facts = [
        rows.row(
            tables.fetch, administration_id=2, fetch_id=number, show_detail=bool(number % 2),
            envelope=bytes([number % 256]), window_start=datetime.date(2024, 2, 29), size=2**40 + number,
        )
        for number in range(1, MANY + 1)
    ]  # fmt: skip
    connection.execute(tables.fetch.insert(), facts)
    rows.insert(connection, tables.slice_, administration_id=2, body=b"\x00\\\n\t" * 300_000, sha256=b"\xff" * 32)
    for number, path in enumerate(PATHS.values(), start=2):
        values = rows.row(tables.delivery, delivery_id=number, ledger=f"{number}", entry_key=f"{number}\t\\N")
        connection.execute(tables.delivery.insert(), [values])
        for state in path:
            step = update(tables.delivery).where(tables.delivery.c.delivery_id == number)
            connection.execute(step.values(state=state.value))


@pytest.fixture
def target(postgres_database_url: str) -> Iterator[Database]:
    """A PostgreSQL database without our tables."""
    with Database(postgres_database_url) as database:
        yield database.of_all()


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, with the types that the program sees."""
    with database.reading() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.metadata.tables.items()
        }


def untouched(target: Database) -> bool:
    """Nothing of ours is there."""
    with target.reading() as connection:
        return schema.revision(connection) == ""


def refused(kind: type[ConnectorError], source: Database, target: Database) -> ConnectorError:
    with pytest.raises(kind) as refusal:
        moving.move(source, target)
    assert refusal.value.hint
    return refusal.value


@pytest.mark.parametrize("made", [False, True])
def test_every_row_arrives_as_it_was(full: Database, target: Database, made: bool) -> None:
    if made:
        schema.upgrade(target)
    before, steps = everything(full), list[tuple[int, int]]()
    report = moving.move(full, target, lambda done, total: steps.append((done, total)))
    assert everything(target) == before
    assert {each.name: each.rows for each in report.tables} == {name: len(found) for name, found in before.items()}
    assert report.administrations == ("x", "Bäckerei “Ünal” 🍞")
    done, total = steps[-1]
    assert done == total
    assert [step for step, _ in steps] == sorted(step for step, _ in steps)
    assert {row.state for row in _deliveries(target)} == {state.value for state in DeliveryState}


def _deliveries(database: Database) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(tables.delivery)))


def test_ids_go_on_where_they_were(full: Database, target: Database) -> None:
    moving.move(full, target)
    with target.reading() as connection:
        assert ids.next_id(connection, "fetch", 2) == MANY + 1
        assert ids.next_id(connection, "fetch", 1) == 2


def test_every_guard_stands_after_a_move(full: Database, target: Database, postgresql: Database) -> None:
    moving.move(full, target)
    query = text(
        "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal ORDER BY 1, 2"
    )
    with target.reading() as moved, postgresql.reading() as made:
        assert moved.execute(query).all() == made.execute(query).all() != []
    sent = rows.row(tables.delivery, delivery_id=99, ledger="other", entry_key="other", state="posted")
    with pytest.raises(GuardError, match="begins as 'ready'"), target.transaction() as connection:
        connection.execute(tables.delivery.insert(), [sent])
    with pytest.raises(GuardError, match="append-only"), target.transaction() as connection:
        connection.execute(text("DELETE FROM receipt"))


def test_the_source_takes_no_more_rows_and_keeps_all_it_had(full: Database, target: Database) -> None:
    before = everything(full)
    moving.move(full, target)
    assert everything(full) == before
    with pytest.raises(SchemaError, match="was moved to PostgreSQL") as refusal:
        schema.check(full)
    assert "CONNECTOR_DATABASE_URL" in refusal.value.hint
    with pytest.raises(SchemaError, match="was moved to PostgreSQL"):
        schema.upgrade(full)
    refused(SchemaError, full, target)
    # Whoever looked at the schema before the move, and writes after it.
    with pytest.raises(GuardError, match="was moved to PostgreSQL"), full.transaction() as connection:
        connection.execute(update(tables.delivery).values(state="queued"))
    with pytest.raises(GuardError, match="was moved to PostgreSQL"), full.transaction() as connection:
        rows.insert(connection, tables.administration, administration_id=3, name="new")


@pytest.mark.parametrize("at", [0.2, 0.9])
def test_killed_half_way_nothing_has_moved_and_nothing_is_lost(full: Database, target: Database, at: float) -> None:
    before = everything(full)
    full.close()
    url = target._url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", KILLED, f"sqlite:///{full.path}", url, str(at)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert untouched(target)
    schema.check(full)
    assert everything(full) == before
    moving.move(full, target)
    assert everything(target) == before


def test_killed_before_the_file_is_marked_the_next_try_marks_it(
    full: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_names: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(guards, "moved", cut)
        with pytest.raises(KeyboardInterrupt):
            moving.move(full, target)
    schema.check(full)
    assert moving.move(full, target).again
    refused(SchemaError, full, target)


def test_a_database_with_other_rows_is_refused(full: Database, postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        rows.insert(connection, tables.administration)
        kept = rows.contents(connection)
    told = refused(StoreError, full, postgresql)
    assert "holds rows already (administration 1)" in told.message
    with postgresql.reading() as connection:
        assert rows.contents(connection) == kept
    schema.check(full)


def test_the_same_counts_with_another_value_are_refused(full: Database, target: Database) -> None:
    moving.move(full, target)
    with closing(sqlite3.connect(full.path or "")) as raw:  # as it was before the move, but for one cent
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        raw.execute("UPDATE alembic_version SET version_num = ?", (schema.HEAD,))
        raw.execute("UPDATE receipt SET total_minor = total_minor + 1")
        raw.commit()
    assert "holds rows already" in refused(StoreError, full, target).message


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_another_schema_on_either_side_is_refused(sqlite: Database, postgresql: Database, revision: str) -> None:
    for database in (postgresql, sqlite):
        with database.transaction() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        told = refused(SchemaError, sqlite, postgresql)
    assert told.where == sqlite.name
    if revision == "0000":
        assert f"CONNECTOR_DATABASE_URL=sqlite:///{sqlite.path} connector db upgrade" in told.hint


def test_a_text_that_postgresql_does_not_take_is_named_before_anything_moves(full: Database, target: Database) -> None:
    """SQLite holds texts of any length, whatever the column says."""
    with full.transaction() as connection:
        values = rows.row(tables.mapping_version, administration_id=2, mapping_version_id=9, set_name="ü" * 201)
        connection.execute(tables.mapping_version.insert(), [values])
    moved: list[int] = []
    with pytest.raises(StoreError) as caught:
        moving.move(full, target, lambda done, _total: moved.append(done))
    assert "mapping_version.set_name holds a text of 201 characters" in caught.value.message
    assert "at most 200" in caught.value.message
    assert (caught.value.where, moved) == (full.name, [])
    assert untouched(target)
    schema.check(full)


def test_a_database_at_work_is_not_moved(full: Database, target: Database) -> None:
    with Database(f"sqlite:///{full.path}") as other, other.lock("x"):
        refused(BusyError, full, target)
    with Database(f"sqlite:///{full.path}", busy_seconds=0) as source, full.transaction():
        refused(StoreError, source, target)
    assert untouched(target)


def test_nobody_writes_to_the_source_meanwhile(full: Database, target: Database) -> None:
    failures: list[str] = []

    def told(_done: int, _total: int) -> None:
        with Database(f"sqlite:///{full.path}", busy_seconds=0) as other:
            try:
                with other.transaction():
                    failures.append("wrote")
            except StoreError as error:
                failures.append(error.message)

    moving.move(full, target, told)
    assert set(failures) == {"another program is writing to the database"}


def _damage(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_damage, "damaged"),
        (lambda path: path.write_bytes(b"no database" * 500), "not a SQLite database"),
        (Path.unlink, "no such file"),
        (lambda path: path.write_bytes(b""), "the database is empty"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(
    full: Database, target: Database, spoil: Callable[[Path], object], message: str
) -> None:
    with full.transaction() as connection:
        connection.execute(select(func.count()).select_from(tables.fetch))
    full.close()
    assert full.path is not None
    spoil(full.path)
    assert message in refused(StoreError, full, target).message
    assert untouched(target)


def test_a_move_goes_to_postgresql(full: Database, sqlite_url: str) -> None:
    refused(SettingsError, full, Database(sqlite_url + ".other"))
