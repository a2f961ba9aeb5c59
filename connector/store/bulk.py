"""Many rows at once: executemany on SQLite, COPY on PostgreSQL. No object per row.

Values are as SQLite's driver takes them, on both databases: int, str, bytes or None; dates as ISO text, booleans as
0 and 1.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Executable,
    Table,
    any_,
    func,
    literal,
    select,
)

from connector.store.tables import metadata

COPY_FROM_ROWS = 100
"""With fewer rows than about this, COPY costs PostgreSQL more than it saves (measured with the table ``line``)."""

FIND_AT_ONCE = 1_000
"""Keys in one question; SQLite takes at most 32,766 values in one."""
Row = tuple[Any, ...]
Keys = Collection[bytes] | Collection[int]
_IGNORING = " ON CONFLICT DO NOTHING"


def insert(
    connection: Connection,
    table: Table | str,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    known_too: bool = False,
) -> None:
    """Insert ``rows``, whose values are in the order of ``columns``, into ``table``, in the order given.

    With ``known_too`` rows may be among them whose key is there already; these are left as they are.
    """
    if not rows:
        return
    name = table if isinstance(table, str) else table.name
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert_sql(name, tuple(columns), "?", known_too), list(rows))
    elif len(rows) < COPY_FROM_ROWS:
        sql = _insert_sql(name, tuple(columns), "%s", known_too)
        connection.exec_driver_sql(sql, _with_booleans(name, columns, rows))
    else:
        _copy(connection, name, columns, rows, known_too)


def find(
    connection: Connection, table: str, columns: tuple[str, str], index: str, administration_id: int, wanted: Keys
) -> list[tuple[Any, int]]:
    """(key, value) for the rows of ``table`` whose key is among ``wanted``: thousands at once.

    ``columns`` names key and value, ``index`` the index of the administration and the key. SQLite is told to use it:
    for a long list it would rather read all rows of the administration.
    """
    key, value = map(_quoted, columns)
    listed, found = list(wanted), list[tuple[Any, int]]()
    query = f"SELECT {key}, {value} FROM {_quoted(table)} {{}} WHERE administration_id = {{}} AND {key} "  # noqa: S608
    for start in range(0, len(listed), FIND_AT_ONCE):
        chunk = listed[start : start + FIND_AT_ONCE]
        if connection.dialect.name == "sqlite":
            sql = query.format(f"INDEXED BY {index}", "?") + f"IN ({', '.join('?' * len(chunk))})"
            rows = connection.exec_driver_sql(sql, (administration_id, *chunk))
        else:
            rows = connection.exec_driver_sql(query.format("", "%s") + "= ANY(%s)", (administration_id, chunk))
        found += [(each, number) for each, number in rows]
    return found


def among(connection: Connection, column: ColumnElement[int], values: Collection[int]) -> ColumnElement[bool]:
    """The condition that ``column`` is one of ``values``: one parameter however many, where IN has one each."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(msgspec.json.encode(list(values)).decode()).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(BigInteger)))


def rows_of(connection: Connection, query: Executable) -> list[Row]:
    """All rows of ``query`` as the driver gives them: for integers, texts and bytes, which need no conversion."""
    with connection.execute(query) as result:
        assert result.cursor is not None, "a query gives rows"
        return list(result.cursor.fetchall())


def _copy(
    connection: Connection, name: str, columns: Sequence[str], rows: Sequence[Row], known_too: bool = False
) -> None:
    # Through a temporary table, because PostgreSQL refuses COPY into a table with row-level security.
    table, passing, listed = _quoted(name), _quoted(f"bulk_{name}"), ", ".join(map(_quoted, columns))
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {passing} (LIKE {table}) ON COMMIT DELETE ROWS")
    session: Any = connection.connection.driver_connection
    with session.cursor() as cursor, cursor.copy(f"COPY {passing} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    move = f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {passing}"  # noqa: S608 - names of our own tables
    connection.exec_driver_sql(move + _IGNORING if known_too else move)
    connection.exec_driver_sql(f"TRUNCATE {passing}")


@lru_cache(maxsize=128)
def _insert_sql(name: str, columns: tuple[str, ...], mark: str, known_too: bool) -> str:
    listed, marks = ", ".join(map(_quoted, columns)), ", ".join(mark for _ in columns)
    sql = f"INSERT INTO {_quoted(name)} ({listed}) VALUES ({marks})"  # noqa: S608 - names of our own tables
    return sql + _IGNORING if known_too else sql


def _quoted(name: str) -> str:
    return f'"{name}"'  # some of our names, like 'fetch', are words of PostgreSQL


def _with_booleans(name: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    # COPY reads 0 and 1 as booleans; a bound integer PostgreSQL does not.
    table = metadata.tables[name]
    booleans = {place for place, column in enumerate(columns) if isinstance(table.c[column].type, Boolean)}
    if not booleans:
        return list(rows)
    return [
        tuple(bool(value) if place in booleans and value is not None else value for place, value in enumerate(row))
        for row in rows
    ]
