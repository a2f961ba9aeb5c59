"""Ours against theirs with the installed command, and a database that is lost."""

from __future__ import annotations

from tests.journeys.office import Office, told


def test_reconcile_and_a_lost_database(sqlite_office: Office) -> None:
    office = sqlite_office
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    posted = office.states()["posted"]
    (found,) = office.asked("reconcile")["administrations"]
    assert {each["match"] for each in found["periods"]} == {"matched"}
    assert sum(each["entries"] for each in found["periods"]) == len(posted)
    files = office.ledger()

    for file in office.folder.glob("connector.db*"):
        file.unlink()
    office.run("db", "upgrade")
    office.run("sync")
    assert "posted" not in office.states()
    shown = office.run("reconcile", code=20)
    assert "connector reconcile --rebuild" in shown.out
    told(office.run("reconcile", "--rebuild", code=2), "--yes")
    office.run("reconcile", "--rebuild", "--yes", "--as", "jansen")
    assert office.states()["posted"] == posted
    office.run("sync")
    assert office.ledger() == files
    office.proves()
