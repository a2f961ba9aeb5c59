"""What can be measured: the state of every administration, read from the database when somebody asks, and the runs of
this process, counted as they end."""

from __future__ import annotations

import datetime
import logging
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec

from connector import __version__, telemetry
from connector.app import ledgers
from connector.config import Settings
from connector.domain.money import from_minor
from connector.errors import ConnectorError, SettingsError
from connector.service import exposition
from connector.service.exposition import Family, Sample

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.watched import Backlog, Watched

_log = logging.getLogger(__name__)
REMEMBERED_SECONDS = 15.0
"""How long what the database told counts: who asks more often is told the same again."""
ALWAYS = ("queued", "sending", "unknown", "rejected")
"""States of deliveries that are told at 0 too, so that an alert on them has something to look at."""
_DIRECTIONS = ("purchase", "sale")
_LONGEST_RUN = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
_administration: ContextVar[str] = ContextVar("connector_metrics_administration", default="")


class Metrics:
    """Counts runs (as a listener of ``telemetry``) and gives the text that Prometheus reads.

    ``now`` gives the present moment in UTC, ``monotonic`` seconds. SettingsError where the extra is not installed.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime.datetime],
        today: Callable[[], datetime.date],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            import prometheus_client
        except ModuleNotFoundError as error:
            raise SettingsError(
                "the package for metrics is not installed",
                hint="Install it with: pip install 'copaco-connector[service]'",
            ) from error
        self._now, self._today, self._monotonic = now, today, monotonic
        self._client: Any = prometheus_client
        self._registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        self._runs = prometheus_client.Counter(*exposition.RUNS, ["action", "outcome"], registry=self._registry)
        self._durations = prometheus_client.Histogram(
            *exposition.DURATION, ["action"], buckets=_LONGEST_RUN, registry=self._registry
        )
        self._calls_left: dict[str, int] = {}
        self._reading, self._read_at = threading.Lock(), float("-inf")
        self._seen: _Seen | None = None

    def watching(self) -> AbstractContextManager[None]:
        """Count what runs meanwhile."""
        return telemetry.listening(self)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, telemetry.Value]) -> Iterator[telemetry.Mark]:
        """Told of each span; only runs are counted."""
        if name != "run":
            yield _unmarked
            return
        action, began, outcome = str(attributes["action"]), self._monotonic(), "done"
        before = _administration.set(str(attributes["administration"]))
        try:
            yield _unmarked
        except Exception as error:
            outcome = _outcome(error)
            raise
        finally:
            _administration.reset(before)
            self._runs.labels(action, outcome).inc()
            self._durations.labels(action).observe(self._monotonic() - began)

    def figure(self, name: str, value: int) -> None:
        """Told of each figure."""
        if name == "ledger_calls_left" and (administration := _administration.get()):
            self._calls_left[administration] = value

    def text(self, settings: Settings | None) -> str:
        """Everything, as Prometheus reads it. A database that does not answer is told as such, and the rest with it."""
        counted: str = self._client.generate_latest(self._registry).decode()
        configured = settings.administrations if settings is not None else ()
        seen = self._watched(settings) if settings is not None else None
        told: list[tuple[Family, list[Sample]]] = [
            *(self._of_database(seen, [each.name for each in configured]) if seen is not None else ()),
            *self._of_settings(configured, settings),
            (exposition.BUILD, [((__version__, platform.python_version(), _schema()), 1)]),
            (exposition.DATABASE_UP, [((), int(seen is not None))]),
            (exposition.ADMINISTRATIONS, [((), len(configured))]),
            (exposition.CALLS_LEFT, [((name,), left) for name, left in sorted(self._calls_left.items())]),
        ]
        return counted + "".join(family.text(samples) for family, samples in told)

    def _watched(self, settings: Settings) -> _Seen | None:
        """What the database tells; ``None`` when it does not answer. Who asks meanwhile waits for the same answer."""
        from connector.app import Connector
        from connector.engine import watched

        with self._reading:
            if self._monotonic() - self._read_at >= REMEMBERED_SECONDS:
                try:
                    with Connector(settings, actor="metrics", today=self._today(), now=self._now) as connector:
                        place = connector.everywhere
                        self._seen = _Seen(administrations=watched.everything(place), backlog=watched.backlog(place))
                except ConnectorError as error:
                    _log.info("the database cannot be measured: %s", error)
                    self._seen = None
                self._read_at = self._monotonic()
            return self._seen

    def _of_database(self, seen: _Seen, names: list[str]) -> Iterator[tuple[Family, list[Sample]]]:
        there = [seen.administrations[name] for name in names if name in seen.administrations]
        sides = [(each, direction) for each in there for direction in _DIRECTIONS]
        yield exposition.FETCH_AGE, [((x.name,), self._age(x.last_fetch)) for x in there if x.last_fetch is not None]
        held = [((x.name, side), x.held.get(side)) for x, side in sides]
        yield exposition.HELD_EUROS, [(key, from_minor(each.net if each else 0, "EUR")) for key, each in held]
        yield exposition.HELD_DOCUMENTS, [(key, each.documents if each else 0) for key, each in held]
        ready = [((x.name, side), x.ready.get(side)) for x, side in sides]
        yield exposition.READY_DOCUMENTS, [(key, each.documents if each else 0) for key, each in ready]
        yield (
            exposition.DELIVERIES,
            [((x.name, state), x.in_state(state)) for x in there for state in sorted({*ALWAYS, *x.deliveries})],
        )
        ran = [(x.name, x.last_run) for x in there if x.last_run is not None]
        yield exposition.RUN_FAILURES, [((name,), run.failures) for name, run in ran]
        yield exposition.RUN_AGE, [((name,), self._age(run.ended_at)) for name, run in ran]
        jobs = [(each, (each.waiting, each.put_off, each.under_way)) for each in seen.backlog]
        states = ("waiting", "put_off", "doing")
        yield (
            exposition.QUEUE_JOBS,
            [((x.action, state), number) for x, sums in jobs for state, number in zip(states, sums, strict=True)],
        )
        yield exposition.QUEUE_WAIT, [((each.action,), each.seconds) for each in seen.backlog]

    def _of_settings(
        self, configured: tuple[Administration, ...], settings: Settings | None
    ) -> Iterator[tuple[Family, list[Sample]]]:
        keys = [(each.name, each.source.key_expires) for each in configured]
        today = self._today()
        yield exposition.KEY_EXPIRES, [((name,), (day - today).days) for name, day in keys if day is not None]
        if settings is not None:
            tokens = settings.connection.folder / "tokens"
            logins = ledgers.logins_end(configured, tokens)
            yield exposition.LOGIN_EXPIRES, [((name,), (ends - self._now()).days) for name, ends in logins]

    def _age(self, moment: datetime.datetime) -> int:
        """Whole seconds since ``moment``, 0 for one that a clock that was set back puts into the future."""
        return max((self._now() - moment) // datetime.timedelta(seconds=1), 0)


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the database told: each administration by name, and what waits for workers."""

    administrations: Mapping[str, Watched]
    backlog: list[Backlog]


def _outcome(error: Exception) -> str:
    kind = type(error).__name__
    return kind if isinstance(error, ConnectorError) else "stopped" if kind == "Stopped" else "Defect"


def _schema() -> str:
    from connector.app import databases

    return databases.HEAD


def _unmarked(**_attributes: telemetry.Value) -> None:
    """Nothing is measured of single attributes."""
