"""The tables of the queue: Procrastinate's, and the timetable that all workers share, in a schema of their own.

They hold when an administration is due and who works on it, never what is true of its books. So they can be dropped and
made anew at any time, which is also how they follow a new version of Procrastinate.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from procrastinate.schema import SchemaManager

from connector.engine.watched import QUEUE_SCHEMA
from connector.errors import SchemaError, StoreError

SCHEMA = QUEUE_SCHEMA
_OURS = """
CREATE TABLE timetable (
    administration text PRIMARY KEY,
    queued_at timestamptz NOT NULL,
    again_at timestamptz,
    again_verb text NOT NULL DEFAULT '',
    failures integer NOT NULL DEFAULT 0,
    failed_verb text NOT NULL DEFAULT '',
    told text NOT NULL DEFAULT ''
);
CREATE TABLE made_for (version text NOT NULL);
"""
_OUR_VERSION = "1"
_MAY_NOT = "42501"
"""What PostgreSQL answers when the role may not do something."""


def lock_key(what: str) -> int:
    """The number under which PostgreSQL locks ``what`` of the queue."""
    return int.from_bytes(hashlib.blake2b(f"{SCHEMA}/{what}".encode(), digest_size=8).digest(), "big", signed=True)


def wanted_version() -> str:
    """The version of the tables that the installed packages work with: Procrastinate's newest migration, and ours."""
    newest = max(each.stem for each in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return f"{newest}/{_OUR_VERSION}"


async def ready(connection: Any, *, where: str) -> None:
    """Make the tables when there are none, in the transaction of ``connection``.

    SchemaError when they are of another version, StoreError when the role may not make them.
    """
    found, wanted = await _found(connection), wanted_version()
    if found is None:
        await _make(connection, where)
    elif found < wanted:
        raise SchemaError(
            f"the tables of the queue are older than the installed Procrastinate {version('procrastinate')}",
            hint="Stop all workers and run 'connector db upgrade': the tables are made anew, and nothing is lost.",
            where=where,
        )
    elif found > wanted:
        raise SchemaError(
            f"the tables of the queue are newer than the installed Procrastinate {version('procrastinate')}",
            hint="Install the same version on all machines: pip install --upgrade 'copaco-connector[scale]'",
            where=where,
        )


async def renew(connection: Any, *, where: str) -> bool:
    """Make the tables anew when they are of another version; whether that was so. Without any, none are made."""
    found = await _found(connection)
    if found is None or found == wanted_version():
        return False
    await connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    await _make(connection, where)
    return True


async def _found(connection: Any) -> str | None:
    """The version of the tables, ``None`` when there are none. Nobody else makes them until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key("tables"),))
    (there,) = await _row(connection, "SELECT to_regclass(%s)", (f"{SCHEMA}.made_for",))
    if there is None:
        return None
    (found,) = await _row(connection, f"SELECT max(version) FROM {SCHEMA}.made_for")  # noqa: S608 - our own name
    return str(found)


async def _make(connection: Any, where: str) -> None:
    try:
        (there,) = await _row(connection, "SELECT to_regnamespace(%s)", (SCHEMA,))
        if there is None:
            await connection.execute(f"CREATE SCHEMA {SCHEMA}")
        await connection.execute(f"SET LOCAL search_path = {SCHEMA}")
        await connection.execute(SchemaManager.get_schema())
        await connection.execute(_OURS)
        await connection.execute("INSERT INTO made_for VALUES (%s)", (wanted_version(),))
    except Exception as error:
        if getattr(error, "sqlstate", "") != _MAY_NOT:
            raise
        raise StoreError(
            "the tables of the queue cannot be made: the role of the connector may not make a schema",
            hint=f"Let the owner of the database run: CREATE SCHEMA {SCHEMA} AUTHORIZATION <the role>",
            where=where,
        ) from None


async def _row(connection: Any, query: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    row: tuple[Any, ...] = await (await connection.execute(query, values or None)).fetchone()
    return row
