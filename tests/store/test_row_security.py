"""PostgreSQL itself keeps administrations apart, whatever statement is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, make_url, select, text, update

from connector.errors import GuardError
from connector.store import row_security, tables
from connector.store.database import Database
from tests.store import rows

KEPT_APART = [name for name, table in tables.metadata.tables.items() if "administration_id" in table.c]
HOLDING_ROWS = [name for name in KEPT_APART if name != "purge_open"]
"""No row of that one is ever committed."""


@pytest.fixture(scope="module")
def two(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Administrations 1 and 2 with rows in every table; tests change nothing of it."""
    from tests import postgres

    made: str = request.getfixturevalue("made_postgresql")
    url = postgres.create_database(made, template=make_url(made).database or "")
    with Database(url) as database:
        with database.of_all().transaction() as connection:
            rows.fill(connection)
            rows.fill(connection, administration_id=2, name="other")
        yield database
    postgres.drop_database(url)


def _raw(database: Database) -> psycopg.Connection[Any]:
    address = database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address)


def _seen(database: Database, name: str) -> set[int]:
    with database.reading() as connection:
        return set(connection.scalars(select(tables.metadata.tables[name].c.administration_id)))


def test_every_table_of_administrations_is_guarded() -> None:
    assert set(tables.metadata.tables) - set(KEPT_APART) == {"delivery_transition"}


@pytest.mark.parametrize("name", HOLDING_ROWS)
def test_no_row_of_another_administration_is_read_changed_or_inserted(two: Database, name: str) -> None:
    table = tables.metadata.tables[name]
    assert _seen(two, name) == set()
    assert _seen(two.of(1), name) == {1}
    assert _seen(two.of(2), name) == {2}
    assert _seen(two.of(3), name) == set()
    assert _seen(two.of_all(), name) == {1, 2}
    for database in (two, two.of(1), two.of(3)):
        with pytest.raises(GuardError), database.transaction() as connection:
            rows.insert(connection, table, administration_id=2)
    column = list(table.columns)[-1].name
    with two.of(1).rehearsal() as connection:
        mine = connection.scalar(select(func.count()).select_from(table))
        connection.execute(text(f'ALTER TABLE "{name}" DISABLE TRIGGER USER'))  # or the guards would refuse it first
        assert connection.execute(text(f'UPDATE "{name}" SET "{column}" = "{column}"')).rowcount == mine
        for statement in (f'UPDATE "{name}" SET "{column}" = "{column}"', f'DELETE FROM "{name}"'):
            assert connection.execute(text(f"{statement} WHERE administration_id = 2")).rowcount == 0


def test_a_row_of_another_administration_is_refused_in_bulk(two: Database) -> None:
    from connector.store import bulk

    for count in (1, 2 * bulk.COPY_FROM_ROWS):
        values = [
            tuple(rows.row(tables.line, administration_id=2, line_no=number).values()) for number in range(9, 9 + count)
        ]
        with pytest.raises(GuardError, match="another administration"), two.of(1).transaction() as connection:
            bulk.insert(connection, tables.line, [column.name for column in tables.line.columns], values)


def test_no_row_goes_to_another_administration(two: Database) -> None:
    with two.of(1).rehearsal() as connection:
        changed = connection.execute(update(tables.delivery).values(state="queued"))
        assert changed.rowcount == 1, "the delivery of 2 is not there to be changed"
    with _raw(two) as session:
        session.execute("SELECT set_config('connector.administration', '1', true)")
        session.execute("ALTER TABLE delivery DISABLE TRIGGER USER")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("UPDATE delivery SET administration_id = 2, delivery_id = 77")


@pytest.mark.parametrize("setting", [None, "", "0", "3", "-1"])
def test_a_session_of_anybody_else_sees_nothing(two: Database, setting: str | None) -> None:
    with _raw(two) as session:
        if setting is not None:
            session.execute("SELECT set_config('connector.administration', %s, false)", (setting,))
        counts = {name: session.execute(f'SELECT count(*) FROM "{name}"').fetchone() for name in KEPT_APART}
    assert set(counts.values()) == {(0,)}


def test_a_setting_that_is_no_number_is_an_error(two: Database) -> None:
    with _raw(two) as session:
        session.execute("SELECT set_config('connector.administration', 'acme', false)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            session.execute("SELECT count(*) FROM line")


def test_what_a_transaction_sees_ends_with_it(two: Database) -> None:
    for scoped in (two.of(1), two.of_all()):
        with scoped.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(tables.fetch))
        with two.reading() as connection:  # the same session of the pool
            assert connection.scalar(select(func.count()).select_from(tables.fetch)) == 0


def test_guards_and_references_hold_inside_an_administration(two: Database) -> None:
    seal = tables.entry_seal.insert()
    with pytest.raises(GuardError, match="at least two postings"), two.of(1).transaction() as connection:
        connection.execute(seal, [rows.row(tables.entry_seal, entry_id=2)])
    with pytest.raises(GuardError), two.of(1).transaction() as connection:
        rows.insert(connection, tables.receipt, delivery_id=88)


def test_a_superuser_is_told_from_our_role(two: Database) -> None:
    with two.reading() as connection:
        assert row_security.unprotected(connection) == ""
    superuser = two._url.set(username="postgres").render_as_string(hide_password=False)
    with Database(superuser) as theirs, theirs.reading() as connection:
        assert row_security.unprotected(connection) == "postgres"
        assert set(connection.scalars(select(tables.fetch.c.administration_id))) == {1, 2}


def test_sqlite_has_no_row_security(sqlite: Database) -> None:
    with sqlite.of(1).transaction() as connection:
        rows.fill(connection)
        rows.fill(connection, administration_id=2, name="other")
        assert row_security.unprotected(connection) == ""
    assert _seen(sqlite.of(1), "fetch") == {1, 2}
