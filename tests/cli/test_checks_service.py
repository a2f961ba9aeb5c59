"""What doctor says of disks, clocks and packages."""

from __future__ import annotations

import datetime
import importlib.util
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from connector import config
from connector.cli import checks_service
from connector.cli.output import moment
from connector.engine import watched
from connector.engine.books import Workplace
from connector.store import schema
from connector.store.database import Database

SETTINGS = """\
[service]
listen = "127.0.0.1:9464"
traces = "http://localhost:4318"

[administrations.acme]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books" }
schedule = { cron = "0 6 * * mon-fri", spread_minutes = 0 }
"""


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(SETTINGS, encoding="utf-8")
    return config.load(tmp_path / "connector.toml", environ={})


def test_a_disk_that_is_nearly_full_is_warned_of(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (fine,) = checks_service.of_disks(settings)
    assert fine.result in ("ok", "warning")
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: _Usage(10**12, 10**12, 500 * 1024**2))
    (full,) = checks_service.of_disks(settings)
    assert full.result == "warning"
    assert full.found.startswith("0.4 GB free in ")
    assert full.next_step


def test_packages_that_settings_need_are_looked_for(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {each.result for each in checks_service.of_service(settings)} == {"ok"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    missing = [each for each in checks_service.of_service(settings) if each.result == "problem"]
    assert [each.next_step for each in missing] == [
        "pip install 'copaco-connector[service]'",
        "pip install 'copaco-connector[traces]'",
    ]
    assert {each.code for each in missing} == {3}


def test_the_next_run_is_told_by_the_clock_of_its_place(settings: config.Settings) -> None:
    schedule = checks_service.of_schedule(settings.administrations[0], NOON)
    runs = checks_service.of_runs(settings.administrations[0], None)
    assert "Europe/Amsterdam" in schedule.found
    six_in_the_morning = datetime.datetime(2026, 3, 3, 5, tzinfo=datetime.UTC)
    assert moment(six_in_the_morning) in schedule.found
    assert (runs.result, runs.next_step) == ("ok", "connector sync -a acme")


def test_the_clock_of_the_server_is_asked(database_url: str) -> None:
    with Database(database_url) as database:
        schema.upgrade(database)
        now = datetime.datetime.now(datetime.UTC)
        place = Workplace(database=database, clock=lambda: now, today=now.date())
        there = watched.server_time(place)
        if database.kind == "sqlite":
            assert there is None
        else:
            assert there is not None
            assert abs(there - now) < datetime.timedelta(minutes=1)
            fine = list(checks_service.of_server_clock(place))
            wrong = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC)
            (apart,) = checks_service.of_server_clock(
                Workplace(database=database, clock=lambda: wrong, today=now.date())
            )
            assert fine == []
            assert apart.result == "warning"
            assert "2020-01-01" in apart.found
