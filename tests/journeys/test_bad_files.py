"""Tables, settings and databases that cannot be used: told with file and line, and fine once the cause is gone."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.sandbox import RESELLER_NL, Sandbox
from tests.journeys.office import Office, told

BAD_TABLES = (
    # file, what is wrong with it, words of the message
    ("rules.csv", lambda good: good.replace(b"charge_type", b"chargetype", 1), ("rules.csv", "chargetype")),
    ("rules.csv", lambda good: good.replace(b"P020;", b"P010;", 1), ("rules.csv line 4", "P010")),
    ("rules.csv", lambda good: good.replace(b";cost_one_time;", b";no_such;", 1), ("rules.csv", "no_such")),
    ("accounts.csv", lambda good: good + b"\xff\xfe\x81", ("accounts.csv",)),
    ("tax.csv", lambda good: b"", ("tax.csv",)),
)  # fmt: skip


@pytest.mark.parametrize(("file", "spoil", "words"), BAD_TABLES, ids=["column", "id", "account", "encoding", "empty"])
def test_a_mapping_table_that_cannot_be_used(
    file: str, spoil: Callable[[bytes], bytes], words: tuple[str, ...], sqlite_office: Office
) -> None:
    office, table = sqlite_office, sqlite_office.folder / "mappings" / "nl" / file
    good, before = table.read_bytes(), sqlite_office.rows()
    table.write_bytes(spoil(good))
    told(office.run("sync", code=4), *words)
    answer = office.asked("sync", code=4)
    assert answer["errors"][0]["kind"] == "MappingFileError"
    assert answer["runs"][0]["unaccepted"]["problems"]
    assert answer["runs"][0]["mapping_version"] == 1, "the run goes on with what was accepted"
    told(office.run("mapping", "accept", "--yes", code=4), *words)
    assert words[0] in office.run("doctor", "--offline", code=4).out
    assert {**office.rows(), "fetch": 0} == {**before, "fetch": 0}
    table.write_bytes(good)
    office.run("sync")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('country = "NL"', 'country = "XX"', ("connector.toml:4", "XX")),
        ('kind = "hledger"', 'kind = "hleger"', ("hleger", "hledger")),
        ("[administrations.acme]\n", "[administrations.acme\n", ("connector.toml:3",)),
        ('auto_post = "off"', 'autopost = "off"', ("autopost", "auto_post")),
    ],
    ids=["country", "ledger", "toml", "name"],
)
def test_a_setting_that_is_wrong(before: str, after: str, words: tuple[str, ...], sqlite_office: Office) -> None:
    good = sqlite_office.toml
    sqlite_office.change(before, after)
    told(sqlite_office.run("status", code=3), *words)
    doctor = sqlite_office.run("doctor", code=3)
    assert words[0] in doctor.out
    sqlite_office.toml = good
    sqlite_office.run("status")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes; without the right to mount one, a folder, and the test limits the process."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, *, leaving: int) -> Path:
    """Fill the disk of ``folder`` but for some bytes, when it is the small one."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    ballast.write_bytes(bytes(max(0, free - leaving)) if free < 8 * 1024 * 1024 else b"")
    return ballast


def limited(folder: Path, size: int) -> dict[str, Any]:
    """How to start a command that meets the same refusal where no disk can be mounted."""
    if shutil.disk_usage(folder).total < 8 * 1024 * 1024:
        return {}

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return {"preexec_fn": limit}


def test_a_full_disk_under_the_database(sqlite_office: Office, sandbox: Sandbox, full_disk: Path) -> None:
    office = sqlite_office
    (office.folder / ".env").write_text(
        f"COPACO_KEY_ACME=sandbox-nl\nCONNECTOR_DATABASE_URL=sqlite:///{full_disk}/books.db\n", encoding="utf-8"
    )
    office.run("db", "upgrade")
    office.url = f"sqlite:///{full_disk}/books.db"
    before, ballast = office.rows(), fill(full_disk, leaving=192 * 1024)
    done = office.run("sync", code=5, **limited(full_disk, 400 * 1024))
    told(done, "books.db")
    if ballast.stat().st_size:
        told(done, "the disk is full", "Make room")
    after = office.rows()
    assert after["entry"] == before["entry"]
    ballast.unlink()
    office.run("sync")
    assert office.states()["ready"]
    office.proves()


def test_a_full_disk_under_the_ledger(sqlite_office: Office, full_disk: Path) -> None:
    office = sqlite_office
    office.change('folder = "books/acme"', f'folder = "{full_disk}/books"')
    office.run("entries", "approve", "--all", "--yes")
    ballast = fill(full_disk, leaving=4096)
    done = office.run("sync", code=11, **limited(full_disk, 1024))
    told(done, "no room to write", "Make room")
    assert not [path for path in (full_disk / "books").glob("*") if path.suffix == ".journal"]
    assert not office.states().get("posted")
    ballast.unlink()
    office.run("sync")
    assert office.states()["posted"]
    office.proves()


