"""Databases of each kind: empty, or with our schema. The schema is made once per run and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from connector.store import schema
from connector.store.database import Database
from tests import postgres

BUSY_SECONDS = 5


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """A database without our tables; on SQLite its file does not exist."""
    with Database(database_url, busy_seconds=BUSY_SECONDS) as database:
        yield database.of_all()


@pytest.fixture(scope="session")
def made_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables, to copy."""
    path = tmp_path_factory.mktemp("made") / "connector.sqlite"
    with Database(f"sqlite:///{path}") as database:
        schema.upgrade(database)
    return path


@pytest.fixture(scope="session")
def made_postgresql(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database with our tables, to copy."""
    url = postgres.create_database(postgres_url)
    with Database(url) as database:
        schema.upgrade(database)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def sqlite(made_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """A SQLite database with our tables and no rows."""
    path = tmp_path / "connector.sqlite"
    shutil.copyfile(made_sqlite, path)
    with Database(f"sqlite:///{path}", busy_seconds=BUSY_SECONDS) as database:
        yield database


@pytest.fixture
def postgresql(made_postgresql: str) -> Iterator[Database]:
    """A PostgreSQL database with our tables and no rows, as who looks at all administrations sees it."""
    template = make_url(made_postgresql).database
    assert template is not None
    url = postgres.create_database(made_postgresql, template=template)
    with Database(url, busy_seconds=BUSY_SECONDS) as database:
        yield database.of_all()
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with our tables and no rows, of each kind."""
    made: Database = request.getfixturevalue(request.param)
    return made
