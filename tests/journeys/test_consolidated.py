"""Consolidated invoices and subscription details of the older API: kept, compared, shown, and never booked from."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connector.cli.report import consolidated as words
from connector.domain.consolidated_check import DifferenceKind
from connector.engine.consolidated import Against
from connector.sandbox import RESELLER_NL, Sandbox
from tests.journeys.office import Office, told
from tests.journeys.test_report import rows_of, summed
from tests.sandbox.billing import get
from tests.sandbox.conftest import ALL_DATES, lines_of

CONSOLIDATED = "consolidatedinvoices"
LISTS = {"invoices": "invoices", "customerinvoices": "customer-invoices", CONSOLIDATED: "consolidated-invoices"}
KEY = RESELLER_NL.keys[0].secret
NOTHING_WRONG = ("cd-260", "cd-319", "cd-320", "cd-374", "cd-481", "cd-483", "cd-508")
Invoices = list[dict[str, Any]]


def saved(office: Office, sandbox: Sandbox, name: str) -> Invoices:
    """An answer of the older API in JSON, saved in the office under the name that Copaco gave every file."""
    answer = get(sandbox, f"v4/{name}", key=KEY, accept="application/json", **ALL_DATES)
    assert answer.status_code == 200, answer.text
    (office.folder / f"{name}_v2.json").write_bytes(answer.content)
    invoices: Invoices = json.loads(answer.content, parse_float=Decimal)["Invoices"]
    return invoices


def kept(office: Office, sandbox: Sandbox, name: str) -> Invoices:
    """An answer of the older API, saved and kept."""
    invoices = saved(office, sandbox, name)
    office.run("pull", "--from-files", "--endpoint", LISTS[name], f"{name}_v2.json")
    return invoices


def reported(office: Office, *more: str) -> list[dict[str, Any]]:
    (found,) = office.asked("report", "consolidated", *more)["administrations"]
    invoices: list[dict[str, Any]] = found["invoices"]
    return invoices


def differences(office: Office) -> list[dict[str, Any]]:
    """What differs; checked to add up to the whole difference of both sides, to the cent."""
    every = []
    for each in reported(office):
        assert each["against"] == "invoice"
        for given, invoiced, price, other in (
            ("purchases", "purchases_invoiced", "purchase", "purchase_invoiced"),
            ("sale_prices", "sales_invoiced", "sale_price", "sale_invoiced"),
        ):
            whole = Decimal(each[given]) - Decimal(each[invoiced])
            assert whole == sum(Decimal(one[price] or 0) - Decimal(one[other] or 0) for one in each["differences"])
        every += each["differences"]
    return every


def kinds(found: list[dict[str, Any]]) -> Counter[str]:
    return Counter(each["kind"] for each in found)


@pytest.fixture(scope="module")
def old_folder(prepared_folder: Path, served: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that also has the invoices of the older API, of both sides."""
    folder = tmp_path_factory.mktemp("old") / "office"
    shutil.copytree(prepared_folder, folder)
    office = Office(folder=folder)
    served.faults.clear()
    kept(office, served, "invoices")
    kept(office, served, "customerinvoices")
    return folder


@pytest.fixture
def old_office(old_folder: Path, tmp_path: Path, sandbox: Sandbox) -> Office:
    folder = tmp_path / "office"
    shutil.copytree(old_folder, folder)
    return Office(folder=folder)


def test_every_difference_has_its_words_and_next_step() -> None:
    assert set(words.KINDS) == set(DifferenceKind)
    assert set(words.AGAINST) == {each.value for each in Against} - {"invoice"}


def test_nothing_is_found_where_nothing_is_wrong_and_nothing_is_booked(office: Office, sandbox: Sandbox) -> None:
    kept(office, sandbox, "invoices")
    kept(office, sandbox, "customerinvoices")
    before = office.states()
    added = office.added(lambda: kept(office, sandbox, CONSOLIDATED))
    assert set(added) <= {"fetch", "slice"}
    assert differences(office) == []
    shown = office.run("report", "consolidated").out
    assert "No consolidated invoice differs from the invoices." in shown
    again = office.added(lambda: office.run("sync"))
    assert "entry" not in again or again["entry"] == len(office.fingerprints()) - len(before)
    office.proves()


