"""The older Billing API: versions, forms, access, and the same cents as the current API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import requests
from defusedxml import ElementTree

from connector.sandbox import Sandbox
from tests.sandbox.conftest import ALL_DATES, TODAY, ask, cents, lines_of, small_world

VERSIONS = ("v2", "v3", "v4")
KEYS = ("sandbox-nl", "sandbox-be", "sandbox-be-domestic")
CURRENT = {"invoices": "invoices", "customerinvoices": "customer-invoices"}


def get(sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", accept: str = "", **query: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"} | ({"Accept": accept} if accept else {})
    return requests.get(f"{sandbox.billing_url}/{path}", params=query or ALL_DATES, headers=headers, timeout=30)


def json_of(sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", **query: str) -> list[dict[str, Any]]:
    answer = get(sandbox, path, key=key, accept="application/json", **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    invoices: list[dict[str, Any]] = json.loads(answer.content, parse_float=Decimal)["Invoices"]
    return invoices


def xml_of(sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", **query: str) -> list[Element]:
    answer = get(sandbox, path, key=key, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/xml")
    for name in ("xsd", "xsi"):
        assert f"xmlns:{name}=" in answer.text[:300]
    return list(ElementTree.fromstring(answer.content).iter("Invoice"))


def text(element: Element, path: str) -> str:
    found = element.find(path)
    assert found is not None, path
    return found.text or ""


def every_dict(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from every_dict(part)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("endpoint", list(CURRENT))
@pytest.mark.parametrize("key", KEYS)
def test_its_cents_are_those_of_the_manifest(quiet: Sandbox, version: str, endpoint: str, key: str) -> None:
    truths = quiet.manifest.of(key.removeprefix("sandbox-"), CURRENT[endpoint])
    figures = [(truth.number, truth.true.lines, truth.true.net, truth.true.vat) for truth in truths]
    read = [
        (
            invoice["Header"]["InvoiceID"].lstrip("TNB") if endpoint == "invoices" else invoice["Header"]["InvoiceID"],
            len(lines_of(invoice)),
            sum(cents(line["ExtendedPrice"]) for line in lines_of(invoice)),
            sum(cents(line["VAT"]) for line in lines_of(invoice)),
        )
        for invoice in json_of(quiet, f"{version}/{endpoint}", key=key)
    ]
    assert read == figures
    for invoice, (_, lines, net, vat) in zip(xml_of(quiet, f"{version}/{endpoint}", key=key), figures, strict=True):
        found = list(invoice.iter("PriceLine"))
        assert len(found) == lines
        assert sum(cents(Decimal(text(line, "ExtendedPrice"))) for line in found) == net
        assert sum(cents(Decimal(text(line, "VAT"))) for line in found) == vat
        totals = [cents(Decimal(text(invoice, f"Totals/{name}"))) for name in ("NetTotal", "VATTotal", "GrossTotal")]
        assert totals == [net, vat, net + vat]


@pytest.mark.parametrize("endpoint", list(CURRENT))
def test_json_and_xml_say_the_same_with_their_own_places(quiet: Sandbox, endpoint: str) -> None:
    pairs = zip(json_of(quiet, f"v4/{endpoint}"), xml_of(quiet, f"v4/{endpoint}"), strict=True)
    for invoice, element in pairs:
        lines, found = lines_of(invoice), list(element.iter("PriceLine"))
        for line, written in zip(lines, found, strict=True):
            values = {part.tag: part.text for part in written}
            assert set(line) - set(values) == {"TaxPercentage", "TaxZoneID"}
            for name, value in values.items():
                assert (value or "") == ("" if line[name] is None else str(line[name])), name
        (rate,) = {line["TaxPercentage"] for line in lines}
        assert Decimal(text(element, "Header/TaxPercentage")) == rate
        assert text(element, "Header/InvoiceID") == invoice["Header"]["InvoiceID"]
        assert text(element, "Receiver/Street") == invoice["Receiver"]["Address"]
        assert element.find("Receiver/Address") is None
        assert [part.tag for part in element] == ["Header", "Sender", "Receiver", "Customers", "Totals"]


def test_what_is_empty_is_written_self_closed(quiet: Sandbox) -> None:
    written = get(quiet, "v4/invoices").text
    assert "<BankAccount />" in written
    assert "<SubPONumber />" in written
    assert not any(f"<{name}></{name}>" in written for name in ("BankAccount", "CostCenter", "SubPONumber"))


def test_the_old_shape(quiet: Sandbox) -> None:
    new_names = {
        *("ChargeType", "BillingFrequency", "InvoiceRowHash", "VendorDetails", "SubscriptionDetails", "Totals"),
    }
    for invoice in json_of(quiet, "v4/invoices"):
        for part in every_dict(invoice):
            assert not new_names & set(part)
            assert list(part) == sorted(part, key=str.casefold)
        total = sum(line["ExtendedPrice"] + line["VAT"] for line in lines_of(invoice))
        credit = invoice["Header"]["Type"] == "CREDIT"
        assert credit == (total < 0)
        assert invoice["Header"]["TypeIdentifier"] == 1 + credit
        for customer in invoice["Customers"]:
            assert isinstance(customer["AccountID"], int)
            for subscription in customer["Subscriptions"]:
                assert "ExpirationDate" not in subscription
                assert isinstance(subscription["SubscriptionID"], int)
                assert isinstance(subscription["PlanID"], int)
                assert subscription["BillingModel"] in {1, 2, 3, 4}
        for number, line in enumerate(lines_of(invoice), 1):
            assert (line["LineId"], bool(line["SKU"]), line["QuantityType"] != "item") == (number, True, True)


def test_credit_notes_are_told_by_their_type(quiet: Sandbox) -> None:
    types = [invoice["Header"]["Type"] for invoice in json_of(quiet, "v2/invoices")]
    assert set(types) == {"INVOICE", "CREDIT"}


def test_accounts_and_subscriptions_are_those_of_the_current_api(quiet: Sandbox) -> None:
    for endpoint, current in CURRENT.items():
        accounts: dict[str, int] = {}
        for old, new in zip(json_of(quiet, f"v3/{endpoint}"), ask(quiet, current), strict=True):
            for one, other in zip(old["Customers"], new["Customers"], strict=True):
                assert accounts.setdefault(other["AccountID"], one["AccountID"]) == one["AccountID"]
                assert (one["CustomerNumber"], one["CompanyName"]) == (other["CustomerNumber"], other["CompanyName"])
            for line, twin in zip(lines_of(old), lines_of(new), strict=True):
                assert (line["ExtendedPrice"], line["VAT"]) == (twin["ExtendedPrice"], twin["VAT"])
                assert (line["StartDate"], line["EndDate"]) == (twin["StartDate"], twin["EndDate"])
        assert len(set(accounts.values())) == len(accounts)


@pytest.mark.parametrize(("version", "has"), [("v2", False), ("v3", False), ("v4", True)])
def test_rate_periods_and_order_numbers_came_with_version_4(quiet: Sandbox, version: str, has: bool) -> None:
    keys = {key for part in every_dict(json_of(quiet, f"{version}/invoices")) for key in part}
    tags = {part.tag for invoice in xml_of(quiet, f"{version}/customerinvoices") for part in invoice.iter()}
    for found in (keys, tags):
        assert {name in found for name in ("RatePeriodID", "SubPONumber", "SubscriptionPONumber")} == {has}


def test_numbers_begin_with_the_country_that_bills(quiet: Sandbox) -> None:
    prefixes = {key: {one["Header"]["InvoiceID"][:2] for one in json_of(quiet, "v4/invoices", key=key)} for key in KEYS}
    assert prefixes == {"sandbox-nl": {"TN"}, "sandbox-be": {"TN"}, "sandbox-be-domestic": {"TB"}}


def test_an_invoice_per_vendor_where_it_is_switched_on(quiet: Sandbox) -> None:
    whole = json_of(quiet, "v4/invoices")
    with Sandbox(small_world(), today=TODAY, billing_by_vendor=True) as sandbox:
        parts = json_of(sandbox, "v4/invoices")
        assert ask(sandbox) == ask(quiet), "the current API stays consolidated"
    numbers = [part["Header"]["InvoiceID"] for part in parts]
    assert len(set(numbers)) == len(numbers) > len(whole)
    for part in parts:
        vendors = {
            subscription["PlanCategoryName"]
            for customer in part["Customers"]
            for subscription in customer["Subscriptions"]
        }
        assert len(vendors) == 1
    for invoice in whole:
        number = invoice["Header"]["InvoiceID"]
        lines = [line for part in parts if part["Header"]["InvoiceID"][:-2] == number for line in lines_of(part)]
        assert len(lines) == len(lines_of(invoice))
        for field in ("ExtendedPrice", "VAT"):
            assert sum(line[field] for line in lines) == sum(line[field] for line in lines_of(invoice))


def test_dates_are_inclusive_creation_dates(quiet: Sandbox) -> None:
    dates = [invoice["Header"]["Date"] for invoice in json_of(quiet, "v4/invoices")]
    for date in sorted(set(dates))[:3]:
        found = json_of(quiet, "v4/invoices", startDate=date, endDate=date)
        assert [invoice["Header"]["Date"] for invoice in found] == [date] * dates.count(date)
    assert json_of(quiet, "v4/invoices", startDate="20240724", endDate="20240731") == []
    assert xml_of(quiet, "v4/invoices", startDate="20240724", endDate="20240731") == []


@pytest.mark.parametrize(
    ("path", "key", "status", "says"),
    [
        ("v1/invoices", "sandbox-nl", 410, "end of life"),
        ("v5/invoices", "sandbox-nl", 404, "no /billing/v5/invoices"),
        ("v4/invoice", "sandbox-nl", 404, "no /billing/v4/invoice"),
        ("v4/invoices", "wrong", 401, "not known"),
        ("v4/invoices", "sandbox-nl-expired", 401, "expired"),
        ("v4/invoices", "sandbox-nl-limited", 403, "no permission"),
    ],
)
def test_refusals(quiet: Sandbox, path: str, key: str, status: int, says: str) -> None:
    answer = get(quiet, path, key=key)
    assert answer.status_code == status
    assert says in answer.json()["message"]


def test_a_key_of_its_own_opens_nothing_else(quiet: Sandbox) -> None:
    assert json_of(quiet, "v4/invoices", key="sandbox-nl-billing")
    headers = {"Authorization": "Bearer sandbox-nl-billing"}
    assert requests.get(f"{quiet.url}/invoices", headers=headers, timeout=30).status_code == 403


def test_an_address_that_is_not_allowed_is_refused_for_all_a_good_key(fresh: Sandbox) -> None:
    fresh.allowed_addresses = ("192.0.2.7",)
    answer = get(fresh, "v4/invoices")
    assert answer.status_code == 403
    assert "IP address 127.0.0.1" in answer.json()["message"]
    assert ask(fresh), "the current API knows no such list"
    fresh.allowed_addresses = (*fresh.allowed_addresses, "127.0.0.1")
    assert get(fresh, "v4/invoices").status_code == 200


def test_the_name_of_the_file_holds_the_version(quiet: Sandbox) -> None:
    names = {
        (version, accept): get(quiet, f"{version}/invoices", accept=accept).headers["Content-Disposition"]
        for version in VERSIONS
        for accept in ("", "application/json")
    }
    assert names["v3", ""] == 'attachment; filename="invoices_v3.xml"'
    assert names["v4", "application/json"] == 'attachment; filename="invoices_v4.json"'
