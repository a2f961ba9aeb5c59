"""Two pairs of eyes, with the installed command."""

from __future__ import annotations

from tests.journeys.office import Office


def test_a_second_person_gives_the_same_command(office: Office) -> None:
    office.change('auto_post = "off"', 'auto_post = "off"\nsecond_approval_above = 0')
    first = office.run("entries", "approve", "--all", "--yes", "--as", "jansen")
    assert "entries wait for a second person." in first.out
    assert "somebody else must approve them too" in first.out
    assert office.run("sync").code == 0
    assert office.states().get("posted", []) == []
    again = office.asked("entries", "approve", "--all", "--yes", "--as", "jansen")
    assert (again["approved"], again["second_wanted"]) == (0, len(again["entries"]))
    second = office.asked("entries", "approve", "--all", "--yes", "--as", "peters")
    assert (second["approved"], second["second_wanted"]) == (len(second["entries"]), 0)
    office.run("sync")
    assert office.states()["posted"]
    office.proves()


def test_a_backfill_and_a_reclassification_wait_for_the_second_person_too(office: Office) -> None:
    office.change('auto_post = "off"', 'auto_post = "off"\nsecond_approval_above = 0')
    posted = office.run("backfill", "2024-11", "2025-01", "--post", "--as", "jansen")
    assert "entries wait for a second person." in posted.out
    assert "posted" not in office.states()
    office.run("entries", "approve", "--all", "--yes", "--as", "peters")
    office.run("sync")
    assert office.states()["posted"]
    for file in ("rules.csv", "examples.csv"):
        office.change(";cost_licences;", ";7040;", file=f"mappings/nl/{file}")
    office.accept()
    applied = office.asked("mapping", "apply", "--from", "2024-11-01", "--yes", "--as", "jansen")["reclassified"][0]
    assert applied["second_wanted"] == len(applied["entry_ids"]) > 0
    assert applied["approved"] is False
    office.proves()
