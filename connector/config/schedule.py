"""The tables ``[schedule]`` and ``[administrations.NAME.schedule]``: when ``connector serve`` synchronises.

An administration has what its own table says, else what the general one says, setting by setting.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo

import msgspec

from connector.config.table import Table, nearest
from connector.domain.schedule import DAY, Schedule, quiet_length

LONGEST_SPREAD = 12 * 60
"""In minutes."""
_EXAMPLE = '"0 6 * * mon-fri" (minute, hour, day, month, weekday)'
_HOURS = re.compile(r"(\d{2}):(\d{2})\s*-\s*(\d{2}):(\d{2})")


def read_schedule(table: Table, general: Schedule) -> Schedule:
    """The schedule of ``table`` over ``general``; what is wrong is noted."""
    minute = datetime.timedelta(minutes=1)
    crons, every = _crons(table), table.whole("every_minutes", 0, least=5, most=7 * 24 * 60)
    if crons and every:
        table.wrong("every_minutes", "cron and every_minutes exclude each other; keep one of them")
    spread = table.whole("spread_minutes", general.spread // minute, least=0, most=LONGEST_SPREAD)
    read = Schedule(
        crons=crons or general.crons,
        every=datetime.timedelta(minutes=every) if every else None if crons else general.every,
        spread=min(spread, LONGEST_SPREAD) * minute,
        quiet=read_quiet(table, general.quiet),
        zone=_zone(table, general),
    )
    if read.quiet and quiet_length(read.quiet) + read.spread >= DAY:
        table.wrong("quiet", "the quiet hours and spread_minutes fill the day together; make one of them shorter")
        read = msgspec.structs.replace(read, quiet=None)
    table.close()
    return read


def _crons(table: Table) -> tuple[str, ...]:
    given = table.one_or_more("cron", f"a cron expression as {_EXAMPLE}, or a list of these")
    for each in given:
        if problem := cron_problem(each):
            table.wrong("cron", f"'{each}' {problem}; give it as {_EXAMPLE}")
            return ()
    return given


def cron_problem(expression: str) -> str:
    """What is wrong with a cron expression, '' when it can be used."""
    from apscheduler.triggers.cron import CronTrigger

    parts = expression.split()
    if len(parts) != 5:
        return f"has {len(parts)} parts instead of five"
    if any(sign.isdigit() for sign in parts[4]):
        return "has a number for the weekday, which programs count differently; write mon, tue, wed, thu, fri, sat, sun"
    try:
        trigger = CronTrigger.from_crontab(expression, timezone=datetime.UTC)
    except ValueError as error:
        return f"is not understood ({error})"
    begin = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)  # a leap year
    return "" if trigger.get_next_fire_time(None, begin) else "never comes"


def read_quiet(
    table: Table, general: tuple[datetime.time, datetime.time] | None
) -> tuple[datetime.time, datetime.time] | None:
    """The quiet hours of ``table``, else those of the ``general`` one; what is wrong is noted."""
    if "quiet" not in table:
        table.know(["quiet"])
        return general
    text = table.text("quiet")
    if not text:  # '' takes back what the general table says
        return None
    found = _HOURS.fullmatch(text)
    try:
        hours = [int(each) for each in found.groups()] if found else []
        begin, end = datetime.time(hours[0], hours[1]), datetime.time(hours[2], hours[3])
    except (IndexError, ValueError):
        table.wrong("quiet", f"'{text}' is not understood; give quiet hours as \"22:00-06:00\"")
        return None
    if begin == end:
        table.wrong("quiet", f"'{text}' begins and ends at once; leave it out for no quiet hours")
        return None
    return begin, end


def _zone(table: Table, general: Schedule) -> str:
    name = table.text("time_zone", general.zone)
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        meant = nearest(name, zoneinfo.available_timezones())
        table.wrong("time_zone", f"there is no time zone '{name}'; give it as \"Europe/Amsterdam\"{meant}")
        return general.zone
    return name
