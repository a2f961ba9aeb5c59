"""What the database drivers report, in our own errors: the one place that knows their codes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from connector.errors import GuardError, SchemaError, StoreBusy, StoreError, StoreUnavailable
from connector.store.guards import MARK

_FULL_BYTES = 1024 * 1024
"""SQLite reports some full disks as a failed write; with less than this left we call the disk full."""

_POSTGRESQL_BUSY = {"55P03", "40P01", "40001"}  # lock not available, deadlock, could not serialise
_POSTGRESQL_MISSING = {"42P01", "42703"}  # no such table, no such column


def store_error(error: BaseException | None, *, where: str, path: Path | None) -> StoreError:
    """The error that says what ``error`` of a driver means. ``where`` names the database, without its password.

    ``path`` is the file of a SQLite database and None for PostgreSQL.
    """
    if isinstance(error, sqlite3.Error):
        assert path is not None
        return _of_sqlite(error, where, path)
    return _of_postgresql(error, where)


def _of_sqlite(error: sqlite3.Error, where: str, path: Path) -> StoreError:
    text = str(error)
    # The lower eight bits are the kind of error, the rest says more than we need.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy("another program is writing to the database", where=where)
        case sqlite3.SQLITE_FULL:
            return _disk_is_full(where)
        case sqlite3.SQLITE_IOERR:
            return _of_file_access(text, where, path)
        case sqlite3.SQLITE_NOTADB:
            return StoreError(
                "this file is not a SQLite database",
                hint="Name the right file in CONNECTOR_DATABASE_URL, or put the latest backup in its place.",
                where=where,
            )
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(
                f"the database is damaged ({text})",
                hint="Put the latest backup in its place; 'connector pull' fetches what came later.",
                where=where,
            )
        case sqlite3.SQLITE_READONLY:
            return StoreError(
                "the database is read-only",
                hint="Make the file and its folder writable for the user who runs the connector.",
                where=where,
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreError(
                "the database cannot be opened",
                hint="Let the user who runs the connector read and write the file and its folder.",
                where=where,
            )
        case sqlite3.SQLITE_CONSTRAINT:
            return _refused(text, where)
    if text.startswith(("no such table", "no such column")) or "has no column named" in text:
        return _other_schema(text, where)
    return StoreError(f"the database reports: {text}", where=where)


def _of_file_access(text: str, where: str, path: Path) -> StoreError:
    try:
        full = shutil.disk_usage(path.parent).free < _FULL_BYTES
    except OSError:
        full = False
    if full:
        return _disk_is_full(where)
    hint = "Check the disk or network folder that holds the database, then run the same command again."
    return StoreError(f"the database cannot be read or written ({text})", hint=hint, where=where)


def _of_postgresql(error: BaseException | None, where: str) -> StoreError:
    from psycopg import InterfaceError, OperationalError

    code: str = getattr(error, "sqlstate", None) or ""
    text = _first_line(str(error))
    # Without a code it is not the server that speaks, but the driver that cannot reach it.
    silent = not code and isinstance(error, OperationalError | InterfaceError)
    if silent or code.startswith(("08", "57P", "28", "3D")):
        return _unreachable(str(error), where)
    if code in _POSTGRESQL_BUSY:
        return StoreBusy(f"another program is writing to the database ({text})", where=where)
    if code in _POSTGRESQL_MISSING:
        return _other_schema(text, where)
    if code == "53100":
        return _disk_is_full(where)
    if code == "42501" and "row-level security" in text:
        return GuardError(f"the database refuses a row of another administration ({text})", where=where)
    if code == "25006":
        return read_only(where, text)
    if code == "42501":
        hint = "Connect as a role that may write to the connector's tables."
        return StoreError(f"the database does not let us write ({text})", hint=hint, where=where)
    if code.startswith("23"):
        return _refused(text, where)
    return StoreError(f"the database reports: {text}", where=where)


def _unreachable(text: str, where: str) -> StoreUnavailable:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return StoreUnavailable(
        f"no connection to the database ({'; '.join(lines[:2])})",
        hint="Check that the server runs, and the host, port, user, password and database name in "
        "CONNECTOR_DATABASE_URL, where a sign like '@' in a password is written %40; then run the same command again.",
        where=where,
    )


def read_only(where: str, why: str) -> StoreUnavailable:
    """The error of a database that can only be read, as a copy of another server, or one whose disk is nearly full."""
    hint = "Connect to the main server, or let this one take writes again; then run the same command again."
    return StoreUnavailable(f"the database does not let us write ({why})", hint=hint, where=where)


def _disk_is_full(where: str) -> StoreUnavailable:
    hint = "Make room on that disk and run the same command again; nothing half-written is kept."
    return StoreUnavailable("the disk is full", hint=hint, where=where)


def _other_schema(text: str, where: str) -> SchemaError:
    return SchemaError(f"the database has not the tables of this version ({text})", where=where)


def _refused(text: str, where: str) -> GuardError:
    _, mark, reason = text.partition(MARK)
    return GuardError(reason if mark else f"the database refuses a row: {text}", where=where)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
