"""The clock of the service: what is due is run, again and again, until it is told to stop."""

from __future__ import annotations

import dataclasses
import datetime
import os
import signal
import threading

import pytest

from connector import config
from connector.domain.schedule import Schedule
from connector.engine.run import RunReport
from connector.errors import SettingsError
from connector.service import serving
from connector.service.runs import Runs
from connector.service.serving import Service
from tests.service.clocks import SetClock, scheduler_follows
from tests.service.test_runs import runs, settings

__all__ = ("runs", "settings")

SECONDLY = Schedule(every=datetime.timedelta(seconds=1), spread=datetime.timedelta())


def _every_second(settings: config.Settings) -> config.Settings:
    (acme,) = settings.administrations
    return dataclasses.replace(settings, administrations=(dataclasses.replace(acme, schedule=SECONDLY),))


def test_what_is_due_is_run_again_and_again(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "connector.service")
    before = signal.getsignal(signal.SIGTERM)

    def stop_after_three() -> None:
        for _ in range(600):
            if caplog.messages.count("begun") >= 3:
                break
            threading.Event().wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    stopper = threading.Thread(target=stop_after_three)
    service = Service(lambda: _every_second(settings), runs)
    stopper.start()
    assert service.serve() is True
    stopper.join()
    assert caplog.messages.count("begun") >= 3
    assert any(each.startswith("serving: 1 administration, next acme at ") for each in caplog.messages)
    assert caplog.messages[-1] == "stopped"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_that_is_slower_than_its_schedule_is_told_once(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, let = SetClock(datetime.datetime(2026, 3, 2, 12, 0, 30, tzinfo=datetime.UTC)), threading.Event()
    scheduler_follows(clock, monkeypatch)
    begun: list[datetime.datetime] = []

    def slow(_settings: config.Settings, _name: str, _verb: object) -> RunReport:
        begun.append(clock.now())
        let.wait(30)
        return RunReport(administration="acme")

    def play() -> None:
        for minute in range(5):
            clock.moment += datetime.timedelta(minutes=1)
            threading.Event().wait(0.1)
            if minute == 3:
                let.set()
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(runs, "_sync", slow)
    minutely = Schedule(every=datetime.timedelta(minutes=1), spread=datetime.timedelta())
    (acme,) = settings.administrations
    scheduled = dataclasses.replace(settings, administrations=(dataclasses.replace(acme, schedule=minutely),))
    playing = threading.Thread(target=play)
    service = Service(lambda: scheduled, runs, clock=clock)
    playing.start()
    assert service.serve() is True
    playing.join()
    assert [
        record.message
        for record in caplog.records
        if record.name == "connector.service.serving" and record.levelname == "WARNING"
    ] == [f"the run of {begun[0]:%Y-%m-%d %H:%M} UTC still goes on; what is due meanwhile is left out"]
    assert len(begun) == 2, "then it goes on as before"


def test_settings_that_are_wrong_at_the_start_are_raised(settings: config.Settings, runs: Runs) -> None:
    with pytest.raises(SettingsError, match="no administration 'acne'"):
        Service(lambda: settings, runs, names=("acne",)).serve()


def test_the_end_is_not_kept_waiting_by_whoever_is_being_told(
    settings: config.Settings, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process hung until the last address had not answered; systemd killed it, and counted that as a failure."""
    monkeypatch.setattr(serving, "PULSE_SECONDS", 0.2)
    told, answers = threading.Event(), threading.Event()

    def no_answer(_settings: object, _names: object) -> None:
        told.set()
        answers.wait(60)

    def stop() -> None:
        told.wait(60)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(runs.notifying, "pulse", no_answer)
    stopper = threading.Thread(target=stop)
    stopper.start()
    try:
        assert Service(lambda: settings, runs).serve(patience_seconds=0.5) is False, "then the process is left"
    finally:
        answers.set()
        stopper.join()
