"""A backfill that is killed goes on where it stopped, and never posts by itself."""

from __future__ import annotations

import signal
import time

import pytest

from connector.sandbox import RESELLER_NL, Sandbox
from tests.journeys.office import Office, posted

MONTHS = ("2024-11", "2025-01")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_office(request: pytest.FixtureRequest, new_office: Office, sandbox: Sandbox) -> Office:
    """An office with a database and nothing fetched."""
    if request.param == "postgresql":
        new_office.url = request.getfixturevalue("postgres_database_url")
    new_office.set_up(RESELLER_NL, sandbox.url)
    new_office.run("db", "upgrade")
    return new_office


def test_a_backfill_that_is_killed_goes_on_where_it_stopped(empty_office: Office, sandbox: Sandbox) -> None:
    office, before = empty_office, len(sandbox.requests)
    sandbox.faults.add("slow:endpoint=invoices,delay=30,times=1,skip=2")  # the third answer never comes
    process = office.start("backfill", *MONTHS)
    give_up = time.monotonic() + 60
    while office.rows()["fetch"] < 4 and time.monotonic() < give_up:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    sandbox.faults.clear()
    kept = office.rows()
    assert kept["fetch"] == 4
    assert kept["entry"] == 0

    (run,) = office.asked("backfill", *MONTHS)["runs"]
    assert run["resumed"] == 4
    assert len(run["windows"]) == 2
    assert len(sandbox.requests) - before == 4 + 1 + 2, (
        "what was fetched is not asked for again, but for the killed one"
    )
    assert office.states()["ready"]
    assert "posted" not in office.states()
    assert office.ledger() == {}
    office.proves()


def test_a_backfill_posts_in_the_name_of_the_person_who_asks_for_it(empty_office: Office) -> None:
    (run,) = empty_office.asked("backfill", *MONTHS, "--post", "--as", "Eva")["runs"]
    assert posted([run]) == run["approved"] > 0
    history = empty_office.asked("deliveries", "show", "1")["deliveries"][0]["history"]
    assert next(each for each in history if each["state"] == "queued")["actor"].startswith("Eva (--as, by ")
    empty_office.proves()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2025-01", "2024-11", "before it begins"),
        ("2024-13", "2024-12", "neither a month"),
        ("2025-03", "2025-04", "after today"),
        ("0001-01", "2026-11", "'0001-01' lies outside 2000-01-01 to 2199-12-31; look at the year"),
        ("1999-01", "1999-02", "'1999-01' lies outside"),
        ("2024-11", "9999-12", "'9999-12' lies outside"),
    ],
)
def test_periods_that_make_no_sense_are_refused(first: str, last: str, words: str, sqlite_office: Office) -> None:
    assert words in sqlite_office.run("backfill", first, last, code=2).err


def test_a_period_in_which_nothing_was_created_is_told(sqlite_office: Office) -> None:
    told = sqlite_office.run("backfill", "2001-01", "2001-02").out
    assert "acme: nothing was created from 2001-01-01 to 2001-02-28" in told
    assert "nothing was created" not in sqlite_office.run("backfill", "2024-12", "2024-12").out


def test_a_day_that_cannot_be_today_is_refused(sqlite_office: Office) -> None:
    for arguments in (("sync",), ("status",), ("init", "--yes")):
        assert "look at the year" in sqlite_office.run(*arguments, "--today", "0001-01-01", today=None, code=2).err