def test_lines_left_out_are_named_with_their_euros(old_office: Office, sandbox: Sandbox) -> None:
    sound = saved(old_office, sandbox, CONSOLIDATED)
    sandbox.faults.add("lines-left-out")
    spoiled = kept(old_office, sandbox, CONSOLIDATED)
    found = differences(old_office)
    missing = sum(len(lines_of(each)) for each in sound) - sum(len(lines_of(each)) for each in spoiled)
    assert kinds(found) == {"left-out": missing}
    assert all(each["purchase"] is None and each["purchase_invoiced"] is not None for each in found)
    shown = old_office.run("report", "consolidated").out
    assert "left out: The line is on the purchase invoice" in shown
    assert "Rows of less money are left out; --all shows them." in shown
    assert "Rows of less money" not in old_office.run("report", "consolidated", "--all").out


@pytest.mark.parametrize("fault", ["lines-given-twice", "cd-204"])
def test_lines_given_twice_are_named_with_their_euros(old_office: Office, sandbox: Sandbox, fault: str) -> None:
    sound = saved(old_office, sandbox, CONSOLIDATED)
    sandbox.faults.add(fault)
    spoiled = kept(old_office, sandbox, CONSOLIDATED)
    more = sum(len(lines_of(each)) for each in spoiled) - sum(len(lines_of(each)) for each in sound)
    assert kinds(differences(old_office)) == {"given-twice": more}


def test_a_price_of_another_customer_is_named_with_it(old_office: Office, sandbox: Sandbox) -> None:
    sound = saved(old_office, sandbox, CONSOLIDATED)
    sandbox.faults.add("wrong-customer")
    spoiled = kept(old_office, sandbox, CONSOLIDATED)
    found = differences(old_office)
    wrong = [
        (line["SalesPrice"], other["SalesPrice"])
        for one, two in zip(sound, spoiled, strict=True)
        for line, other in zip(lines_of(one), lines_of(two), strict=True)
        if line["SalesPrice"] != other["SalesPrice"]
    ]
    assert len(wrong) > 3
    assert sorted((Decimal(each["sale_invoiced"]), Decimal(each["sale_price"])) for each in found) == sorted(wrong)
    assert set(kinds(found)) <= {"sale-price-of-another-customer", "sale-price-differs"}
    mixed_up = [each for each in found if each["kind"] == "sale-price-of-another-customer"]
    assert len(mixed_up) > len(wrong) / 2
    assert all(each["other_customer"] not in (None, each["customer"]) for each in mixed_up)


def test_missing_sale_prices_are_not_zero(old_office: Office, sandbox: Sandbox) -> None:
    sound = saved(old_office, sandbox, CONSOLIDATED)
    sandbox.faults.add("cd-337")
    spoiled = kept(old_office, sandbox, CONSOLIDATED)
    pairs = [
        (line["SalesPrice"], other["SalesPrice"])
        for one, two in zip(sound, spoiled, strict=True)
        for line, other in zip(lines_of(one), lines_of(two), strict=True)
        if line["SalesPrice"] != other["SalesPrice"]
    ]
    lost = sorted(before for before, after in pairs if after is None)
    found = differences(old_office)
    without = [each for each in found if each["kind"] == "no-sale-price"]
    assert sorted(Decimal(each["sale_invoiced"]) for each in without) == lost
    assert all(each["sale_price"] is None for each in without)
    assert len(found) == len(pairs)
    assert "None is not zero" in old_office.run("report", "consolidated").out


@pytest.mark.parametrize(("fault", "azure"), [("cd-513", False), ("cd-484", True)])
def test_a_missing_discount_makes_no_net_price(old_office: Office, sandbox: Sandbox, fault: str, azure: bool) -> None:
    sound = saved(old_office, sandbox, CONSOLIDATED)
    sandbox.faults.add(f"{fault}:endpoint=billing/{CONSOLIDATED}")
    kept(old_office, sandbox, CONSOLIDATED)
    discounts = sorted(
        line["PurchaseDiscount"]
        for each in sound
        for line in lines_of(each)
        if line["PurchaseDiscount"] and (not azure or "Azure" in line["Description"])
    )
    found = differences(old_office)
    assert set(kinds(found)) == {"no-discount"}
    assert sorted(Decimal(each["purchase"]) - Decimal(each["purchase_invoiced"]) for each in found) == discounts


