"""The queue of many workers, on Procrastinate: jobs that name an administration and a verb, and a shared timetable.

Nobody else of the connector knows Procrastinate. All moments are of the clock of the database, the same for all
workers; ``ahead`` is how much further the timetable is, for trials.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.retry import RetryStrategy
from procrastinate.sync_psycopg_connector import wrap_exceptions

from connector import log
from connector.app import databases
from connector.config import Connection
from connector.domain.schedule import Schedule
from connector.engine.run import VERBS, Verb
from connector.service import queue_tables
from connector.service.planning import Line, Plan
from connector.service.runs import LONGEST_RETRY, Trouble

_log = logging.getLogger(__name__)
LOST_SECONDS = 30.0
"""A worker that gave no sign of life for so long is gone; it gives three in that time."""
LOST_AT_ONCE, LOST_RETRY = 3, datetime.timedelta(minutes=1)
"""How often a job whose worker is gone is done again at once, and how long it waits after that, at first."""
_PATIENCE = {"idle_in_transaction_session_timeout": "60s", "lock_timeout": "30s"}
"""Transactions of the queue take milliseconds. Whoever plans keeps the others from it: a machine that vanishes then, or
is frozen, must not do so for hours."""
KEPT_HOURS = 24
"""How long jobs that somebody cancelled are kept. Those that ended are not."""
_TIDY = "tidy"
Work = Callable[["Queue", Verb, str, datetime.datetime | None], Awaitable[None]]
"""Does a job: its queue, the verb, the administration, and when it was due, if it was the schedule that made it."""


class Queue:
    """The queue in the database of ``connection``; ``work`` does a job."""

    def __init__(
        self,
        connection: Connection,
        work: Work,
        *,
        ahead: datetime.timedelta = datetime.timedelta(),
        lost_seconds: float = LOST_SECONDS,
    ) -> None:
        self._lost_seconds, self.connection = lost_seconds, connection
        self._where, self._ahead, self._work = connection.database_shown, ahead, work
        self._connector = PsycopgConnector(
            conninfo=connection.database_url.replace("postgresql+psycopg://", "postgresql://", 1),
            kwargs=databases.client(connection),
            configure=_configure,
            min_size=1,
            max_size=4,
            timeout=10,
        )
        self._app = App(connector=self._connector)
        self._plan = Plan()
        self._running: set[int] = set()
        self._astray: set[int] = set()
        self._worker: int | None = None
        for verb in VERBS:
            self._register(verb)
        self._app.task(name=_TIDY, queue=_TIDY, queueing_lock=_TIDY)(self._tidy)
        # Also because a worker without any periodic task does not notice that its signs of life fail.
        self._app.periodic(cron="17 * * * *")(self._app.tasks[_TIDY])

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connected, with tables of the right version. Raises StoreError, SchemaError."""
        try:
            with translated(self._where):
                await self._connector.open_async()
                async with self._connector.pool.connection() as connection:
                    await queue_tables.ready(connection, where=self._where)
            yield
        finally:
            await self._connector.close_async()

    async def renew(self) -> bool:
        """Make the tables anew when they are of another version; whether that was so. Raises StoreError."""
        try:
            with translated(self._where):
                await self._connector.open_async()
                async with self._connector.pool.connection() as connection:
                    return await queue_tables.renew(connection, where=self._where)
        finally:
            await self._connector.close_async()

    async def work(self, verbs: Sequence[Verb], *, side_by_side: int, wait: bool = True) -> None:
        """Do the jobs of ``verbs``, ``side_by_side`` at most at once, until cancelled; without ``wait`` until there are
        none. What is under way is waited for. It ends early when the database cannot be reached."""
        await self._app.run_worker_async(
            queues=[*verbs, _TIDY],
            concurrency=side_by_side,
            wait=wait,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            # A job whose administration is busy is not told of when that ends, only found by looking.
            fetch_job_polling_interval=0.5,
            update_heartbeat_interval=self._lost_seconds / 3,
            stalled_worker_timeout=self._lost_seconds,
        )

    async def renew_sessions(self) -> None:
        """Give up the sessions that there are: whether they may write was decided when they began."""
        await self._connector.pool.drain()

    async def try_writing(self) -> None:
        """Change nothing, but write: a database may be there and only be read."""
        await self._connector.execute_query_async("UPDATE made_for SET version = version")

    async def put(self, verb: Verb, name: str) -> None:
        """Queue ``verb`` for the administration ``name``, unless that waits in the queue already."""
        with suppress(AlreadyEnqueued):
            await self._defer(verb, name)

    async def plan(self, schedules: Mapping[str, Schedule]) -> bool:
        """Queue which of the administrations ``schedules`` are due, and what a lost worker left; ``False`` when another
        worker is at it."""
        with translated(self._where):
            await self._find_astray()
            async with self._connector.pool.connection() as connection:
                query = "SELECT pg_try_advisory_xact_lock(%s), clock_timestamp()"
                cursor = await connection.execute(query, (queue_tables.lock_key("timetable"),))
                mine, now = await cursor.fetchone() or (False, None)
                if not mine or now is None:
                    return False
                for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._lost_seconds):
                    await self._again(job)
                await self._queue_due(connection, schedules, now)
        return True

    def next_due(self) -> tuple[datetime.datetime, str] | None:
        """When the next administration is due, in the time of the timetable, and which; as far as is known here."""
        return self._plan.soonest()

    def seconds_to_next(self) -> float | None:
        """Seconds until the next administration is due."""
        soonest = self._plan.soonest()
        if soonest is None:
            return None
        return (soonest[0] - self._ahead - datetime.datetime.now(datetime.UTC)).total_seconds()

    async def trouble(self, name: str) -> Trouble | None:
        """What fails with the administration ``name``, ``None`` when nothing does."""
        rows = await self._connector.execute_query_all_async(
            "SELECT told, failures, failed_verb FROM timetable WHERE administration = %(name)s AND failures > 0",
            name=name,
        )
        return next(
            (Trouble(told=tuple(r["told"].split()), failures=r["failures"], verb=r["failed_verb"]) for r in rows), None
        )

    async def note(
        self, name: str, trouble: Trouble | None, *, again: Verb | None = None, wait: datetime.timedelta | None = None
    ) -> None:
        """Keep what fails with ``name``, and that ``again`` is to be tried after ``wait``."""
        kept = trouble or Trouble()
        await self._connector.execute_query_async(
            "UPDATE timetable SET told = %(told)s, failures = %(failures)s, failed_verb = %(verb)s,"
            " again_verb = %(again)s, again_at = clock_timestamp() + %(ahead)s + %(wait)s::interval"
            " WHERE administration = %(name)s",
            name=name,
            told=" ".join(kept.told),
            failures=kept.failures,
            verb=kept.verb,
            again=again or "",
            ahead=self._ahead,
            wait=wait if again else None,
        )

    async def _defer(
        self, verb: Verb, name: str, *, due: datetime.datetime | None = None, connection: Any = None
    ) -> None:
        deferrer = self._app.configure_task(
            verb,
            queue=verb,
            lock=name,
            queueing_lock=f"{name}/{verb}",
            priority=VERBS.index(verb),  # what is begun is ended before something new is
            schedule_at=due,
            connection=connection,
        )
        await deferrer.defer_async(administration=name)

    async def _queue_due(self, connection: Any, schedules: Mapping[str, Schedule], real: datetime.datetime) -> None:
        now = real + self._ahead
        cursor = await connection.execute("SELECT administration, queued_at, again_at, again_verb FROM timetable")
        lines = {
            row[0]: Line(queued_at=row[1], again_at=row[2], again_verb=row[3] or None)
            for row in await cursor.fetchall()
        }
        for step in self._plan.steps(schedules, lines, now):
            if step.verb is not None:
                due = real - (now - step.due)
                with suppress(AlreadyEnqueued):  # which undoes nothing of the others
                    async with connection.transaction():
                        await self._defer(step.verb, step.name, due=due, connection=connection)
            await connection.execute(
                "INSERT INTO timetable (administration, queued_at) VALUES (%s, %s) ON CONFLICT (administration)"
                " DO UPDATE SET queued_at = excluded.queued_at, again_at = NULL, again_verb = ''",
                (step.name, step.queued_at),
            )

    async def _tidy(self, timestamp: int) -> None:  # noqa: ARG002 - what every periodic task is given
        """Forget jobs that somebody cancelled; those that ended are gone already."""
        await self._app.job_manager.delete_old_jobs(
            KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    async def _find_astray(self) -> None:
        """Jobs that count as ours and that nobody does any more: their end could not be noted."""
        if self._worker is None:
            return
        jobs = await self._app.job_manager.list_jobs_async(status=Status.DOING.value, worker_id=self._worker)
        astray = {job.id: job for job in jobs if job.id is not None and job.id not in self._running}
        for number in self._astray & astray.keys():
            await self._again(astray[number])
        self._astray = set(astray)  # one that was given out just now is begun before we look again

    async def _again(self, job: Job) -> None:
        """Do a job anew that was left: at once, and ever later when it seems to take its workers with it."""
        assert job.id is not None, "it comes from the database"
        wait = datetime.timedelta()
        if job.attempts >= LOST_AT_ONCE:
            wait = min(LOST_RETRY * (1 << min(job.attempts - LOST_AT_ONCE, 10)), LONGEST_RETRY)
        with log.about(administration=job.lock or "", action=job.task_name):
            try:
                # By the clock of the database: jobs are given out by it.
                clock = await self._connector.execute_query_one_async("SELECT clock_timestamp() AS now")
                at = clock["now"] + wait
                await self._app.job_manager.retry_job_by_id_async(job.id, retry_at=at)
            except UniqueViolation:  # the same waits already
                await self._app.job_manager.finish_job_by_id_async(job.id, Status.ABORTED, delete_job=True)
            except ConnectorException:
                return  # whoever had it has just ended it
            _log.warning("who worked on it is gone; it is done again%s", f" in {wait}" if wait else "")

    def _register(self, verb: Verb) -> None:
        async def job(context: JobContext, administration: str) -> None:
            number = context.job.id
            assert number is not None, "it comes from the database"
            self._running.add(number)
            self._worker = context.job.worker_id
            try:
                await self._work(self, verb, administration, context.job.scheduled_at)
            finally:
                # Until its end is noted it still counts as ours; ``_find_astray`` looks twice.
                self._running.discard(number)

        retry = RetryStrategy(max_attempts=10, wait=60, retry_exceptions=[ConnectorException])
        self._app.task(name=verb, queue=verb, pass_context=True, retry=retry)(job)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Tell what the database reports as a StoreError: StoreUnavailable when it does not answer."""
    try:
        with wrap_exceptions():
            yield
    except ConnectorException as error:
        raise databases.told(error.__cause__ or error, where) from error


async def _configure(connection: Any) -> None:
    own = {"search_path": queue_tables.SCHEMA, "application_name": "connector queue", **_PATIENCE}
    for name, value in {**databases.SERVER, **own}.items():
        await connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    await connection.commit()


def renew(connection: Connection) -> bool:
    """Make the tables of the queue in the database of ``connection`` anew when they are of another version than the
    installed packages work with; whether that was so. Where there are none, none are made. Raises StoreError."""

    async def nothing(_queue: Queue, _verb: Verb, _name: str, _due: datetime.datetime | None) -> None:
        """Do no job."""

    loop = asyncio.SelectorEventLoop()
    try:
        return loop.run_until_complete(Queue(connection, nothing).renew())
    finally:
        loop.close()
