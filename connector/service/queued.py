"""Many workers: each queues what is due and does what is queued, part by part, until a signal says stop.

The queue gives out an administration to one worker at a time; that nobody else works on it is made sure by its lock in
the database, as for every other run.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import Any, TypeVar

from connector import log
from connector.app import databases
from connector.config import Settings, Supervision
from connector.domain.schedule import Schedule
from connector.engine.run import VERBS, Verb
from connector.errors import BusyError, ConnectorError, SettingsError, StoreError, StoreUnavailable
from connector.service.alive import BEAT_SECONDS, Alive
from connector.service.jobs import Told, listening
from connector.service.notify import Notify
from connector.service.notifying import PULSE_SECONDS
from connector.service.queue import LOST_SECONDS, Queue, translated
from connector.service.runs import RETRY, Runs

_log = logging.getLogger(__name__)
T = TypeVar("T")
LOOK_SECONDS = 60.0
"""How often, at least, a worker looks at the timetable and for what was left by others."""
AGAIN_SECONDS = 5.0
"""After how long a worker that lost the database tries it again."""
LASTING_SECONDS = 2.0
"""A worker that takes jobs for so long has the database."""
BUSY_AGAIN = datetime.timedelta(minutes=1)
"""After how long an administration on which somebody else works is tried again."""
_NOTHING = datetime.timedelta()
_QUIET = ("procrastinate", "psycopg.pool")


class Workers:
    """One of many workers on the queue in the database of the settings that ``load`` gives.

    It queues the administrations ``names`` (all when there are none) when they are due, and does the ``verbs`` of
    whatever is queued, ``side_by_side`` at most at once. ``ahead`` is how much further than the clock the timetable is,
    for trials. At least every ``look_seconds`` it looks at the timetable, and for jobs of workers that gave no
    sign of life for ``lost_seconds``. What gives out work beats ``alive``.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        runs: Runs,
        *,
        names: Sequence[str] = (),
        side_by_side: int = 2,
        verbs: Sequence[Verb] = VERBS,
        supervision: Supervision | None = None,
        ahead: datetime.timedelta = _NOTHING,
        look_seconds: float = LOOK_SECONDS,
        lost_seconds: float = LOST_SECONDS,
        alive: Alive | None = None,
    ) -> None:
        self._alive = alive or Alive()
        self._load, self._runs, self._names = load, runs, tuple(names)
        self._side_by_side, self._verbs, self._ahead = side_by_side, tuple(verbs), ahead
        self._supervision = supervision or Supervision()
        self._notify = Notify(self._supervision.socket)
        self._settings: Settings | None = None
        self._threads = ThreadPoolExecutor(side_by_side, thread_name_prefix="run")
        self._loop = asyncio.SelectorEventLoop()  # the one on which psycopg works everywhere
        self._loop.set_exception_handler(_tell_stray)
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._look = asyncio.Event()
        self._failed: list[ConnectorError] | None = None
        self._look_seconds, self._lost_seconds = look_seconds, lost_seconds
        self._done = 0
        self._cut_off: set[str] = set()
        self._telling: set[asyncio.Future[None]] = set()
        self._where = ""

    def serve(self, *, patience_seconds: float = 10) -> bool:
        """Serve until SIGTERM or SIGINT. Runs end at their next step; whether all did within ``patience_seconds``.

        Raises SettingsError, StoreError and SchemaError before anything is begun. Call it in the main thread.
        """
        ended = True
        try:
            with listening(self._hear):
                ended = self._run(self._serve(patience_seconds))
        finally:
            if ended:  # else it would wait for what is under way
                self._close()
        return ended

    @property
    def settings(self) -> Settings | None:
        """The settings in force, ``None`` before they were read."""
        return self._settings

    def once(self) -> list[ConnectorError]:
        """Queue what is due, work off what is queued, and end; the errors of what failed."""
        failed = self._failed = []
        try:
            with listening(self._hear):
                self._run(self._once())
        finally:
            self._close()
        return failed

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        for name in _QUIET:  # what they have to say is said here
            logging.getLogger(name).setLevel(logging.CRITICAL)
        return self._loop.run_until_complete(work)

    def _close(self) -> None:
        self._threads.shutdown()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _hear(self, told: Told) -> None:
        """What a signal says, in the middle of anything."""
        if told == "stop":
            self._runs.stopping.set()
        self._loop.call_soon_threadsafe(self._told.put_nowait, told)

    async def _serve(self, patience_seconds: float) -> bool:
        queue = self._begin(self._load())
        async with AsyncExitStack() as stack:
            tasks = {asyncio.create_task(self._pulse())}
            try:
                if await self._opened(queue, stack):
                    parts = (self._clock(queue), self._work(queue), self._notices())
                    tasks |= {asyncio.create_task(each) for each in parts}
                    for task in tasks:
                        task.add_done_callback(lambda _task: self._told.put_nowait("stop"))  # none ends by itself
                    self._notify.ready(self._status(queue))
                    _log.info("working: %s", self._status(queue))
                    while await self._told.get() == "reload":
                        self._reload()
            finally:
                for task in tasks:
                    task.cancel()
            self._runs.stopping.set()
            self._notify.stopping()
            _log.info("stopping; what is under way ends at its next step")
            done, under_way = await asyncio.wait(tasks | self._telling, timeout=patience_seconds)
            died = [error for each in done if not each.cancelled() and (error := each.exception()) is not None]
            if under_way:
                for error in died:  # nobody hears of it otherwise
                    _log.error("this is a defect of the connector", exc_info=error)
                _log.warning("stopped in the middle of a step; another worker finds out what became of it")
                stack.pop_all()  # the process ends with what is under way; nothing waits for it
                return False
            if died:
                raise died[0]
        _log.info("stopped")
        return True

    async def _opened(self, queue: Queue, stack: AsyncExitStack) -> bool:
        """Open ``queue`` in ``stack`` and plan, as soon as the database is there; ``False`` when told to stop."""
        while True:
            opening = asyncio.create_task(self._open(queue, stack))
            while not opening.done():
                hearing = asyncio.create_task(self._told.get())
                await asyncio.wait({opening, hearing}, return_when=asyncio.FIRST_COMPLETED)
                if hearing.done() and hearing.result() == "stop":
                    opening.cancel()
                    await asyncio.wait({opening})
                    return False
                if hearing.done():
                    self._reload()
                hearing.cancel()
            if opening.result():
                return True

    async def _open(self, queue: Queue, stack: AsyncExitStack) -> bool:
        try:
            # This fails at once where the queue would wait for half a minute.
            await self._loop.run_in_executor(None, databases.check, queue.connection)
            async with AsyncExitStack() as attempt:
                await attempt.enter_async_context(queue.opened())
                await queue.plan(self._schedules())
                stack.push_async_exit(attempt.pop_all())
        except StoreUnavailable as error:
            self._lost(error, "beginning")
            self._notify.ready(self._count())  # a manager would give up on us otherwise
            await asyncio.sleep(AGAIN_SECONDS)
            return False
        self._found("beginning")
        return True

    async def _once(self) -> None:
        queue = self._begin(self._load())
        async with queue.opened():
            await queue.plan(self._schedules())
            before = -1
            while before < self._done and not self._runs.stopping.is_set():
                before = self._done
                working = asyncio.create_task(queue.work(self._verbs, side_by_side=self._side_by_side, wait=False))
                stopped = asyncio.create_task(self._stop_told())
                await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
                for task in (stopped, working):
                    task.cancel()
                with suppress(asyncio.CancelledError), translated(self._where):
                    await working
        await self._beside(self._runs.notifying.pulse, self._settings, self._names)

    async def _stop_told(self) -> None:
        while await self._told.get() != "stop":
            pass

    def _begin(self, settings: Settings) -> Queue:
        connection = settings.connection
        if connection.database_url.startswith("sqlite:"):
            raise SettingsError(
                "many workers need PostgreSQL, and the database is a SQLite file",
                hint="Run 'connector serve', which needs no server; or name a PostgreSQL in CONNECTOR_DATABASE_URL.",
                where=connection.database_shown,
            )
        settings.select(self._names)
        self._settings, self._where = settings, connection.database_shown
        return Queue(connection, self._job, ahead=self._ahead, lost_seconds=self._lost_seconds)

    def _schedules(self) -> dict[str, Schedule]:
        assert self._settings is not None, "settings are read before anything is planned"
        return {each.name: each.schedule for each in self._settings.select(self._names)}

    async def _clock(self, queue: Queue) -> None:
        """Look at the timetable when the next is due, and at least every ``look_seconds``."""
        looked = True
        while True:
            soonest = queue.seconds_to_next() if looked else None  # else another worker is at it
            wait = self._look_seconds if soonest is None else min(max(soonest, 1.0), self._look_seconds)
            if self._cut_off:
                wait = AGAIN_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), wait)
            self._look.clear()
            try:
                looked = await queue.plan(self._schedules())
            except StoreError as error:
                self._lost(error, "timetable")
            else:
                self._found("timetable")

    async def _work(self, queue: Queue) -> None:
        """Do what is queued; when the database is gone, as soon as it is back."""
        while True:
            lasts: asyncio.TimerHandle | None = None
            try:
                with translated(self._where):
                    await queue.try_writing()
                    lasts = self._loop.call_later(LASTING_SECONDS, self._found, "jobs")
                    await queue.work(self._verbs, side_by_side=self._side_by_side)
            except StoreError as error:
                self._lost(error, "jobs")
                await queue.renew_sessions()
            finally:
                if lasts is not None:
                    lasts.cancel()
            self._look.set()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _pulse(self) -> None:
        """Signs of life that come from what gives out work: when it hangs, they stop too."""
        seconds = self._supervision.watchdog_seconds
        while True:
            self._alive.beat()
            if seconds is not None:
                self._notify.alive()
            await asyncio.sleep(BEAT_SECONDS if seconds is None else min(seconds / 2, BEAT_SECONDS))

    async def _notices(self) -> None:
        """Tell people what waits for the clock; of several workers one does."""
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            # Whoever is being told is waited for at the end, and not forgotten.
            await asyncio.shield(self._beside(self._runs.notifying.pulse, self._settings, self._names))

    def _beside(self, work: Callable[..., None], *arguments: object) -> asyncio.Future[None]:
        """Do ``work``, which may wait long for an address, in a thread that no run needs."""
        telling = self._loop.run_in_executor(None, work, *arguments)
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return telling

    async def _job(self, queue: Queue, verb: Verb, name: str, due: datetime.datetime | None) -> None:
        settings = self._settings
        assert settings is not None, "settings are read before anything is done"
        self._done += 1
        if name not in {each.name for each in settings.administrations}:
            with log.about(administration=name, action=verb):
                _log.warning("these settings do not name it; left for a worker whose settings do")
            await queue.note(name, await queue.trouble(name), again=verb, wait=RETRY)
            return
        before = await queue.trouble(name)
        self._runs.troubles.pop(name, None)
        if before is not None:
            self._runs.troubles[name] = before
        if due is not None:
            with log.about(administration=name, action=verb):
                late = datetime.datetime.now(datetime.UTC) - due
                _log.info("taken %.1f s after it was due", late.total_seconds())
        ended = await self._loop.run_in_executor(self._threads, self._runs.attempt, settings, name, verb)
        after = self._runs.troubles.get(name)
        wait = None if ended.stopped else self._runs.retry_after(name, ended.error, verb)
        if wait is not None and isinstance(ended.error, BusyError):
            wait = min(wait, BUSY_AGAIN)
        if wait is not None or after != before:
            await queue.note(name, after, again=verb if wait else None, wait=wait)
        if ended.error is not None:
            if self._failed is not None:  # else they would be kept, with all that was under way, for months
                self._failed.append(ended.error)
            return
        following = verb if ended.stopped else _FOLLOWING.get(verb)
        if following is not None:
            await queue.put(following, name)

    def _reload(self) -> None:
        before = self._settings
        assert before is not None, "settings are read before they are read anew"
        self._notify.reloading()
        try:
            settings = self._read_anew(before)
        except ConnectorError as error:
            _log.error("the settings are not taken, those of before stay in force: %s. Next: %s", error, error.hint)
            self._beside(self._runs.notifying.settings_refused, before, error)
        except Exception:  # noqa: BLE001 - a defect must not stop what runs
            _log.exception("the settings are not taken, those of before stay in force: a defect of the connector")
        else:
            self._settings = settings
            self._look.set()
            self._beside(self._runs.notifying.settings_taken, settings)
            _log.info("settings read anew: %s", self._count())  # what is next, the timetable knows when it is planned
        self._notify.ready(self._count())

    def _read_anew(self, before: Settings) -> Settings:
        settings = self._load()
        if settings.connection.database_url != before.connection.database_url:
            raise SettingsError(
                "the database cannot be another one while a worker runs", hint="Stop the worker and start it again."
            )
        settings.select(self._names)
        return settings

    def _lost(self, error: StoreError, what: str) -> None:
        """Tell once that the database is gone; ``what`` needs it."""
        if not self._cut_off and not self._runs.stopping.is_set():
            _log.error("%s. Next: it is tried again until it answers", error)
            self._beside(self._runs.notifying.store_lost, self._settings, error)
        self._cut_off.add(what)

    def _found(self, what: str) -> None:
        """It is back when nothing misses it any more: one that can be read only takes no jobs."""
        if what not in self._cut_off:
            return
        self._cut_off.discard(what)
        if not self._cut_off:
            _log.warning("the database answers again")
            self._beside(self._runs.notifying.store_found, self._settings)

    def _status(self, queue: Queue) -> str:
        soonest = queue.next_due()
        return self._count() + (f", next {soonest[1]} at {soonest[0]:%H:%M} UTC" if soonest else "")

    def _count(self) -> str:
        known = self._schedules()
        return "1 administration" if len(known) == 1 else f"{len(known)} administrations"


_FOLLOWING: dict[Verb, Verb] = {"pull": "prepare", "prepare": "deliver"}


def _tell_stray(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What went wrong where nobody waits for it: the end of a job that could not be noted."""
    _log.warning("the queue: %s", context.get("exception") or context.get("message"))
