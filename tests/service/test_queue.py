"""The queue in the database: its tables, and what stands in them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from connector import config
from connector.app import databases
from connector.cli import worker
from connector.domain.schedule import Schedule
from connector.engine.books import Workplace
from connector.engine.watched import Backlog, backlog
from connector.errors import ConnectorError, SchemaError, SettingsError, StoreError, StoreUnavailable
from connector.service import queue, queue_tables, queued
from connector.service.metrics import Metrics
from connector.service.planning import Line, Plan, Step
from connector.service.queued import Workers
from connector.service.runs import Ended, Runs
from connector.store import schema
from connector.store.database import Database
from tests.service.test_runs import SETTINGS

NOW = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
HOURLY = {"acme": Schedule(every=HOUR, spread=datetime.timedelta())}


@pytest.fixture
def settings(tmp_path: Path, postgres_database_url: str) -> config.Settings:
    """Settings on PostgreSQL with a folder of mapping tables that is empty, so that every run fails."""
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(SETTINGS, encoding="utf-8")
    with Database(postgres_database_url) as database:
        schema.upgrade(database)
    return config.load(tmp_path / "connector.toml", environ={"CONNECTOR_DATABASE_URL": postgres_database_url})


@pytest.fixture
def direct(settings: config.Settings) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A look past the program."""
    url = settings.connection.database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = connector_queue")
        yield connection


def workers(settings: config.Settings, **more: object) -> Workers:
    return Workers(
        lambda: settings,
        Runs(actor="worker", today=lambda: datetime.date(2026, 3, 1)),
        **more,  # type: ignore[arg-type]
    )


def test_the_tables_stand_apart_and_are_made_once(settings: config.Settings, direct: psycopg.Connection) -> None:
    assert not queue.renew(settings.connection)
    assert direct.execute("SELECT to_regnamespace('connector_queue')").fetchone() == (None,), "no worker, no tables"
    for _ in range(2):
        workers(settings).once()
    assert direct.execute("SELECT version FROM connector_queue.made_for").fetchall() == [
        (queue_tables.wanted_version(),)
    ]
    found = direct.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename ~ 'procrastinate'")
    assert found.fetchone() == (0,)
    with Database(settings.connection.database_url) as database:
        schema.check(database)


def test_older_tables_are_told_and_made_anew(settings: config.Settings, direct: psycopg.Connection) -> None:
    workers(settings).once()
    direct.execute("UPDATE connector_queue.made_for SET version = '03.00.00_01_pre_cancel_notification/1'")
    with pytest.raises(SchemaError, match="older than the installed Procrastinate") as told:
        workers(settings).once()
    assert "connector db upgrade" in told.value.hint
    assert queue.renew(settings.connection)
    workers(settings).once()
    direct.execute("UPDATE connector_queue.made_for SET version = '99'")
    with pytest.raises(SchemaError, match="newer than the installed Procrastinate"):
        workers(settings).once()


def test_a_role_that_may_not_make_them_is_told_what_to_ask_for(
    settings: config.Settings, direct: psycopg.Connection
) -> None:
    database = settings.connection.database_url.rpartition("/")[2]
    direct.execute(f'REVOKE CREATE ON DATABASE "{database}" FROM CURRENT_USER')
    with pytest.raises(StoreError, match="may not make a schema") as told:
        workers(settings).once()
    assert "CREATE SCHEMA connector_queue AUTHORIZATION" in told.value.hint
    direct.execute(f'GRANT CREATE ON DATABASE "{database}" TO CURRENT_USER')
    direct.execute("CREATE SCHEMA connector_queue")
    direct.execute(f'REVOKE CREATE ON DATABASE "{database}" FROM CURRENT_USER')
    workers(settings).once()


