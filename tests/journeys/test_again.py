"""Fetching again: nothing new, something changed, something gone; more than one administration; saved answers."""

from __future__ import annotations

import datetime
import shutil
import urllib.request
from pathlib import Path

import pytest

from connector.sandbox import RESELLER_BE, RESELLER_NL, Sandbox
from tests.journeys.office import TODAY, Office, posted


def booked(office: Office) -> list[str]:
    """Post everything that is ready; the numbers of what is posted."""
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    return office.states()["posted"]


def main_number(sandbox: Sandbox, month: str) -> str:
    """The number of the large invoice of a service month."""
    mine = [each for each in sandbox.manifest.of("nl") if each.month == month]
    return max(mine, key=lambda each: each.true.lines).number


def test_fetching_the_same_again_adds_a_fetch_record_per_request_and_nothing_else(
    office: Office, sandbox: Sandbox
) -> None:
    booked(office)
    files, asked = office.ledger(), len(sandbox.requests)
    added = office.added(lambda: office.run("sync"))
    assert added == {"fetch": len(sandbox.requests) - asked}
    assert office.ledger() == files
    office.proves()


def test_a_changed_invoice_becomes_a_version_and_is_held_once_it_is_posted(office: Office, sandbox: Sandbox) -> None:
    number = main_number(sandbox, "2024-12")
    assert number in booked(office)
    files = office.ledger()
    sandbox.faults.add(f"amount:invoice={number},from=1,cents=1000,endpoint=invoices")
    (run,) = office.asked("sync")["runs"]
    assert sum(window["changed"] for window in run["windows"]) == 1
    document = office.document(number)
    assert (document["state"], document["version"]) == ("held", 2)
    assert document["reasons"][0] == "CHANGED-AFTER-POSTING"
    first, second = document["versions"]
    assert first["changes"] == []
    (change,) = [each for each in second["changes"] if each["field"] == "ExtendedPrice"]
    assert float(change["after"]) - float(change["before"]) == pytest.approx(10)
    assert change["where"], "the line is named"
    assert change["after"] in office.run("invoices", "show", number).out
    assert office.ledger() == files, "what is posted stays"
    office.proves()
    assert office.added(lambda: office.run("sync")).keys() <= {"fetch"}, "the same finding is not written twice"


def test_a_changed_invoice_that_was_not_approved_is_booked_as_it_now_is(office: Office, sandbox: Sandbox) -> None:
    number = main_number(sandbox, "2024-12")
    before = next(each for each in office.asked("entries", "list")["entries"] if each["number"] == number)
    sandbox.faults.add(f"customer-number:invoice={number},from=1,endpoint=invoices")
    office.run("sync")
    document = office.document(number)
    assert (document["state"], document["version"]) == ("ready", 2)
    after = next(each for each in office.asked("entries", "list")["entries"] if each["number"] == number)
    assert after["total"] == before["total"]
    office.proves()


def test_a_customer_number_that_comes_late_is_a_version_and_no_correction(office: Office, sandbox: Sandbox) -> None:
    number = main_number(sandbox, "2024-12")
    assert number in booked(office)
    files, entries = office.ledger(), office.asked("entries", "list")["entries"]
    sandbox.faults.add(f"customer-number:invoice={number},from=1,endpoint=invoices")
    office.run("sync")
    document = office.document(number)
    assert (document["state"], document["version"]) == ("posted", 2)
    assert {each["field"] for each in document["versions"][1]["changes"]} == {"CustomerNumber"}
    assert office.asked("entries", "list")["entries"] == entries
    assert office.ledger() == files
    office.proves()


def test_a_vanished_invoice_is_seen_and_held_when_it_is_not_posted(office: Office, sandbox: Sandbox) -> None:
    number = main_number(sandbox, "2024-12")
    assert number in office.states()["ready"]
    sandbox.faults.add(f"vanished-invoice:invoice={number},from=1,endpoint=invoices")
    out = office.run("sync", "--accept-unusual").out
    assert "no longer in invoices" in out
    assert office.document(number)["reasons"] == ["VANISHED"]
    sandbox.faults.clear()
    office.run("sync")
    assert number in office.states()["ready"], "it came back"
    office.proves()


def test_a_vanished_invoice_that_is_posted_stays_and_is_told(sqlite_office: Office, sandbox: Sandbox) -> None:
    number = main_number(sandbox, "2024-12")
    assert number in booked(sqlite_office)
    sandbox.faults.add(f"vanished-invoice:invoice={number},from=1,endpoint=invoices")
    sqlite_office.run("sync", "--accept-unusual")
    assert number in sqlite_office.states()["posted"]
    codes = {each["code"] for each in sqlite_office.asked("findings")["findings"] if each["number"] == number}
    assert "VANISHED-POSTED" in codes
    sqlite_office.proves()


