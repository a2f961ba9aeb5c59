"""Moving from Copaco's old platform to the new one: months that were saved from the one, and fetched from the other."""

from __future__ import annotations

import csv
import datetime
import json
from decimal import Decimal
from typing import Any

import openpyxl

from connector.sandbox import RESELLER_NL, Sandbox
from connector.sandbox.billing.answer import Form, billing_answer
from connector.sandbox.billing.question import BillingQuestion
from tests.journeys.office import TODAY, Office

Json = dict[str, Any]
FIRST = datetime.date(2024, 1, 1)


def saved(sandbox: Sandbox, endpoint: str = "invoices", *, by_vendor_until: datetime.date = TODAY) -> Json:
    """What the older API of the same world answers, a document per vendor."""
    question = BillingQuestion(
        sandbox.world, RESELLER_NL, "v4", endpoint, FIRST, TODAY, by_vendor_until=by_vendor_until
    )
    text = b"".join(billing_answer(question, Form(json=True)).chunks)
    answer: Json = json.loads(text, parse_float=Decimal)
    return answer


def give(office: Office, answer: Json, endpoint: str = "invoices") -> None:
    file = office.folder / "old.json"
    file.write_text(json.dumps(answer, default=float), encoding="utf-8")
    office.run("pull", "--endpoint", endpoint, "--from-files", "old.json")


def report(office: Office, *more: str) -> Json:
    (found,) = office.asked("report", "migration", *more)["administrations"]
    assert isinstance(found, dict)
    return found


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


def test_months_of_both_platforms_are_booked_once_and_told(office: Office, sandbox: Sandbox) -> None:
    before = office.states()
    status = office.asked("status")["administrations"][0]["totals"]["purchase"]
    answer = saved(sandbox)
    give(office, answer)
    office.run("sync")
    numbers = {each["Header"]["InvoiceID"] for each in answer["Invoices"]}
    after = office.states()
    assert {each for each in after["held"] if each.startswith("TN")} == numbers
    assert {state: [each for each in held if each not in numbers] for state, held in after.items()} == before
    found = report(office)
    assert {number for each in found["documents"] for number in each["old"]["numbers"]} == numbers
    assert not any(set(each["booked_as"]) & numbers for each in found["documents"])
    told = {name: sum(cents(each[name]["net"]) for each in found["documents"]) for name in ("old", "new")}
    assert told["new"] == cents(status["source"])
    assert sum(cents(each["met"]) for each in found["documents"]) == told["old"] == told["new"]
    assert (found["lines"], found["only_one_platform"]) == ([], [])
    assert all(each["certain"] for each in found["ids"])
    shown = office.run("report", "migration").out
    assert "Every line met." in shown
    office.proves()


