"""Subscriptions and products: fetched beside the invoices, listed, shown with their changes, and never in the way."""

from __future__ import annotations

import csv
import datetime
import json
from typing import Any

import openpyxl
import pytest
import requests

from connector.sandbox import RESELLER_NL, Sandbox, demo_world
from tests.journeys.office import TODAY, Office, told


def switched_on(office: Office, lists: str = '["subscriptions", "products"]') -> None:
    office.change('unsettled = "trust"\n', f'unsettled = "trust"\nlists = {lists}\n')


def answered(sandbox: Sandbox, name: str = "customer-subscriptions") -> Any:
    key = {"Authorization": f"Bearer {RESELLER_NL.keys[0].secret}"}
    return requests.get(f"{sandbox.url}/{name}", headers=key, timeout=30).json()


def test_subscriptions_and_products_are_listed_and_shown(office: Office, sandbox: Sandbox) -> None:
    nothing = office.run("subscriptions", "list").out
    assert 'customer-subscriptions was never fetched; write lists = ["subscriptions"]' in nothing
    switched_on(office)
    pulled = office.run("pull").out
    wanted = [one for each in answered(sandbox)["CustomerSubscriptions"] for one in each["Subscriptions"]]
    number = len(wanted)
    assert f"acme: customer-subscriptions: {number} in the list, {number} new, new fields, kept: [].Renewal" in pulled
    assert "acme: products: " in pulled

    listed = office.asked("subscriptions", "list")["subscriptions"]
    assert {each["key"]: each["fields"]["quantity"] for each in listed} == {
        each["SubscriptionID"]: str(each["Quantity"]) for each in wanted
    }
    first = wanted[0]
    dutch = office.run("subscriptions", "list", "--plan", "no such plan", "--language", "nl").out
    assert "Niets in customer-subscriptions" in dutch
    assert "boekingen" not in dutch
    for filters in (("--plan", first["PlanName"][:20].upper()), ("--text", first["SubscriptionID"])):
        found = office.asked("subscriptions", "list", *filters)["subscriptions"]
        assert first["SubscriptionID"] in {each["key"] for each in found}
        assert len(found) < number
    customer = listed[0]["fields"]["company_name"]
    assert {
        each["fields"]["company_name"]
        for each in office.asked("subscriptions", "list", "--customer", customer)["subscriptions"]
    } == {customer}
    assert len(office.asked("products", "list")["products"]) == len(answered(sandbox, "products")["Products"])
    assert "Purchase price" in office.run("products", "show", first["PlanID"]).out
    told(office.run("products", "show", "nothing", code=2), "There is no nothing in products")
    versions = {each["name"]: each["administrations"] for each in office.asked("api", "lifecycle")["versions"]}
    assert versions["customer-subscriptions"] == versions["products"] == ["acme"]
    office.proves()


def test_changes_are_shown_with_the_seats_that_came_and_went(sqlite_office: Office, sandbox: Sandbox) -> None:
    switched_on(sqlite_office)
    sqlite_office.run("pull")
    changed = answered(sandbox)
    customer = changed["CustomerSubscriptions"][0]
    one, gone = customer["Subscriptions"][:2]
    before = one["Quantity"]
    one["Quantity"] = before + 3
    one["Renewal"]["Tier"] = "9"
    customer["Subscriptions"].remove(gone)
    (sqlite_office.folder / "customer-subscriptions.json").write_text(json.dumps(changed), encoding="utf-8")
    done = sqlite_office.run("pull", "--from-files", "customer-subscriptions.json")
    assert "1 changed, 1 gone" in done.out
    shown = sqlite_office.run("subscriptions", "show", one["SubscriptionID"]).out
    assert "Seats" in shown
    assert "+3" in shown
    assert "Renewal" in shown
    (entry,) = sqlite_office.asked("subscriptions", "show", one["SubscriptionID"])["entries"]
    assert entry["others"] == [{"field": "Renewal", "value": {"AutoRenew": True, "Tier": "9"}}]
    assert entry["versions"][1]["changes"][0] == {
        "field": "quantity",
        "before": str(before),
        "after": str(before + 3),
    }
    keys = {each["key"] for each in sqlite_office.asked("subscriptions", "list")["subscriptions"]}
    assert gone["SubscriptionID"] not in keys
    every = sqlite_office.asked("subscriptions", "list", "--gone")["subscriptions"]
    assert [each["key"] for each in every if each["gone_since"]] == [gone["SubscriptionID"]]
    assert "gone" in sqlite_office.run("subscriptions", "list", "--gone").out
    back = sqlite_office.run("sync").out
    assert "1 changed, 1 back" in back
    sqlite_office.proves()


