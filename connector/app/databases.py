"""The database as a whole: made, brought to this version, checked, copied, moved."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.config import Connection
from connector.errors import StoreError
from connector.store import driver_errors, schema
from connector.store.database import SESSION, Database, Way, alive, way_to

HEAD = schema.HEAD
"""The schema that this version of the connector works with."""

SERVER = SESSION
"""Settings of a session with PostgreSQL by which its server notices that we are gone."""

if TYPE_CHECKING:
    from connector.engine.verify import Proof
    from connector.store.moving import MoveReport, Told


def upgrade(connection: Connection, *, backup: bool, now: datetime.datetime) -> schema.UpgradeReport:
    """Make the database, or bring it to this version of the connector."""
    with Database(connection.database_url) as database:
        return schema.upgrade(database, backup=backup, now=now)


def begin(connection: Connection, *, now: datetime.datetime) -> bool:
    """Make the database when it is a SQLite file that is not there yet; whether it was made.

    One that is there, or on a server, may hold what others keep: only a person has it made or changed.
    """
    if not _is_file(connection):
        return False
    with Database(connection.database_url) as database:
        assert database.path is not None, "a SQLite database is a file"
        if database.path.exists():
            return False
        schema.upgrade(database, backup=False, now=now)
    return True


def needs_upgrade(connection: Connection) -> bool:
    """Whether ``connector db upgrade`` comes next. A server is not asked: the command itself tells."""
    if not _is_file(connection):
        return True
    try:
        check(connection)
    except StoreError:
        return True
    return False


def _is_file(connection: Connection) -> bool:
    """Asked of the address alone, since the driver of a server need not be installed yet."""
    return connection.database_url.startswith("sqlite:")


def check(connection: Connection) -> None:
    """SchemaError unless the database fits this version of the connector, StoreUnavailable when it can only be read."""
    with Database(connection.database_url) as database:
        schema.check(database)
        database.check_writable()


def client(connection: Connection) -> dict[str, Any]:
    """How psycopg notices that the server of PostgreSQL is gone."""
    return alive(connection.database_url)


def told(error: BaseException, where: str) -> StoreError:
    """What ``error`` of PostgreSQL's driver means; ``where`` names the database."""
    return driver_errors.store_error(error, where=where, path=None)


def way(connection: Connection) -> Way | None:
    """The way to the database where it crosses a network and is not checked; ``None`` where nothing is to be said."""
    found = None if _is_file(connection) else way_to(connection.database_url)
    return None if found is None or found.mode == "verify-full" else found


def unprotected(connection: Connection) -> str:
    """The role that we connect as, when PostgreSQL does not keep administrations apart for it; '' when it does."""
    from connector.store import row_security

    with Database(connection.database_url) as database, database.reading() as reading:
        return row_security.unprotected(reading)


def back_up(connection: Connection, target: Path | None, *, now: datetime.datetime) -> Path:
    """Copy the database to ``target``, by default beside itself with the time in its name; returns the copy.

    A copy of PostgreSQL goes into the working folder."""
    from connector.store import backup

    with Database(connection.database_url) as database:
        named = database.path or connection.folder / "connector"
        chosen = target or named.with_name(f"{named.name}.{now.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}.backup")
        backup.copy(database, chosen)
    return chosen


def compact(connection: Connection) -> None:
    """Give the space of what was removed back to the disk. StoreBusy while others use the database."""
    from connector.store.tables import metadata

    with Database(connection.database_url) as database:
        schema.check(database)
        database.compact(table.name for table in metadata.sorted_tables)


def move(connection: Connection, source: Path, told: Told) -> MoveReport:
    """Move the SQLite database ``source`` into the database of ``connection``, an empty PostgreSQL one."""
    from connector.store import moving

    with Database(f"sqlite:///{source}") as before, Database(connection.database_url) as after:
        return moving.move(before, after, told)


def proofs(connection: Connection, *, clock: Callable[[], datetime.datetime]) -> dict[str, Proof]:
    """The cents of every administration of the database, proved offline and without the ledgers, by name."""
    from connector.engine import administrations, verify
    from connector.engine.books import Workplace

    with Database(connection.database_url) as database:
        place = Workplace(database=database.of_all(), clock=clock, today=clock().astimezone().date())
        return {each.name: verify.verify(place.of(each), each) for each in administrations.begun(place)}
