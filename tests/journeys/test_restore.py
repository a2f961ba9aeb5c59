"""A backup that is taken while a run works, put back: the office goes on from it, and sends nothing twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from connector.sandbox import RESELLER_NL, Sandbox
from connector.store import tables
from tests import postgres
from tests.journeys.office import Office

EVERYTHING = {"PGOPTIONS": "-c connector.administration=all"}
DUMP = ("--enable-row-security", "-Fc")


def run(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL as an operator would."""
    program = postgres.program(name)
    if program is None:
        pytest.skip(f"not run: {name} is not installed")
    return subprocess.run(
        [program, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def plain(url: str) -> str:
    """An address as PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def posting(request: pytest.FixtureRequest, kind: str, sandbox: Sandbox, new_office: Office) -> Office:
    """An office that has fetched nothing and posts all it prepares."""
    office = new_office
    if kind == "postgresql":
        office.url = request.getfixturevalue("postgres_database_url")
    office.set_up(RESELLER_NL, sandbox.url, auto_post='"all"', book_from='"2024-11-01"')
    if office.url:
        office.run("db", "upgrade")
    return office


@pytest.fixture
def other_database(postgres_url: str) -> Iterator[str]:
    """An empty database to restore into."""
    url = postgres.create_database(postgres_url)
    yield url
    postgres.drop_database(url)


def begun(office: Office) -> bool:
    """Whether the run that works has committed something."""
    with office.database as database, database.reading() as connection:
        return bool(connection.scalar(select(func.count()).select_from(tables.invoice_version)))


def backup(office: Office) -> Path:
    """Back up as docs/operators.md says."""
    target = office.folder / "taken.backup"
    if office.url:
        beside = postgres.program("pg_dump")
        if beside is None:
            pytest.skip("not run: pg_dump is not installed")
        office.environment["PATH"] = f"{Path(beside).parent}{os.pathsep}{os.environ['PATH']}"
    assert office.asked("db", "backup", str(target)) == {"backup": str(target)}
    return target


def restore(office: Office, taken: Path, into: str) -> Office:
    """Restore as docs/operators.md says."""
    if office.url:
        done = run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={plain(into)}", str(taken))
        assert done.returncode == 0, done.stderr
        return Office(folder=office.folder, url=into)
    shutil.copyfile(taken, office.folder / "connector.db")
    for left in ("connector.db-wal", "connector.db-shm"):
        (office.folder / left).unlink(missing_ok=True)
    return office


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_taken_while_a_run_works_is_put_back(
    posting: Office, kind: str, request: pytest.FixtureRequest
) -> None:
    office = posting
    with office.start("sync") as working:
        while working.poll() is None and not begun(office):
            time.sleep(0.05)
        taken = backup(office)
        out, err = working.communicate()
    assert working.returncode == 0, (out, err)
    rows, ledger, states = office.rows(), office.ledger(), office.states()
    assert states["posted"]

    restored = restore(office, taken, request.getfixturevalue("other_database") if kind == "postgresql" else "")
    restored.run("db", "check")
    older = restored.rows()
    assert 0 < sum(older.values()) <= sum(rows.values())
    restored.run("sync")
    assert restored.ledger() == ledger, "nothing was written twice"
    assert restored.states() == states
    assert restored.rows()["invoice_version"] == rows["invoice_version"]
    restored.proves()
    assert all(each["agrees"] for each in restored.asked("reconcile")["administrations"])


def test_a_dump_without_its_options_is_refused_by_postgresql(prepared_database: str, tmp_path: Path) -> None:
    done = run("pg_dump", "-Fc", f"--file={tmp_path / 'dump'}", plain(prepared_database))
    assert done.returncode != 0
    assert "row-level security" in done.stderr


def test_the_schema_comes_back_with_guards_and_policies(
    prepared_database: str, other_database: str, tmp_path: Path
) -> None:
    target = tmp_path / "dump"
    assert run("pg_dump", *DUMP, f"--file={target}", plain(prepared_database), **EVERYTHING).returncode == 0
    restored = run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={plain(other_database)}", str(target))
    assert restored.returncode == 0, restored.stderr
    schemas = [
        run("pg_dump", "--schema-only", "--no-owner", plain(url)).stdout for url in (prepared_database, other_database)
    ]
    kept, back = (_statements(each) for each in schemas)
    assert back == kept
    assert sum("FORCE ROW LEVEL SECURITY" in line for line in back) == len(tables.metadata.tables) - 1


def _statements(dump: str) -> list[str]:
    """What a dump says, but for comments, random words, and checks, which PostgreSQL writes in another form when it
    has read them again."""
    return [line for line in dump.splitlines() if line and not line.startswith(("--", "\\")) and "CHECK" not in line]


def test_doctor_warns_of_a_role_that_sees_everything(prepared_database: str, sqlite_office: Office) -> None:
    url = make_url(prepared_database).set(username="postgres").render_as_string(hide_password=False)
    office = Office(folder=sqlite_office.folder, url=url)
    (warned,) = _warnings(office)
    assert "postgres" in warned["found"]
    assert "superuser" in warned["next_step"]
    office.url = prepared_database
    assert _warnings(office) == []


def _warnings(office: Office) -> list[dict[str, str]]:
    """What ``doctor`` warns of about the database."""
    checks = office.asked("doctor", "--offline")["checks"]
    return [each for each in checks if (each["check"], each["result"]) == ("database", "warning")]