def test_a_server_that_is_away_only_has_to_be_waited_for(direct: psycopg.Connection) -> None:
    """So that people are told of it when it lasts, not by each worker whenever the server restarts."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"

    async def wait_for_a_connection() -> None:
        async with AsyncConnectionPool(nowhere, open=False, min_size=1, timeout=0.1) as pool, pool.connection():
            pass

    with pytest.raises(StoreUnavailable), queue.translated("here"):
        psycopg.connect(nowhere)
    with pytest.raises(StoreUnavailable), queue.translated("here"):
        asyncio.run(wait_for_a_connection())
    with pytest.raises(StoreError) as wrong, queue.translated("here"):
        direct.execute("SELECT 1 / 0")
    assert not isinstance(wrong.value, StoreUnavailable)


def test_a_machine_that_vanishes_while_it_plans_keeps_nobody_from_planning_for_long(
    settings: config.Settings, direct: psycopg.Connection[tuple[object, ...]]
) -> None:
    """It kept the lock of the timetable until the server missed it, two hours later; all workers waited in silence."""
    names = ("tcp_keepalives_idle", "idle_in_transaction_session_timeout", "lock_timeout", "search_path")

    async def shown() -> list[str]:
        made = queue.Queue(settings.connection, lambda *_: asyncio.sleep(0))
        async with made.opened(), made._connector.pool.connection() as connection:
            cursors = [await connection.execute(f"SHOW {name}") for name in names]
            assert connection.info.get_parameters()["tcp_user_timeout"] == "90000"
            return [(await each.fetchone() or ("",))[0] for each in cursors]

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(shown()) == ["60", "1min", "30s", "connector_queue"]
    assert databases.client(settings.connection)["connect_timeout"] == 10
    address = f"{settings.connection.database_url}?connect_timeout=3"
    asked = databases.client(dataclasses.replace(settings.connection, database_url=address))
    assert "connect_timeout" not in asked, "the address counts more"
    del direct


def test_a_database_that_can_only_be_read_is_told_once(
    settings: config.Settings, direct: psycopg.Connection[tuple[object, ...]], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """No job can be taken, but the timetable can be read: each withdrew what the other had told, every five seconds."""
    monkeypatch.setattr(queued, "AGAIN_SECONDS", 0.1)
    caplog.set_level("INFO", "connector.service.queued")
    workers(settings).once()
    user, name = direct.info.user, direct.info.dbname
    direct.execute(f'ALTER ROLE "{user}" IN DATABASE "{name}" SET default_transaction_read_only = on')
    worker = workers(settings, look_seconds=0.2)
    told_while_it_lasts: list[str] = []

    def end() -> None:
        """Its sessions stay: they began when nothing could be written, and would stay so."""
        told_while_it_lasts.extend(caplog.messages)
        direct.execute(f'ALTER ROLE "{user}" IN DATABASE "{name}" RESET default_transaction_read_only')
        for _ in range(300):
            if "the database answers again" in caplog.messages:
                break
            threading.Event().wait(0.1)
        worker._hear("stop")

    ending = threading.Timer(4, end)
    ending.start()
    try:
        worker.serve()
    finally:
        ending.join()
    (lost,) = [each for each in told_while_it_lasts if "Next: it is tried again" in each]
    assert "the database does not let us write" in lost
    assert "the database answers again" not in told_while_it_lasts
    assert caplog.messages.count("the database answers again") == 1


def test_a_job_that_was_left_is_put_back_by_the_clock_of_the_database(
    settings: config.Settings, direct: psycopg.Connection[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that is an hour ahead it would keep its administration waiting for an hour."""
    workers(settings, verbs=("deliver",)).once()
    direct.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE task_name = 'pull'")

    class Ahead(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Self:
            return super().now(tz) + HOUR

    monkeypatch.setattr("connector.service.queue.datetime.datetime", Ahead)
    workers(settings, verbs=("deliver",)).once()
    monkeypatch.undo()
    left = direct.execute("SELECT status, scheduled_at <= now() FROM procrastinate_jobs WHERE task_name = 'pull'")
    assert left.fetchall() == [("todo", True)]


def test_a_failure_is_not_kept_with_all_that_was_under_way(
    settings: config.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that runs for months kept the error of every run that failed, and with it tables and answers."""
    caplog.set_level("CRITICAL", "connector")  # what is logged in a test is kept
    worker = workers(settings)
    failed: list[weakref.ref[ConnectorError]] = []
    attempt = worker._runs.attempt

    def remembered(*arguments: object) -> Ended:
        ended = attempt(*arguments)  # type: ignore[arg-type]
        assert ended.error is not None
        failed.append(weakref.ref(ended.error))
        threading.Timer(0.5, lambda: worker._hear("stop")).start()
        return ended

    worker._runs.attempt = remembered  # type: ignore[assignment]
    assert worker.serve()
    gc.collect()
    assert [each() for each in failed] == [None]


def test_a_job_says_whose_it_is_and_no_more(settings: config.Settings, direct: psycopg.Connection) -> None:
    """No secret can get into the queue: a job names an administration and, as its task, a verb."""
    workers(settings).once()
    direct.execute("UPDATE connector_queue.timetable SET queued_at = '2020-01-01'")
    workers(settings, verbs=("deliver",)).once()
    jobs = direct.execute(
        "SELECT task_name, queue_name, lock, queueing_lock, args FROM connector_queue.procrastinate_jobs"
        " WHERE task_name <> 'tidy'"
    )
    assert jobs.fetchall() == [("pull", "pull", "acme", "acme/pull", {"administration": "acme"})]
    (kept,) = direct.execute("SELECT failed_verb, failures, told FROM connector_queue.timetable").fetchall()
    assert kept[:2] == ("pull", 1)
    assert len(str(kept[2])) == 16, "a hash of what was told, not its words"


def test_what_ended_leaves_no_job_behind(settings: config.Settings, direct: psycopg.Connection) -> None:
    (failed,) = workers(settings).once()
    assert failed.where
    # What tidies up every hour may just be due.
    jobs = "SELECT id FROM connector_queue.procrastinate_jobs WHERE task_name <> 'tidy'"
    assert direct.execute(jobs).fetchall() == []
    tidying = "SELECT id FROM connector_queue.procrastinate_jobs WHERE task_name = 'tidy'"
    events = f"SELECT count(*) FROM connector_queue.procrastinate_events WHERE job_id NOT IN ({tidying})"
    assert direct.execute(events).fetchone() == (0,)
    assert direct.execute("SELECT count(*) FROM connector_queue.procrastinate_workers").fetchone() == (0,)


def test_a_failure_is_told_once_by_all_workers_together(
    settings: config.Settings, direct: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "connector.service")
    for _ in range(3):
        workers(settings).once()
        direct.execute("UPDATE connector_queue.timetable SET queued_at = queued_at - interval '3 days'")
    assert [each.levelname for each in caplog.records if each.levelname != "INFO"] == ["ERROR"]
    assert caplog.messages.count("failed again, as told before") == 2


def test_a_job_that_takes_its_workers_with_it_waits_ever_longer(
    settings: config.Settings, direct: psycopg.Connection[tuple[object, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "connector.service")
    workers(settings, verbs=("deliver",)).once()  # which leaves the pull that is due to others
    for attempts, waits in ((2, False), (3, True), (30, True)):
        direct.execute(
            "UPDATE connector_queue.procrastinate_jobs SET status = 'doing', worker_id = NULL, attempts = %s"
            " WHERE task_name = 'pull'",  # and not what tidies up every hour
            (attempts,),
        )
        caplog.clear()
        workers(settings, verbs=("deliver",)).once()
        (told,) = [each for each in caplog.messages if each.startswith("who worked on it is gone")]
        assert ("in " in told) is waits, told
    (at,) = direct.execute(
        "SELECT scheduled_at - now() FROM connector_queue.procrastinate_jobs WHERE task_name = 'pull'"
    ).fetchall()[0]
    assert datetime.timedelta(hours=3) < at <= datetime.timedelta(hours=4)  # type: ignore[operator]
    assert workers(settings).once() == [], "it waits"


def test_a_job_whose_end_could_not_be_noted_is_done_again(
    settings: config.Settings, direct: psycopg.Connection[tuple[object, ...]]
) -> None:
    """It stayed with its worker for ever, which was alive and did nothing for it, and its administration with it."""
    worked: list[str] = []
    done = asyncio.Semaphore(0)

    async def work(_queue: queue.Queue, _verb: str, name: str, _due: datetime.datetime | None) -> None:
        if not worked:
            direct.execute("ALTER FUNCTION procrastinate_finish_job_v1 RENAME TO away")
        worked.append(name)
        done.release()

    async def run() -> None:
        made = queue.Queue(settings.connection, work)
        async with made.opened():
            await made.plan(HOURLY)
            working = asyncio.create_task(made.work(("pull",), side_by_side=1))
            await asyncio.wait_for(done.acquire(), 30)
            await asyncio.sleep(0.5)
            direct.execute("ALTER FUNCTION away RENAME TO procrastinate_finish_job_v1")
            for _ in range(2):  # one that was given out just now is not astray yet
                await made.plan(HOURLY)
            await asyncio.wait_for(done.acquire(), 30)
            working.cancel()
            await asyncio.wait({working})

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _loop, _context: None)
        runner.run(run())
    assert worked == ["acme", "acme"]


def test_what_waits_is_measured(settings: config.Settings, direct: psycopg.Connection[tuple[object, ...]]) -> None:
    with Database(settings.connection.database_url) as database:
        place = Workplace(database=database.of_all(), clock=lambda: NOW, today=NOW.date())
        assert backlog(place) == [], "no worker ever ran"
        workers(settings, verbs=("deliver",)).once()  # which leaves the pull that is due to others
        direct.execute("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '90 s' WHERE task_name = 'pull'")
        pull, prepare, deliver = backlog(place)
        assert (pull.action, pull.waiting, pull.put_off, pull.under_way) == ("pull", 1, 0, 0)
        assert 90 <= pull.seconds < 120
        assert (prepare, deliver) == (Backlog(action="prepare"), Backlog(action="deliver"))
        direct.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '90 s' WHERE task_name = 'pull'")
        assert backlog(place)[0] == Backlog(action="pull", put_off=1)
        direct.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'pull'")
        assert backlog(place)[0] == Backlog(action="pull", under_way=1)
        direct.execute("UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL WHERE task_name = 'pull'")
        assert backlog(place)[0].waiting == 1
    metrics = Metrics(now=lambda: NOW, today=NOW.date)
    assert 'connector_queue_jobs{action="pull",state="waiting"} 1\n' in metrics.text(settings)
    assert 'connector_queue_wait_seconds{action="deliver"} 0\n' in metrics.text(settings)


def test_sqlite_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(SETTINGS, encoding="utf-8")
    settings = config.load(tmp_path / "connector.toml", environ={})
    with pytest.raises(SettingsError, match="many workers need PostgreSQL") as told:
        workers(settings).serve()
    assert "connector serve" in told.value.hint


def test_a_package_that_is_missing_is_named(
    settings: config.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [each for each in sys.modules if each.startswith(("procrastinate", "connector.service.queue"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    with pytest.raises(SettingsError, match="a package that is not installed") as told:
        worker.command.main(["--once"], standalone_mode=False)
    assert "copaco-connector[scale]" in told.value.hint
    del settings


def test_what_was_missed_is_made_up_for_once() -> None:
    plan, line = Plan(), Line(queued_at=NOW - 30 * HOUR)
    (step,) = plan.steps(HOURLY, {"acme": line}, NOW + HOUR / 2)
    assert step == Step(name="acme", verb="pull", due=NOW - 29 * HOUR, queued_at=NOW + HOUR / 2)
    assert not list(plan.steps(HOURLY, {"acme": Line(queued_at=step.queued_at)}, NOW + HOUR / 2))
    assert plan.soonest() == (NOW + HOUR, "acme")


def test_one_that_is_new_begins_at_once_but_in_the_quiet_hours() -> None:
    (step,) = Plan().steps(HOURLY, {}, NOW)
    assert (step.verb, step.due) == ("pull", NOW)
    quiet = {"acme": Schedule(every=HOUR, spread=datetime.timedelta(), quiet=(datetime.time(8), datetime.time(18)))}
    (step,) = Plan().steps(quiet, {}, NOW)
    assert step.verb is None
    (step,) = Plan().steps(quiet, {"acme": Line(queued_at=step.queued_at)}, NOW + 6 * HOUR)
    assert step.verb == "pull"


def test_what_failed_is_tried_again_unless_its_schedule_is_sooner() -> None:
    plan = Plan()
    line = Line(queued_at=NOW, again_at=NOW + HOUR / 6, again_verb="deliver")
    assert not list(plan.steps(HOURLY, {"acme": line}, NOW + HOUR / 10))
    assert plan.soonest() == (NOW + HOUR / 6, "acme")
    (step,) = plan.steps(HOURLY, {"acme": line}, NOW + HOUR / 5)
    assert step == Step(name="acme", verb="deliver", due=NOW + HOUR / 6, queued_at=NOW)
    (step,) = plan.steps(HOURLY, {"acme": line}, NOW + HOUR)
    assert step.verb == "pull"


def test_a_clock_that_was_put_back_stops_nothing() -> None:
    (step,) = Plan().steps(HOURLY, {"acme": Line(queued_at=NOW + 9000 * HOUR)}, NOW)
    assert step == Step(name="acme", verb=None, due=NOW, queued_at=NOW)
    (step,) = Plan().steps(HOURLY, {"acme": Line(queued_at=NOW)}, NOW + HOUR)
    assert step.verb == "pull"
