"""A SQLite database moved into an empty PostgreSQL database: every row, read back and compared, or nothing.

Everything arrives in one transaction of PostgreSQL: who looks meanwhile, or after a kill half way, finds it as empty
as it was. The SQLite file takes no other writer meanwhile; when its rows have arrived it is marked and takes none ever
after, so that nobody goes on working on it by mistake. Otherwise it is left as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Boolean, LargeBinary, String, Table, func, select, text
from sqlalchemy.schema import sort_tables

from connector.errors import BusyError, SchemaError, SettingsError, StoreError
from connector.store import bulk, guards, purge_guards, schema, tables
from connector.store.database import Connection, Database
from connector.store.locks import lock_key

CHUNK_ROWS, CHUNK_BYTES = 5_000, 8_000_000
"""What is held in memory at a time."""
SEEDED = ("delivery_transition",)
"""Tables whose rows come with the schema: compared, not moved."""
Told = Callable[[int, int], None]
"""Called with the rows that are done and those there are, each row counted twice: written, and read back."""


class MovedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it is on both sides: its rows, and a checksum (hexadecimal) over all their values in any order."""

    name: str
    rows: int
    checksum: str


class MoveReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved. ``again`` when all of it had arrived by an earlier move that was killed at its very end."""

    tables: tuple[MovedTable, ...]
    administrations: tuple[str, ...]
    again: bool = False

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(each.rows for each in self.tables)


def move(source: Database, target: Database, told: Told = lambda _done, _total: None) -> MoveReport:
    """Move everything from the SQLite ``source`` into the PostgreSQL ``target``, whose tables are made if need be.

    BusyError when a run works on ``source``, SchemaError when either schema is not that of this program, StoreError
    when ``source`` is damaged, missing, or holds a text that is too long for PostgreSQL, and when ``target`` holds
    rows of another origin. Nothing is changed then.
    """
    if target.kind != "postgresql":
        raise SettingsError(
            "CONNECTOR_DATABASE_URL names no PostgreSQL database, to which a move would go",
            hint="Give it the address of an empty database: postgresql://user:password@host:5432/database.",
            where=target.name,
        )
    _look_over(source)
    with ExitStack() as stack:
        names = _names(source)
        for name in names:
            stack.enter_context(source.lock(name))
        reading = stack.enter_context(source.transaction())  # nobody else writes until its end
        if _begun(reading) != names:
            raise BusyError("another run began an administration just now", where=source.name)
        _look_at_lengths(reading, source.name)
        with target.of_all().transaction() as writing:
            report = _moved(reading, writing, names, told, target.name)
        for statement in guards.moved(tables.metadata.tables):
            reading.execute(text(statement))
        reading.execute(text("UPDATE alembic_version SET version_num = :moved"), {"moved": schema.MOVED})
    return report


def _look_over(source: Database) -> None:
    """StoreError and SchemaError unless ``source`` is a whole database of this version."""
    assert isinstance(source.path, Path), "a database is moved from SQLite"
    if not source.path.is_file():
        raise StoreError("there is no such file", hint="Name the SQLite database with --from.", where=source.name)
    try:
        schema.check(source)
    except SchemaError as error:
        if error.hint != SchemaError.default_hint:
            raise
        hint = f"Bring it to this version first: CONNECTOR_DATABASE_URL=sqlite:///{source.name} connector db upgrade"
        raise SchemaError(error.message, hint=hint, where=source.name) from error
    with source.reading() as connection:
        answer = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if answer != "ok":
        raise StoreError(
            f"the database is damaged ({answer})",
            hint="Put the latest backup in its place, and move that.",
            where=source.name,
        )


def _look_at_lengths(reading: Connection, where: str) -> None:
    """StoreError for a text that is longer than its column says: PostgreSQL looks at that, and SQLite does not."""
    for table in ordered():
        limits = {
            each: each.type.length for each in table.columns if isinstance(each.type, String) and each.type.length
        }
        if not limits:
            continue
        longest = reading.execute(select(*(func.max(func.length(each)) for each in limits))).one()
        for (column, limit), length in zip(limits.items(), longest, strict=True):
            if length is not None and length > limit:
                raise StoreError(
                    f"{column} holds a text of {length} characters, and PostgreSQL takes at most {limit} there; "
                    "nothing was moved",
                    hint="Report this as a defect of the connector. The SQLite database is as it was: go on with it.",
                    where=where,
                )


def _names(source: Database) -> list[str]:
    with source.reading() as connection:
        return _begun(connection)


def _begun(connection: Connection) -> list[str]:
    stored = tables.administration
    return list(connection.scalars(select(stored.c.name).order_by(stored.c.administration_id)))


def _moved(reading: Connection, writing: Connection, names: list[str], told: Told, where: str) -> MoveReport:
    # Two moves, or a move and an upgrade: one after the other.
    writing.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("schema")})
    if schema.revision(writing):
        schema.check(writing)
    else:
        schema.migrate(writing, schema.HEAD)
    writing.execute(text("LOCK TABLE administration IN SHARE ROW EXCLUSIVE MODE"))
    counts = schema.row_counts(reading)
    there = {name: rows for name, rows in schema.row_counts(writing).items() if rows and name not in SEEDED}
    if there and not all(counts[name] == rows for name, rows in there.items()):
        raise _not_empty(there, where)
    everything = sum(counts.values())
    if there:
        found = _compared(reading, writing, _Progress(told, everything))
        if found is None:
            raise _not_empty(there, where)
        return MoveReport(tables=found, administrations=tuple(names), again=True)
    progress = _Progress(told, 2 * everything - sum(counts[name] for name in SEEDED))
    for statement in (*guards.delivery_start(on=False), *purge_guards.arriving(on=True)):
        writing.execute(text(statement))
    for table in ordered():
        for chunk in _chunks(table, every_row(reading, table)):
            bulk.insert(writing, table, [column.name for column in table.columns], chunk)
            progress.advance(len(chunk))
    for statement in (*guards.delivery_start(on=True), *purge_guards.arriving(on=False)):
        writing.execute(text(statement))
    compared = _compared(reading, writing, progress)
    if compared is None:
        raise StoreError(
            "what arrived is not what was sent; nothing was moved",
            hint="Report this as a defect of the connector. The SQLite database is as it was: go on with it.",
            where=where,
        )
    writing.execute(text("ANALYZE"))  # so that the first questions are planned well
    return MoveReport(tables=compared, administrations=tuple(names))


def _not_empty(there: dict[str, int], where: str) -> StoreError:
    listed = ", ".join(f"{name} {rows}" for name, rows in sorted(there.items())[:4])
    return StoreError(
        f"the database to which it would go holds rows already ({listed}); nothing was moved",
        hint="Give CONNECTOR_DATABASE_URL the address of an empty PostgreSQL database.",
        where=where,
    )


class _Progress:
    """Tells how far it is."""

    def __init__(self, told: Told, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def advance(self, rows: int) -> None:
        self._done += rows
        self._told(self._done, self._total)


def ordered() -> list[Table]:
    """The tables to move, each behind those it refers to; a seal looks at the postings of its entry."""
    before_seals = (tables.posting, tables.posting_decision, tables.taken_back)
    needed = [(each, tables.entry_seal) for each in before_seals]
    kept = [table for table in tables.metadata.tables.values() if table.name not in SEEDED]
    return sort_tables(kept, extra_dependencies=needed)


def _chunks(table: Table, rows: Iterable[bulk.Row]) -> Iterator[list[bulk.Row]]:
    weighed = _weighed(table)
    chunk: list[bulk.Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        for place in weighed:
            size += len(row[place] or b"")
        if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _weighed(table: Table) -> list[int]:
    """The places of the columns that may hold megabytes."""
    large = [isinstance(each.type, LargeBinary) and each.type.length is None for each in table.columns]
    return [place for place, is_large in enumerate(large) if is_large]


def every_row(connection: Connection, table: Table) -> Iterator[bulk.Row]:
    """Every row of ``table`` of all administrations in the order of its key, values as SQLite's driver takes them.

    Past SQLAlchemy, one row at a time, so that neither memory nor conversions grow with the table.
    """
    listed = ", ".join(f'"{column.name}"' for column in table.columns)
    ordered = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    query = f'SELECT {listed} FROM "{table.name}" ORDER BY {ordered}'  # noqa: S608 - names of our own tables
    session: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        with closing(session.execute(query)) as cursor:
            yield from cursor
        return
    truths = [place for place, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    with session.cursor(name="every_row") as cursor:
        cursor.itersize = 50 if _weighed(table) else CHUNK_ROWS
        cursor.execute(query)
        for row in cursor:
            yield _numbered(row, truths) if truths else row


def _numbered(row: bulk.Row, truths: list[int]) -> bulk.Row:
    return tuple(int(value) if place in truths and value is not None else value for place, value in enumerate(row))


def _compared(reading: Connection, writing: Connection, progress: _Progress) -> tuple[MovedTable, ...] | None:
    """Every table with its checksum, ``None`` when one is not the same on both sides."""
    found: list[MovedTable] = []
    for table in tables.metadata.sorted_tables:
        before, after = _summed(every_row(reading, table)), _summed(every_row(writing, table))
        if before != after:
            return None
        progress.advance(after[0])
        found.append(MovedTable(name=str(table.name), rows=after[0], checksum=f"{after[1]:032x}"))
    return tuple(found)


def _summed(rows: Iterable[bulk.Row]) -> tuple[int, int]:
    """How many rows, and the sum of their hashes: the databases sort texts differently."""
    count = total = 0
    for row in rows:
        count += 1
        digest = hashlib.blake2b(msgspec.msgpack.encode(row), digest_size=16).digest()
        total += int.from_bytes(digest, "big")
    return count, total % (1 << 128)
