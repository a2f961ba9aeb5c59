"""What every runner keeps: nobody is run twice at once, nothing is lost by a kill, a missed run is made up for once,
and one that is slow keeps nobody waiting. Both runners, on a real PostgreSQL, in processes of their own."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connector.sandbox import RESELLER_NL, Sandbox, demo_world
from tests import postgres
from tests.journeys.office import TODAY, Office
from tests.service.running import Gate, Kind, gate, running, until

NAMES = ("a0", "a1", "a2")


@pytest.fixture(scope="module")
def made_office(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Office]:
    """An office with some administrations that were never run, to copy."""
    office = Office(folder=tmp_path_factory.mktemp("made"), url=postgres.create_database(postgres_url))
    office.set_up(RESELLER_NL, "http://127.0.0.1:1", name="NAME", auto_post='"all"')
    office.run("db", "upgrade")
    head, table, rest = office.toml.partition("[administrations.NAME]")
    office.toml = head + "\n".join(
        (table + rest).replace("NAME", name).replace(f"KEY_{name}", "KEY_NAME") for name in NAMES
    )
    yield office
    postgres.drop_database(office.url)


@pytest.fixture(scope="module")
def passed() -> Iterator[str]:
    """A small sandbox."""
    with Sandbox(demo_world(TODAY, months=1, customers=2), today=TODAY) as sandbox:
        yield sandbox.url


@pytest.fixture
def door(passed: str) -> Iterator[Gate]:
    """The gate to the sandbox."""
    with gate(passed) as made:
        yield made


@pytest.fixture
def office(made_office: Office, door: Gate, tmp_path: Path) -> Iterator[Office]:
    """A copy of the office, whose administrations ask through the gate."""
    folder = tmp_path / "office"
    shutil.copytree(made_office.folder, folder)
    copied = Office(
        folder=folder, url=postgres.create_database(made_office.url, template=made_office.url.rpartition("/")[2])
    )
    for name in NAMES:
        copied.toml = copied.toml.replace('"http://127.0.0.1:1"', f'"{door.url}/{name}"', 1)
    yield copied
    postgres.drop_database(copied.url)


@pytest.fixture(params=["embedded", "queued"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each of the runners."""
    found: Kind = request.param
    return found


def is_sound(office: Office) -> None:
    """Every cent is accounted for, and the ledger holds each entry once."""
    office.proves()
    compared: list[dict[str, Any]] = office.asked("reconcile")["administrations"]
    assert all(each["deviations"] == [] for each in compared), compared
    rows = office.rows()
    assert rows["receipt"] == rows["delivery"], "everything was approved, and posted once"
    assert rows["receipt"] == len(NAMES) * (rows["receipt"] // len(NAMES)) > 0, "all have the same invoices"


def test_nobody_is_run_twice_at_once(kind: Kind, office: Office, door: Gate) -> None:
    door.delay = 0.05
    with running(kind, office.folder, office.url) as one, running(kind, office.folder, office.url) as other:
        until(lambda: {*one.done(), *other.done()} == set(NAMES), "all were run")
        for each in (one, other):
            each.stop()
    assert door.most == dict.fromkeys(NAMES, 1)
    is_sound(office)


def test_what_a_killed_one_had_is_run_again(kind: Kind, office: Office, door: Gate) -> None:
    door.held = {"a1"}
    with running(kind, office.folder, office.url) as first:
        until(lambda: door.asking["a1"], "a1 is under way")
        first.kill()
    door.opened.set()
    with running(kind, office.folder, office.url, lost_seconds=4) as second:
        until(lambda: {*first.done(), *second.done()} == set(NAMES), "all were run")
        assert "a1" in second.done()
        second.stop()
    is_sound(office)


@pytest.mark.long
def test_kills_at_any_moment_lose_and_double_nothing(kind: Kind, office: Office, door: Gate) -> None:
    chance = random.Random(6)
    door.delay = 0.02
    for _ in range(8):
        with ExitStack() as stack:
            runners = [
                stack.enter_context(running(kind, office.folder, office.url, secondly=True, lost_seconds=4))
                for _ in range(2)
            ]
            for runner in runners:
                time.sleep(chance.uniform(0.3, 3))
                runner.kill()
    if kind == "queued":  # a job that was lost often waits for some minutes, which we do not
        with psycopg.connect(office.url.replace("+psycopg", "")) as connection:
            connection.execute("SET search_path = connector_queue")
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now(), attempts = 0")
    with running(kind, office.folder, office.url, secondly=True, lost_seconds=4) as last:
        until(lambda: set(last.done()) == set(NAMES), "all were run")
        last.stop()
    assert door.most == dict.fromkeys(NAMES, 1)
    office.run("sync")  # what was being sent at the last kill is looked up
    is_sound(office)


def test_a_missed_run_is_made_up_for_once(kind: Kind, office: Office) -> None:
    with running(kind, office.folder, office.url) as before:
        until(lambda: set(before.done()) == set(NAMES), "all were run")
        before.stop()
    if kind == "queued":  # the other one keeps nothing
        with psycopg.connect(office.url.replace("+psycopg", "")) as connection:
            connection.execute("UPDATE connector_queue.timetable SET queued_at = queued_at - interval '3 days'")
    with running(kind, office.folder, office.url) as late:
        until(lambda: set(late.done()) == set(NAMES), "all were run")
        time.sleep(1.2)  # another one would be queued by now
        late.stop()
    assert sorted(late.begun()) == list(NAMES)


def test_a_slow_one_keeps_nobody_waiting(kind: Kind, office: Office, door: Gate) -> None:
    door.held = {"a0"}
    with running(kind, office.folder, office.url, secondly=True) as runner:
        until(lambda: min(Counter(runner.done())[name] for name in NAMES[1:]) >= 1, "the others were run")
        assert "a0" not in runner.done()
        door.opened.set()
        until(lambda: "a0" in runner.done(), "the slow one was run")
        runner.stop()
    is_sound(office)


def test_all_get_their_turn(kind: Kind, office: Office) -> None:
    with running(kind, office.folder, office.url, side_by_side=1, secondly=True) as runner:
        until(lambda: len(runner.done()) >= 2 * len(NAMES) + 1, "all were run again and again")
        runner.stop()
    turns: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
    for name in runner.begun():
        turns[name] += 1
        assert max(turns.values()) - min(turns.values()) <= 2, runner.begun()