def test_a_list_as_a_file(sqlite_office: Office) -> None:
    switched_on(sqlite_office)
    sqlite_office.run("pull")
    number = len(sqlite_office.asked("subscriptions", "list")["subscriptions"])
    sqlite_office.run("subscriptions", "list", "--export", "list.csv")
    with (sqlite_office.folder / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == number
    assert rows[0]["Subscription"]
    sqlite_office.run("products", "list", "--export", "list.xlsx")
    book = openpyxl.load_workbook(sqlite_office.folder / "list.xlsx")
    assert book.worksheets[0]["A2"].value == "Product"
    told(sqlite_office.run("products", "list", "--export", "list.pdf", code=2), "neither .xlsx nor .csv")
    told(sqlite_office.run("products", "list", "--export", "list.xlsx", code=2), "--yes")
    sqlite_office.run("products", "list", "--export", "list.xlsx", "--yes")


@pytest.mark.parametrize("fault", ["500:times=always", "shape:value=null", "404", "html", "empty"])
def test_a_register_that_does_not_come_stops_nothing(sqlite_office: Office, sandbox: Sandbox, fault: str) -> None:
    switched_on(sqlite_office, '["subscriptions"]')
    if fault == "empty":
        sqlite_office.run("pull")
    kind, _, rest = fault.partition(":")
    sandbox.faults.add(f"{kind}:{','.join(filter(None, ['endpoint=customer-subscriptions', rest]))}")
    done = sqlite_office.run("sync")
    assert "customer-subscriptions was left out, and everything else went on" in done.out
    assert "Next: " in done.out
    if kind in ("shape", "html"):
        assert sqlite_office.asked("status")["administrations"]
    if kind == "shape":
        assert list((sqlite_office.folder / "bad-answers").glob("customer-subscriptions-*"))
        assert "bad-answers" in done.out
    sqlite_office.proves()


def test_a_register_past_its_end_is_not_asked(sqlite_office: Office, sandbox: Sandbox) -> None:
    ended = '[administrations.acme.source.lifecycle.products]\nstatus = "end of life"'
    lists = 'lists = ["subscriptions", "products"]'
    sqlite_office.change('unsettled = "trust"\n', f'unsettled = "trust"\n{lists}\n{ended}\n')
    before = len(sandbox.requests)
    sqlite_office.run("sync")
    asked = [each.path.rpartition("/")[2] for each in list(sandbox.requests)[before:]]
    assert "customer-subscriptions" in asked
    assert "products" not in asked
    sqlite_office.change(lists, f'{lists}\nended = "go on"')
    sqlite_office.run("sync")
    assert sandbox.requests[-1].path.endswith("/products")


def test_what_is_not_activated_is_told_with_the_next_step(sqlite_office: Office) -> None:
    switched_on(sqlite_office)
    world = demo_world(TODAY, months=3, customers=6)
    with Sandbox(world, today=TODAY, lists_active=False, customer_invoices_active=False) as closed:
        lines = [
            f'base_url = "{closed.url}"' if line.startswith("base_url") else line
            for line in sqlite_office.toml.splitlines()
        ]
        sqlite_office.toml = "\n".join(lines)
        done = sqlite_office.run("sync")
        for name in ("customer-subscriptions", "products"):
            assert f"{name} was left out, and everything else went on" in done.out
        assert "Copaco has not activated this list for your account (403 Forbidden)" in done.out
        assert "ask your account manager" in done.out
        sqlite_office.set("sale_source", '"customer-invoices"')
        done = sqlite_office.run("sync", code=None)
        assert "Copaco has not activated this list for your account" in done.out + done.err
        assert "ask your account manager" in done.out + done.err


def test_renewals_from_the_invoices_and_from_the_list(office: Office, sandbox: Sandbox) -> None:
    year = ("subscriptions", "renewals", "--days", "365")
    (billed,) = office.asked(*year)["administrations"]
    assert billed["source"] == "invoices"
    assert "the list of subscriptions was never fetched" in office.run(*year).out
    switched_on(office)
    office.run("pull")
    (found,) = office.asked(*year)["administrations"]
    assert (found["source"], found["until"]) == ("customer-subscriptions", "2026-02-01")
    wanted = {
        one["SubscriptionID"]: one["ExpirationDate"]
        for each in answered(sandbox)["CustomerSubscriptions"]
        for one in each["Subscriptions"]
        if one["ExpirationDate"] >= "20250125"
    }
    ends = {
        each["subscription"]: (datetime.date.fromisoformat(each["renews"]) - datetime.timedelta(days=1))
        for each in found["renewals"]
    }
    assert {name: f"{day:%Y%m%d}" for name, day in ends.items()} == wanted
    days = {each["subscription"]: each["renews"] for each in found["renewals"]}
    assert {each["subscription"]: each["renews"] for each in billed["renewals"]}.items() <= days.items()
    assert any(each["cost"] and each["sale"] for each in found["renewals"])
    first = found["renewals"][0]
    (fewer,) = office.asked(*year, "--customer", first["customer"])["administrations"]
    assert {each["customer"] for each in fewer["renewals"]} == {first["customer"]}
    (soon,) = office.asked("subscriptions", "renewals", "--until", first["renews"])["administrations"]
    assert soon["renewals"][0] == first
    office.run(*year, "--ics", "renewals.ics", "--export", "renewals.xlsx", "--language", "nl")
    file = (office.folder / "renewals.ics").read_bytes()
    assert file.count(b"BEGIN:VEVENT") == 2 * len(found["renewals"])
    assert f"DTSTART;VALUE=DATE:{first['renews'].replace('-', '')}".encode() in file
    told(office.run(*year, "--until", "2026-01-01", code=2), "--days or --until")
    told(office.run(*year, "--ics", "renewals.txt", code=2), "does not end in .ics")
    assert not (office.folder / "renewals.txt").exists()
    told(office.run("subscriptions", "renewals", "--until", "2024-01-01", code=2), "lies before today")
    assert "Nothing renews until" in office.run("subscriptions", "renewals", "--customer", "nobody").out
