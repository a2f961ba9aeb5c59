"""How the last run of an administration ended, as it is kept."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from connector.store import last_runs, tables
from connector.store.database import Database
from connector.store.last_runs import LastRun
from tests.store import rows

Kept = Callable[..., LastRun]


@pytest.fixture
def ended(database: Database) -> Kept:
    """Keeps that an action ended, each an hour after the other; gives what is read back."""
    with database.transaction() as connection:
        connection.execute(tables.administration.insert(), rows.row(tables.administration))
    hours = iter(range(1, 100))

    def keep(action: str, failure: str = "") -> LastRun:
        moment = rows.MOMENT + datetime.timedelta(hours=next(hours))
        run = LastRun(run=f"r{moment.hour}", action=action, begun_at=rows.MOMENT, ended_at=moment, failure=failure)
        with database.transaction() as connection:
            given = last_runs.keep(connection, 1, run)
        with database.reading() as connection:
            assert last_runs.of(connection, 1) == given
        return given

    return keep


def test_failures_are_counted_until_one_succeeds(ended: Kept) -> None:
    fine = ended("sync")
    assert (fine.failures, fine.failing_since, fine.succeeded_at) == (0, None, fine.ended_at)
    first, second = ended("sync", "SourceUnavailable"), ended("sync", "SourceRefused")
    assert (first.failures, second.failures) == (1, 2)
    assert first.failing_since == second.failing_since == first.ended_at
    assert second.succeeded_at == fine.ended_at
    assert second.failure == "SourceRefused"
    over = ended("sync")
    assert (over.failures, over.failing_since, over.failure) == (0, None, "")


def test_a_part_that_went_well_takes_back_no_failure_of_another(ended: Kept) -> None:
    for _ in range(2):
        ended("pull")
        ended("prepare")
        stuck = ended("deliver", "LedgerUnavailable")
    assert stuck.failures == 2
    assert ended("pull").failure == "LedgerUnavailable"
    assert ended("deliver").failure == ""


@pytest.mark.parametrize("action", ["pull", "sync", "deliver"])
def test_what_failed_is_over_when_it_or_all_of_a_run_went_well(ended: Kept, action: str) -> None:
    ended("pull", "SourceUnavailable")
    assert ended(action).failures == 0
