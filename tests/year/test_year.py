"""The service through weeks and through a year in which everything goes wrong once."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from tests.year.life import Outcome
from tests.year.plan import a_life, disk_full, fortnight, moment, year


def _went_well(outcome: Outcome) -> None:
    assert outcome.wrong == [], str(outcome)
    assert (outcome.duplicates, outcome.losses) == (0, 0), str(outcome)
    assert outcome.posted, str(outcome)


def test_a_fortnight_with_a_fault_a_day(tmp_path: Path) -> None:
    outcome = fortnight(tmp_path)
    _went_well(outcome)
    assert len(outcome.incidents) >= 5
    assert outcome.ends["SIGKILL"] == 1
    assert outcome.ends["SIGKILL by the ledger"] == 1


def test_a_fault_that_cannot_be_had_here_is_told_in_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not mount a disk cannot fill one: figures that say nothing of it would claim more than was tried."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    world = {"first": moment(3, 20, 5), "last": datetime.date(2024, 4, 2), "months": 2, "names": ("plain",)}
    with a_life(tmp_path, on_postgresql=False, seed=1, cron=("0 6 * * *",), **world) as life:
        disk_full(life, moment(3, 26, 5))
        told = str(life.outcome)
    assert "not tried: disk full for a day, since no disk can be mounted here" in told


@pytest.mark.long
def test_what_is_wrong_in_the_books_is_seen(tmp_path: Path) -> None:
    """Else the tests here would say nothing."""
    first, last, names = moment(3, 20, 5), datetime.date(2024, 4, 2), ("plain", "http")
    world = {"first": first, "last": last, "months": 2, "names": names, "cron": ("0 6 * * *",)}
    with a_life(tmp_path, on_postgresql=False, seed=1, **world) as life:
        life.live(moment(3, 25))
        life.world.book_twice()
        life.world.lose_ledger_files()
        outcome = life.judge()
    assert outcome.duplicates
    assert outcome.losses
    assert {each.partition(" ")[0] for each in outcome.wrong} >= {"verify:", "reconcile:", "plain:", "http:"}


@pytest.mark.long
def test_a_fortnight_on_postgresql(tmp_path: Path) -> None:
    _went_well(fortnight(tmp_path, on_postgresql=True))


@pytest.mark.long
@pytest.mark.parametrize("on_postgresql", [False, True], ids=["sqlite", "postgresql"])
def test_a_year_with_every_fault(on_postgresql: bool, tmp_path: Path) -> None:
    outcome = year(tmp_path, on_postgresql=on_postgresql)
    _went_well(outcome)
    assert outcome.held, "the seeded defects"
