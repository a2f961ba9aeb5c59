"""The compressed month: on each of its days everything is queued once, each administration at its moment of the day."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from connector.service import queue_tables


class Clock:
    """Queues in the database of ``url``, as the timetable of the workers does."""

    def __init__(self, url: str) -> None:
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._connection = psycopg.connect(plain, autocommit=True)
        connector = SyncPsycopgConnector(conninfo=plain, kwargs={"options": f"-c search_path={queue_tables.SCHEMA}"})
        self._app = App(connector=connector)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Connected."""
        with self._app.open():
            yield
        self._connection.close()

    def day(self, names: Sequence[str], *, begins: datetime.datetime, seconds: float) -> int:
        """Queue the pull of ``names`` within ``seconds`` from ``begins`` on; how many waited from the day before."""
        waiting = 0
        for name in names:
            later = datetime.timedelta(seconds=seconds * _part(name))
            job = self._app.configure_task(
                "pull", queue="pull", lock=name, queueing_lock=f"{name}/pull", schedule_at=begins + later
            )
            try:
                job.defer(administration=name)
            except AlreadyEnqueued:
                waiting += 1
        return waiting

    def left(self) -> int:
        """How many jobs wait or are done."""
        query = f"SELECT count(*) FROM {queue_tables.SCHEMA}.procrastinate_jobs WHERE queue_name <> 'tidy'"
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def size(self) -> int:
        """Bytes of the database."""
        row = self._connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return int(row[0])


def _part(name: str) -> float:
    """Where in a day ``name`` is due, from 0 to 1; always the same."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32
