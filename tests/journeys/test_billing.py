"""The older Billing API as the source of an administration: set up, fetched in both forms, explained, and proven."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from connector.sandbox import RESELLER_NL, Fault, Sandbox
from tests.journeys.office import Office, told

RULE = "X9;purchase;;;;;;;;;cost_licences;;post;;the older API has no charge types"


@pytest.fixture
def older(new_office: Office, sandbox: Sandbox) -> Office:
    """An administration whose source is the older API."""
    new_office.set_up(RESELLER_NL, sandbox.billing_url)
    new_office.change('kind = "copaco"', 'kind = "billing"')
    new_office.add_row("rules.csv", RULE)
    return new_office


def saved(office: Office, sandbox: Sandbox, endpoint: str, accept: str, name: str) -> Path:
    key = {"Authorization": f"Bearer {RESELLER_NL.keys[0].secret}", "Accept": accept}
    asked = {"startDate": "20200101", "endDate": "20301231"}
    answer = requests.get(f"{sandbox.billing_url}/{endpoint}", params=asked, headers=key, timeout=30)
    path = office.folder / name
    path.write_bytes(answer.content)
    return path


@pytest.mark.parametrize(("version", "form"), [("v4", "json"), ("v4", "xml"), ("v2", "xml")])
def test_an_administration_is_run_from_it(older: Office, version: str, form: str) -> None:
    older.change('kind = "billing"', f'kind = "billing"\nversion = "{version}"\nform = "{form}"')
    report = older.run("doctor")
    assert "the key works" in report.out
    synced = older.run("sync").out
    assert "held" in synced
    listed = older.asked("invoices", "list")["invoices"]
    assert {each["number"][:2] for each in listed if each["direction"] == "purchase"} == {"TN"}
    assert {each["source"] for each in listed} == {"invoices", "customer-invoices"}
    older.proves()
    versions = {each["name"]: each["administrations"] for each in older.asked("api", "lifecycle")["versions"]}
    assert versions[f"billing-{version}"] == ["acme"]
    (again,) = older.asked("pull")["runs"]
    assert [sum(each[name] for each in again["windows"]) for name in ("new", "changed")] == [0, 0]


def test_fields_of_the_older_api_are_lists_of_their_own(older: Office) -> None:
    older.run("pull")
    names = {each["list"] for each in older.asked("api", "fields")["fields"]}
    assert names == {"billing-v4-invoices", "billing-v4-customer-invoices"}


def test_an_address_that_is_not_listed_is_explained(older: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("address")
    told(older.run("pull", code=None), "refuses the address of this computer, not the key", "Support Center")


def test_what_is_only_compared_is_asked_where_the_settings_want_it(older: Office, sandbox: Sandbox) -> None:
    older.change('kind = "billing"', 'kind = "billing"\nlists = ["consolidated", "subscription-details"]')
    (first,) = older.asked("sync")["runs"]
    assert {each["endpoint"] for each in first["windows"]} == {
        *("invoices", "customer-invoices", "consolidated-invoices"),
    }
    assert first["registers"] == []
    entries = older.asked("entries", "list")["entries"]
    (second,) = older.asked("sync")["runs"]
    (details,) = second["registers"]
    assert details["register"] == "subscription-details"
    assert details["new"] == details["entries"] > 10
    assert older.asked("entries", "list")["entries"] == entries
    (third,) = older.asked("sync")["runs"]
    assert third["registers"] == []
    (report,) = older.asked("report", "consolidated")["administrations"]
    assert report["invoices"]
    assert [each["differences"] for each in report["invoices"]] == [[]] * len(report["invoices"])
    older.proves()


def test_a_subscription_that_is_not_known_stops_nothing(older: Office, sandbox: Sandbox) -> None:
    older.change('kind = "billing"', 'kind = "billing"\nlists = ["subscription-details"]')
    older.run("pull")
    sandbox.faults.add(Fault(kind="status", status=404, endpoint="billing/subscriptiondetails", times=0))
    (run,) = older.asked("pull")["runs"]
    assert run["registers"] == []
    assert [each[0] for each in run["refused"]] == ["subscription-details"]
    older.proves()


def test_settings_that_make_no_sense_are_refused(older: Office) -> None:
    older.set("sale_source", '"customer-specifications"')
    told(older.run("pull", code=3), "the older Billing API has no customer specifications")
    older.set("sale_source", '"customer-invoices"')
    older.change('kind = "billing"', 'kind = "billing"\nlists = ["products"]\nversion = "v1"')
    told(older.run("pull", code=3), "'v1' is not possible", "lists")


@pytest.mark.parametrize(("accept", "name"), [("application/xml", "a.xml"), ("application/json", "invoices_v2.json")])
def test_saved_answers_are_taken_in_both_forms(sqlite_office: Office, sandbox: Sandbox, accept: str, name: str) -> None:
    path = saved(sqlite_office, sandbox, "v4/invoices", accept, name)
    (run,) = sqlite_office.asked("pull", "--from-files", path.name)["runs"]
    assert [(each["endpoint"], each["new"]) for each in run["windows"]] == [("invoices", 8)]
    listed = sqlite_office.asked("invoices", "list")["invoices"]
    assert {"TN", "92"} <= {each["number"][:2] for each in listed}
    sqlite_office.proves()


def test_consolidated_invoices_are_not_taken_for_invoices(sqlite_office: Office, sandbox: Sandbox) -> None:
    path = saved(sqlite_office, sandbox, "v4/consolidatedinvoices", "application/xml", "invoices.xml")
    told(sqlite_office.run("pull", "--from-files", path.name, code=None), "looks like consolidated-invoices")
    booked = ("pull", "--from-files", "--endpoint", "invoices", path.name)
    told(sqlite_office.run(*booked, code=None), "consolidated invoices", "never booked")
    (path.parent / "bomb.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><InvoiceResponse>&b;</InvoiceResponse>')
    told(sqlite_office.run("pull", "--from-files", "bomb.xml", code=None), "declares a document type", "bomb.xml")