def test_another_sign_is_another_price(old_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add(f"cd-482:endpoint=billing/{CONSOLIDATED}")
    kept(old_office, sandbox, CONSOLIDATED)
    found = kinds(differences(old_office))
    assert set(found) == {"purchase-price-differs", "sale-price-differs"}
    assert found["purchase-price-differs"] == found["sale-price-differs"] > 5


def test_other_dates_are_told_and_move_no_cent(old_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add(f"swapped-dates:endpoint=billing/{CONSOLIDATED}")
    kept(old_office, sandbox, CONSOLIDATED)
    found = differences(old_office)
    assert set(kinds(found)) == {"described-otherwise"}
    assert {each["purchase"] for each in found} == {each["sale_price"] for each in found} == {None}


def test_a_part_of_an_invoice_for_each_vendor_meets_its_own(old_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("vendor-grouping:value=20241130")
    kept(old_office, sandbox, CONSOLIDATED)
    assert {each["against"] for each in reported(old_office)} == {"not-fetched", "invoice"}
    kept(old_office, sandbox, "invoices")
    assert {each["against"] for each in reported(old_office)} == {"invoice"}
    assert differences(old_office) == []


@pytest.mark.parametrize("fault", NOTHING_WRONG)
def test_what_is_absent_and_decides_nothing_is_no_difference(old_office: Office, sandbox: Sandbox, fault: str) -> None:
    sandbox.faults.add(f"{fault}:endpoint=billing/{CONSOLIDATED}")
    assert set(old_office.added(lambda: kept(old_office, sandbox, CONSOLIDATED))) <= {"fetch", "slice"}
    assert differences(old_office) == []


@pytest.mark.parametrize("fault", ["", "lines-left-out", "lines-given-twice", "wrong-customer", "cd-337", "cd-513"])
def test_in_xml_the_same_is_found_as_in_json(old_office: Office, sandbox: Sandbox, fault: str) -> None:
    if fault:
        sandbox.faults.add(f"{fault}:endpoint=billing/{CONSOLIDATED}")
    kept(old_office, sandbox, CONSOLIDATED)
    found = differences(old_office)
    assert bool(found) == bool(fault)
    answer = get(sandbox, f"v4/{CONSOLIDATED}", key=KEY, accept="application/xml", **ALL_DATES)
    (old_office.folder / f"{CONSOLIDATED}_v2.xml").write_bytes(answer.content)
    added = old_office.added(lambda: old_office.run("pull", "--from-files", f"{CONSOLIDATED}_v2.xml"))
    assert added == {"fetch": 1, "slice": len(reported(old_office))}
    assert differences(old_office) == found
    stated = {each["number"]: (each["stated_purchases"], each["stated_sales"]) for each in reported(old_office)}
    invoiced = {each["number"]: (each["purchases_invoiced"], each["sales_invoiced"]) for each in reported(old_office)}
    assert stated == invoiced
    old_office.proves()


def test_the_newest_answer_counts(old_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("lines-left-out")
    kept(old_office, sandbox, CONSOLIDATED)
    assert differences(old_office)
    sandbox.faults.clear()
    kept(old_office, sandbox, CONSOLIDATED)
    assert differences(old_office) == []
    (only,) = reported(old_office, "--period", "2025-01")[-1:]
    assert only["date"].startswith("2025-01")
    old_office.proves()


def test_what_lacks_is_told_with_the_next_step(sqlite_office: Office, sandbox: Sandbox) -> None:
    nothing = sqlite_office.run("report", "consolidated").out
    assert "--from-files --endpoint consolidated-invoices FILE" in nothing
    kept(sqlite_office, sandbox, CONSOLIDATED)
    shown = sqlite_office.run("report", "consolidated").out
    assert "was not compared: its purchase invoice was not fetched" in shown
    assert "No consolidated invoice could be compared." in shown
    assert "--endpoint invoices FILE" in shown
    assert {each["against"] for each in reported(sqlite_office)} == {"not-fetched"}
    kept(sqlite_office, sandbox, "invoices")
    assert (
        "were not compared: no invoice of that month to their customers"
        in sqlite_office.run("report", "consolidated").out
    )
    assert {each["sales_invoiced"] for each in reported(sqlite_office)} == {None}


def test_no_name_makes_a_consolidated_invoice_one_that_is_booked(sqlite_office: Office, sandbox: Sandbox) -> None:
    saved(sqlite_office, sandbox, CONSOLIDATED)
    file = f"{CONSOLIDATED}_v2.json"
    before = sqlite_office.rows()
    for wrong in ("invoices", "customer-specifications", "customer-invoices"):
        done = sqlite_office.run("pull", "--from-files", "--endpoint", wrong, file, code=None)
        told(done, "compared and never booked", "consolidated-invoices", file)
    shutil.copy(sqlite_office.folder / file, sqlite_office.folder / "invoices_v2.json")
    told(sqlite_office.run("pull", "--from-files", "invoices_v2.json", code=None), "looks like consolidated-invoices")
    assert sqlite_office.rows() == before
    saved(sqlite_office, sandbox, "invoices")
    other = ("pull", "--from-files", "--endpoint", "consolidated-invoices", "invoices_v2.json")
    told(sqlite_office.run(*other, code=None), "without the prices of consolidated ones")
    sqlite_office.run("pull", "--from-files", file)
    assert set(reported(sqlite_office)[0]) > {"number"}


def test_the_report_as_files(old_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("lines-given-twice")
    kept(old_office, sandbox, CONSOLIDATED)
    wanted = sum(Decimal(each["purchase"]) for each in differences(old_office))
    for name in ("found.csv", "found.xlsx", "found.html"):
        old_office.run("report", "consolidated", "--output", name)
    rows = rows_of(old_office, "found.csv")
    assert summed(rows, "Purchase") == wanted
    assert all(each["Next step"] for each in rows)
    sheet = openpyxl.load_workbook(old_office.folder / "found.xlsx").worksheets[0]
    assert sheet.max_row > len(rows)
    assert "<svg" in (old_office.folder / "found.html").read_text(encoding="utf-8")
    assert "dubbel" in old_office.run("report", "consolidated", "--language", "nl").out
    assert "deux fois" in old_office.run("report", "consolidated", "--language", "fr").out


def test_a_subscription_is_shown_with_what_it_is_made_of(office: Office, sandbox: Sandbox) -> None:
    invoice = next(each for each in saved(office, sandbox, CONSOLIDATED) if len(lines_of(each)) > 5)
    subscription = invoice["Customers"][0]["Subscriptions"][0]
    name = str(subscription["SubscriptionID"])
    answer = get(sandbox, "v4/subscriptiondetails", key=KEY, subscriptionId=name)
    (office.folder / "subscriptiondetails_v2.json").write_bytes(answer.content)
    added = office.added(lambda: office.run("pull", "--from-files", "subscriptiondetails_v2.json"))
    assert added == {"fetch": 1, "slice": 1, "register_entry": 1, "register_version": 1}
    asked = office.asked("subscriptions", "show", name)
    (built,) = asked["made_of"]
    plan = answer.json()["ServicePlan"]
    assert (built["subscription"], built["plan_id"]) == (name, str(plan["PlanId"]))
    assert [each["amount"] for each in built["resources"]] == [
        str(each["Amount"]) for each in answer.json()["Resources"]
    ]
    shown = office.run("subscriptions", "show", name).out
    assert str(plan["PlanId"]) in shown
    assert built["resources"][0]["rate_id"] in shown
    told(office.run("subscriptions", "show", "12", code=2), "There is no 12 in customer-subscriptions")
    listed = office.run("subscriptions", "list").out  # so that its number is found
    assert name in listed
    assert "connector subscriptions show NUMBER" in listed
    assert [each["subscription"] for each in office.asked("subscriptions", "list")["made_of"]] == [name]
    assert not office.asked("subscriptions", "list", "--plan", "no such plan")["made_of"]

    changed = answer.json() | {"Colour": "blue"}
    changed["Resources"][0]["Amount"] = "zeven"
    (office.folder / "later.json").write_text(json.dumps(changed), encoding="utf-8")
    done = office.run("pull", "--from-files", "--endpoint", "subscription-details", "later.json").out
    assert "1 changed, new fields, kept: Colour" in done
    (built,) = office.asked("subscriptions", "show", name)["made_of"]
    assert (built["version"], built["resources"][0]["amount"]) == (2, None)
    assert built["unreadable"] == [{"where": "Resources[0].Amount", "value": "zeven"}]
    assert "'zeven'" in office.run("subscriptions", "show", name).out
    office.proves()
