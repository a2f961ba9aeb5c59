"""The database: connections, transactions, and one lock per administration, on SQLite and on PostgreSQL.

Everything a driver reports leaves here as a ``StoreError`` (``connector.store.driver_errors``).
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from connector.errors import BusyError, SchemaError, SettingsError, StoreBusy
from connector.store import row_security
from connector.store.driver_errors import read_only, store_error
from connector.store.locks import StillHeld, advisory_lock, file_lock, this_process

# The engine passes a Connection on without knowing what it is.
__all__ = ("Connection", "Database", "Kind")

Kind = Literal["sqlite", "postgresql"]

_ADDRESSES = "'sqlite:///folder/connector.db' or 'postgresql://user:password@host:5432/database'"
_PRAGMAS = (
    # FULL, not NORMAL: after a power cut an approval or a receipt that was committed must still be there. It costs
    # one wait for the disk per commit, and we commit per window and per batch, not per line.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Without it REPLACE would delete a kept fact past its guard.
    "PRAGMA recursive_triggers = ON",
    "PRAGMA cache_size = -32768",
)

# A machine that is gone says no goodbye. Without these PostgreSQL would keep its sessions, and the locks of its
# administrations, for two hours, and we would wait as long for a server that is gone.
_ALIVE = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 90_000,
          "connect_timeout": 10}  # fmt: skip
SESSION = {
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    # A process that hangs between two statements must not hold rows, and the cleaning of tables, for ever.
    "idle_in_transaction_session_timeout": "3600000",
}
"""How a session of the server notices a client that is gone."""


class Database:
    """One database of the connector, of either kind; nothing is opened before it is used.

    As it is made it shows no rows of any administration on PostgreSQL: ``of`` and ``of_all`` do.

    ``url`` is a SQLAlchemy URL. ``busy_seconds`` is how long a writer waits for another one before StoreBusy.
    SettingsError when the URL is not understood or the driver for PostgreSQL is not installed.
    """

    def __init__(self, url: str, *, busy_seconds: float = 30) -> None:
        self._url = _parsed(url)
        self._busy_seconds = busy_seconds
        self._held: dict[str, StillHeld] = {}
        self._scope = ""
        self.kind: Kind = "sqlite" if self._url.get_backend_name() == "sqlite" else "postgresql"
        self.path: Path | None = Path(self._url.database or "") if self.kind == "sqlite" else None
        self._engine = self._sqlite_engine() if self.kind == "sqlite" else self._postgresql_engine(url)

    @property
    def url(self) -> URL:
        """The address with its password: for other programs, never for messages."""
        return self._url

    @property
    def name(self) -> str:
        """The file, or the address without its password, for messages."""
        if self.path is not None:
            return str(self.path)
        # The query may hold a password as well, and which driver we use helps nobody.
        return self._url.set(query={}, drivername="postgresql").render_as_string(hide_password=True)

    def of(self, administration_id: int) -> Self:
        """The same database, whose transactions see and change the rows of one administration; on SQLite, which keeps
        nobody apart, the statements alone see to that."""
        return self._scoped(str(administration_id))

    def of_all(self) -> Self:
        """The same database, whose transactions see all administrations: for the few looks at everything."""
        return self._scoped(row_security.ALL)

    def _scoped(self, scope: str) -> Self:
        other = copy.copy(self)  # with the same connections and locks
        other._scope = scope  # noqa: SLF001 - one of ourselves
        return other

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that writes: all of it is committed at the end, or none when an error is raised.

        On SQLite a second writer waits at the beginning, so that none fails half way.
        """
        with self._connection(connector_writes=True) as connection:
            yield connection

    @contextmanager
    def rehearsal(self) -> Iterator[Connection]:
        """A connection that writes as ``transaction`` does, of which nothing is ever kept: to see what would come."""
        with self._translated(), self._engine.connect() as connection:
            connection.execution_options(connector_writes=True)
            begun = connection.begin()
            try:
                self._look(connection)
                yield connection
            finally:
                begun.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads, and sees one state of the database however long it takes."""
        options: dict[str, Any] = {"connector_writes": False}
        if self.kind == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._connection(**options) as connection:
            yield connection

    @contextmanager
    def lock(self, administration: str) -> Iterator[None]:
        """Hold the one lock of ``administration`` among all processes; BusyError when another run holds it.

        The lock goes with the process or its connection, whatever ends them.
        """
        path = self.path
        lock = advisory_lock(self._engine, administration) if path is None else file_lock(path, administration)
        with self._translated(), lock as still_held:
            self._held[administration] = still_held
            try:
                yield
            finally:
                del self._held[administration]

    def check_lock(self, connection: Connection, administration: str) -> None:
        """BusyError when the lock of ``administration`` was taken here and is lost: its session ended, its file was
        removed. Another run may hold it now."""
        still_held = self._held.get(administration)
        if still_held is not None and not still_held(connection):
            raise BusyError(
                f"this run no longer holds the administration '{administration}'; it stopped and sent nothing more",
                hint="Run 'connector sync' again; it goes on where this one stopped.",
                where=self.name,
            )

    def compact(self, tables: Iterable[str]) -> None:
        """Write ``tables`` anew (on SQLite the whole file) without the space of what was removed, so that it goes back
        to the disk and nothing of it can be read there. StoreBusy while others use the database."""
        if self.path is not None:
            self._compact_file()
            return
        listed = ", ".join(f'"{table}"' for table in tables)
        with self._translated(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"VACUUM FULL {listed}")

    def _compact_file(self) -> None:
        self.close()
        with self._translated(), closing(self._open_file()) as connection:
            connection.execute("VACUUM")
            busy, *_pages = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:  # the pages written anew stand beside the file, and in it the old ones
            raise StoreBusy(
                "the database is in use, and so what was removed can still be read in its file",
                hint="Let everybody else close it, and run 'connector db compact' again.",
                where=self.name,
            )

    def check_writable(self) -> None:
        """StoreUnavailable when the server says that it can only be read; what a single role may is not looked at."""
        if self.path is not None:
            return
        asked = "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'"
        with self._translated(), self._engine.connect() as connection:
            copies, refuses = connection.exec_driver_sql(asked).one()
        if copies or refuses:
            raise read_only(self.name, "it copies another server" if copies else "it can only be read for now")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _connection(self, **options: Any) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                self._look(connection)
                yield connection

    def _look(self, connection: Connection) -> None:
        """Say for whom the transaction works; it is forgotten with its end."""
        if self._scope and self.kind == "postgresql":
            setting = "SELECT set_config(%s, %s, true)"
            connection.exec_driver_sql(setting, (row_security.SETTING, self._scope))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        driver = self._engine.dialect.loaded_dbapi.Error
        try:
            yield
        except exc.DBAPIError as error:
            raise store_error(error.orig, where=self.name, path=self.path) from error
        except driver as error:  # of COPY, which goes past SQLAlchemy
            raise store_error(error, where=self.name, path=self.path) from error

    def _sqlite_engine(self) -> Engine:
        engine = create_engine(self._url, creator=self._open_file)
        event.listen(engine, "begin", _begin_on_sqlite)
        return engine

    def _open_file(self) -> sqlite3.Connection:
        assert self.path is not None
        # A command that only reads must not leave an empty database behind; 'db upgrade' makes the file.
        try:
            self.path.stat()
        except FileNotFoundError:
            raise SchemaError("there is no database yet", where=self.name) from None
        except OSError:
            pass  # SQLite says it below
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_seconds,
            isolation_level=None,  # we begin transactions ourselves, see _begin_on_sqlite
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            _set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _postgresql_engine(self, url: str) -> Engine:
        arguments = alive(url, application_name=f"connector {this_process()}"[:63])
        try:
            # A run holds two sessions, one of them for its lock; more are closed when they are given back.
            engine = create_engine(self._url, connect_args=arguments, pool_pre_ping=True, pool_size=2, max_overflow=8)
        except ModuleNotFoundError as error:
            raise SettingsError(
                "the driver for PostgreSQL is not installed",
                hint="Install it with: pip install 'copaco-connector[postgres]'",
            ) from error
        event.listen(engine, "connect", self._prepare_session)
        event.listen(engine, "checkout", _as_the_server_says)
        return engine

    def _prepare_session(self, session: Any, _record: Any) -> None:
        settings = {"lock_timeout": f"{round(self._busy_seconds * 1000)}", **SESSION}
        session.autocommit = True
        asked = ", ".join("set_config(%s, %s, false)" for _ in settings)
        session.execute(f"SELECT {asked}", [part for pair in settings.items() for part in pair])
        session.autocommit = False


def _as_the_server_says(session: Any, _record: Any, _proxy: Any) -> None:
    """After a transaction that only read SQLAlchemy insists on ones that write; whether we may, the server says."""
    session.read_only = None


def alive(url: str, **more: Any) -> dict[str, Any]:
    """How psycopg notices that the server of ``url`` is gone, and ``more``; what the address says itself counts."""
    return {name: value for name, value in {**_ALIVE, **more}.items() if name not in _parsed(url).query}


class Way(NamedTuple):
    """How a database on another computer is reached: its host, and the ``sslmode`` of its address or the driver's."""

    host: str
    mode: str


