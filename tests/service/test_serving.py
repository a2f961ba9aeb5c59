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
from connector.errors import SettingsError
from connector.service.runs import Runs
from connector.service.serving import Service
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


def test_settings_that_are_wrong_at_the_start_are_raised(settings: config.Settings, runs: Runs) -> None:
    with pytest.raises(SettingsError, match="no administration 'acne'"):
        Service(lambda: settings, runs, names=("acne",)).serve()
