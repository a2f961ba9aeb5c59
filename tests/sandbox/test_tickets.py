"""What Copaco's release notes told of, switched on by name: it shows where it says, and nothing else changes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from defusedxml import ElementTree

from connector.errors import SettingsError
from connector.sandbox import KINDS, RESELLER_NL, Sandbox, World, demo_world, parse_fault
from connector.sandbox.tickets import AMOUNTS, MEANINGS, TICKETS
from tests.sandbox.billing import get, json_of, text, xml_of
from tests.sandbox.conftest import TODAY, ask, cents, lines_of

FACES = ("invoices", "customer-specifications", "customer-invoices")
CONSOLIDATED = "billing/consolidatedinvoices"
OLD = ("billing/invoices", "billing/customerinvoices", CONSOLIDATED)
EVERYWHERE = (*FACES, *OLD)
SALES = ("customer-invoices", "billing/customerinvoices")

# Where each shows, and the fields (or lists, where their length is another) that differ there.
SHOWS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "cd-204": (EVERYWHERE, {"PriceLines"}),
    "cd-260": (OLD, {"SKU"}),
    "cd-319": ((CONSOLIDATED,), {"PlanRateID"}),
    "cd-320": ((CONSOLIDATED,), {"PlanRateID"}),
    "cd-337": ((CONSOLIDATED,), {"SalesPrice"}),
    "cd-374": (FACES, {"InvoiceRowHash"}),
    "cd-481": ((CONSOLIDATED,), {"CustomerCostCenter"}),
    "cd-482": (EVERYWHERE, set(AMOUNTS)),
    "cd-483": ((*FACES, CONSOLIDATED), {"ExpirationDate"}),
    "cd-484": (EVERYWHERE, {"UnitPrice", "Discount", "PurchaseDiscount"}),
    "cd-508": (EVERYWHERE, {"LineId"}),
    "cd-513": (EVERYWHERE, {"Discount", "PurchaseDiscount"}),
    "lines-left-out": ((CONSOLIDATED,), {"PriceLines", "Subscriptions", "Customers"}),
    "lines-given-twice": ((CONSOLIDATED,), {"PriceLines"}),
    "wrong-customer": ((CONSOLIDATED,), {"SalesPrice"}),
    "swapped-dates": (EVERYWHERE, {"StartDate", "EndDate", "ExpirationDate"}),
    "incomplete-specification": (
        ("customer-specifications", "billing/customerinvoices"),
        {"Subscriptions", "Customers"},
    ),
    "no-billing-contact": (SALES, {"Invoices"}),
    "empty-customer-number": (EVERYWHERE, {"CustomerNumber", "ConsumerCompanyNumber"}),
    "partial-row-hash": (FACES, {"InvoiceRowHash"}),
    "dead-pdf-link": (EVERYWHERE, {"PDFLink"}),
}


def served(sandbox: Sandbox, endpoint: str) -> list[dict[str, Any]]:
    """Return what an endpoint of either API serves; of the older one in version 4."""
    if endpoint.startswith("billing/"):
        return json_of(sandbox, f"v4/{endpoint.removeprefix('billing/')}")
    return ask(sandbox, endpoint)


def differing(one: Any, other: Any, name: str = "Invoices") -> Iterator[str]:
    """Yield the names of the fields in which two values differ, and of the lists of another length."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            if key in one and key in other:
                yield from differing(one[key], other[key], key)
            else:
                yield key
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from differing(left, right, name)
    elif one != other:
        yield name


