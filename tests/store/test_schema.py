"""The schema: its version, its upgrade, and that the tables of the program and of the migrations are the same."""

from __future__ import annotations

import datetime
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from connector.errors import ConnectorError, GuardError, SchemaError, StoreError
from connector.resources import migrations_path
from connector.store import schema, tables
from connector.store.database import Database
from tests import postgres
from tests.store import rows

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
# Every revision that was ever released, and what fills its tables with true rows. A release that changes the schema
# adds a line here, and keeps the way to fill the older ones as it was.
RELEASED: dict[str, Callable[[Connection], None]] = {"0001": rows.fill}


def _set_revision(database: Database, revision: str) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def _tables_in(database: Database) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    with database.reading() as connection:
        return set(connection.scalars(text(query[database.kind])))


def _refusal(action: Callable[[], object]) -> ConnectorError:
    with pytest.raises(StoreError) as refusal:
        action()
    return refusal.value


def test_an_empty_database_is_told_apart_and_gets_all_tables(empty: Database) -> None:
    refusal = _refusal(lambda: schema.check(empty))
    assert isinstance(refusal, SchemaError)
    assert refusal.message in {"there is no database yet", "the database is empty"}
    assert refusal.hint == "Run 'connector db upgrade'."
    assert schema.upgrade(empty) == schema.UpgradeReport(before="", after=schema.HEAD)
    schema.check(empty)
    assert _tables_in(empty) == {*tables.metadata.tables, "alembic_version"}


def test_a_look_at_a_missing_sqlite_database_does_not_make_one(sqlite_url: str, tmp_path: Path) -> None:
    with Database(sqlite_url) as database:
        _refusal(lambda: schema.check(database))
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_tables_is_empty(tmp_path: Path) -> None:
    (tmp_path / "connector.sqlite").touch()
    with Database(f"sqlite:///{tmp_path / 'connector.sqlite'}") as database:
        assert _refusal(lambda: schema.check(database)).message == "the database is empty"


def test_an_upgraded_database_is_left_alone(database: Database) -> None:
    assert schema.upgrade(database) == schema.UpgradeReport(before=schema.HEAD, after=schema.HEAD)
    with database.reading() as connection:
        schema.check(connection)


def test_an_older_database_asks_for_an_upgrade(database: Database) -> None:
    _set_revision(database, "0000")
    refusal = _refusal(lambda: schema.check(database))
    assert refusal.message == f"the database is older (0000) than this version of the connector ({schema.HEAD})"
    assert refusal.hint == "Run 'connector db upgrade'."


def test_a_newer_database_asks_for_a_newer_connector(database: Database) -> None:
    _set_revision(database, "9999")
    for action in (schema.check, schema.upgrade):
        refusal = _refusal(lambda action=action: action(database))  # type: ignore[misc]
        assert refusal.message == f"the database is newer (9999) than this version of the connector ({schema.HEAD})"
        assert "pip install --upgrade" in refusal.hint
    _set_revision(database, schema.HEAD)
    schema.check(database)


def test_a_database_of_another_program_is_not_touched(database: Database) -> None:
    _set_revision(database, "1975ea83b712")
    for action in (schema.check, schema.upgrade):
        refusal = _refusal(lambda action=action: action(database))  # type: ignore[misc]
        assert "belongs to another program" in refusal.message
        assert "a database of its own" in refusal.hint


def test_an_upgrade_that_fails_changes_nothing_and_leaves_its_backup(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.transaction() as connection:
        rows.fill(connection)
    _set_revision(sqlite, "0000")  # no migration leads away from it
    before = _contents(sqlite)
    assert "cannot be upgraded" in _refusal(lambda: schema.upgrade(sqlite, now=NOW)).message
    assert _contents(sqlite) == before
    copied = tmp_path / "connector.sqlite.20260102T030405.backup"
    with Database(f"sqlite:///{copied}") as backup:
        assert _contents(backup) == before
    assert not list(tmp_path.glob("*.unfinished"))


def test_without_backup_none_is_taken(sqlite: Database, tmp_path: Path) -> None:
    _set_revision(sqlite, "0000")
    _refusal(lambda: schema.upgrade(sqlite, backup=False))
    assert not list(tmp_path.glob("*.backup"))


def test_an_older_postgresql_database_needs_a_backup_of_its_operator(postgresql: Database) -> None:
    _set_revision(postgresql, "0000")
    refusal = _refusal(lambda: schema.upgrade(postgresql))
    assert "pg_dump" in refusal.hint
    assert "--no-backup" in refusal.hint
    assert "cannot be upgraded" in _refusal(lambda: schema.upgrade(postgresql, backup=False)).message


def test_two_upgrades_at_once_make_one_schema(database_url: str) -> None:
    # sys.executable with a bare program, since threads would share this process's locks.
    program = (
        "import sys; from connector.store import schema; from connector.store.database import Database;"
        "print(schema.upgrade(Database(sys.argv[1])).before)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, database_url], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in both) == ["", schema.HEAD]
    assert [process.returncode for process in both] == [0, 0]


@pytest.mark.parametrize("revision", RELEASED)
def test_an_upgrade_keeps_every_row_and_every_guard(empty: Database, revision: str) -> None:
    if empty.path is not None:
        empty.path.touch()
    with empty.transaction() as connection:
        schema.migrate(connection, revision)
        RELEASED[revision](connection)
        before = rows.contents(connection)
    schema.upgrade(empty, backup=False)
    schema.check(empty)
    after = _contents(empty)
    # A migration may add columns; what was there stays.
    for name, found in before.items():
        assert [row[: len(old)] for old, row in zip(found, after[name], strict=True)] == found, name
    for name in tables.APPEND_ONLY:
        column = next(iter(tables.metadata.tables[name].columns)).name
        for statement in (f'UPDATE "{name}" SET "{column}" = "{column}"', f'DELETE FROM "{name}"'):
            with pytest.raises(GuardError, match=f"{name} is append-only"), empty.transaction() as connection:
                connection.execute(text(statement))
    assert _contents(empty) == after


def test_the_migrations_lead_to_head_and_no_further() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_path()))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema.HEAD]
    revisions = sorted(script.revision for script in scripts.walk_revisions())
    assert revisions == sorted(RELEASED), "a revision without a test of its upgrade"
    assert all(re.fullmatch(r"\d{4}", revision) for revision in revisions), "revisions are compared as numbers"


