"""The older Billing API: versions, forms, access, and the same cents as the current API."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from defusedxml import ElementTree

from connector.sandbox import Sandbox
from tests.sandbox.billing import CURRENT, KEYS, VERSIONS, get, json_of, text, xml_of
from tests.sandbox.conftest import TODAY, ask, cents, lines_of, small_world


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


@pytest.mark.parametrize("version", VERSIONS)
def test_consolidated_lines_hold_both_prices(quiet: Sandbox, version: str) -> None:
    purchases = json_of(quiet, f"{version}/invoices")
    sales = {truth.number: truth.true.net for truth in quiet.manifest.of("nl", "customer-specifications")}
    found = json_of(quiet, f"{version}/consolidatedinvoices")
    documents = xml_of(quiet, f"{version}/consolidatedinvoices")
    for invoice, purchase, document in zip(found, purchases, documents, strict=True):
        lines = lines_of(invoice)
        assert len(lines) == len(lines_of(purchase)) == len(list(document.iter("PriceLine")))
        net = [line["PurchasePrice"] - line["PurchaseDiscount"] for line in lines]
        assert net == [line["ExtendedPrice"] for line in lines_of(purchase)]
        assert Decimal(text(document, "Totals/TotalPurchases")) == sum(net)
        given = [line["SalesPrice"] for line in lines if line["SalesPrice"] is not None]
        assert Decimal(text(document, "Totals/TotalSales")) == sum(given)
        number = invoice["Header"]["InvoiceID"][2:]
        leaks = [leak for truth in quiet.manifest.of("nl") if truth.number == number for leak in truth.leaks]
        only_sold = [
            leak.net
            for truth in quiet.manifest.of("nl", "customer-specifications")
            if truth.number == number
            for leak in truth.leaks
        ]
        assert len(lines) - len(given) == len(leaks)
        assert sum(map(cents, given)) == sales[number] - sum(only_sold)
        assert {"RatePeriodID" in line for line in lines} == {version == "v4"}
        assert all("CustomerCostCenter" in customer for customer in invoice["Customers"])
        assert invoice["Header"] == purchase["Header"]


def test_consolidated_xml_has_a_root_of_its_own(quiet: Sandbox) -> None:
    root = ElementTree.fromstring(get(quiet, "v4/consolidatedinvoices").content)
    assert root.tag != "InvoiceResponse"
    (held,) = root
    assert held.tag == "Invoices"
    assert {invoice.tag for invoice in held} == {"Invoice"}


def test_discounts_lead_from_the_list_price_to_the_amount(quiet: Sandbox) -> None:
    discounts = set()
    for line in (line for invoice in json_of(quiet, "v4/invoices") for line in lines_of(invoice)):
        computed = line["Quantity"] * line["UnitPrice"] - line["Discount"]
        assert abs(computed - line["ExtendedPrice"]) <= Decimal("0.01"), line
        discounts.add(line["Discount"] > 0)
    assert discounts == {True, False}


def test_totals_of_the_json_on_request() -> None:
    with Sandbox(small_world(), today=TODAY, totals=True) as sandbox:
        for invoice in json_of(sandbox, "v4/invoices"):
            net = sum(line["ExtendedPrice"] for line in lines_of(invoice))
            vat = sum(line["VAT"] for line in lines_of(invoice))
            assert invoice["Totals"] == {"GrossTotal": net + vat, "NetTotal": net, "VATTotal": vat}
        assert set(json_of(sandbox, "v4/consolidatedinvoices")[0]["Totals"]) == {"TotalPurchases", "TotalSales"}


def test_details_tell_what_a_subscription_is_made_of(quiet: Sandbox) -> None:
    billed = {
        subscription["PlanName"]: (subscription, subscription["PriceLines"][0])
        for invoice in json_of(quiet, "v4/consolidatedinvoices")
        for customer in invoice["Customers"]
        for subscription in customer["Subscriptions"]
    }
    for name, (subscription, line) in billed.items():
        answer = get(quiet, "v4/subscriptiondetails", subscriptionId=str(subscription["SubscriptionID"]))
        assert answer.headers["Content-Type"].startswith("application/json")
        told = answer.json()
        assert told["Subscription"]["SubscriptionId"] == subscription["SubscriptionID"]
        assert told["Subscription"]["StartDate"] == subscription["StartDate"]
        assert told["ServicePlan"]["PlanId"] == subscription["PlanID"]
        assert {one["Value"] for one in told["ServicePlan"]["PlanName"]} == {name}
        rates = {resource["ResourceRate"]["PlanRateId"] for resource in told["Resources"]}
        assert rates == {line["PlanRateID"]}
        periods = {resource.get("ResourceRatePeriod", {}).get("RatePeriodId") for resource in told["Resources"]}
        assert periods == {line["RatePeriodID"]}
    vmware = billed["Copaco VMware Cloud"][0]["SubscriptionID"]
    built = get(quiet, "v3/subscriptiondetails", subscriptionId=str(vmware)).json()["Resources"]
    assert [one["ResourceName"][0]["Value"] for one in built] == ["GB RAM", "vCores"]
    assert built[0]["Amount"] == 2 * built[1]["Amount"]


@pytest.mark.parametrize(("wanted", "status"), [("7", 404), ("", 400), ("s-1", 400), ("٧", 400)])
def test_a_subscription_that_is_not_there(quiet: Sandbox, wanted: str, status: int) -> None:
    answer = get(quiet, "v4/subscriptiondetails", subscriptionId=wanted)
    assert answer.status_code == status
    assert "subscription" in answer.json()["message"]
