"""Desks on fresh databases of each kind, made by copying one that has the schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.store.database import Database
from tests.engine.desk import Desk
from tests.store.conftest import database, made_postgresql, made_sqlite, postgresql, sqlite

__all__ = ("database", "made_postgresql", "made_sqlite", "postgresql", "sqlite")

Seat = Callable[..., Desk]
"""Makes a desk: ``seat(kind="hledger", sale="post")``."""


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """A Dutch administration that posts all to a ledger in memory, on each kind of database."""
    return Desk(database, tmp_path)


@pytest.fixture
def seat(database: Database, tmp_path: Path) -> Seat:
    """A desk made as the test says, on each kind of database."""

    def made(**settings: Any) -> Desk:
        return Desk(database, tmp_path, **settings)

    return made


@pytest.fixture
def quick(sqlite: Database, tmp_path: Path) -> Seat:
    """As ``seat``, on SQLite alone, where the database makes no difference."""

    def made(**settings: Any) -> Desk:
        return Desk(sqlite, tmp_path, **settings)

    return made
