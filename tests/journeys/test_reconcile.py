"""What was posted beside the ledger, and the way back after a lost database, with the installed command."""

from __future__ import annotations

from tests.journeys.office import Office

WHY = "the disk died"


def lose(office: Office) -> None:
    """Lose the database, and fetch everything again; nothing is approved."""
    office.url = ""  # what was on the server is not asked any more
    for path in office.folder.glob("connector.db*"):
        path.unlink()
    office.run("db", "upgrade")
    office.run("sync")


def test_what_was_posted_matches_the_files(office: Office) -> None:
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    (found,) = office.asked("reconcile")["administrations"]
    posted = office.states()["posted"]
    assert found["agrees"]
    assert sum(each["matched"]["entries"] for each in found["periods"]) == len(posted)
    shown = office.run("reconcile", "--period", "2024-12").out
    assert "The ledger holds what was posted" in shown
    assert "2025-01" not in shown
    assert "staat wat geboekt is" in office.run("reconcile", "--language", "nl").out


def test_after_a_lost_database_the_links_are_restored_and_nothing_is_written(office: Office) -> None:
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    posted, files = office.states()["posted"], office.ledger()
    lose(office)
    assert office.states().get("posted", []) == []
    seen = office.run("reconcile", code=20)
    assert "unexpected" in seen.out
    assert "connector reconcile --rebuild" in seen.out
    office.run("reconcile", "--rebuild", code=2)
    dry = office.run("reconcile", "--rebuild", "--dry-run", code=20)
    assert f"{len(posted)} entries would be linked" in dry.out
    assert office.states().get("posted", []) == []
    (found,) = office.asked("reconcile", "--rebuild", "--yes", "--reason", WHY, "--as", "jansen")["administrations"]
    assert found["agrees"]
    assert len(found["linked"]) == len(posted)
    assert office.states()["posted"] == posted
    assert office.ledger() == files
    history = office.asked("deliveries", "show", str(found["linked"][0]["delivery"]))["deliveries"][0]["history"]
    assert [each["state"] for each in history] == ["ready", "queued", "sending", "posted"]
    assert history[-1]["reason"] == f"linked to what the ledger holds: {WHY}"
    assert history[-1]["actor"].startswith("jansen (--as")
    assert "There is no entry to link" in office.run("reconcile", "--rebuild", "--yes", "--reason", WHY).out
    office.proves()


def test_files_that_others_edited_are_refused(office: Office) -> None:
    """Files that others edited are no ledger to compare with: the seal says so, and code 12."""
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    path = min((office.folder / "books").rglob("2024-12.*"))
    path.write_bytes(path.read_bytes().replace(b"Copaco", b"Opaco", 1))
    assert path.name in office.run("reconcile", code=12).err
