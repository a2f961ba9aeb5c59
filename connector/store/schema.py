"""The schema: whether a database has the one this program needs, how it gets it, and how many rows its tables hold.

The commands only compare two numbers; Alembic is imported when there is something to upgrade.
"""

from __future__ import annotations

import datetime
import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from connector.errors import SchemaError, StoreError
from connector.store import backup as backups
from connector.store import tables
from connector.store.database import Database
from connector.store.locks import lock_key

HEAD = "0001"
"""The revision of migrations/versions that this program works with."""
MOVED = "moved"
"""What stands in its place in a SQLite database whose rows were moved to PostgreSQL (``connector.store.moving``)."""


@dataclass(frozen=True, kw_only=True)
class UpgradeReport:
    """What an upgrade did. ``before`` is '' for an empty database; ``backup`` is the copy taken before, if any."""

    before: str
    after: str
    backup: Path | None = None


def revision(connection: Connection) -> str:
    """The revision of the schema, '' when the database has none of our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("SELECT max(version_num) FROM alembic_version")) or ""


def check(database: Database | Connection) -> None:
    """Raise SchemaError unless the schema is the one of this program."""
    with nullcontext(database) if isinstance(database, Connection) else database.reading() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    where = database.name if isinstance(database, Database) else ""
    if not found:
        raise SchemaError("the database is empty", where=where)
    _refuse_newer(found, where)
    raise SchemaError(f"the database is older ({found}) than this version of the connector ({HEAD})", where=where)


def upgrade(database: Database, *, backup: bool = True, now: datetime.datetime | None = None) -> UpgradeReport:
    """Bring the schema to ``HEAD``: all of it, or nothing. An empty database gets all tables, a missing file is made.

    Before an older SQLite database is changed it is copied beside itself, to '<file>.<now>.backup', unless ``backup``
    is False. StoreError for an older PostgreSQL database with ``backup``: its operator takes the backup.
    SchemaError when the database is newer.
    """
    _make_file(database)
    with database.of_all().transaction() as connection:
        if database.kind == "postgresql":  # SQLite lets only one transaction write
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("schema")})
        before = revision(connection)
        if before == HEAD:
            return UpgradeReport(before=before, after=before)
        _refuse_newer(before, database.name)
        copied = _back_up(database, now or datetime.datetime.now(datetime.UTC)) if before and backup else None
        migrate(connection, HEAD)
    database.close()  # what its connections know of the old tables is wrong now
    return UpgradeReport(before=before, after=HEAD, backup=copied)


def migrate(connection: Connection, target: str) -> None:
    """Run the migrations up to the revision ``target`` in the transaction of ``connection``."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    from connector.resources import migrations_path

    config = Config()
    config.set_main_option("script_location", str(migrations_path()).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, target)
    except CommandError as error:
        raise SchemaError(
            f"the database cannot be upgraded ({error})",
            hint="This database is not of the connector, or of a version that was never released.",
        ) from error


def row_counts(connection: Connection) -> dict[str, int]:
    """How many rows each table holds, of all administrations."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in tables.metadata.sorted_tables
    }


def _make_file(database: Database) -> None:
    if database.path is None:
        return
    try:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        database.path.touch()
    except OSError as error:
        raise StoreError(
            f"the database cannot be made or changed ({error.strerror})",
            hint="Let the user who runs the connector write the file and its folder, or name another place.",
            where=database.name,
        ) from error


def _refuse_newer(found: str, where: str) -> None:
    if found == MOVED:
        raise SchemaError(
            "the database was moved to PostgreSQL; this file stays as it was and takes no more rows",
            hint="Give CONNECTOR_DATABASE_URL the address of the PostgreSQL database, in .env too.",
            where=where,
        )
    if not re.fullmatch(r"(\d{4})?", found):
        raise SchemaError(
            f"the database belongs to another program (its schema is '{found}')",
            hint="Give the connector a database of its own in CONNECTOR_DATABASE_URL.",
            where=where,
        )
    if found > HEAD:
        raise SchemaError(
            f"the database is newer ({found}) than this version of the connector ({HEAD})",
            hint="Install the newest connector: pip install --upgrade copaco-connector",
            where=where,
        )


def _back_up(database: Database, now: datetime.datetime) -> Path:
    if database.path is None:
        raise StoreError(
            "an older database is only upgraded after a backup, which you take yourself on PostgreSQL",
            hint="Run 'connector db backup' (or pg_dump), then 'connector db upgrade --no-backup'.",
            where=database.name,
        )
    target = database.path.with_name(f"{database.path.name}.{now:%Y%m%dT%H%M%S}.backup")
    backups.copy(database, target)
    return target
