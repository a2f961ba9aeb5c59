"""What an operator is told: the kinds of notices, each with what it stands for and when it may go out.

A notice is about one thing (a document, a month, a key) and is told once to each address, however often it is seen; of
some kinds it is told once more when it is over. ``KINDS`` is the only list of what there is to tell.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import Enum
from zoneinfo import ZoneInfo

import msgspec

from connector.domain.schedule import DAY, HOUR, Schedule, after_quiet, at_wall_time

KEY_DAYS = (30, 14, 7, 1)
"""So many days before its end a key is told of, once each, and once more when it has ended."""


class Kind(Enum):
    """What a notice is about; the values are the names of ``events`` in the settings."""

    HELD = "held"
    LOGIN = "login"
    UNUSUAL = "unusual"
    AWAY = "away"
    FAILURE = "failure"
    DEFECT = "defect"
    MISSING = "missing"
    KEY = "key"
    VERSION = "version"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"
    DIFFERENCE = "difference"


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a kind is told. ``urgent``: nothing goes on until a person acts. ``patient``: it often passes by itself, so
    it is told when it has lasted. ``of_runs``: a run that ends well ends it. ``ending``: its end is told as well."""

    urgent: bool = False
    patient: bool = False
    of_runs: bool = False
    ending: bool = False


KINDS: dict[Kind, Manner] = {
    # In the order in which a message tells them: what stops everything first.
    Kind.DEFECT: Manner(urgent=True, of_runs=True, ending=True),
    Kind.LOGIN: Manner(urgent=True, of_runs=True, ending=True),
    Kind.FAILURE: Manner(of_runs=True, ending=True),
    Kind.UNUSUAL: Manner(of_runs=True, ending=True),
    Kind.AWAY: Manner(patient=True, of_runs=True, ending=True),
    Kind.DIFFERENCE: Manner(urgent=True),
    Kind.HELD: Manner(),
    Kind.MISSING: Manner(ending=True),
    Kind.REJECTED: Manner(),
    Kind.UNKNOWN: Manner(patient=True),
    Kind.ELSEWHERE: Manner(),
    Kind.KEY: Manner(),
    Kind.VERSION: Manner(),
}
OF_RUNS = frozenset(kind for kind, manner in KINDS.items() if manner.of_runs)


class Circumstance(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is so now. ``subject`` is the same as long as it is the same thing. ``values`` are texts that say
    more and never an amount; ``minor`` are the euros at stake in minor units, which are looked up anew every time.
    ``open``: whether it is still so is not known at this moment, so it neither comes up nor is over."""

    kind: Kind
    subject: str
    values: dict[str, str] = {}
    minor: int = 0
    open: bool = False


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When notices may go out. ``digest``: together at every full hour (``HOUR``) or daily at a time of day; ``None``:
    each at once. Nothing goes out in the ``quiet`` hours (from and until, on the clock of ``zone``). With
    ``urgent_at_once`` urgent ones wait for neither. Patient ones are told after ``patience``."""

    digest: datetime.timedelta | datetime.time | None = None
    quiet: tuple[datetime.time, datetime.time] | None = None
    zone: str = "Europe/Amsterdam"
    urgent_at_once: bool = False
    patience: datetime.timedelta = 6 * HOUR


def due(timing: Timing, kind: Kind, since: datetime.datetime, *, over: bool = False) -> datetime.datetime:
    """The first moment, in UTC, at which what came up (or was ``over``) at ``since`` may be told."""
    manner = KINDS[kind]
    moment = since + timing.patience if manner.patient and not over else since
    if manner.urgent and timing.urgent_at_once:
        return moment
    return _not_quiet(timing, _next_digest(timing, moment))


def comes_up(timing: Timing, after: datetime.datetime, until: datetime.datetime) -> bool:
    """Whether something that waited may have become due after ``after`` and until ``until``: a digest, or the end of
    the quiet hours."""
    following = after + datetime.timedelta(microseconds=1)
    moment = _not_quiet(timing, _next_digest(timing, following))
    return moment <= until and (timing.digest is not None or moment > following)


def _next_digest(timing: Timing, moment: datetime.datetime) -> datetime.datetime:
    if timing.digest is None:
        return moment
    if isinstance(timing.digest, datetime.timedelta):
        begun = moment.replace(minute=0, second=0, microsecond=0)
        return begun if begun == moment else begun + timing.digest
    zone, day = ZoneInfo(timing.zone), moment.astimezone(ZoneInfo(timing.zone)).date()
    days: Iterable[datetime.date] = (day, day + DAY, day + 2 * DAY)
    moments = (at_wall_time(datetime.datetime.combine(each, timing.digest), zone) for each in days)
    return next(each for each in moments if each >= moment)


def _not_quiet(timing: Timing, moment: datetime.datetime) -> datetime.datetime:
    return after_quiet(Schedule(quiet=timing.quiet, zone=timing.zone), moment)


def key_subject(expires: datetime.date, today: datetime.date) -> str:
    """What is to be told of a key whose last day is ``expires``: which of ``KEY_DAYS`` is reached; '' for nothing."""
    left = (expires - today).days
    if left < 0:
        return f"{expires} passed"
    reached = [days for days in KEY_DAYS if left <= days]
    return f"{expires} {min(reached)}" if reached else ""
