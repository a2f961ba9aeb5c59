"""Serve: every administration by its schedule until a signal says stop; APScheduler gives out what is due.

Nothing is kept of its own: the timetable follows from the clock, and what was under way is in the database.
"""

from __future__ import annotations

import datetime
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from connector.config import Settings, Supervision
from connector.domain.schedule import Schedule
from connector.errors import ConnectorError
from connector.service.jobs import Told, listening
from connector.service.notify import Notify
from connector.service.runs import Runs
from connector.service.timetable import first_due, next_due

_log = logging.getLogger(__name__)
_PULSE = "(pulse)"
"""No administration can have this name."""


class _Timetable(BaseTrigger):  # type: ignore[misc]
    """When the administration ``name`` is due next, for APScheduler."""

    def __init__(self, schedule: Schedule, name: str) -> None:
        self.schedule, self.name = schedule, name

    def get_next_fire_time(
        self, previous: datetime.datetime | None, now: datetime.datetime
    ) -> datetime.datetime | None:
        """The next moment after both."""
        return next_due(self.schedule, self.name, max(previous or now, now))


class Service:
    """Serves the administrations ``names`` (all when there are none) of the settings that ``load`` gives.

    ``side_by_side`` administrations at most are synchronised at once, each of them once at a time.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        runs: Runs,
        *,
        names: Sequence[str] = (),
        side_by_side: int = 2,
        supervision: Supervision | None = None,
    ) -> None:
        self._load, self._runs, self._names = load, runs, tuple(names)
        self._supervision = supervision or Supervision()
        self._notify = Notify(self._supervision.socket)
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._under_way, self._changed = 0, threading.Condition()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(side_by_side), _PULSE: ThreadPoolExecutor(1)},
            # What was missed while the computer slept is made up for once.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=datetime.UTC,
        )
        self._settings: Settings | None = None

    def serve(self, *, patience_seconds: float = 10) -> bool:
        """Serve until SIGTERM or SIGINT. Runs end at their next step; whether all did within ``patience_seconds``.

        Raises SettingsError and SchemaError before anything is begun. Call it in the main thread.
        """
        self._take(self._load())
        try:
            with listening(self._hear):
                self._scheduler.start()
                self._begin_pulse()
                self._notify.ready(self._status())
                _log.info("serving: %s", self._status())
                while self._told.get() == "reload":
                    self._reload()
        finally:
            ended = self._stop(patience_seconds)
        return ended

    def once(self) -> list[ConnectorError]:
        """Synchronise every administration once, one after the other; the errors of those that failed."""
        settings = self._load()
        with listening(self._hear):
            ended = [self._runs.run(settings, each.name) for each in settings.select(self._names)]
        return [error for error in ended if error is not None]

    def _hear(self, told: Told) -> None:
        if told == "stop":
            self._runs.stopping.set()
        self._told.put(told)

    def _take(self, settings: Settings) -> None:
        """Follow ``settings`` from now on. What is under way ends with those it began with."""
        chosen = {each.name: each.schedule for each in settings.select(self._names)}
        known, self._settings = self._settings, settings
        served = {each.name: each.schedule for each in known.select(self._names)} if known else {}
        now = datetime.datetime.now(datetime.UTC)
        for name in served.keys() - chosen.keys():
            with suppress(JobLookupError):  # it may never have been due
                self._scheduler.remove_job(name)
        for name, schedule in chosen.items():
            if served.get(name) == schedule:
                continue
            first = next_due(schedule, name, now) if name in served else first_due(schedule, name, now)
            if first is not None:
                trigger = _Timetable(schedule, name)
                self._scheduler.add_job(
                    self._run, trigger, args=(name,), id=name, next_run_time=first, replace_existing=True
                )

    def _run(self, name: str) -> None:
        settings = self._settings
        assert settings is not None, "settings are taken before anything is due"
        with self._changed:
            self._under_way += 1
        try:
            error = self._runs.run(settings, name)
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
        wait = self._runs.retry_after(name, error) if error is not None else None
        if wait is None or self._runs.stopping.is_set():
            return
        again = datetime.datetime.now(datetime.UTC) + wait
        with suppress(JobLookupError):  # the settings may have been read anew without it
            job = self._scheduler.get_job(name)
            if job is not None and job.next_run_time > again:
                self._scheduler.modify_job(name, next_run_time=again)

    def _reload(self) -> None:
        self._notify.reloading()
        try:
            self._take(self._load())
        except ConnectorError as error:
            _log.error("the settings are not taken, those of before stay in force: %s. Next: %s", error, error.hint)
        else:
            _log.info("settings read anew: %s", self._status())
        self._notify.ready(self._status())

    def _begin_pulse(self) -> None:
        """Signs of life that come from the clock itself: when it stops giving out work, they stop too."""
        if self._supervision.watchdog_seconds is not None:
            seconds = self._supervision.watchdog_seconds / 2
            self._scheduler.add_job(self._notify.alive, "interval", seconds=seconds, id=_PULSE, executor=_PULSE)
            self._notify.alive()

    def _stop(self, patience_seconds: float) -> bool:
        self._runs.stopping.set()
        self._notify.stopping()
        _log.info("stopping; what is under way ends at its next step")
        self._scheduler.shutdown(wait=False)
        with self._changed:
            ended = self._changed.wait_for(lambda: not self._under_way, patience_seconds)
        if ended:
            _log.info("stopped")
        else:
            _log.warning("stopped in the middle of a step; the next run finds out what became of it")
        return ended

    def _status(self) -> str:
        jobs = {each.id: each.next_run_time for each in self._scheduler.get_jobs() if each.id != _PULSE}
        soonest = sorted((at, name) for name, at in jobs.items() if at is not None)
        count = "1 administration" if len(jobs) == 1 else f"{len(jobs)} administrations"
        return count + (f", next {soonest[0][1]} at {soonest[0][0]:%H:%M} UTC" if soonest else "")