def way_to(url: str) -> Way | None:
    """The way to a PostgreSQL database; ``None`` when it is on this computer."""
    parsed = _parsed(url)
    host, mode = (_last(parsed.query.get(name)) for name in ("host", "sslmode"))
    host = host or parsed.host or ""
    here = not host or host.startswith(("/", "@")) or host in ("localhost", "127.0.0.1", "::1")
    return None if here else Way(host=host, mode=mode or "prefer")


def _last(given: str | tuple[str, ...] | None) -> str:
    return given if isinstance(given, str) else given[-1] if given else ""


def _parsed(url: str) -> URL:
    parsed = _split(url)
    if parsed is None:
        raise SettingsError(  # without the text, which may show the password
            "the address of the database is not understood",
            hint=f"Write {_ADDRESSES}; a sign like '@' or '/' in a password is written as %40 or %2F.",
        )
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise SettingsError(f"a database of the kind '{backend}' cannot be used", hint=f"Use {_ADDRESSES}.")
    if parsed.database in {None, "", ":memory:"}:
        raise SettingsError("the SQLite database has no file", hint=f"Use {_ADDRESSES}.")
    return parsed


def _split(url: str) -> URL | None:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        return None
    # An '@' behind the first one would be the end of a password, and the host its middle.
    place = f"{parsed.host}{parsed.database}" if parsed.get_backend_name() != "sqlite" else ""
    return None if "@" in place else parsed


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # The file remembers the mode; who comes while another process is changing it works just as safely without.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise


def _begin_on_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock now, where waiting helps; who turns from reading to writing cannot wait.
    writes = connection.get_execution_options().get("connector_writes", False)
    connection.exec_driver_sql("PRAGMA query_only = OFF" if writes else "PRAGMA query_only = ON")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")
