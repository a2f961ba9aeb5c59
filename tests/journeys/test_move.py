"""``connector db move``: an office leaves SQLite for PostgreSQL and goes on as if nothing had been."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.sandbox import RESELLER_NL, Sandbox, demo_world
from tests.journeys.office import TODAY, Office, posted, told

NOTHING_MOVED = ("--from", "connector.db")


def moved(office: Office, url: str) -> Office:
    """The office after the move."""
    before, states, ledger = office.rows(), office.states(), office.ledger()
    later = Office(folder=office.folder, url=url)
    answer = later.asked("db", "move", "--from", "connector.db")
    assert {each["name"]: each["rows"] for each in answer["tables"]} == before
    assert answer["rows"] == sum(before.values())
    assert all(each["holds"] for each in answer["administrations"])
    assert url.rpartition(":")[0] not in str(answer), "the password is not shown"
    assert later.rows() == before
    assert later.states() == states
    assert later.ledger() == ledger
    return later


def goes_on(office: Office) -> None:
    """A sync finds nothing new and sends nothing, and everything is proved."""
    added = office.added(lambda: office.run("sync"))
    assert set(added) <= {"fetch", "slice", "sighting"}, added
    office.proves()
    (reconciled,) = office.asked("reconcile")["administrations"]
    assert reconciled["agrees"], reconciled


def test_an_office_moves_and_goes_on(sqlite_office: Office, postgres_database_url: str) -> None:
    office = sqlite_office
    number, other = (each["number"] for each in office.asked("entries", "list", "--state", "ready")["entries"][:2])
    office.run("entries", "approve", number, "--yes")
    office.run("sync")
    office.run("entries", "reject", other, "--reason", "a trial")
    office.add_row("rules.csv", "P099;purchase;;No such category;;;;;;;7030;;post;;")
    office.accept()
    later = moved(office, postgres_database_url)
    goes_on(later)
    told(office.run("sync", code=5), "was moved to PostgreSQL", "CONNECTOR_DATABASE_URL")
    told(later.run("db", "move", *NOTHING_MOVED, code=5), "was moved to PostgreSQL")
    later.run("entries", "approve", "--all", "--yes")
    assert posted(later.asked("sync")["runs"]) > 0
    assert all(each["agrees"] for each in later.asked("reconcile")["administrations"])


def test_what_cannot_be_moved_is_told(sqlite_office: Office, postgres_database_url: str) -> None:
    office = sqlite_office
    told(office.run("db", "move", *NOTHING_MOVED, code=3), "CONNECTOR_DATABASE_URL", "postgresql://")
    later = Office(folder=office.folder, url=postgres_database_url)
    told(later.run("db", "move", "--from", "nothing.db", code=5), "no such file", "--from")
    assert not (Path(office.folder) / "nothing.db").exists()
    later.run("db", "upgrade")
    shown = later.run("db", "move", *NOTHING_MOVED).out
    assert "rows were moved and compared." in shown
    assert "acme: every cent is accounted for." in shown


@pytest.mark.long
def test_a_year_moves(tmp_path: Path, postgres_database_url: str) -> None:
    with Sandbox(demo_world(TODAY, months=12), today=TODAY) as sandbox:
        office = Office(folder=tmp_path)
        office.set_up(RESELLER_NL, sandbox.url, book_from="2024-01-01", auto_post='"all"')
        office.run("sync")
        goes_on(moved(office, postgres_database_url))