def test_a_line_that_was_changed_and_one_that_is_missing_are_shown(sqlite_office: Office, sandbox: Sandbox) -> None:
    office, answer = sqlite_office, saved(sandbox)
    whole = max(answer["Invoices"], key=lambda each: len(str(each)))
    held = [
        subscription["PriceLines"]
        for customer in whole["Customers"]
        for subscription in customer["Subscriptions"]
        if abs(subscription["PriceLines"][0]["ExtendedPrice"]) < 50
    ]
    changed, gone = held[0], held[-1]
    changed[0]["ExtendedPrice"] += 1
    lost = gone.pop(0)
    give(office, answer)
    office.run("sync")
    found = report(office, "--output", "migration.csv")
    lines = {(each["platform"], cents(each["net"])) for each in found["lines"]}
    amount = cents(str(changed[0]["ExtendedPrice"]))
    assert lines == {("old", amount), ("new", amount - 100), ("new", cents(str(lost["ExtendedPrice"])))}
    assert sum(each["old"]["lines_only_here"] for each in found["documents"]) == 1
    assert sum(each["new"]["lines_only_here"] for each in found["documents"]) == 2
    for each in found["documents"]:
        for side in ("old", "new"):
            assert cents(each["met"]) + cents(each[side]["only_here"]) == cents(each[side]["net"])
    codes = {one["code"] for one in office.document(whole["Header"]["InvoiceID"])["findings"]}
    assert "OTHER-PLATFORM-PART" in codes
    with (office.folder / "migration.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.reader(opened, delimiter=";"))
    assert next(row for row in rows if row[2:3] == ["old platform"])[-2] == f"{Decimal(amount) / 100:.2f}"
    office.run("report", "migration", "--output", "migration.xlsx")
    assert openpyxl.load_workbook(office.folder / "migration.xlsx").sheetnames
    page = office.run("report", "migration", "--output", "migration.html")
    assert "migration.html" in page.out
    month = found["documents"][0]["month"]
    assert {each["month"] for each in report(office, "--period", month)["documents"]} == {month}


def test_rows_of_the_mapping_that_name_old_ids_are_named(sqlite_office: Office, sandbox: Sandbox) -> None:
    office = sqlite_office
    give(office, saved(sandbox))
    office.run("sync")
    pair = next(each for each in report(office)["ids"] if each["kind"] == "customer")
    office.add_row("customers.csv", f"{pair['old']};Known of old;1;NL;;;;no;no;;")
    office.accept("rows of the old platform")
    (found,) = [each for each in report(office)["ids"] if each["old"] == pair["old"]]
    assert (found["rows_of_old"], found["rows_of_new"]) == (["customers.csv:2"], [])
    shown = office.run("report", "migration", "--all").out
    assert "customers.csv:2" in shown
    assert "Give the new ids rows" in shown


def test_with_one_platform_there_is_nothing_to_compare(sqlite_office: Office) -> None:
    found = report(sqlite_office)
    assert (found["documents"], found["lines"], found["ids"]) == ([], [], [])
    (alone,) = found["only_one_platform"]
    assert (alone["platform"], alone["source"]) == ("new", "invoices")
    shown = sqlite_office.run("report", "migration").out
    assert "There is no month that both platforms gave." in shown
    assert f"invoices: besides, {alone['documents']} documents" in shown


def test_purchases_and_sales_of_one_platform_are_no_sum(sqlite_office: Office, sandbox: Sandbox) -> None:
    give(sqlite_office, saved(sandbox, "customerinvoices"), "customer-invoices")
    alone = report(sqlite_office)["only_one_platform"]
    assert [(each["platform"], each["source"]) for each in alone] == [
        ("old", "customer-invoices"), ("new", "invoices"),
    ]  # fmt: skip
    assert "customer-invoices: besides, " in sqlite_office.run("report", "migration").out


def test_invoices_to_customers_are_told_by_their_accounts(sqlite_office: Office, sandbox: Sandbox) -> None:
    """They have the same numbers on both platforms."""
    office = sqlite_office
    office.set("sale_source", '"customer-invoices"')
    office.set("sale", '"post"')
    office.run("sync")
    give(office, saved(sandbox, "customerinvoices"), "customer-invoices")
    office.run("sync")
    found = [each for each in report(office)["documents"] if each["source"] == "customer-invoices"]
    assert found
    assert all(each["old"]["numbers"] == each["new"]["numbers"] for each in found)
    assert all(each["old"]["lines_only_here"] == each["new"]["lines_only_here"] == 0 for each in found)


def test_an_administration_that_changes_its_source_books_on(new_office: Office, sandbox: Sandbox) -> None:
    """First the older API in XML, with what was approved posted; then the current one, over the same months."""
    office = new_office
    office.set_up(RESELLER_NL, sandbox.billing_url)
    office.change('kind = "copaco"', 'kind = "billing"')
    office.add_row("rules.csv", "X9;purchase;;;;;;;;;cost_licences;;post;;the older API has no charge types")
    office.run("sync")
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    booked = office.states()["posted"]
    assert booked
    assert all(each.startswith("TN") for each in booked)
    office.change('kind = "billing"', 'kind = "copaco"')
    office.change(sandbox.billing_url, sandbox.url)
    (run,) = office.asked("sync")["runs"]
    assert sum(each["vanished"] for each in run["windows"]) == 0
    found = office.states()
    assert found["posted"] == booked
    fetched = [(state, number) for state, numbers in found.items() for number in numbers if number[:2] != "TN"]
    assert len(fetched) > 1
    assert {state for state, _ in fetched} == {"held"}
    told = report(office)
    assert told["lines"] == []
    assert all(len(each["booked_as"]) <= 1 for each in told["documents"] if each["source"] == "invoices")
    assert {"VANISHED", "VANISHED-POSTED"}.isdisjoint(each["code"] for each in office.asked("findings")["findings"])
    office.proves()
