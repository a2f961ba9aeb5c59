"""When notices may go out: at once, in a digest, after the quiet hours, and what passes by itself after a while."""

from __future__ import annotations

import datetime

import pytest

from connector.domain.notice import KINDS, Kind, Timing, comes_up, due, key_subject
from connector.domain.schedule import HOUR

NIGHT = (datetime.time(22), datetime.time(7))
EIGHT = datetime.time(8)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("timing", "since", "expected"),
    [
        (Timing(), "2026-03-02T23:00", "2026-03-02T23:00"),
        (Timing(quiet=NIGHT), "2026-03-02T12:00", "2026-03-02T12:00"),
        # Amsterdam is an hour ahead in winter, two in summer.
        (Timing(quiet=NIGHT), "2026-03-02T23:00", "2026-03-03T06:00"),
        (Timing(quiet=NIGHT), "2026-07-02T23:00", "2026-07-03T05:00"),
        (Timing(digest=EIGHT), "2026-03-02T07:00", "2026-03-02T07:00"),
        (Timing(digest=EIGHT), "2026-03-02T07:01", "2026-03-03T07:00"),
        (Timing(digest=EIGHT), "2026-07-02T07:01", "2026-07-03T06:00"),
        # On the morning on which the clock is put forward, and on that on which it is put back.
        (Timing(digest=EIGHT), "2026-03-28T12:00", "2026-03-29T06:00"),
        (Timing(digest=EIGHT), "2026-10-24T12:00", "2026-10-25T07:00"),
        (Timing(digest=EIGHT, zone="America/New_York"), "2026-03-02T12:00", "2026-03-02T13:00"),
        (Timing(digest=HOUR), "2026-03-02T07:00", "2026-03-02T07:00"),
        (Timing(digest=HOUR), "2026-03-02T07:20", "2026-03-02T08:00"),
        (Timing(digest=HOUR, quiet=NIGHT), "2026-03-02T23:20", "2026-03-03T06:00"),
        # A digest within the quiet hours comes at their end.
        (Timing(digest=datetime.time(3), quiet=NIGHT), "2026-03-02T12:00", "2026-03-03T06:00"),
    ],
)
def test_when_a_notice_may_go_out(timing: Timing, since: str, expected: str) -> None:
    assert due(timing, Kind.HELD, utc(since)) == utc(expected)


def test_urgent_ones_wait_for_nothing_where_the_setting_says_so() -> None:
    timing, night = Timing(digest=EIGHT, quiet=NIGHT), utc("2026-03-02T23:00")
    assert due(timing, Kind.LOGIN, night) == utc("2026-03-03T07:00")
    at_once = Timing(digest=EIGHT, quiet=NIGHT, urgent_at_once=True)
    assert due(at_once, Kind.LOGIN, night) == night
    assert due(at_once, Kind.HELD, night) == utc("2026-03-03T07:00")


def test_what_passes_by_itself_is_told_when_it_lasts() -> None:
    since = utc("2026-03-02T12:00")
    assert due(Timing(patience=4 * HOUR), Kind.AWAY, since) == since + 4 * HOUR
    assert due(Timing(patience=4 * HOUR), Kind.AWAY, since, over=True) == since
    assert due(Timing(patience=4 * HOUR), Kind.FAILURE, since) == since


def test_the_clock_is_looked_at_when_something_may_have_waited_for_it() -> None:
    daily, noon = Timing(digest=EIGHT), utc("2026-03-02T12:00")
    assert not comes_up(daily, noon, noon + HOUR)
    assert comes_up(daily, noon, noon + 20 * HOUR)
    assert not comes_up(daily, utc("2026-03-02T07:00"), utc("2026-03-02T07:01"))
    assert comes_up(daily, utc("2026-03-02T06:59"), utc("2026-03-02T07:00"))
    assert comes_up(Timing(quiet=NIGHT), utc("2026-03-03T05:59"), utc("2026-03-03T06:01"))
    assert not comes_up(Timing(quiet=NIGHT), noon, noon + HOUR)
    assert not comes_up(Timing(), noon, noon + 100 * HOUR)


def test_a_key_is_told_of_four_times_and_when_it_has_ended() -> None:
    ends = datetime.date(2026, 6, 30)
    days = [ends + datetime.timedelta(days=days) for days in range(-40, 5)]
    told = list(dict.fromkeys(key_subject(ends, day) for day in days))
    assert told == ["", *(f"2026-06-30 {days}" for days in (30, 14, 7, 1)), "2026-06-30 passed"]


def test_every_kind_has_its_manner() -> None:
    assert set(KINDS) == set(Kind)