def test_no_schema_is_made_older(sqlite: Database) -> None:
    from alembic import command

    config = Config()
    config.set_main_option("script_location", str(migrations_path()))
    with sqlite.transaction() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(SchemaError, match="cannot be made older") as refusal:
            command.downgrade(config, "base")
    assert "backup" in refusal.value.hint
    schema.check(sqlite)


def test_alembic_finds_no_difference_between_tables_and_migrations(database: Database) -> None:
    with database.reading() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata) == []


def test_tables_and_migrations_make_the_same_sqlite_database(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "other.sqlite").touch()
    with Database(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        with other.transaction() as connection:
            _fresh_tables().create_all(connection)
        assert _sqlite_definitions(sqlite) == _sqlite_definitions(other)


def test_tables_and_migrations_make_the_same_postgresql_database(postgresql: Database, postgres_url: str) -> None:
    url = postgres.create_database(postgres_url)
    with Database(url) as other:
        with other.transaction() as connection:
            _fresh_tables().create_all(connection)
        assert _postgresql_definitions(postgresql) == _postgresql_definitions(other)
    postgres.drop_database(url)


def test_developers_can_run_alembic_from_the_command_line(database_url: str) -> None:
    root = Path(__file__).resolve().parents[2]
    alembic = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "alembic",
        "-c",
        str(root / "alembic.ini"),
        "-x",
        f"url={database_url}",
    ]
    done = subprocess.run([*alembic, "upgrade", "head"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Database(database_url) as database:
        schema.check(database)
    done = subprocess.run([*alembic, "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_migration_is_good_python(sqlite: Database, tmp_path: Path) -> None:
    from alembic import command

    folder = tmp_path / "migrations"
    shutil.copytree(migrations_path(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = Config()
    config.set_main_option("script_location", str(folder))
    with sqlite.transaction() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message="Rates of the central bank", rev_id="0002")
    (made,) = (folder / "versions").glob("0002*.py")
    compile(made.read_text(encoding="utf-8"), str(made), "exec")
    assert 'down_revision = "0001"' in made.read_text(encoding="utf-8").replace("'", '"')


def test_a_look_at_the_version_loads_neither_alembic_nor_psycopg(sqlite: Database) -> None:
    program = (
        "import sys; from connector.store import schema; from connector.store.database import Database;"
        "schema.check(Database(sys.argv[1])); print(sorted({'alembic', 'psycopg', 'mako'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{sqlite.path}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def _contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.reading() as connection:
        return rows.contents(connection)


def _fresh_tables() -> MetaData:
    # A copy, because making them on PostgreSQL changes how SQLAlchemy would make them on SQLite (``use_alter``).
    copied = MetaData(naming_convention=tables.metadata.naming_convention)
    for table in tables.metadata.tables.values():
        table.to_metadata(copied)
    return copied


def _sqlite_definitions(database: Database) -> dict[str, list[str]]:
    """Per table or index its clauses, in the order that matters: columns as they are, constraints sorted."""
    assert database.path is not None
    with closing(sqlite3.connect(database.path)) as connection:
        found = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
            " AND name NOT LIKE 'alembic%'"
        ).fetchall()
    return {name: _clauses(sql) for name, sql in found}


def _clauses(sql: str) -> list[str]:
    lines = [line.strip().rstrip(",").strip() for line in sql.replace('"', "").splitlines()]
    constraints = [line for line in lines if line.startswith("CONSTRAINT")]
    return [line for line in lines if line and line not in constraints] + sorted(constraints)


_CATALOGUE = (
    """SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length, is_nullable
       FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable, condeferred
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
)


def _postgresql_definitions(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        found = [tuple(row) for query in _CATALOGUE for row in connection.execute(text(query))]
    return sorted((row for row in found if row[0] != "alembic_version"), key=repr)
