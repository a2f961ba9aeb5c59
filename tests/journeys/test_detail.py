"""What explains correction lines, from the sandbox to the screen."""

from __future__ import annotations

from typing import Any

from connector.sandbox import Sandbox
from tests.journeys.office import Office


def _with_detail(office: Office) -> None:
    office.change("[administrations.acme.source]\n", '[administrations.acme.source]\ndetail = "corrections"\n')


def _explained(office: Office) -> dict[str, list[dict[str, Any]]]:
    """The purchases with corrections that sum up several changes."""
    listed = office.asked("invoices", "list", "--direction", "purchase")["invoices"]
    found = {each["number"]: office.document(each["number"])["corrections"] for each in listed}
    return {number: corrections for number, corrections in found.items() if corrections}


def test_corrections_are_shown_with_the_changes_they_sum_up(office: Office, sandbox: Sandbox) -> None:
    _with_detail(office)
    office.run("sync")
    asked = [each for each in sandbox.requests if each.headers.get("showDetail") == "true"]
    assert {each.path.rsplit("/", 1)[1] for each in asked} == {"invoices", "customer-specifications"}
    posted = office.asked("status")["administrations"][0]["totals"]
    explained = _explained(office)
    assert explained
    assert all(each["agrees"] and len(each["changes"]) > 1 for found in explained.values() for each in found)
    number = next(iter(explained))
    assert "single changes behind corrections" in office.run("invoices", "show", number).out
    office.run("verify")
    before = len(sandbox.requests)
    office.run("sync")
    assert not [each for each in sandbox.requests[before:] if each.headers.get("showDetail") == "true"]
    assert office.asked("status")["administrations"][0]["totals"] == posted


def test_a_refusal_of_the_changes_stops_nothing(office: Office, sandbox: Sandbox) -> None:
    _with_detail(office)
    sandbox.faults.add("500:endpoint=invoices,skip=1,times=2")
    assert "invoices, single changes was left out" in office.run("sync").out
    office.proves()
    assert office.added(lambda: office.run("sync"))["detail"] > 0
    assert _explained(office)
