"""One run of an administration in the service: synchronised, stopped between two steps, and told in the log."""

from __future__ import annotations

import datetime
import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connector import log
from connector.app import Connector
from connector.app.noting import Stopped
from connector.config import Settings
from connector.errors import BusyError, ConnectorError, Recovery, StoreBusy, StoreUnavailable
from connector.service.notifying import Notifying

if TYPE_CHECKING:
    from connector.engine.run import RunReport, Verb

_log = logging.getLogger(__name__)
RETRY = datetime.timedelta(minutes=10)
LONGEST_RETRY = datetime.timedelta(hours=4)
_DATABASE = "(database)"
"""No administration can have this name."""
DEFECT_HINT = "Report it, with the log around it: that holds no keys."


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended: with ``error``, ``stopped`` between two steps, or, without either, well."""

    error: ConnectorError | None = None
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What fails with an administration: ``told`` are hashes of what was told since all went well last, ``failures``
    how often it failed running, and ``verb`` the part of a run that did, '' where all are run together."""

    told: tuple[str, ...] = ()
    failures: int = 0
    verb: str = ""


class Runs:
    """The runs of a service. ``stopping`` ends those that are under way at their next step.

    A failure is told once, however often it repeats, and once more when it is over: ``troubles`` are those that last,
    by administration. ``notifying`` tells people.
    """

    def __init__(
        self,
        *,
        actor: str,
        today: Callable[[], datetime.date],
        now: Callable[[], datetime.datetime] | None = None,
    ) -> None:
        self.stopping = threading.Event()
        self.troubles: dict[str, Trouble] = {}
        self.notifying = Notifying(actor=actor, today=today, now=now, stopping=self.stopping)
        self._actor, self._today, self._now = actor, today, now
        self._telling = threading.Lock()

    def run(self, settings: Settings, name: str, *, again: bool = True) -> ConnectorError | None:
        """Synchronise the administration ``name``; the error that ended it, which is told and goes no further.

        ``again`` says that it is tried again by itself: then another run that works on it is no error the first time.
        """
        return self.attempt(settings, name, again=again).error

    def attempt(self, settings: Settings, name: str, verb: Verb | None = None, *, again: bool = True) -> Ended:
        """Synchronise the administration ``name``, or do only ``verb``; what goes wrong is told and goes no further."""
        with log.about(run=secrets.token_hex(4), administration=name, action=verb or "sync"):
            if self.stopping.is_set():
                return Ended(stopped=True)
            ended = self._attempted(settings, name, verb, again=again)
            if not ended.stopped:
                self.notifying.after_run(settings, name, ended.error, verb or "")
            return ended

    def _attempted(self, settings: Settings, name: str, verb: Verb | None, *, again: bool) -> Ended:
        part = verb or ""
        try:
            report = self._sync(settings, name, verb)
        except Stopped:
            _log.info("stopped between two steps; the next run goes on from here")
            return Ended(stopped=True)
        except ConnectorError as error:
            if again and isinstance(error, BusyError) and name not in self.troubles:
                self.troubles[name] = Trouble(failures=1, verb=part)
                _log.info("%s; tried again in a while", error)
            else:
                self._tell(name, part, error)
            return Ended(error=error)
        except Exception as error:  # noqa: BLE001 - told with its traceback
            # A defect that one administration meets must not stop the others, nor the service.
            self._tell(name, part, error)
            return Ended(error=ConnectorError("this is a defect of the connector", where=name, hint=DEFECT_HINT))
        self._went_well(name, part, report)
        _log.info("%s", summary(report, verb))
        return Ended()

    def retry_after(
        self, name: str, error: ConnectorError | None, verb: Verb | None = None
    ) -> datetime.timedelta | None:
        """How long to wait before the run that ended with ``error`` (``None``: well), or ``verb`` of it, is made again,
        when the next one would be later: where trying again can help, and where an entry was sent and must be looked
        up. ``None`` for not before it is due."""
        trouble = self.troubles.get(name)
        if trouble is None or trouble.verb != (verb or "") or not trouble.failures:
            return None  # another part that failed is tried again by itself
        if error is not None and error.recovery is not Recovery.RETRY:
            return None
        return patience(trouble.failures)

    def _sync(self, settings: Settings, name: str, verb: Verb | None) -> RunReport:
        _log.info("begun")
        (administration,) = settings.select((name,))
        with Connector(settings, actor=self._actor, today=self._today(), now=self._now) as connector:
            return connector.sync(administration, verbs=(verb,) if verb else None, progress=self._step)

    def _step(self, _what: str, _done: int, _total: int) -> None:
        if self.stopping.is_set():
            raise Stopped

    def _went_well(self, name: str, verb: str, report: RunReport) -> None:
        """Tell that what failed is over. What is not known to be booked counts as a failure, told as a state."""
        with self._telling:
            before = self.troubles.get(name, Trouble(verb=verb))
            over = self.troubles.pop(_DATABASE, None) is not None
            if before.verb == verb:
                over |= bool(before.told)
                self.troubles.pop(name, None)
                if report.delivered.unknown + report.delivered.postponed:
                    self.troubles[name] = Trouble(failures=before.failures + 1, verb=verb)
        if over:
            _log.warning("what failed before works again")

    def _tell(self, name: str, verb: str, error: Exception) -> None:
        """Tell a failure, unless it was told since the last time that all went well. What the database does not do for
        one administration it does for none, so that is told once for all of them."""
        whose = _DATABASE if isinstance(error, StoreUnavailable | StoreBusy) else name
        incident = hashlib.sha256(_incident(error).encode()).hexdigest()[:16]
        with self._telling:
            failed = self.troubles.get(name, Trouble())
            self.troubles[name] = replace(failed, failures=failed.failures + 1, verb=verb)
            before = self.troubles.get(whose, Trouble())
            known = incident in before.told
            if not known:
                self.troubles[whose] = replace(before, told=(*before.told, incident), verb=verb)
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
