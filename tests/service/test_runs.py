"""Runs of the service: failures are told once, and tried again where that can help."""

from __future__ import annotations

import datetime
import logging
from pathlib import Path

import pytest

from connector import config
from connector.domain.schedule import Schedule
from connector.engine.deliver import DeliverReport
from connector.engine.run import RunReport, Verb
from connector.errors import BusyError, SourceRefused, SourceUnavailable, StoreUnavailable
from connector.service.runs import Runs
from connector.service.timetable import first_due
from connector.store import schema
from connector.store.database import Database

SETTINGS = """\
[administrations.acme]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books" }
"""


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    """Settings whose mapping set is an empty folder, so that every run fails alike."""
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(SETTINGS, encoding="utf-8")
    read = config.load(tmp_path / "connector.toml", environ={})
    with Database(read.connection.database_url) as database:
        schema.upgrade(database)
    return read


@pytest.fixture
def runs() -> Runs:
    return Runs(actor="service", today=lambda: datetime.date(2026, 3, 1))


def test_a_failure_that_repeats_is_told_once(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "connector.service")
    first, second = runs.run(settings, "acme"), runs.run(settings, "acme")
    assert first is not None
    assert str(first) == str(second)
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR", "INFO", "INFO"]
    assert first.hint in caplog.messages[1]
    assert caplog.messages[3] == "failed again, as told before"


def _failing(runs: Runs, monkeypatch: pytest.MonkeyPatch, errors: dict[str, list[Exception | None]]) -> None:
    """Let the runs of these administrations meet these errors, one after the other; ``None`` for a run that is well."""

    def sync(_settings: config.Settings, name: str, _verb: object) -> RunReport:
        if error := errors[name].pop(0):
            raise error
        return RunReport(administration=name)

    monkeypatch.setattr(runs, "_sync", sync)


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelname in ("ERROR", "WARNING")]


def test_a_database_that_is_away_is_told_once_for_all(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, starting = StoreUnavailable("no connection (refused)"), StoreUnavailable("no connection (starting up)")
    _failing(runs, monkeypatch, {"acme": [refused, starting, None, None], "bulk": [starting, refused, None, refused]})
    for _ in range(3):
        for name in ("acme", "bulk"):
            runs.run(settings, name)
    assert _told(caplog) == [f"{refused}. Next: {refused.hint}", "what failed before works again"]
    runs.run(settings, "acme")
    runs.run(settings, "bulk")
    assert len(_told(caplog)) == 3, "another time it is told again"


def test_what_is_waited_for_is_told_once_in_whatever_words(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that is down answers now this and now that; a key that is refused meanwhile is another matter."""
    caplog.set_level("INFO", "connector.service")
    reset, busy, refused = SourceUnavailable("reset"), SourceUnavailable("503"), SourceRefused("wrong key")
    _failing(runs, monkeypatch, {"acme": [reset, busy, refused, reset, busy, refused, None]})
    for _ in range(7):
        runs.run(settings, "acme")
    assert [each.partition(".")[0] for each in _told(caplog)] == [
        "reset",
        "wrong key",
        "what failed before works again",
    ]
    assert "failed again, as told before: 503" in caplog.messages


def test_another_run_is_an_error_when_it_is_still_there_the_second_time(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two services on one database meet whenever something is due, which nobody need be told; a run that hangs is
    told once."""
    busy = BusyError("another run works on it")
    _failing(runs, monkeypatch, {"acme": [busy, None, busy, None, busy, busy, busy, None]})
    for _ in range(4):
        runs.run(settings, "acme")
    assert _told(caplog) == []
    for _ in range(4):
        runs.run(settings, "acme")
    assert _told(caplog) == [f"{busy}. Next: {busy.hint}", "what failed before works again"]


def test_a_defect_is_told_once_with_its_traceback(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing(runs, monkeypatch, {"acme": [ValueError("one"), ValueError("one"), KeyError("two"), None]})
    for _ in range(4):
        runs.run(settings, "acme")
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [bool(record.exc_info) for record in told] == [True, True, False]
    assert _told(caplog)[-1] == "what failed before works again"


def test_nothing_is_begun_once_it_stops(
    settings: config.Settings, runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "connector.service")
    runs.stopping.set()
    assert runs.run(settings, "acme") is None
    assert caplog.messages == []


def test_what_can_help_is_tried_again_ever_later(settings: config.Settings, runs: Runs) -> None:
    gone = SourceUnavailable("no answer")
    assert runs.retry_after("acme", SourceRefused("wrong key")) is None
    waits = []
    for _ in range(7):
        runs.run(settings, "acme")
        waits.append(runs.retry_after("acme", gone))
    minutes = [wait.total_seconds() / 60 for wait in waits if wait is not None]
    assert minutes == [10, 20, 40, 80, 160, 240, 240]


def test_what_was_sent_without_an_answer_is_looked_up_soon(
    settings: config.Settings, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when the schedule comes next, which may be tomorrow."""
    reports = [DeliverReport(unknown=1), DeliverReport(postponed=1), DeliverReport(found=1)]
    monkeypatch.setattr(runs, "_sync", lambda *_: RunReport(administration="acme", delivered=reports.pop(0)))
    waits = []
    for _ in range(3):
        assert runs.run(settings, "acme") is None
        waits.append(runs.retry_after("acme", None))
    assert waits == [datetime.timedelta(minutes=10), datetime.timedelta(minutes=20), None]


def test_only_the_part_that_must_look_again_is_made_again(
    settings: config.Settings, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pull of the next day goes well while an entry is still unknown: it is not repeated because of that."""
    reports: dict[Verb, DeliverReport] = {"deliver": DeliverReport(unknown=1), "pull": DeliverReport()}
    expected: dict[Verb, datetime.timedelta | None] = {"deliver": datetime.timedelta(minutes=10), "pull": None}
    monkeypatch.setattr(
        runs, "_sync", lambda _settings, name, verb: RunReport(administration=name, delivered=reports[verb])
    )
    for verb, wait in expected.items():
        assert runs.attempt(settings, "acme", verb).error is None
        assert runs.retry_after("acme", None, verb) == wait
    runs.attempt(settings, "acme", "deliver")
    assert runs.retry_after("acme", None, "deliver") == datetime.timedelta(minutes=20)


def test_a_service_begins_at_once_but_in_the_quiet_hours() -> None:
    noon = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    quiet = Schedule(quiet=(datetime.time(22), datetime.time(6)))
    assert first_due(quiet, "acme", noon) == noon
    night = first_due(quiet, "acme", noon.replace(hour=23))
    assert night is not None
    assert datetime.timedelta(hours=6) <= night - noon.replace(hour=23) <= datetime.timedelta(hours=7)
