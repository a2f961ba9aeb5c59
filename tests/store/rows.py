"""One true row in every table, so that each guard has something to refuse."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    text,
)

from connector.store import tables

MOMENT = datetime.datetime(2024, 3, 1, 9, 30, tzinfo=datetime.UTC)

# What the checks ask for; every other column gets a plain value of its type.
_SPECIAL: dict[str, dict[str, Any]] = {
    "fetch": {"envelope": b"body", "same_as": None},
    "invoice": {"direction": "purchase"},
    "sighting": {"kind": "vanished"},
    "register_sighting": {"kind": "vanished"},
    "notice_event": {"happening": "told"},
    "preparation": {"outcome": "ready", "entry_id": 1},
    "delivery": {"state": "ready"},
    "backfill": {"finished_at": None},
    "entry_seal": {"postings": 2},
    "purge_open": {"never": 0},
}
_SEEDED = {"delivery_transition"}
_PLAIN: tuple[tuple[type[Any], Any], ...] = (
    (tables.Instant, MOMENT),
    (Boolean, False),
    (Date, MOMENT.date()),
    (LargeBinary, bytes(16)),
    (SmallInteger, 1),
    (Integer, 1),
    (BigInteger, 1),
    (String, "x"),
)


def row(table: Table, **values: Any) -> dict[str, Any]:
    """A row that ``table`` accepts, with these ``values``."""
    plain = {column.name: _value(column) for column in table.columns}
    return plain | _SPECIAL.get(table.name, {}) | values


def fill(connection: Connection, **values: Any) -> None:
    """Insert one row into every table (two postings), as they refer to each other; with those of ``values`` that it
    has columns for."""
    waiting = [table for table in tables.metadata.tables.values() if table.name not in _SEEDED | {"purge_open"}]
    done: set[str] = set()
    # Without it no purge can be written, and with it none is committed.
    insert(connection, tables.purge_open, **values)
    while waiting:
        ready = next(table for table in waiting if _needs(table) <= done)
        insert(connection, ready, **{name: value for name, value in values.items() if name in ready.c})
        done.add(ready.name)
        waiting.remove(ready)
    connection.execute(tables.purge_open.delete())


def insert(connection: Connection, table: Table, **values: Any) -> None:
    """Insert one row; for postings the two of a balanced entry."""
    if table is tables.posting:
        both = [row(table, **values, posting_no=number, minor=minor) for number, minor in ((1, 5), (2, -5))]
        connection.execute(table.insert(), both)
    else:
        connection.execute(table.insert(), [row(table, **values)])


def contents(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the connected database, whatever its schema."""
    return {name: _rows(connection, name) for name in tables.metadata.tables}


def _rows(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    found = connection.execute(text(f'SELECT * FROM "{name}"'))
    return sorted((tuple(each) for each in found), key=repr)


def _needs(table: Table) -> set[str]:
    referred = {key.elements[0].column.table.name for key in table.foreign_key_constraints if not key.use_alter}
    # A seal looks at postings, and what is behind them comes before it.
    more = {"posting", "posting_decision", "taken_back"} if table is tables.entry_seal else set()
    return (referred | more) - {table.name}


def _value(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    return next(value for kind, value in _PLAIN if isinstance(column.type, kind))
