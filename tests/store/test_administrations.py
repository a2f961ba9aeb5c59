"""Administrations in the store: each gets an id of its own."""

from __future__ import annotations

import datetime
import threading

from connector.store import administrations
from connector.store.database import Database

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


def test_two_that_are_begun_at_once_get_two_ids(database: Database) -> None:
    """They got the same one on PostgreSQL, and one of them could not be begun."""
    ids: list[int] = []

    def begin(name: str) -> None:
        with database.transaction() as connection:
            ids.append(administrations.ensure(connection, name, "NL", "EUR", NOW))

    other = threading.Thread(target=begin, args=("b",))
    with database.transaction() as connection:
        ids.append(administrations.ensure(connection, "a", "NL", "EUR", NOW))
        other.start()
        other.join(0.3)  # it waits for us now
    other.join()
    assert sorted(ids) == [1, 2]