def few() -> World:
    """A quarter of few customers, with a small order and a credit note."""
    return World(
        seed=3,
        resellers=(RESELLER_NL,),
        first_month=dt.date(2024, 8, 1),
        last_month=dt.date(2024, 10, 1),
        customers=12,
    )


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """A sandbox of few customers for one test, to set faults in."""
    with Sandbox(few(), today=TODAY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def sound() -> dict[str, list[dict[str, Any]]]:
    """What every endpoint serves without a fault."""
    with Sandbox(few(), today=TODAY) as sandbox:
        return {endpoint: served(sandbox, endpoint) for endpoint in EVERYWHERE}


def test_every_ticket_has_its_place_here() -> None:
    assert set(SHOWS) == set(TICKETS)
    assert {"cd-215", "vendor-grouping", *SHOWS} == set(MEANINGS) <= set(KINDS)
    assert all(MEANINGS.values())


@pytest.mark.parametrize("name", sorted(SHOWS))
def test_it_shows_where_it_says_and_nothing_else_changes(
    fresh: Sandbox, sound: dict[str, list[dict[str, Any]]], name: str
) -> None:
    places, fields = SHOWS[name]
    fresh.faults.add(name)
    for endpoint in EVERYWHERE:
        found = set(differing(sound[endpoint], served(fresh, endpoint)))
        if endpoint in places:
            assert found, f"{endpoint} does not show it"
            assert found <= fields, endpoint
        else:
            assert found == set(), endpoint
    fresh.faults.clear()
    assert served(fresh, "billing/invoices") == sound["billing/invoices"]


@pytest.mark.parametrize("name", sorted(SHOWS))
def test_the_xml_shows_what_the_json_shows(fresh: Sandbox, name: str) -> None:
    fresh.faults.add(name)
    for endpoint in OLD:
        if endpoint not in SHOWS[name][0]:
            continue
        path = f"v4/{endpoint.removeprefix('billing/')}"
        for invoice, element in zip(json_of(fresh, path), xml_of(fresh, path), strict=True):
            for line, written in zip(lines_of(invoice), element.iter("PriceLine"), strict=True):
                values = {part.tag: part.text or "" for part in written}
                expected = {key: "" if value is None else str(value) for key, value in line.items()}
                assert values == {key: expected[key] for key in expected if not key.startswith("Tax")}
            for customer, found in zip(invoice["Customers"], element.iter("Customer"), strict=True):
                assert {part.tag for part in found} == set(customer)
            assert {part.tag for part in element.find("Header") or ()} >= set(invoice["Header"]) - {"Description"}


def test_a_doubled_line_is_equal_but_for_its_rate_period(fresh: Sandbox) -> None:
    fresh.faults.add("cd-204:endpoint=billing/invoices")
    for invoice in json_of(fresh, "v4/invoices"):
        one, twin, *_ = lines_of(invoice)
        assert {key for key in one if one[key] != twin[key]} == {"RatePeriodID", "UID"}
    assert set(differing(json_of(fresh, "v3/invoices"), json_of(fresh, "v2/invoices"))) == set()
    assert len({line["UID"] for line in lines_of(ask(fresh)[0])}) == len(lines_of(ask(fresh)[0]))


def test_totals_still_tell_what_a_doubled_line_hides(fresh: Sandbox) -> None:
    fresh.faults.add("cd-204")
    for invoice in xml_of(fresh, "v4/invoices"):
        lines = sum(Decimal(text(line, "ExtendedPrice")) for line in invoice.iter("PriceLine"))
        first = next(iter(invoice.iter("PriceLine")))
        assert lines - Decimal(text(first, "ExtendedPrice")) == Decimal(text(invoice, "Totals/NetTotal"))


def test_sale_prices_are_missing_where_matching_is_hard(fresh: Sandbox) -> None:
    before = json_of(fresh, "v4/consolidatedinvoices")
    fresh.faults.add("cd-337")
    wrong = missing = 0
    for sound, struck in zip(before, json_of(fresh, "v4/consolidatedinvoices"), strict=True):
        for one, other in zip(lines_of(sound), lines_of(struck), strict=True):
            if other["PurchasePrice"] < 0 or one["Description"] == "Azure usage":
                assert other["SalesPrice"] is None
            missing += other["SalesPrice"] is None
            wrong += other["SalesPrice"] not in {None, one["SalesPrice"]}
    assert missing
    assert wrong


def test_the_name_of_the_file_tells_the_wrong_version(fresh: Sandbox) -> None:
    sound = get(fresh, "v4/invoices")
    fresh.faults.add("cd-215")
    for version in ("v2", "v3", "v4"):
        answer = get(fresh, f"{version}/invoices", accept="application/json")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="invoices_v2.json"'
    assert get(fresh, "v4/invoices").content == sound.content


def test_customers_without_a_contact_are_the_same_in_both_apis(fresh: Sandbox) -> None:
    fresh.faults.add("no-billing-contact")
    names = [
        {invoice["Receiver"]["CompanyName"] for invoice in invoices}
        for invoices in (ask(fresh, "customer-invoices"), json_of(fresh, "v4/customerinvoices"))
    ]
    assert names[0] == names[1]
    assert 0 < len(names[0]) < 12


@pytest.mark.parametrize("endpoint", ["invoices", "customer-specifications", "billing/invoices"])
def test_an_invoice_per_vendor_before_the_consolidation(endpoint: str) -> None:
    world = demo_world(TODAY, months=13, customers=6)
    with Sandbox(world, today=TODAY) as sound, Sandbox(world, today=TODAY, faults=["vendor-grouping"]) as struck:
        before, after = served(sound, endpoint), served(struck, endpoint)
    late = [invoice for invoice in before if invoice["Header"]["Date"] >= "20240213"]
    assert late
    assert [invoice for invoice in after if invoice["Header"]["Date"] >= "20240213"] == late
    early = [invoice for invoice in before if invoice not in late and len(lines_of(invoice)) > 8]
    assert early
    for invoice in early:
        number = invoice["Header"]["InvoiceID"]
        parts = [part for part in after if part["Header"]["InvoiceID"][:-2] == number]
        assert len(parts) > 1
        assert sum(len(lines_of(part)) for part in parts) == len(lines_of(invoice))
        for field in ("ExtendedPrice", "VAT"):
            whole = sum(line[field] for line in lines_of(invoice))
            assert sum(line[field] for part in parts for line in lines_of(part)) == whole


def test_another_last_day_of_invoices_per_vendor(fresh: Sandbox) -> None:
    before = ask(fresh)
    fresh.faults.add("vendor-grouping:value=20240930,endpoint=invoices")
    after = ask(fresh)
    assert len(after) > len(before)
    assert after[-1:] == before[-1:]
    with pytest.raises(SettingsError, match="cannot be read"):
        parse_fault("vendor-grouping:value=february")


def test_several_at_once(fresh: Sandbox) -> None:
    for name in ("lines-left-out", "cd-337", "swapped-dates", "cd-513", "cd-320", "cd-481"):
        fresh.faults.add(name)
    lines = [line for invoice in json_of(fresh, "v4/consolidatedinvoices") for line in lines_of(invoice)]
    assert lines
    assert not any("PurchaseDiscount" in line for line in lines)
    assert xml_of(fresh, "v4/consolidatedinvoices")


def test_one_invoice_alone(fresh: Sandbox) -> None:
    before = json_of(fresh, "v4/invoices")
    number = before[2]["Header"]["InvoiceID"]
    fresh.faults.add(f"cd-482:invoice={number}")
    after = json_of(fresh, "v4/invoices")
    ((one, other),) = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert one["Header"]["InvoiceID"] == number
    ((sound, struck),) = [
        pair for pair in zip(lines_of(one), lines_of(other), strict=True) if pair[0] != pair[1]
    ]  # fmt: skip
    assert all(struck[name] == -sound[name] for name in ("ExtendedPrice", "VAT", "UnitPrice"))


# The faults of every API strike the older one too.


def test_the_address_is_refused_by_the_older_api_only(fresh: Sandbox) -> None:
    fresh.faults.add("address:times=always")
    assert ask(fresh)
    answer = get(fresh, "v4/invoices")
    assert answer.status_code == 403
    assert "IP address" in answer.json()["message"]
    fresh.faults.clear()
    assert get(fresh, "v4/invoices").status_code == 200


def test_an_amount_changes_with_its_totals(fresh: Sandbox) -> None:
    before = xml_of(fresh, "v4/invoices")
    fresh.faults.add("amount:endpoint=billing/invoices,cents=250,from=1")
    after = xml_of(fresh, "v4/invoices")
    for name in ("NetTotal", "VATTotal", "GrossTotal"):
        sums = [cents(Decimal(text(invoices[0], f"Totals/{name}"))) for invoices in (before, after)]
        assert sums[0] != sums[1]
    lines = list(after[0].iter("PriceLine"))
    assert sum(cents(Decimal(text(line, "ExtendedPrice"))) for line in lines) == cents(
        Decimal(text(after[0], "Totals/NetTotal"))
    )
    assert text(before[1], "Totals/NetTotal") == text(after[1], "Totals/NetTotal")


def test_changes_between_fetches(fresh: Sandbox) -> None:
    before = json_of(fresh, "v4/invoices")
    fresh.faults.add("vanished-invoice:from=2,endpoint=billing/invoices")
    assert json_of(fresh, "v4/invoices") == before
    assert json_of(fresh, "v4/invoices") == before[1:]
    fresh.faults.clear()
    fresh.faults.add("amount:from=1,cents=5,endpoint=billing/consolidatedinvoices")
    sound = json_of(fresh, "v3/consolidatedinvoices")
    fresh.faults.clear()
    found = set(differing(sound, json_of(fresh, "v3/consolidatedinvoices")))
    assert found == {"PurchasePrice"}


def test_whole_answers_in_xml(fresh: Sandbox) -> None:
    fresh.faults.add("empty")
    assert xml_of(fresh, "v4/invoices") == []
    fresh.faults.add("encoding")
    content = get(fresh, "v4/invoices").content
    with pytest.raises(UnicodeDecodeError):
        content.decode()
    assert "<Origin>België</Origin>" in content.decode("cp1252")
    fresh.faults.add("shape:value=broken")
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(get(fresh, "v4/invoices").content)
    fresh.faults.add("cut:at=0.4")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(fresh, "v4/invoices")
    fresh.faults.add("429:retry-after=3")
    assert get(fresh, "v4/invoices").headers["Retry-After"] == "3"
    assert xml_of(fresh, "v4/invoices")


def test_whole_answers_in_json(fresh: Sandbox) -> None:
    fresh.faults.add("empty:endpoint=billing/invoices")
    assert json_of(fresh, "v4/invoices") == []
    fresh.faults.add("paging:value=pages")
    answer = get(fresh, "v4/invoices", accept="application/json")
    assert answer.json()["TotalPages"] == 2
    fresh.faults.add("encoding")
    content = get(fresh, "v4/invoices", accept="application/json").content
    assert json.loads(content.decode("cp1252"))["Origin"] == "België"


def test_faults_pass_by_the_cache(tmp_path: Path) -> None:
    with Sandbox(few(), today=TODAY, cache_dir=tmp_path) as sandbox:
        before = ask(sandbox)
        sandbox.faults.add("vendor-grouping:value=20300101")
        grouped = ask(sandbox)
        sandbox.faults.add("cd-374")
        assert not any("InvoiceRowHash" in line for invoice in ask(sandbox) for line in lines_of(invoice))
        sandbox.faults.clear()
        assert ask(sandbox) == before != grouped
