"""A clock that is wrong, and set right: the service goes by what it shows now."""

from __future__ import annotations

import dataclasses
import datetime
import os
import signal
import threading
from collections.abc import Callable

import pytest

from connector import config
from connector.domain.schedule import Schedule
from connector.service.clock import LONGEST_SECONDS, Clock
from connector.service.runs import Runs
from connector.service.serving import Service
from tests.service.clocks import SetClock, scheduler_follows
from tests.service.test_runs import runs, settings

__all__ = ("runs", "settings")

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
DAILY = Schedule(crons=("0 6 * * *",), spread=datetime.timedelta(), zone="UTC")


def served(
    settings: config.Settings, runs: Runs, clock: Clock, script: Callable[[], None], schedule: Schedule = DAILY
) -> None:
    """Serve, and end when ``script``, which runs beside it, has come to its end."""
    (acme,) = settings.administrations
    scheduled = dataclasses.replace(settings, administrations=(dataclasses.replace(acme, schedule=schedule),))
    failed: list[BaseException] = []

    def play() -> None:
        try:
            script()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread of the test
            failed.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    playing = threading.Thread(target=play)
    service = Service(lambda: scheduled, runs, clock=clock)
    playing.start()
    assert service.serve() is True
    playing.join()
    if failed:
        raise failed[0]


def until(so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    for _ in range(3000):
        if so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never was so")


def ended(caplog: pytest.LogCaptureFixture) -> int:
    """How many runs have ended. All fail alike: once told as an error, then as told before."""
    return sum(record.levelname == "ERROR" or record.message.startswith("failed again") for record in caplog.records)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """A clock that shows noon, which APScheduler follows."""
    made = SetClock(NOON)
    scheduler_follows(made, monkeypatch)
    return made


def test_a_clock_that_is_put_forward_makes_due_what_was_missed_once(
    settings: config.Settings, runs: Runs, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """As after the sleep of a computer: three mornings were missed, and one run makes up for them."""
    caplog.set_level("INFO", "connector.service")

    def script() -> None:
        until(lambda: ended(caplog) == 1)
        clock.moment += datetime.timedelta(days=3)
        until(lambda: ended(caplog) == 2)
        threading.Event().wait(0.1)

    served(settings, runs, clock, script)
    assert caplog.messages.count("begun") == 2


def test_a_clock_that_is_set_back_does_not_stop_the_service(
    settings: config.Settings, runs: Runs, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """It was a year ahead: without this nothing would be due for a year."""
    caplog.set_level("INFO", "connector.service")
    clock.moment = NOON + datetime.timedelta(days=365)

    def script() -> None:
        until(lambda: ended(caplog) == 1)
        clock.moment = NOON
        until(lambda: ended(caplog) == 2)
        clock.moment = NOON + datetime.timedelta(hours=18)
        until(lambda: ended(caplog) == 3)

    served(settings, runs, clock, script)
    told = [record for record in caplog.records if "the clock was set back" in record.message]
    assert [record.levelname for record in told] == ["WARNING"]
    assert "from 2027-03-02 12:00 UTC to 2026-03-02 12:00 UTC" in told[0].message


def test_a_clock_that_is_corrected_by_seconds_changes_nothing(
    settings: config.Settings, runs: Runs, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "connector.service")

    def script() -> None:
        until(lambda: ended(caplog) == 1)
        clock.moment -= datetime.timedelta(seconds=30)
        threading.Event().wait(0.1)

    served(settings, runs, clock, script)
    assert caplog.messages.count("begun") == 1
    assert "set back" not in caplog.text


def test_the_clock_is_looked_at_every_minute_whenever_the_next_run_is(
    settings: config.Settings, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    class Noting(SetClock):
        def wait(self, event: threading.Event, seconds: float) -> None:
            asked.append(seconds)
            super().wait(event, seconds)

    noting = Noting(NOON)
    scheduler_follows(noting, monkeypatch)
    served(settings, runs, noting, lambda: until(lambda: len(asked) > 5))
    assert max(asked) == LONGEST_SECONDS == 60


@pytest.mark.parametrize(
    ("day", "at"),
    [
        (datetime.date(2026, 3, 28), datetime.datetime(2026, 3, 29, 1, 30, tzinfo=datetime.UTC)),
        (datetime.date(2026, 10, 24), datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)),
    ],
    ids=["spring", "autumn"],
)
def test_the_nights_in_which_summer_time_begins_and_ends(
    settings: config.Settings,
    runs: Runs,
    clock: SetClock,
    caplog: pytest.LogCaptureFixture,
    day: datetime.date,
    at: datetime.datetime,
) -> None:
    """Half past two comes not at all, or twice; the run of the night comes once."""
    caplog.set_level("INFO", "connector.service")
    begin = datetime.datetime.combine(day, datetime.time(12), tzinfo=datetime.UTC)
    clock.moment = begin
    begun: list[datetime.datetime] = []

    def script() -> None:
        until(lambda: ended(caplog) == 1)
        for quarter in range(24 * 4):
            clock.moment = begin + quarter * datetime.timedelta(minutes=15)
            threading.Event().wait(0.03)
            if caplog.messages.count("begun") > 1 + len(begun):
                begun.append(clock.moment)

    nightly = Schedule(crons=("30 2 * * *",), spread=datetime.timedelta(), zone="Europe/Amsterdam")
    served(settings, runs, clock, script, nightly)
    assert begun == [at]