def test_a_ledger_file_that_others_edited(sqlite_office: Office) -> None:
    office = sqlite_office
    number = office.states()["ready"][0]
    office.run("entries", "approve", number, "--yes")
    office.run("sync")
    (month,) = (path for path in (office.folder / "books" / "acme").glob("20*.journal"))
    good = month.read_bytes()
    month.write_bytes(good.replace(b"1600", b"1601"))
    office.run("entries", "approve", "--all", "--yes")
    told(office.run("sync", code=12), month.name, "was changed after the connector wrote it")
    assert month.name in office.run("doctor", "--offline", code=12).out
    proof = office.asked("verify", code=20)["administrations"][0]
    assert proof["checked"]["documents"], "the rest is proved all the same"
    (problem,) = proof["problems"]
    assert problem["where"].endswith(month.name)
    assert "was changed after the connector wrote it" in problem["message"]
    seen = office.run("status").out
    assert "entries are in delivery (queued): nothing was sent: " in seen
    assert f"the ledger file {month.name} was changed" in seen
    assert month.read_bytes() == good.replace(b"1600", b"1601"), "what others edited is not overwritten"
    month.write_bytes(good)
    office.run("sync")
    assert "in delivery" not in office.states()
    office.proves()


@pytest.mark.long
def test_a_database_that_another_program_writes_to(sqlite_office: Office) -> None:
    before = sqlite_office.rows()
    with sqlite_office.database as database, database.transaction():
        told(sqlite_office.run("sync", code=5), "another program is writing to the database")
        sqlite_office.run("status")
    assert sqlite_office.rows() == before
    sqlite_office.run("sync")


def test_two_runs_of_one_administration(office: Office, sandbox: Sandbox) -> None:
    with office.database as database, database.lock("acme"):
        told(office.run("sync", code=6), "another run works on the administration 'acme'")
        office.run("status")
    office.run("sync")


def test_a_database_of_an_older_version(office: Office) -> None:
    revise(office, "0000")
    told(office.run("status", code=5), "older", "connector db upgrade")
    told(office.run("sync", code=5), "older")
    assert "older" in office.run("doctor", "--offline", code=5).out
    revise(office, "0001")
    office.run("sync")


def test_a_database_of_a_newer_version(office: Office) -> None:
    revise(office, "0999")
    told(office.run("status", code=5), "newer", "Install the newest connector")
    told(office.run("db", "upgrade", code=5), "newer")
    revise(office, "0001")
    office.run("sync")


def revise(office: Office, version: str) -> None:
    """Let the database say that it has another version."""
    with office.database as database, database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_a_file_that_is_no_database(sqlite_office: Office) -> None:
    good = sqlite_office.folder / "connector.db"
    kept = good.read_bytes()
    good.write_bytes(b"not a database, but long enough to be looked at" * 100)
    told(sqlite_office.run("status", code=5), "not a SQLite database")
    good.write_bytes(kept)
    with sqlite3.connect(good) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    sqlite_office.run("status")


@pytest.mark.parametrize("kind", ["hledger", "memory"])
def test_doctor_refuses_the_drafts_that_sync_refuses(kind: str, sqlite_office: Office) -> None:
    """The settings know the ledgers that are files; what another can do its adapter says."""
    office = sqlite_office
    office.set("sale", '"draft"')
    if kind != "hledger":
        folder = next(line for line in office.toml.splitlines() if line.startswith("folder ="))
        office.change('kind = "hledger"', f'kind = "{kind}"')
        office.change(f"{folder}\n", "")
    code = office.run("sync", code=3).code
    told = office.run("doctor", "--offline", code=code)
    assert "needs a ledger that issues invoices" in told.out
    assert "1 problem." in told.out


def test_a_run_that_saves_tables_tells_what_was_remarked_on_them(sandbox: Sandbox, new_office: Office) -> None:
    """A table in an older encoding is read, and whoever runs the sync hears of it, not only who asks the doctor."""
    office = new_office
    office.set_up(RESELLER_NL, sandbox.url)
    file = office.folder / "mappings" / "nl" / "customers.csv"
    line = "cafe-1;Caf\u00e9 Zonneveld" + ";" * (file.read_text(encoding="utf-8").splitlines()[0].count(";") - 1)
    file.write_bytes((file.read_text(encoding="utf-8") + line + "\n").encode("cp1252"))
    done = office.run("sync")
    assert "Warning: acme: " in done.err
    assert "customers.csv" in done.err
    assert "Warning" not in office.run("sync").err, "it is told once per version"
    office.add_row("rules.csv", "P099;purchase;;No such category;;;;;;;7030;;post;;")
    assert "customers.csv" in office.run("mapping", "accept", "--yes").err


def test_tables_that_cannot_be_used_stop_the_first_run(sandbox: Sandbox, new_office: Office) -> None:
    office = new_office
    office.set_up(RESELLER_NL, sandbox.url)
    office.add_row("rules.csv", "P099;purchase;;No such category;;;;;;;7O30;;post;;")
    told(office.run("sync", code=4), "rules.csv", "7O30", "did you mean '7030'")
    assert office.rows()["fetch"] == 0
    office.change("7O30", "7030", file="mappings/nl/rules.csv")
    office.run("sync")
