"""A version that may change without notice waits for a person; one that ends is told, and then not asked."""

from __future__ import annotations

import datetime

import pytest

from tests.journeys.office import Office, told
from tests.journeys.terminal import seen

LATER = datetime.date(2025, 3, 15)


def untrusted(office: Office, *lines: str) -> None:
    """The settings as ``init`` writes them, with ``lines`` at the end of the source's table."""
    office.change('unsettled = "trust"\n', "".join(f"{line}\n" for line in lines))


def test_an_experimental_source_waits_for_a_person(sqlite_office: Office) -> None:
    untrusted(sqlite_office)
    sqlite_office.set("auto_post", '"all"')
    done = sqlite_office.run("sync")
    assert "invoices v1: experimental, may change without notice, so entries wait for a person" in done.out
    assert 'unsettled = "trust"' in done.out
    assert "customer-specifications v1" not in done.out, "a list that only compares holds nothing up"
    assert set(sqlite_office.states()) <= {"ready", "held", "ignored"}
    assert "may change without notice" in sqlite_office.run("status").out
    checks = sqlite_office.asked("doctor", "--offline")["checks"]
    (warning,) = [each for each in checks if each["check"] == "API" and "experimental" in each["found"]]
    assert warning["result"] == "warning"

    sqlite_office.run("entries", "approve", "--all", "--yes")
    sqlite_office.run("sync")
    assert "posted" in sqlite_office.states()


def test_what_is_known_better_is_written_in_the_settings(sqlite_office: Office) -> None:
    untrusted(sqlite_office, "[administrations.acme.source.lifecycle.invoices]", 'status = "stable"')
    sqlite_office.set("auto_post", '"all"')
    rows = {each["name"]: each for each in sqlite_office.asked("api", "lifecycle")["versions"]}
    assert (rows["invoices"]["standing"], rows["invoices"]["by_settings"]) == ("settled", True)
    assert rows["invoices"]["administrations"] == ["acme"]
    assert (rows["billing-v1"]["standing"], rows["billing-v1"]["administrations"]) == ("ended", [])
    assert "may change without notice: a person approves" in sqlite_office.run("api", "lifecycle").out
    sqlite_office.run("sync")
    assert "posted" in sqlite_office.states()


def test_an_end_is_told_and_then_kept_to(sqlite_office: Office) -> None:
    end = '[administrations.acme.source.lifecycle.invoices]\nstatus = "deprecated"\nend_of_life = 2025-03-01'
    untrusted(sqlite_office, end)
    assert "invoices v1: ends on 2025-03-01, in 28 days" in sqlite_office.run("status").out
    sqlite_office.run("sync")
    told(sqlite_office.run("sync", today=LATER, code=9), "end of life since 2025-03-01", 'ended = "go on"')
    assert "end of life" in sqlite_office.run("doctor", "--offline", today=LATER, code=9).out
    sqlite_office.change(
        "[administrations.acme.source.lifecycle", 'ended = "go on"\n[administrations.acme.source.lifecycle'
    )
    sqlite_office.run("sync", today=LATER)


def test_a_word_that_nobody_knows_is_told_with_its_line(sqlite_office: Office) -> None:
    untrusted(sqlite_office, "[administrations.acme.source.lifecycle.invoices]", 'status = "stabel"')
    told(sqlite_office.run("status", code=3), "connector.toml", "'stabel' is not possible", "did you mean 'stable'")


def test_an_experimental_version_waits_for_a_person_until_its_end(sqlite_office: Office) -> None:
    untrusted(sqlite_office, "[administrations.acme.source.lifecycle.invoices]", "end_of_life = 2025-03-01")
    sqlite_office.set("auto_post", '"all"')
    assert "ends on 2025-03-01" in sqlite_office.run("sync").out
    assert "posted" not in sqlite_office.states()


def test_the_fields_of_each_list_are_recorded_from_the_first_answer_on(office: Office) -> None:
    found = office.asked("api", "fields")["fields"]
    prices = {each["list"]: each["kinds"] for each in found if each["field"].endswith("PriceLines[].ExtendedPrice")}
    assert prices == {"invoices": ["number"], "customer-specifications": ["number"]}
    assert not [each for each in office.asked("api", "fields", "--changed")["fields"] if each["happened"] == "changed"]
    assert "Customers[].AccountID" in office.run("api", "fields").out


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_versions_stand_in_columns_on_a_narrow_terminal(sqlite_office: Office, language: str) -> None:
    _, screen = seen(sqlite_office.folder, 80, "api", "lifecycle", "--language", language)
    (row,) = (each for each in screen.splitlines() if each.startswith("invoices"))
    assert "v1" in row
    assert max(map(len, screen.splitlines())) <= 80


def test_fields_stand_in_columns_where_there_is_room(sqlite_office: Office) -> None:
    _, screen = seen(sqlite_office.folder, 120, "api", "fields")
    assert any(each.startswith("invoices") and "Header.InvoiceID" in each for each in screen.splitlines())
