"""One run of an administration in the service: synchronised, stopped between two steps, and told in the log."""

from __future__ import annotations

import datetime
import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector import log
from connector.app import Connector
from connector.config import Settings
from connector.errors import ConnectorError, Recovery

if TYPE_CHECKING:
    from connector.engine.run import RunReport, Verb

_log = logging.getLogger(__name__)
RETRY = datetime.timedelta(minutes=10)
LONGEST_RETRY = datetime.timedelta(hours=4)


class _Stopped(Exception):
    """The service stops; raised between two steps of a run, after which everything is committed."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended: with ``error``, ``stopped`` between two steps, or, without either, well."""

    error: ConnectorError | None = None
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What fails with an administration: ``told`` is a hash of what was told last, '' for nothing, ``failures`` how
    often it failed running, and ``verb`` the part of a run that did, '' where all are run together."""

    told: str = ""
    failures: int = 0
    verb: str = ""


class Runs:
    """The runs of a service. ``stopping`` ends those that are under way at their next step.

    A failure is told once, however often it repeats, and once more when it is over: ``troubles`` are those that last,
    by administration.
    """

    def __init__(self, *, actor: str, today: Callable[[], datetime.date]) -> None:
        self.stopping = threading.Event()
        self.troubles: dict[str, Trouble] = {}
        self._actor, self._today = actor, today

    def run(self, settings: Settings, name: str) -> ConnectorError | None:
        """Synchronise the administration ``name``; the error that ended it, which is told and goes no further."""
        return self.attempt(settings, name).error

    def attempt(self, settings: Settings, name: str, verb: Verb | None = None) -> Ended:
        """Synchronise the administration ``name``, or do only ``verb``; what goes wrong is told and goes no further."""
        part = verb or ""
        with log.about(run=secrets.token_hex(4), administration=name, action=verb or "sync"):
            if self.stopping.is_set():
                return Ended(stopped=True)
            try:
                report = self._sync(settings, name, verb)
            except _Stopped:
                _log.info("stopped between two steps; the next run goes on from here")
                return Ended(stopped=True)
            except ConnectorError as error:
                self._tell(name, part, f"{error}. Next: {error.hint}")
                return Ended(error=error)
            except Exception:  # noqa: BLE001 - told below, with its traceback
                # A defect that one administration meets must not stop the others, nor the service.
                _log.exception("this is a defect of the connector; the other administrations go on")
                before = self.troubles.get(name, Trouble())
                self.troubles[name] = Trouble(told="a defect", failures=before.failures, verb=part)
                return Ended(error=ConnectorError("this is a defect of the connector", where=name))
            if (trouble := self.troubles.get(name)) and trouble.verb == part:
                del self.troubles[name]
                _log.warning("what failed before works again")
            _log.info("%s", summary(report, verb))
            return Ended()

    def retry_after(self, name: str, error: ConnectorError) -> datetime.timedelta | None:
        """How long to wait before trying again, when the next run would be later; ``None`` when that would not help."""
        if error.recovery is not Recovery.RETRY:
            return None
        return patience(self.troubles.get(name, Trouble(failures=1)).failures)

    def _sync(self, settings: Settings, name: str, verb: Verb | None) -> RunReport:
        _log.info("begun")
        (administration,) = settings.select((name,))
        with Connector(settings, actor=self._actor, today=self._today()) as connector:
            return connector.sync(administration, verbs=(verb,) if verb else None, progress=self._step)

    def _step(self, _what: str, _done: int, _total: int) -> None:
        if self.stopping.is_set():
            raise _Stopped

    def _tell(self, name: str, verb: str, text: str) -> None:
        before, told = self.troubles.get(name, Trouble()), hashlib.sha256(text.encode()).hexdigest()
        if before.told == told:
            _log.info("failed again, as told before")
        else:
            _log.error("%s", text)
        self.troubles[name] = Trouble(told=told, failures=before.failures + 1, verb=verb)


def patience(failures: int) -> datetime.timedelta:
    """How long to wait after so many failures running."""
    return min(RETRY * (1 << min(max(failures, 1), 10) - 1), LONGEST_RETRY)


def summary(report: RunReport, verb: Verb | None = None) -> str:
    """What a run did, or ``verb`` of it, in a line."""
    new, changed = (sum(getattr(each, what) for each in report.windows) for what in ("new", "changed"))
    prepared, delivered = report.prepared, report.delivered
    parts = {
        "pull": f"{len(report.windows)} answers with {new} new and {changed} changed documents",
        "prepare": f"{prepared.ready} now ready, {prepared.held} now held, {prepared.ignored} now ignored",
        "deliver": f"{report.approved} approved by setting, {delivered.posted + delivered.found} posted",
    }
    told = [text for part, text in parts.items() if verb in (None, part)]
    told += [f"{delivered.rejected} rejected"] * bool(delivered.rejected)
    told += [f"{delivered.unknown + delivered.postponed} to be looked up"] * bool(
        delivered.unknown + delivered.postponed
    )
    if report.unaccepted is not None:
        told.append(f"tables on disk are not those in force, version {report.mapping_version}")
    return "; ".join(told)
