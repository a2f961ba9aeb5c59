"""When an administration is synchronised: base moments, spread by its name, and kept out of the quiet hours.

Where the base moments come from (an interval, a cron expression) others know. Everything is computed from the moment
alone, so that a restarted service goes on with the same timetable and keeps nothing of its own.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import msgspec

DENSE_AND_DAILY = ("0 * 20-28 * *", "0 6 1-19,29-31 * *")
"""Hourly around the 23rd, when Copaco invoices, and otherwise daily."""
TIME_ZONE = "Europe/Amsterdam"
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

Bases = Callable[[datetime.datetime], Iterator[datetime.datetime]]
"""The base moments from a moment on, aware, in order but for those of the hour that summer time skips."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When to synchronise: at the times of ``crons`` on the clock of ``zone``, or, with ``every``, at all multiples of
    that interval.

    Each moment is later by a part of ``spread`` that depends on the name. One that falls into ``quiet`` (from and
    until, on the clock; until may be the next day) waits until that is over. ``spread`` and the quiet hours are less
    than a day together.
    """

    crons: tuple[str, ...] = DENSE_AND_DAILY
    every: datetime.timedelta | None = None
    spread: datetime.timedelta = HOUR
    quiet: tuple[datetime.time, datetime.time] | None = None
    zone: str = TIME_ZONE


def delay(schedule: Schedule, name: str) -> datetime.timedelta:
    """How much later than the base moments the administration ``name`` begins: always the same, in whole seconds."""
    seconds = int(schedule.spread.total_seconds())
    number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    return datetime.timedelta(seconds=number % seconds if seconds else 0)


def quiet_length(quiet: tuple[datetime.time, datetime.time]) -> datetime.timedelta:
    """How long the quiet hours last."""
    begin, end = (datetime.timedelta(hours=each.hour, minutes=each.minute) for each in quiet)
    return (end - begin) % DAY


def every(interval: datetime.timedelta) -> Bases:
    """The multiples of ``interval`` since 1970: the same for all processes, whenever they were started."""

    def bases(start: datetime.datetime) -> Iterator[datetime.datetime]:
        moment = _EPOCH + -((_EPOCH - start) // interval) * interval
        while True:
            yield moment
            moment += interval

    return bases


def at_wall_time(wall: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """The moment, in UTC, at which the clock of ``zone`` shows the naive ``wall``: the first of two when the clock is
    put back, and as much later as the clock was put forward when it never shows it."""
    return wall.replace(tzinfo=zone).astimezone(datetime.UTC)


def is_quiet(schedule: Schedule, moment: datetime.datetime) -> bool:
    """Whether ``moment`` lies in the quiet hours."""
    return schedule.quiet is not None and _within(moment.astimezone(ZoneInfo(schedule.zone)).time(), *schedule.quiet)


def after_quiet(schedule: Schedule, moment: datetime.datetime) -> datetime.datetime:
    """``moment``, or the end of the quiet hours it lies in, in UTC."""
    return _not_quiet(schedule, moment.astimezone(datetime.UTC), datetime.timedelta())


def next_run(schedule: Schedule, name: str, after: datetime.datetime, bases: Bases) -> datetime.datetime | None:
    """The first moment after ``after`` at which ``name`` is due, in UTC; ``None`` when there is none any more."""
    later = delay(schedule, name)
    # What waited for the end of the quiet hours began up to a day before; what summer time moves, an hour.
    start = after - later - (DAY + later if schedule.quiet else datetime.timedelta()) - 2 * HOUR
    soonest: datetime.datetime | None = None
    for base in bases(start):
        if soonest is not None and base > soonest + 2 * HOUR:
            break
        run = _not_quiet(schedule, base.astimezone(datetime.UTC) + later, later)
        if run > after and (soonest is None or run < soonest):
            soonest = run
    return soonest


def _not_quiet(schedule: Schedule, moment: datetime.datetime, later: datetime.timedelta) -> datetime.datetime:
    if schedule.quiet is None:
        return moment
    zone, (begin, end) = ZoneInfo(schedule.zone), schedule.quiet
    wall = moment.astimezone(zone)
    if not _within(wall.time(), begin, end):
        return moment
    ends_on = wall.date() + (DAY if end <= begin and wall.time() >= begin else datetime.timedelta())
    over = at_wall_time(datetime.datetime.combine(ends_on, end), zone)
    if over <= moment:  # the clock is put back in the quiet hours, and this is its second time round
        over = datetime.datetime.combine(ends_on, end, tzinfo=zone).replace(fold=1).astimezone(datetime.UTC)
    moved = over + later
    # Where the clock is put back, the end of the quiet hours may lie before their second beginning.
    return _not_quiet(schedule, moved, later) if _within(moved.astimezone(zone).time(), begin, end) else moved


def _within(time: datetime.time, begin: datetime.time, end: datetime.time) -> bool:
    return begin <= time < end if begin < end else time >= begin or time < end
