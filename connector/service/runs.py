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
from connector.errors import ConnectorError, Recovery
from connector.service.notifying import Notifying

if TYPE_CHECKING:
    from connector.engine.run import RunReport

_log = logging.getLogger(__name__)
RETRY = datetime.timedelta(minutes=10)
LONGEST_RETRY = datetime.timedelta(hours=4)
DEFECT_HINT = "Report it, with the log around it: that holds no keys."


class _Stopped(Exception):
    """The service stops; raised between two steps of a run, after which everything is committed."""


class Runs:
    """The runs of a service. ``stopping`` ends those that are under way at their next step.

    A failure is told once, however often it repeats, and once more when it is over; ``notifying`` tells people.
    """

    def __init__(self, *, actor: str, today: Callable[[], datetime.date]) -> None:
        self.stopping = threading.Event()
        self.notifying = Notifying(actor=actor, today=today)
        self._actor, self._today = actor, today
        self._told: dict[str, str] = {}
        self._failures: dict[str, int] = {}

    def run(self, settings: Settings, name: str) -> ConnectorError | None:
        """Synchronise the administration ``name``; the error that ended it, which is told and goes no further."""
        with log.about(run=secrets.token_hex(4), administration=name, action="sync"):
            if self.stopping.is_set():
                return None
            try:
                ended = self._ended(settings, name)
            except _Stopped:
                _log.info("stopped between two steps; the next run goes on from here")
                return None
            self.notifying.after_run(settings, name, ended)
            return ended if isinstance(ended, ConnectorError) else None

    def _ended(self, settings: Settings, name: str) -> RunReport | ConnectorError:
        try:
            report = self._sync(settings, name)
        except ConnectorError as error:
            self._tell(name, f"{error}. Next: {error.hint}")
            self._failures[name] = self._failures.get(name, 0) + 1
            return error
        except _Stopped:
            raise
        except Exception:  # noqa: BLE001 - told below, with its traceback
            # A defect that one administration meets must not stop the others, nor the service.
            _log.exception("this is a defect of the connector; the other administrations go on")
            self._told[name] = "a defect"
            return ConnectorError("this is a defect of the connector", where=name, hint=DEFECT_HINT)
        self._failures.pop(name, None)
        if self._told.pop(name, ""):
            _log.warning("what failed before works again")
        _log.info("%s", summary(report))
        return report

    def retry_after(self, name: str, error: ConnectorError) -> datetime.timedelta | None:
        """How long to wait before trying again, when the next run would be later; ``None`` when that would not help."""
        if error.recovery is not Recovery.RETRY:
            return None
        again = min(self._failures.get(name, 1), 10)
        return min(RETRY * (1 << again - 1), LONGEST_RETRY)

    def _sync(self, settings: Settings, name: str) -> RunReport:
        _log.info("begun")
        (administration,) = settings.select((name,))
        with Connector(settings, actor=self._actor, today=self._today()) as connector:
            return connector.sync(administration, progress=self._step)

    def _step(self, _what: str, _done: int, _total: int) -> None:
        if self.stopping.is_set():
            raise _Stopped

    def _tell(self, name: str, text: str) -> None:
        if self._told.get(name) == text:
            _log.info("failed again, as told before")
        else:
            _log.error("%s", text)
        self._told[name] = text


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
