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

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.triggers.base import BaseTrigger

from connector import log
from connector.config import Settings, Supervision
from connector.domain.schedule import Schedule
from connector.errors import ConnectorError
from connector.service.alive import Alive
from connector.service.clock import LONGEST_SECONDS, Clock, Looking
from connector.service.jobs import Told, listening
from connector.service.notify import Notify
from connector.service.notifying import PULSE_SECONDS
from connector.service.runs import Runs
from connector.service.timetable import first_due, next_due

_log = logging.getLogger(__name__)
SET_BACK = datetime.timedelta(minutes=1)
"""By how much the clock must have been set back for everything to begin anew; less is what clocks do."""
_NOTICES = "(notices)"
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

    ``side_by_side`` administrations at most are synchronised at once, each of them once at a time. The clock that gives
    out work beats ``alive``.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        runs: Runs,
        *,
        names: Sequence[str] = (),
        side_by_side: int = 2,
        supervision: Supervision | None = None,
        clock: Clock | None = None,
        alive: Alive | None = None,
    ) -> None:
        self._alive = alive or Alive()
        self._load, self._runs, self._names = load, runs, tuple(names)
        self._clock = clock or Clock()
        self._looked = self._clock.now()
        self._supervision = supervision or Supervision()
        self._notify = Notify(self._supervision.socket)
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._under_way: dict[str, datetime.datetime] = {}
        self._changed = threading.Condition()
        watchdog = self._supervision.watchdog_seconds
        self._scheduler = Looking(
            self._clock,
            self._look,
            longest_seconds=LONGEST_SECONDS if watchdog is None else min(watchdog / 2, LONGEST_SECONDS),
            executors={"default": ThreadPoolExecutor(side_by_side), _NOTICES: ThreadPoolExecutor(1)},
            # What was missed while the computer slept is made up for once.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=datetime.UTC,
        )
        self._scheduler.add_listener(self._tell_slow, EVENT_JOB_MAX_INSTANCES)
        self._told_slow: set[str] = set()
        self._settings: Settings | None = None

    def serve(self, *, patience_seconds: float = 10) -> bool:
        """Serve until SIGTERM or SIGINT. Runs end at their next step; whether all did within ``patience_seconds``.

        Raises SettingsError and SchemaError before anything is begun. Call it in the main thread.
        """
        self._take(self._load())
        try:
            with listening(self._hear):
                self._scheduler.start()
                self._begin_notices()
                self._notify.ready(self._status())
                _log.info("serving: %s", self._status())
                while self._told.get() == "reload":
                    self._reload()
        finally:
            ended = self._stop(patience_seconds)
        return ended

    @property
    def settings(self) -> Settings | None:
        """The settings in force, ``None`` before they were read."""
        return self._settings

    def once(self) -> list[ConnectorError]:
        """Synchronise every administration once, one after the other; the errors of those that failed."""
        settings = self._load()
        with listening(self._hear):
            ended = [self._runs.run(settings, each.name, again=False) for each in settings.select(self._names)]
            self._runs.notifying.pulse(settings, self._names)
        return [error for error in ended if error is not None]

    def _hear(self, told: Told) -> None:
        """What a signal says, in the middle of anything."""
        if told == "stop":
            self._runs.stopping.set()
        self._told.put(told)

    def _take(self, settings: Settings) -> None:
        """Follow ``settings`` from now on. What is under way ends with those it began with."""
        chosen = {each.name: each.schedule for each in settings.select(self._names)}
        known, self._settings = self._settings, settings
        served = {each.name: each.schedule for each in known.select(self._names)} if known else {}
        now = self._clock.now()
        for name in served.keys() - chosen.keys():
            with suppress(JobLookupError):  # it may never have been due
                self._scheduler.remove_job(name)
        for name, schedule in chosen.items():
            if served.get(name) == schedule:
                continue
            self._plan(schedule, name, (next_due if name in served else first_due)(schedule, name, now))

    def _plan(self, schedule: Schedule, name: str, first: datetime.datetime | None) -> None:
        if first is not None:
            trigger = _Timetable(schedule, name)
            self._scheduler.add_job(
                self._run, trigger, args=(name,), id=name, next_run_time=first, replace_existing=True
            )

    def _look(self) -> None:
        """Told whenever the clock is looked at. When it stops giving out work, the signs of life stop too."""
        self._alive.beat()
        if self._supervision.watchdog_seconds is not None:
            self._notify.alive()
        looked, self._looked = self._looked, self._clock.now()
        if self._looked < looked - SET_BACK and self._settings is not None:
            # What is next would be due only when the wrong time comes again.
            _log.warning("the clock was set back from %s to %s; begun anew", _shown(looked), _shown(self._looked))
            for each in self._settings.select(self._names):
                self._plan(each.schedule, each.name, first_due(each.schedule, each.name, self._looked))
            self._begin_notices()

    def _run(self, name: str) -> None:
        settings = self._settings
        assert settings is not None, "settings are taken before anything is due"
        with self._changed:
            self._under_way[name] = self._clock.now()
        try:
            error = self._runs.run(settings, name)
        finally:
            with self._changed:
                del self._under_way[name]
                self._told_slow.discard(name)
                self._changed.notify_all()
        wait = self._runs.retry_after(name, error)
        if wait is None or self._runs.stopping.is_set():
            return
        again = self._clock.now() + wait
        with suppress(JobLookupError):  # the settings may have been read anew without it
            job = self._scheduler.get_job(name)
            if job is not None and job.next_run_time > again:
                self._scheduler.modify_job(name, next_run_time=again)

    def _tell_slow(self, event: JobSubmissionEvent) -> None:
        """A run that is due while the one before it still goes on is left out; that is told once while it lasts."""
        name = event.job_id
        if name == _NOTICES:  # an address that does not answer for long
            return
        with self._changed:
            since, known = self._under_way.get(name), name in self._told_slow
            self._told_slow.add(name)
        if since is not None and not known:
            with log.about(administration=name):
                _log.warning("the run of %s still goes on; what is due meanwhile is left out", _shown(since))

    def _reload(self) -> None:
        self._notify.reloading()
        try:
            self._take(self._load())
        except ConnectorError as error:
            _log.error("the settings are not taken, those of before stay in force: %s. Next: %s", error, error.hint)
            self._runs.notifying.settings_refused(self._settings, error)
        except Exception:  # noqa: BLE001 - a defect must not stop what runs
            _log.exception("the settings are not taken, those of before stay in force: a defect of the connector")
        else:
            self._runs.notifying.settings_taken(self._settings)
            _log.info("settings read anew: %s", self._status())
        self._notify.ready(self._status())

    def _begin_notices(self) -> None:
        """What waits for the clock to be told; an executor of its own, since an address may not answer for long."""
        self._scheduler.add_job(
            self._tell_by_the_clock,
            "interval",
            seconds=PULSE_SECONDS,
            id=_NOTICES,
            executor=_NOTICES,
            replace_existing=True,
        )

    def _tell_by_the_clock(self) -> None:
        with self._changed:
            self._under_way[_NOTICES] = self._clock.now()
        try:
            self._runs.notifying.pulse(self._settings, self._names)
        finally:
            with self._changed:
                del self._under_way[_NOTICES]
                self._changed.notify_all()

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
        jobs = {each.id: each.next_run_time for each in self._scheduler.get_jobs() if each.id != _NOTICES}
        soonest = sorted((at, name) for name, at in jobs.items() if at is not None)
        count = "1 administration" if len(jobs) == 1 else f"{len(jobs)} administrations"
        return count + (f", next {soonest[0][1]} at {soonest[0][0]:%H:%M} UTC" if soonest else "")


def _shown(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
