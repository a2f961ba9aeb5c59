"""The timetable of an administration: its schedule made into moments, with APScheduler's reading of cron expressions.

APScheduler follows the clock of a place only roughly where that is put forward or back, so it counts on a clock without
summer time here, and what that shows is then looked up on the clock of the place.
"""

from __future__ import annotations

import datetime
import heapq
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from connector.domain.schedule import Bases, Schedule, at_wall_time, every, is_quiet, next_run


def next_due(schedule: Schedule, name: str, after: datetime.datetime) -> datetime.datetime | None:
    """The first moment after ``after`` at which the administration ``name`` is due, in UTC; ``None`` when there is none
    any more."""
    bases = every(schedule.every) if schedule.every is not None else by_crons(schedule.crons, schedule.zone)
    return next_run(schedule, name, after, bases)


def first_due(schedule: Schedule, name: str, now: datetime.datetime) -> datetime.datetime | None:
    """When a service that starts ``now`` begins with ``name``: at once, since a run may have been interrupted, but not
    in the quiet hours."""
    return next_due(schedule, name, now) if is_quiet(schedule, now) else now


def by_crons(crons: tuple[str, ...], zone_name: str) -> Bases:
    """The moments of cron expressions on the clock of a time zone."""
    zone = ZoneInfo(zone_name)

    def bases(start: datetime.datetime) -> Iterator[datetime.datetime]:
        wall = start.astimezone(zone).replace(tzinfo=None)
        for each in heapq.merge(*(_walls(cron, wall) for cron in crons)):
            yield at_wall_time(each, zone)

    return bases


def _walls(cron: str, start: datetime.datetime) -> Iterator[datetime.datetime]:
    """The times that a cron expression means, naive, from ``start`` on."""
    from apscheduler.triggers.cron import CronTrigger

    trigger, moment = CronTrigger.from_crontab(cron, timezone=datetime.UTC), start.replace(tzinfo=datetime.UTC)
    while (found := trigger.get_next_fire_time(None, moment)) is not None:
        yield found.replace(tzinfo=None)
        moment = found + datetime.timedelta(seconds=1)
