"""Changes to rows behind the program's back, as the owner of a database could make them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Column, Table, and_, text

from connector.store import tables
from connector.store.database import Connection, Database

_NUMBERS = ("tax_percentage", "rounded_off")
"""Columns that keep a number as text."""


def unguard(database: Database) -> None:
    """Take the guards away."""
    with database.transaction() as connection:
        if database.kind == "sqlite":
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            for table in tables.metadata.sorted_tables:
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER')


def money_columns() -> list[Column[object]]:
    """Every column that holds an amount, a price, a quantity or a rate, alone."""
    return [
        column
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("minor") or column.name in _NUMBERS
    ]


def one_cent_more(value: object) -> object:
    """A number, or a number kept as text, with a cent added; ``None`` becomes a cent."""
    if isinstance(value, int):
        return value + 1
    whole, _, cents = ("0" if value is None else str(value)).partition(".")
    digits = cents.ljust(2, "0")
    return f"{whole}.{digits[:1]}{(int(digits[1]) + 1) % 10}{digits[2:]}"


@contextmanager
def changed(database: Database, column: Column[object], row: dict[str, object], value: object) -> Iterator[None]:
    """The database with ``value`` in one column of one row, for as long as the context lasts."""
    with database.transaction() as connection:
        _put(connection, column, row, value)
    try:
        yield
    finally:
        with database.transaction() as connection:
            _put(connection, column, row, row[column.name])


def _put(connection: Connection, column: Column[object], row: dict[str, object], value: object) -> None:
    table = column.table
    assert isinstance(table, Table)
    mine = and_(*(each == row[each.name] for each in table.primary_key.columns))
    done = connection.execute(table.update().where(mine).values({column.name: value}))
    assert done.rowcount == 1


@contextmanager
def deleted(database: Database, *statements: str) -> Iterator[None]:
    """A SQLite database after ``statements``, past every guard; as it was before when the context ends."""
    assert database.path is not None
    database.close()
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = database.path.read_bytes()
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    try:
        yield
    finally:
        database.close()
        for path in database.path.parent.glob(f"{database.path.name}-*"):
            path.unlink()
        database.path.write_bytes(before)


def rows(database: Database, table: Table) -> list[dict[str, object]]:
    """Every row of a table."""
    with database.reading() as connection:
        ordered = table.select().order_by(*table.primary_key.columns)
        return [dict(row._mapping) for row in connection.execute(ordered)]


def scalar(database: Database, statement: str) -> object:
    """What a query gives."""
    with database.reading() as connection:
        return connection.execute(text(statement)).scalar()
