"""One lock per administration among all processes: a file beside a SQLite database, an advisory lock in PostgreSQL.

Whoever holds one can lose it and not notice: the session in PostgreSQL ends with its server while the pool connects
anew, the file is removed. So a lock tells, when it is asked, whether it is still held.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, exc

from connector.errors import BusyError, StoreError

_HOLDING = (
    "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (l.classid::bigint << 32 | l.objid::bigint) = %s"
)
StillHeld = Callable[[Connection], bool]
"""Whether a lock is still held, asked in a transaction on any connection."""


@contextmanager
def file_lock(database: Path, administration: str) -> Iterator[StillHeld]:
    """Hold the file '<database>.<administration>.lock'; BusyError when another run holds it."""
    from filelock import FileLock, Timeout

    token = quote(administration, safe="")
    if len(token) > 100:  # a file name has its limits
        token = hashlib.blake2b(administration.encode(), digest_size=16).hexdigest()
    path = database.with_name(f"{database.name}.{token}.lock")
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise _busy(administration, *_file_holder(path)) from error
    except OSError as error:
        hint = "Let the user who runs the connector write in the folder of the database."
        raise StoreError(f"the lock cannot be taken ({error.strerror})", hint=hint, where=str(path)) from error
    try:
        with suppress(OSError):  # only for the message of whoever comes second
            path.write_text(this_process(), encoding="utf-8")
        held = _identity(path)
        # Who finds no file makes another one, and locks that.
        yield lambda _connection: _identity(path) == held
    finally:
        lock.release()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def advisory_lock(engine: Engine, administration: str) -> Iterator[StillHeld]:
    """Hold an advisory lock on a connection of its own; BusyError when another run holds it."""
    key = lock_key(administration)
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if not connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (key,)).scalar_one():
            raise _busy(administration, *_advisory_holder(connection, key))
        session = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        yield lambda other: bool(other.exec_driver_sql(f"SELECT 1 {_HOLDING} AND l.pid = %s", (key, session)).scalar())
    finally:
        with suppress(exc.DBAPIError):  # a connection that is lost has lost its locks as well
            connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        connection.close()


def lock_key(name: str) -> int:
    """The number under which PostgreSQL locks ``name``."""
    digest = hashlib.blake2b(f"connector/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def this_process() -> str:
    """How this process is named to whoever finds it at work."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _busy(administration: str, holder: str, since: datetime.datetime | None) -> BusyError:
    known = [holder] if holder else []
    if since is not None:
        known.append(f"since {since.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC")
    details = f" ({', '.join(known)})" if known else ""
    return BusyError(f"another run works on the administration '{administration}'{details}")


def _file_holder(path: Path) -> tuple[str, datetime.datetime | None]:
    try:
        text = path.read_text(encoding="utf-8")
        since = datetime.datetime.fromtimestamp(path.stat().st_mtime, tz=datetime.UTC)
    except OSError:  # Windows does not let others read a locked file
        return "", None
    return text, since


def _advisory_holder(connection: Connection, key: int) -> tuple[str, datetime.datetime | None]:
    # A session that only holds a lock has been idle since it took it.
    row = connection.exec_driver_sql(f"SELECT a.application_name, a.state_change {_HOLDING}", (key,)).one_or_none()
    return (row[0].removeprefix("connector "), row[1]) if row is not None else ("", None)
