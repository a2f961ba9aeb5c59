"""Many workers as they are installed: they share the work through the database, obey signals, and lose nothing."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from connector.sandbox import RESELLER_BE, Sandbox
from tests import postgres
from tests.journeys.office import Office
from tests.journeys.served import PATIENCE, asked, free_port, hear, listening, serving


@pytest.fixture
def office(prepared_folder: Path, prepared_database: str, tmp_path: Path, sandbox: Sandbox) -> Iterator[Office]:
    """A copy of the prepared office on PostgreSQL."""
    shutil.copytree(prepared_folder, tmp_path / "office", ignore=shutil.ignore_patterns("connector.db*"))
    url = postgres.create_database(prepared_database, template=prepared_database.rpartition("/")[2])
    yield Office(folder=tmp_path / "office", url=url)
    postgres.drop_database(url)


def test_a_run_is_three_jobs_one_after_the_other(office: Office) -> None:
    office.set("auto_post", '"all"')
    with serving(office, command="worker") as worker:
        worker.until("working: 1 administration, next acme")
        for verb, told in (("pull", "answers"), ("prepare", "now ready"), ("deliver", "posted")):
            assert worker.until(told, "acme")["action"] == verb
        begun = time.monotonic()
        assert worker.end() == 0
        assert time.monotonic() - begun < 10
    assert worker.lines[-1]["message"] == "stopped"
    assert office.states()["posted"]
    office.proves()


def test_a_worker_answers_how_it_is(office: Office) -> None:
    port = free_port()
    with serving(office, "--listen", str(port), command="worker") as worker:
        worker.until(f"listening at 127.0.0.1:{port}")
        worker.until("working: 1 administration")
        assert asked(port, "healthz") == (200, "alive\n")
        assert asked(port, "readyz") == (200, "ready\n")
        worker.until("posted", "acme")
        for _ in range(PATIENCE * 10):  # a run is counted when it has ended
            told = asked(port, "metrics")[1]
            if 'action="deliver",outcome="done"' in told:
                break
            time.sleep(0.1)
        for verb in ("pull", "prepare", "deliver"):
            assert f'connector_runs_total{{action="{verb}",outcome="done"}} 1.0' in told
        assert _workers(office) == ("ok", "1 worker is alive; 0 jobs wait")
        assert worker.end() == 0
    with psycopg.connect(office.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET search_path = connector_queue")
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at)"
            " VALUES ('pull', 'pull', now() - interval '125 seconds')"
        )
    assert _workers(office) == ("warning", "0 workers are alive; 1 job waits; one for 2 minutes")


def _workers(office: Office) -> tuple[str, str]:
    """What doctor tells of the workers."""
    (told,) = [each for each in office.asked("doctor", "--offline")["checks"] if each["check"] == "workers"]
    return told["result"], told["found"]


def test_two_workers_share_what_is_due(office: Office, sandbox: Sandbox) -> None:
    office.set("auto_post", '"all"')
    office.set_up(RESELLER_BE, sandbox.url, name="acme-be", auto_post='"all"')
    first = ("--side-by-side", "1", "--queue", "pull", "--queue", "prepare")
    with (
        serving(office, *first, command="worker") as one,
        serving(office, "--queue", "deliver", command="worker") as other,
    ):
        for _ in range(2):
            assert other.until("posted")["action"] == "deliver"
        assert (one.end(), other.end()) == (0, 0)
    assert {line["action"] for line in one.lines if line["message"] == "begun"} == {"pull", "prepare"}
    assert {line["action"] for line in other.lines if line["message"] == "begun"} == {"deliver"}
    office.proves()
    assert all(each["deviations"] == [] for each in office.asked("reconcile")["administrations"])


def test_a_job_is_put_back_when_its_worker_is_stopped(office: Office, sandbox: Sandbox) -> None:
    office.change("pause_seconds = 0", "pause_seconds = 1")
    with serving(office, command="worker") as worker:
        worker.until("begun", "acme")
        begun = time.monotonic()
        assert worker.end(signal.SIGINT) == 0
        assert time.monotonic() - begun < 15
    assert "stopped between two steps; the next run goes on from here" in [each["message"] for each in worker.lines]
    office.change("pause_seconds = 1", "pause_seconds = 0")
    done = office.run("worker", "--once")  # not due again, but still in the queue
    assert "acme deliver: " in done.err


def test_settings_are_read_anew_and_broken_ones_refused(office: Office, sandbox: Sandbox, tmp_path: Path) -> None:
    good = office.toml
    with listening(tmp_path) as (address, manager):
        office.environment |= {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000"}
        with serving(office, command="worker") as worker:
            assert "1 administration" in hear(manager, "READY")["STATUS"]
            hear(manager, "WATCHDOG")
            office.toml = good.replace('country = "NL"', 'country = "XX"')
            worker.tell(signal.SIGHUP)
            hear(manager, "RELOADING")
            assert "connector.toml:" in worker.until("the settings are not taken")["message"]
            office.toml = good
            office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
            worker.tell(signal.SIGHUP)
            taken = worker.until("settings read anew: 2 administrations")["message"]
            assert "next" not in taken, "the new schedule is not planned yet, and the old one counts no more"
            worker.until("posted", "acme-be")
            assert worker.end() == 0
        hear(manager, "STOPPING")


def test_a_database_that_restarts_is_told_once_and_waited_for(office: Office) -> None:
    """All sessions end at once, as when the server restarts; those that wait for work come back as well."""
    with serving(office, command="worker") as worker:
        worker.until("posted", "acme")
        server, _, name = office.url.replace("+psycopg", "").rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(sessions, (name,))
            worker.until("no connection to the database")
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        with psycopg.connect(f"{server}/{name}", autocommit=True) as connection:
            connection.execute("UPDATE connector_queue.timetable SET queued_at = queued_at - interval '3 days'")
        worker.until("posted", "acme")
        worker.until("the database answers again")
        assert worker.end() == 0
    assert [each["level"] for each in worker.lines].count("error") == 1


def test_a_database_that_comes_up_after_the_worker_is_waited_for(office: Office, tmp_path: Path) -> None:
    """It ended at once, and after a quarter of an hour of that systemd started it no more."""
    folder, prepared = postgres.new_folder(), office.url
    try:
        office.url = postgres.create_database(postgres.server_url(folder, owner=os.getpid()))
        office.run("db", "upgrade")
        postgres.halt(folder)
        with listening(tmp_path) as (address, manager):
            office.environment["NOTIFY_SOCKET"] = address
            with serving(office, command="worker") as worker:
                worker.until("Next: it is tried again until it answers")
                hear(manager, "READY")  # else a manager would kill it
                worker.tell(signal.SIGHUP)
                worker.until("settings read anew")
                postgres.resume(folder)
                worker.until("the database answers again")
                worker.until("working: 1 administration")
                worker.until("now ready", "acme")
                postgres.halt(folder)
                assert worker.end() == 0
        del office.environment["NOTIFY_SOCKET"]
        assert office.run("worker", "--once", code=5).err.count("Error: ") == 1
        with serving(office, command="worker") as worker:
            worker.until("Next: it is tried again until it answers")
            begun = time.monotonic()
            assert worker.end() == 0
            assert time.monotonic() - begun < 10
    finally:
        office.url = prepared
        postgres.stop(folder)


@pytest.mark.long  # serve, which ends in the same way, is tried by default
def test_a_step_that_hangs_is_left_to_others_after_ten_seconds(office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("hang:delay=40,times=always")
    with serving(office, command="worker") as worker:
        worker.until("begun", "acme")
        time.sleep(1)  # until it waits for the answer
        begun = time.monotonic()
        assert worker.end() == 0
        assert 5 < time.monotonic() - begun < 25
    assert worker.lines[-1]["message"].startswith("stopped in the middle of a step; another worker finds out")
    server = office.url.replace("+psycopg", "")
    with psycopg.connect(server) as connection:
        jobs = connection.execute(
            "SELECT task_name, status::text FROM connector_queue.procrastinate_jobs WHERE task_name <> 'tidy'"
        )
        assert jobs.fetchall() == [("pull", "doing")], "taken up when no sign of life came for a while"
