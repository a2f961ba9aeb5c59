"""What goes wrong around a service that runs: it is told once, the others go on, and nothing is lost or done twice."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.sandbox import RESELLER_BE, Sandbox
from tests import postgres
from tests.chaos.worlds import SERVER_KILLS, Server
from tests.journeys.office import Office
from tests.journeys.served import PATIENCE, Served, serving


@pytest.fixture
def bookkeeper() -> Iterator[Server]:
    """The bookkeeping server of ``tests.chaos``, in a process of its own."""
    with Server() as server:
        yield server


@pytest.fixture
def http_office(sqlite_office: Office, bookkeeper: Server, tmp_path: Path) -> Office:
    """A prepared office whose ledger is that server; everything goes out."""
    site = tmp_path / "site" / "books-1.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: books\nVersion: 1.0\n", encoding="utf-8")
    (site / "entry_points.txt").write_text("[connector.ledgers]\nyear = tests.year.ledger:PoisonedLedger\n")
    root = str(Path(__file__).resolve().parents[2])
    sqlite_office.environment["PYTHONPATH"] = os.pathsep.join([str(site.parent), root])
    (sqlite_office.folder / "connector.db").unlink()
    sqlite_office.change(
        'kind = "hledger"\nfolder = "books/acme"',
        f'kind = "year"\nurl = "{bookkeeper.url}"\nclosed_until = 2023-12-31',
    )
    sqlite_office.run("db", "upgrade")
    sqlite_office.set("auto_post", '"all"')
    return sqlite_office


def once_each(office: Office, bookkeeper: Server) -> None:
    """Everything that is posted stands in the books, once."""
    keys = [each["key"] for each in bookkeeper.tell("books")["entries"]]
    assert len(set(keys)) == len(keys) == len(office.states()["posted"]) > 1
    assert not office.states().get("ready")
    assert not office.states().get("in delivery")
    office.proves()
    (compared,) = office.asked("reconcile")["administrations"]
    assert compared["deviations"] == []


def settled(office: Office, bookkeeper: Server) -> None:
    """Let the settling time of the ledger pass, and run once more."""
    bookkeeper.tell("settle")
    time.sleep(0.6)
    office.run("serve", "--once")


def errors(served: Served) -> list[str]:
    """What was told as an error so far."""
    return [line["message"] for line in served.lines if line["level"] == "error"]


@pytest.mark.long  # tests/year does one of them, and a full disk, by default
@pytest.mark.parametrize("boundary", SERVER_KILLS)
def test_a_service_killed_in_the_middle_of_a_delivery(http_office: Office, bookkeeper: Server, boundary: str) -> None:
    """Before anything is booked, after everything is, and when it is booked only later."""
    bookkeeper.tell("fault", fault=boundary)
    with serving(http_office) as served:
        assert served.process.wait(PATIENCE) == -signal.SIGKILL
    with serving(http_office) as served:
        assert "to be looked up" in served.until("now ready", "acme")["message"]
        assert served.end() == 0
    assert errors(served) == []
    settled(http_office, bookkeeper)
    once_each(http_office, bookkeeper)


@pytest.mark.long  # tests/year does it by default
def test_a_ledger_that_answers_nobody_is_told_once(http_office: Office, bookkeeper: Server) -> None:
    os.kill(bookkeeper._process.pid, signal.SIGSTOP)
    try:
        with serving(http_office) as served:
            served.until("Next: ", "acme")
            assert served.end() == 0
    finally:
        os.kill(bookkeeper._process.pid, signal.SIGCONT)
    assert len(errors(served)) == 1
    assert not http_office.states().get("posted")
    http_office.run("serve", "--once")
    once_each(http_office, bookkeeper)


def test_a_document_on_which_the_adapter_fails_unexpectedly(http_office: Office, bookkeeper: Server) -> None:
    """It fails after it has sent, each time that it meets this document. The service goes on, and so do the others."""
    poison = http_office.folder / "poison"
    poison.touch()
    with serving(http_office) as served:
        told = served.until("a defect of the connector", "acme")
        assert "ValueError: the adapter fails on" in told.pop("error")  # the traceback, once
        assert served.end() == 0
    poison.unlink()
    http_office.run("serve", "--once")
    settled(http_office, bookkeeper)
    once_each(http_office, bookkeeper)


def test_a_database_that_is_away_when_the_service_starts(sqlite_office: Office, sandbox: Sandbox) -> None:
    """Told once for both administrations, and waited for; what a person runs once ends with it."""
    sqlite_office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
    sqlite_office.url = "postgresql://connector@127.0.0.1:9/connector"
    with serving(sqlite_office) as served:
        assert "no connection to the database" in served.until("Next: ")["message"]
        served.until("failed again, as told before: ")
        assert served.end() == 0
    assert len(errors(served)) == 1
    assert sqlite_office.run("serve", "--once", code=5).err.count("Error: ") == 1


@pytest.mark.long
def test_a_database_that_comes_up_after_the_service(sqlite_office: Office, sandbox: Sandbox) -> None:
    """The server is away when the service starts, with two administrations: told once, and found when it is there."""
    folder = postgres.new_folder()
    try:
        office = sqlite_office
        office.url = postgres.create_database(postgres.server_url(folder, owner=os.getpid()))
        office.run("db", "upgrade")
        office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
        postgres.halt(folder)
        with serving(office) as served:
            assert "no connection to the database" in served.until("Next: ")["message"]
            served.until("failed again, as told before")
            postgres.resume(folder)
            served.tell(signal.SIGHUP)
            served.until("settings read anew")
            assert served.end() == 0
        assert len(errors(served)) == 1
        with serving(office) as served:
            served.until("now ready")
            served.until("now ready")
            postgres.halt(folder)
            postgres.resume(folder)
            assert served.end() == 0
        office.run("sync")
        office.proves()
    finally:
        postgres.stop(folder)


def test_a_database_that_another_program_holds(sqlite_office: Office) -> None:
    other = sqlite3.connect(sqlite_office.folder / "connector.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with serving(sqlite_office) as served:
        served.until("begun", "acme")
        time.sleep(1)
        other.execute("ROLLBACK")
        other.close()
        served.until("now ready", "acme")
        assert served.end() == 0
    assert errors(served) == []
    sqlite_office.proves()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    subprocess.run(mount, check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.long
@pytest.mark.needs_root
def test_a_disk_that_is_full_for_the_database_the_ledger_and_the_log(sqlite_office: Office, small_disk: Path) -> None:
    """One disk for all three: told once, on stderr where the log has no room, and well when there is room again."""
    office = Office(folder=small_disk / "office", environment={"CONNECTOR_LOG": "log"})
    shutil.copytree(sqlite_office.folder, office.folder)
    office.set("auto_post", '"all"')
    ballast = small_disk / "ballast"
    fill(ballast)
    with serving(office) as served:
        assert "the disk is full" in served.until("Next: ", "acme")["message"]
        assert served.end() == 0
    assert len(errors(served)) == 1
    ballast.unlink()
    assert not office.states().get("posted")
    with serving(office) as served:
        for _ in range(PATIENCE * 5):
            if "now ready" in (office.folder / "log").read_text(encoding="utf-8"):
                break
            time.sleep(0.2)
        assert served.end() == 0
    assert served.lines == [], "there is room in the log"
    assert office.states()["posted"]
    office.proves()


def fill(ballast: Path) -> None:
    """Take every byte of the disk."""
    with ballast.open("wb", buffering=0) as taken:
        for size in (1_000_000, 4096):
            try:
                while taken.write(bytes(size)) == size:
                    pass
            except OSError:
                pass


def test_a_source_that_is_down_stops_no_other(sqlite_office: Office) -> None:
    sqlite_office.set_up(RESELLER_BE, "http://127.0.0.1:9/api/v1", name="acme-be")
    with serving(sqlite_office) as served:
        served.until("Next: ", "acme-be")
        assert served.end() == 0
    assert len(errors(served)) == 1
    done = sqlite_office.run("serve", "--once", code=8)
    assert "acme sync: " in done.err
    assert done.err.count(" error ") == 1


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILED: tuple[Callable[[Path], object], ...] = (
    lambda path: path.write_bytes(b"\xff\xfe\x00\x81"),
    lambda path: path.unlink(),
    lambda path: path.write_text("", encoding="utf-8"),
    _folder,
    lambda path: path.write_text("[administrations.acme.schedule]\ncron = 3\n", encoding="utf-8"),
    lambda path: (path.parent / ".env").write_bytes(b"\xff\xfe="),
)


def test_settings_that_cannot_be_read_when_they_are_read_anew(sqlite_office: Office) -> None:
    """Bytes that are no text, no file, an empty one, a folder, a wrong schedule, an .env of bytes: each is told, and
    the service goes on with what it knew."""
    file = sqlite_office.folder / "connector.toml"
    good, env = sqlite_office.toml, (sqlite_office.folder / ".env").read_bytes()
    with serving(sqlite_office) as served:
        served.until("now ready", "acme")
        for spoil in SPOILED:
            spoil(file)
            served.tell(signal.SIGHUP)
            told = served.until("the settings are not taken, those of before stay in force")
            assert told["level"] == "error"
            assert "Next: " in told["message"]
            if file.is_dir():
                file.rmdir()
            sqlite_office.toml = good
            (sqlite_office.folder / ".env").write_bytes(env)
            served.tell(signal.SIGHUP)
            served.until("settings read anew: 1 administration")
        assert served.end() == 0
