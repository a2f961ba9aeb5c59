"""Watched: where every administration stands, for whoever operates them; quick however many there are."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from connector.engine.books import Books, Workplace
from connector.store import administrations, last_runs, watched
from connector.store import backlog as queue
from connector.store.backlog import QUEUE_SCHEMA, Backlog
from connector.store.database import Connection
from connector.store.last_runs import LastRun

__all__ = (
    "QUEUE_SCHEMA", "Backlog", "Held", "LastRun", "Watched",
    "backlog", "everything", "last_of_all", "last_run", "server_time", "workers",
)  # fmt: skip


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Documents, and their net minor units."""

    documents: int = 0
    net: int = 0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """Where one administration stands: what is held by direction as ``status`` counts it, how many documents are ready
    and wait for approval by direction, how many deliveries are in each state, and how its last run ended."""

    name: str
    last_fetch: datetime.datetime | None
    held: Mapping[str, Held]
    ready: Mapping[str, Held]
    deliveries: Mapping[str, int]
    last_run: LastRun | None

    def in_state(self, state: str) -> int:
        """How many deliveries are in ``state``."""
        return self.deliveries.get(state, 0)


def everything(place: Workplace) -> dict[str, Watched]:
    """Every administration that was ever begun, by name."""
    with place.database.reading() as connection:
        return _everything(connection)


def last_run(place: Workplace, books: Books) -> LastRun | None:
    """How the last run of one ended, ``None`` when none did."""
    with place.database.reading() as connection:
        return last_runs.of(connection, books.id)


def last_of_all(place: Workplace) -> dict[str, LastRun]:
    """How the last run of each administration ended, by name."""
    with place.database.reading() as connection:
        runs = watched.runs_of_all(connection)
        return {each.name: runs[each.id] for each in administrations.all_begun(connection) if each.id in runs}


def backlog(place: Workplace) -> list[Backlog]:
    """What waits for workers, for each part of a run; nothing where no workers ever ran."""
    from connector.engine.run import VERBS  # heavy, and ``status`` looks at everything else here

    with place.database.reading() as connection:
        return queue.backlog(connection, VERBS)


def workers(place: Workplace) -> int:
    """How many workers gave a sign of life within the last minute."""
    with place.database.reading() as connection:
        return queue.workers(connection)


def server_time(place: Workplace) -> datetime.datetime | None:
    """What the clock of the database's server says, in UTC; ``None`` where the database is a file here."""
    with place.database.reading() as connection:
        return watched.server_time(connection)


def _everything(connection: Connection) -> dict[str, Watched]:
    fetched, runs = watched.fetched_of_all(connection), watched.runs_of_all(connection)
    deliveries = watched.deliveries_of_all(connection)
    sums: dict[tuple[int, str], dict[str, Held]] = {}
    for each in watched.open_of_all(connection):
        before = sums.setdefault((each.administration_id, each.state), {}).get(each.direction, Held())
        sums[each.administration_id, each.state][each.direction] = Held(
            documents=before.documents + each.documents, net=before.net + each.net
        )
    return {
        each.name: Watched(
            name=each.name,
            last_fetch=fetched.get(each.id),
            held=sums.get((each.id, "held"), {}),
            ready=sums.get((each.id, "ready"), {}),
            deliveries=deliveries.get(each.id, {}),
            last_run=runs.get(each.id),
        )
        for each in administrations.all_begun(connection)
    }
