"""One run of an administration in the service: synchronised, stopped between two steps, and told in the log."""

from __future__ import annotations

import datetime
import logging
import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from connector import log
from connector.app import Connector
from connector.config import Settings
from connector.errors import BusyError, ConnectorError, Recovery, StoreBusy, StoreUnavailable

if TYPE_CHECKING:
    from connector.engine.run import RunReport

_log = logging.getLogger(__name__)
RETRY = datetime.timedelta(minutes=10)
LONGEST_RETRY = datetime.timedelta(hours=4)
_DATABASE = "(database)"
"""No administration can have this name."""


class _Stopped(Exception):
    """The service stops; raised between two steps of a run, after which everything is committed."""


class Runs:
    """The runs of a service. ``stopping`` ends those that are under way at their next step.

    A failure is told once, however often it repeats, and once more when it is over.
    """

    def __init__(
        self,
        *,
        actor: str,
        today: Callable[[], datetime.date],
        now: Callable[[], datetime.datetime] | None = None,
    ) -> None:
        self.stopping = threading.Event()
        self._actor, self._today, self._now = actor, today, now
        self._told: dict[str, set[str]] = {}
        self._telling = threading.Lock()
        self._failures: dict[str, int] = {}

    def run(self, settings: Settings, name: str, *, again: bool = True) -> ConnectorError | None:
        """Synchronise the administration ``name``; the error that ended it, which is told and goes no further.

        ``again`` says that it is tried again by itself: then another run that works on it is no error the first time.
        """
        with log.about(run=secrets.token_hex(4), administration=name, action="sync"):
            if self.stopping.is_set():
                return None
            try:
                report = self._sync(settings, name)
            except _Stopped:
                _log.info("stopped between two steps; the next run goes on from here")
                return None
            except ConnectorError as error:
                if again and isinstance(error, BusyError) and name not in self._failures:
                    _log.info("%s; tried again in a while", error)
                else:
                    self._tell(name, error)
                self._failures[name] = self._failures.get(name, 0) + 1
                return error
            except Exception as error:  # noqa: BLE001 - told with its traceback
                # A defect that one administration meets must not stop the others, nor the service.
                self._tell(name, error)
                return ConnectorError("this is a defect of the connector", where=name)
            if report.delivered.unknown + report.delivered.postponed:
                self._failures[name] = self._failures.get(name, 0) + 1
            else:
                self._failures.pop(name, None)
            if [each for each in (name, _DATABASE) if self._told.pop(each, None)]:
                _log.warning("what failed before works again")
            _log.info("%s", summary(report))
            return None

    def retry_after(self, name: str, error: ConnectorError | None) -> datetime.timedelta | None:
        """How long to wait before the run that ended with ``error`` (``None``: well) is made again, when the next one
        would be later: where trying again can help, and where an entry was sent and must be looked up. ``None`` for not
        before it is due."""
        if name not in self._failures or (error is not None and error.recovery is not Recovery.RETRY):
            return None
        again = min(self._failures[name], 10)
        return min(RETRY * (1 << again - 1), LONGEST_RETRY)

    def _sync(self, settings: Settings, name: str) -> RunReport:
        _log.info("begun")
        (administration,) = settings.select((name,))
        with Connector(settings, actor=self._actor, today=self._today(), now=self._now) as connector:
            return connector.sync(administration, progress=self._step)

    def _step(self, _what: str, _done: int, _total: int) -> None:
        if self.stopping.is_set():
            raise _Stopped

    def _tell(self, name: str, error: Exception) -> None:
        """Tell a failure, unless it was told since the last time that all went well. What the database does not do for
        one administration it does for none, so that is told once for all of them."""
        whose = _DATABASE if isinstance(error, StoreUnavailable | StoreBusy) else name
        with self._telling:
            told = self._told.setdefault(whose, set())
            known = _incident(error) in told
            told.add(_incident(error))
        if known:
            _log.info("failed again, as told before%s", f": {error}" if _is_waited_for(error) else "")
        elif isinstance(error, ConnectorError):
            _log.error("%s. Next: %s", error, error.hint)
        else:
            _log.error("this is a defect of the connector; the other administrations go on", exc_info=error)


def _incident(error: Exception) -> str:
    """What makes an error the same as one before: what only has to be waited for is told in many words."""
    return type(error).__name__ if _is_waited_for(error) else f"{type(error).__name__}: {error}"


def _is_waited_for(error: Exception) -> bool:
    return isinstance(error, ConnectorError) and error.recovery is Recovery.RETRY


def summary(report: RunReport) -> str:
    """What a run did, in a line."""
    new, changed = (sum(getattr(each, what) for each in report.windows) for what in ("new", "changed"))
    prepared, delivered = report.prepared, report.delivered
    parts = [
        f"{len(report.windows)} answers with {new} new and {changed} changed documents",
        f"{prepared.ready} now ready, {prepared.held} now held, {prepared.ignored} now ignored",
        f"{report.approved} approved by setting, {delivered.posted + delivered.found} posted",
    ]
    parts += [f"{delivered.rejected} rejected"] * bool(delivered.rejected)
    parts += [f"{delivered.unknown + delivered.postponed} to be looked up"] * bool(
        delivered.unknown + delivered.postponed
    )
    if report.unaccepted is not None:
        parts.append(f"tables on disk are not those in force, version {report.mapping_version}")
    return "; ".join(parts)
