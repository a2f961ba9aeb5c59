"""Schedules: when an administration is due, around changes of the clock, month ends and quiet hours."""

from __future__ import annotations

import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.schedule import Schedule, delay, is_quiet, quiet_length
from connector.service.timetable import next_due

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT_ONCE = datetime.timedelta()
HOUR = datetime.timedelta(hours=1)
CHANGES = (
    datetime.datetime(2026, 3, 29, 1, tzinfo=datetime.UTC),
    datetime.datetime(2026, 10, 25, 1, tzinfo=datetime.UTC),
)


def moment(text: str) -> datetime.datetime:
    """A time on the clock of Amsterdam."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


def due(schedule: Schedule, after: str | datetime.datetime, count: int, name: str = "acme") -> list[datetime.datetime]:
    found: list[datetime.datetime] = []
    at = moment(after) if isinstance(after, str) else after
    for _ in range(count):
        run = next_due(schedule, name, found[-1] if found else at)
        assert run is not None
        found.append(run)
    return found


def shown(runs: list[datetime.datetime]) -> list[str]:
    return [f"{run.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}" for run in runs]


def test_by_default_days_around_the_23rd_are_denser() -> None:
    runs = due(Schedule(spread=AT_ONCE), "2026-02-18 12:00", 500)
    by_day = {day: sum(run.astimezone(AMSTERDAM).day == day for run in runs if run.month == 3) for day in range(1, 32)}
    assert {day for day, times in by_day.items() if times == 24} == set(range(20, 29))
    assert {times for day, times in by_day.items() if not 20 <= day <= 28} == {1}
    assert shown(runs[:3]) == ["2026-02-19 06:00", "2026-02-20 00:00", "2026-02-20 01:00"]


def test_administrations_begin_at_moments_of_their_own_that_never_change() -> None:
    schedule = Schedule()
    delays = {name: delay(schedule, name) for name in ("acme", "be-co", "office-1", "office-2", "office-3")}
    assert len(set(delays.values())) == 5
    assert all(AT_ONCE <= each < HOUR for each in delays.values())
    assert delays["acme"] == delay(schedule, "acme")
    (run,) = due(schedule, "2026-03-02 00:00", 1, "acme")
    assert run == moment("2026-03-02 06:00") + delays["acme"]


def test_an_interval_is_kept_by_all_processes_alike() -> None:
    schedule = Schedule(every=datetime.timedelta(minutes=90), spread=AT_ONCE)
    first = due(schedule, "2026-03-02 00:00", 4)
    assert {later - sooner for sooner, later in pairwise(first)} == {datetime.timedelta(minutes=90)}
    assert due(schedule, first[0] + datetime.timedelta(seconds=1), 3) == first[1:]


def test_the_last_days_of_a_month() -> None:
    runs = due(Schedule(crons=("30 7 last * *",), spread=AT_ONCE), "2028-01-15 00:00", 3)
    assert shown(runs) == ["2028-01-31 07:30", "2028-02-29 07:30", "2028-03-31 07:30"]
    assert shown(due(Schedule(crons=("0 7 31 * *",), spread=AT_ONCE), "2026-01-31 07:00", 1)) == ["2026-03-31 07:00"]


def test_a_time_that_the_clock_skips_comes_an_hour_later() -> None:
    runs = due(Schedule(crons=("30 2 * * *",), spread=AT_ONCE), "2026-03-28 00:00", 3)
    assert shown(runs) == ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]


def test_a_time_that_the_clock_shows_twice_comes_once() -> None:
    runs = due(Schedule(crons=("30 2 * * *",), spread=AT_ONCE), "2026-10-24 00:00", 3)
    assert shown(runs) == ["2026-10-24 02:30", "2026-10-25 02:30", "2026-10-26 02:30"]
    assert runs[1] == datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)


def test_what_falls_into_the_quiet_hours_waits_until_they_are_over() -> None:
    night = (datetime.time(22), datetime.time(6))
    runs = due(Schedule(crons=("0 */3 * * *",), spread=AT_ONCE, quiet=night), "2026-03-02 17:00", 5)
    assert shown(runs) == [
        "2026-03-02 18:00",
        "2026-03-02 21:00",
        "2026-03-03 06:00",
        "2026-03-03 09:00",
        "2026-03-03 12:00",
    ]
    noon = (datetime.time(12), datetime.time(13, 30))
    runs = due(Schedule(crons=("0 12 * * *",), spread=AT_ONCE, quiet=noon), "2026-03-02 00:00", 1)
    assert shown(runs) == ["2026-03-02 13:30"]
    assert is_quiet(Schedule(quiet=night), moment("2026-03-02 23:00"))
    assert not is_quiet(Schedule(quiet=night), moment("2026-03-02 12:00"))
    assert not is_quiet(Schedule(), moment("2026-03-02 23:00"))
    assert quiet_length(night) == datetime.timedelta(hours=8)


def test_quiet_hours_that_end_while_the_clock_is_put_back() -> None:
    quiet = (datetime.time(1, 30), datetime.time(2, 30))
    schedule = Schedule(every=datetime.timedelta(minutes=10), spread=AT_ONCE, quiet=quiet)
    runs = due(schedule, datetime.datetime(2026, 10, 24, 23, tzinfo=datetime.UTC), 12)
    assert not any(datetime.time(1, 30) <= run.astimezone(AMSTERDAM).time() < datetime.time(2, 30) for run in runs)
    # The end of the quiet hours comes twice; what waited for the first of them and is late runs after the second.
    late = Schedule(every=datetime.timedelta(minutes=10), spread=HOUR, quiet=quiet)
    for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
        for run in due(late, datetime.datetime(2026, 10, 24, 22, tzinfo=datetime.UTC), 20, name):
            assert not datetime.time(1, 30) <= run.astimezone(AMSTERDAM).time() < datetime.time(2, 30)


def test_a_cron_expression_that_has_no_more_days() -> None:
    assert next_due(Schedule(crons=("0 6 30 2 *",)), "acme", moment("2026-01-01 00:00")) is None


CRONS = st.sampled_from(
    (
        ("0 * 20-28 * *", "0 6 1-19,29-31 * *"),
        ("*/40 * * * *",),
        ("30 2 * * *",),
        ("0 2,3 * * sun",),
        ("45 23 last * *",),
    )
)
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))
QUIET = st.tuples(TIMES, TIMES).filter(
    lambda quiet: quiet[0] != quiet[1] and quiet_length(quiet) <= datetime.timedelta(hours=12)
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    interval = st.integers(20, 600).map(lambda minutes: datetime.timedelta(minutes=minutes))
    return Schedule(
        crons=draw(CRONS),
        every=draw(st.none() | interval),
        spread=draw(st.integers(0, 600).map(lambda minutes: datetime.timedelta(minutes=minutes))),
        quiet=draw(st.none() | QUIET),
    )


@settings(max_examples=60)
@given(schedules(), st.sampled_from(CHANGES), st.integers(-48 * 60, 48 * 60), st.text(min_size=1, max_size=8))
def test_runs_follow_each_other_and_are_never_in_the_quiet_hours(
    schedule: Schedule, change: datetime.datetime, minutes: int, name: str
) -> None:
    start = change + datetime.timedelta(minutes=minutes)
    runs = due(schedule, start, 4, name)
    assert start < runs[0]
    assert all(sooner < later for sooner, later in pairwise(runs))
    # Asked anew in between, as after a restart, the timetable is the same.
    assert due(schedule, runs[0], 3, name) == runs[1:]
    assert next_due(schedule, name, runs[2] - datetime.timedelta(seconds=1)) == runs[2]
    if schedule.quiet is not None:
        begin, end = schedule.quiet
        for run in runs:
            time = run.astimezone(AMSTERDAM).time()
            assert not (begin <= time < end if begin < end else time >= begin or time < end)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Pacific/Auckland", "UTC"])
def test_the_clock_of_another_place(zone: str) -> None:
    (run,) = due(Schedule(crons=("0 6 * * *",), spread=AT_ONCE, zone=zone), "2026-07-01 00:00", 1)
    assert run.astimezone(ZoneInfo(zone)).hour == 6
