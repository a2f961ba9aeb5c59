"""What explains correction lines, from the sandbox to the screen."""

from __future__ import annotations

import datetime
import json
from typing import Any

import requests

from connector.sandbox import RESELLER_NL, Sandbox
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


def test_a_held_document_is_not_called_booked_and_changes_have_the_readers_dates(sqlite_office: Office) -> None:
    _with_detail(sqlite_office)
    sqlite_office.run("sync")
    number, (first, *_others) = next(iter(_explained(sqlite_office).items()))
    shown = sqlite_office.run("invoices", "show", number, "--language", "nl").out
    day = datetime.date.fromisoformat(first["changes"][0]["start"])
    block = shown.split("afzonderlijke wijzigingen achter correcties")[1]
    assert f"{day:%d-%m-%Y}" in block
    assert f"{day:%Y%m%d}" not in block
    assert "geboekt" not in block.split("wat telt")[1].splitlines()[0]


def test_attributes_of_subscriptions_are_shown_as_the_settings_say(sqlite_office: Office, sandbox: Sandbox) -> None:
    key = {"Authorization": f"Bearer {RESELLER_NL.keys[0].secret}"}
    dates = {"startDate": "20250101", "endDate": "20250131"}
    answer = requests.get(f"{sandbox.url}/invoices", params=dates, headers=key, timeout=30).json()
    first = answer["Invoices"][0]
    first["Customers"][0]["Subscriptions"][0]["SubscriptionDetails"] = [
        {"Attribute": "ram", "AttributeValue": 64, "AttributeDescription": "GB RAM", "Noshow": False},
        {"Attribute": "host", "AttributeValue": "h7", "AttributeDescription": "Host", "Noshow": True},
    ]
    (sqlite_office.folder / "invoices.json").write_text(json.dumps(answer), encoding="utf-8")
    sqlite_office.run("pull", "--from-files", "invoices.json")
    number = first["Header"]["InvoiceID"]
    (document,) = (
        each for each in sqlite_office.asked("invoices", "show", number)["invoices"] if each["direction"] == "purchase"
    )
    told = {each["name"]: each["printed"] for item in document["line_items"] for each in item["attributes"]}
    assert told == {"GB RAM": True, "Host": False}
    before = sqlite_office.toml
    for details, expected in (("printed", "GB RAM: 64"), ("all", "GB RAM: 64; Host: h7")):
        sqlite_office.toml = f'{before}\n[administrations.acme.documents]\ndetails = "{details}"\n'
        shown = sqlite_office.run("invoices", "show", number).out.split("Attributes")[1].splitlines()
        assert shown[1].endswith(f"  {expected}")
    sqlite_office.toml = f'{before}\n[administrations.acme.documents]\ndetails = "none"\n'
    assert "Attributes" not in sqlite_office.run("invoices", "show", number).out