def test_a_vanished_line_is_seen(office: Office, sandbox: Sandbox) -> None:
    number = main_number(sandbox, "2024-12")
    before = office.document(number)
    sandbox.faults.add(f"vanished-line:invoice={number},from=1,endpoint=invoices")
    office.run("sync")
    document = office.document(number)
    assert document["version"] == 2
    assert document["lines"] == before["lines"] - 1
    assert "LINES-VANISHED" in {each["code"] for each in document["findings"]}
    (gone,) = [each for each in document["versions"][1]["changes"] if each["after"] == "" and each["field"] == ""]
    assert gone["before"]
    office.proves()


@pytest.fixture
def saved(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The answers of both lists as files, fetched by other means."""
    folder = tmp_path / "saved"
    folder.mkdir()
    for endpoint in ("invoices", "customer-specifications"):
        address = f"{sandbox.url}/{endpoint}?startDate=20241101&endDate={TODAY:%Y%m%d}"
        request = urllib.request.Request(address, headers={"Authorization": "Bearer sandbox-nl"})
        with urllib.request.urlopen(request) as answer:
            (folder / f"{endpoint}.json").write_bytes(answer.read())
    return folder


def test_saved_answers_give_the_same_books_as_fetching(
    sqlite_office: Office, sandbox: Sandbox, new_office: Office, saved: Path
) -> None:
    new_office.set_up(RESELLER_NL, sandbox.url)
    for endpoint in ("invoices", "customer-specifications"):
        new_office.run("pull", "--endpoint", endpoint, "--from-files", str(saved / f"{endpoint}.json"))
    again = new_office.added(
        lambda: new_office.run("pull", "--endpoint", "invoices", "--from-files", str(saved / "invoices.json"))
    )
    assert again == {"fetch": 1}
    new_office.change('kind = "copaco"', f'kind = "files"\nfolder = "{saved}"')
    shutil.rmtree(new_office.folder / "books", ignore_errors=True)
    new_office.toml = without_api(new_office.toml)
    new_office.run("sync")
    assert new_office.fingerprints() == sqlite_office.fingerprints() != {}
    assert new_office.states() == sqlite_office.states()
    new_office.proves()


def without_api(toml: str) -> str:
    """The settings without what only the API has."""
    names = (
        "base_url",
        "authentication",
        "key",
        "pause_seconds",
        "attempts",
        "backoff",
        "longest_backoff",
        "unsettled",
    )
    return "\n".join(line for line in toml.splitlines() if not line.startswith(names))


@pytest.fixture
def two(sqlite_office: Office, sandbox: Sandbox) -> Office:
    """An office with a second administration, Belgian, whose key is wrong."""
    sqlite_office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
    sqlite_office.change("sandbox-be", "wrong", file=".env")
    return sqlite_office


def test_one_administration_that_fails_does_not_stop_the_other(two: Office) -> None:
    done = two.run("sync", code=9)
    assert "Error: acme-be: " in done.err
    assert "API key" in done.err
    assert "acme " in done.out
    answer = two.asked("sync", code=9)
    assert [each["administration"] for each in answer["runs"]] == ["acme"]
    assert [each["administration"] for each in answer["errors"]] == ["acme-be"]
    assert answer["errors"][0]["exit_code"] == 9

    two.change("'wrong'", "'sandbox-be'", file=".env")
    two.run("sync")
    seen = {
        each["administration"]: each["totals"]["purchase"]["source"] for each in two.asked("status")["administrations"]
    }
    assert float(seen["acme-be"]) > 0
    two.proves()


def test_entries_of_two_administrations_are_not_mixed_up(two: Office) -> None:
    two.change("'wrong'", "'sandbox-be'", file=".env")
    two.run("sync")
    told = two.run("entries", "show", "1", code=2)
    assert "name one administration with -a" in told.err
    assert two.asked("entries", "show", "1", "-a", "acme-be")["entries"][0]["administration"] == "acme-be"
    approved = two.asked("entries", "approve", "--all", "--yes", "-a", "acme-be")
    assert {each["administration"] for each in approved["entries"]} == {"acme-be"}
    assert posted(two.asked("sync")["runs"]) == approved["approved"]


def test_an_unusual_answer_waits_for_a_person(sqlite_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("empty:endpoint=invoices,times=always")
    later = TODAY + datetime.timedelta(days=1)
    done = sqlite_office.run("sync", code=7, today=later)
    assert "--accept-unusual" in done.err
    assert sqlite_office.states()["ready"], "nothing was taken for vanished"
    sandbox.faults.clear()
    sqlite_office.run("sync", today=later)
