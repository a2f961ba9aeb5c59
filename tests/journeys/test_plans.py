"""The plans of both databases: every statement that a run really makes finds its rows by an index.

The statements are caught while the program works, so that none is written twice; each is then explained as
it was asked, on a store with many administrations of which none is large.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, Pool, event, make_url, text

from connector import config
from connector.app import Connector
from connector.engine import completeness, in_force, look, status
from connector.sandbox import RESELLER_NL, Sandbox
from connector.store import guards, moving, tables
from connector.store.database import Database
from tests.journeys.office import TODAY, Office

COPIES = 60
"""Administrations beside the one that works, each with the same months of invoices."""
SESSIONS = 2
"""What a run holds at a time on PostgreSQL, as docs/database.md says: one for its lock, one for its work."""
LARGE_PAGES = 10
"""A table with fewer pages than this is read as a whole by anybody who has sense."""
GROWING = {"line", "posting", "invoice", "invoice_version", "slice", "combination", "preparation", "decision"}
"""Tables that must be large enough for the plans to say something."""
OF_ADMINISTRATIONS = frozenset(tables.metadata.tables) - {"administration", "delivery_transition"}
_STATEMENT = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


@dataclass
class Caught:
    """The statements of a run, each with the values it was first asked with, and whose run it was.

    ``most`` is how many sessions it had at a time.
    """

    administration: int = 0
    sessions: int = 0
    most: int = 0

    statements: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Catch what is asked inside."""
        listeners = (
            (Engine, "before_cursor_execute", self._asked),
            (Pool, "checkout", self._taken),
            (Pool, "checkin", self._given_back),
        )
        for each in listeners:
            event.listen(*each)
        try:
            yield
        finally:
            for each in listeners:
                event.remove(*each)

    def _taken(self, *_session: Any) -> None:
        self.sessions += 1
        self.most = max(self.most, self.sessions)

    def _given_back(self, *_session: Any) -> None:
        self.sessions -= 1

    def _asked(self, _connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        if _STATEMENT.match(sql) and "set_config" not in sql and "pg_" not in sql:
            self.statements.setdefault(sql, values[0] if many else values)


@pytest.fixture
def caught(office: Office, sandbox: Sandbox) -> Caught:
    """What a first run of 'new' asks, then one where nothing is new, and the looks at both."""
    office.set_up(RESELLER_NL, sandbox.url, name="new")
    office.set("auto_post", '"all"', name="new")
    office.set("book_from", '"2024-11-01"', name="new")
    settings = config.load(office.folder / "connector.toml", environ=office.address)
    (new,) = settings.select(("new",))
    found = Caught()
    with found.listening(), Connector(settings, actor="eva", today=TODAY) as connector:
        assert connector.sync(new).delivered.posted
        connector.sync(new)
        for looking in (status.status, completeness.missing, in_force.findings, look.entry_list, look.standings):
            looking(*connector.at(new))
        found.administration = connector.books(new).id
    return found


def copied(database: Database, administration: int) -> None:
    """Make many administrations of one, so that PostgreSQL has something to choose from."""
    with database.transaction() as connection:
        for statement in guards.delivery_start(on=False):
            connection.execute(text(statement))
        for table in moving.ordered():
            chosen = {column.name: f'"{column.name}"' for column in table.columns} | {"administration_id": "copy"}
            if table.name == "administration":
                chosen["name"] = "'copy ' || copy"
            names, values = ", ".join(f'"{name}"' for name in chosen), ", ".join(chosen.values())
            connection.execute(
                text(
                    f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM "{table.name}",'
                    f" generate_series(1000, {1000 + COPIES}) copy WHERE administration_id = {administration}"
                )
            )
        for statement in guards.delivery_start(on=True):
            connection.execute(text(statement))
        connection.execute(text("ANALYZE"))


def test_every_statement_of_a_run_finds_its_rows_by_an_index(office: Office, caught: Caught) -> None:
    assert len(caught.statements) > 80
    if not office.url:
        assert _read_whole(_sqlite(office, caught), OF_ADMINISTRATIONS) == set()
        return
    assert caught.most == SESSIONS
    with office.database as database:
        copied(database, caught.administration)
        with database.reading() as connection:
            pages = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpages >= :pages")
            large = OF_ADMINISTRATIONS & set(connection.scalars(pages, {"pages": LARGE_PAGES}))
    assert large >= GROWING
    # As PostgreSQL would do it; and whether there is an index at all for tables that hold next to nothing here.
    assert _read_whole(_postgresql(office.url, caught, "enable_seqscan = on"), large) == set()
    assert _read_whole(_postgresql(office.url, caught, "enable_seqscan = off"), OF_ADMINISTRATIONS) == set()


def _read_whole(plans: dict[str, str], tables_meant: Collection[str]) -> set[str]:
    """The tables that a plan reads from end to end, each with its statement."""
    return {
        f"{table}: {' '.join(sql.split())}\n{plan}"
        for sql, plan in plans.items()
        for table in re.findall(r"(?:Seq Scan on|SCAN) (\w+)(?! \w+ USING| USING)", plan)
        if table in tables_meant
    }


def _postgresql(url: str, caught: Caught, planning: str) -> dict[str, str]:
    plans = {}
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, cursor_factory=psycopg.ClientCursor) as session:
        session.execute(f"SET {planning}")
        session.execute("SELECT set_config('connector.administration', %s, false)", (str(caught.administration),))
        for sql, values in caught.statements.items():
            if "bulk_" not in sql:  # a temporary table, gone with its session
                plans[sql] = "\n".join(row[0] for row in session.execute("EXPLAIN " + sql, values or None))
    return plans


def _sqlite(office: Office, caught: Caught) -> dict[str, str]:
    plans = {}
    with office.database as database, database.reading() as connection:
        for sql, values in caught.statements.items():
            rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + sql, values)
            plans[sql] = "\n".join(row[3] for row in rows)
    return plans
