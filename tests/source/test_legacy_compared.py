"""Consolidated invoices and subscription details: read to the cent, told where they are odd, and never a traceback."""

from __future__ import annotations

import json
from decimal import Decimal
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.build_up import BuildUp
from connector.domain.consolidated import ConsolidatedInvoice
from connector.errors import SourceFormatError
from connector.source.legacy import consolidated, details
from connector.source.legacy.details import DetailsCut

LINE: dict[str, Any] = {
    "Description": "Seats", "Duration": "1", "DurationType": "Month", "StartDate": "20240301", "EndDate": "20240331",
    "LineId": 1, "PlanRateID": 60001, "PurchaseDiscount": Decimal("1.50"), "PurchasePrice": Decimal("21.505"),
    "Quantity": Decimal("5.00"), "RatePeriodID": None, "SKU": "S", "SalesPrice": 30, "UnitPrice": None,
}  # fmt: skip


def invoice(*lines: Any, **more: Any) -> dict[str, Any]:
    subscription = {"SubscriptionID": 11, "PlanName": "Business", "PriceLines": list(lines)}
    customer = {
        "AccountID": 1, "CompanyName": "Bakkerij", "CustomerCostCenter": "Z", "CustomerNumber": "7",
        "Subscriptions": [subscription],
    }  # fmt: skip
    header = {"InvoiceID": "TN1", "Date": "20240422", "Currency": "EUR"}
    return {"Header": header, "Sender": {"VATNumber": "NL 0001"}, "Customers": [customer], **more}


def test_a_consolidated_invoice_is_read_to_the_cent() -> None:
    found = consolidated.from_tree(invoice(LINE, Totals={"TotalPurchases": "20.01", "TotalSales": 30}))
    (line,) = found.lines
    assert (found.number, found.issuer, str(found.date), found.currency) == ("TN1", "NL0001", "2024-04-22", "EUR")
    assert (line.account_id, line.customer, line.cost_centre, line.subscription_id) == ("1", "Bakkerij", "Z", "11")
    assert (line.plan, line.description, line.start, line.end) == ("Business", "Seats", "2024-03-01", "2024-03-31")
    assert (line.quantity, line.cost, line.discount_given, line.sale) == (Decimal(5), 2001, True, 3000)
    assert (line.line_id, line.rate_id) == ("1", "60001")
    assert (found.cost, found.sale, found.stated_purchases, found.stated_sales) == (2001, 3000, 2001, 3000)
    assert (found.unknown, found.unreadable) == ((), ())


@pytest.mark.parametrize("name", LINE)
def test_texts_in_the_place_of_numbers_say_the_same_and_empty_ones_nothing(name: str) -> None:
    texts = {each: "" if value is None else str(value) for each, value in LINE.items()}
    assert consolidated.from_tree(invoice(texts)) == consolidated.from_tree(invoice(LINE))
    absent = {each: value for each, value in LINE.items() if each != name}
    for nothing in (None, "", " "):
        read = consolidated.from_tree(invoice(LINE | {name: nothing}))
        assert read == consolidated.from_tree(invoice(absent))
        assert read.unreadable == ()


def test_of_plan_rate_and_rate_period_either_is_enough() -> None:
    both = [LINE | {"RatePeriodID": 4}, {**LINE, "PlanRateID": None, "RatePeriodID": 4}, LINE]
    assert [each.rate_id for each in consolidated.from_tree(invoice(*both)).lines] == ["4", "4", "60001"]


def test_without_a_discount_the_price_is_as_it_is_and_without_a_price_there_is_none() -> None:
    bare = {"PurchasePrice": Decimal("21.505")}
    plain, nothing = consolidated.from_tree(invoice(bare, {"PurchaseDiscount": 1, "SalesPrice": 0})).lines
    assert (plain.cost, plain.discount_given, plain.sale) == (2151, False, None)
    assert (nothing.cost, nothing.sale) == (None, 0)


@pytest.mark.parametrize("bad", ["12,50", "1_000", "NaN", "1e99", "een", [1], {"a": 1}, True, 1.5, 10**16])
def test_what_is_no_amount_is_missing_and_told(bad: Any) -> None:
    found = consolidated.from_tree(invoice(LINE | {"SalesPrice": bad}))
    assert found.lines[0].sale is None
    ((where, value),) = found.unreadable
    assert where == "Customers[0].Subscriptions[0].PriceLines[0].SalesPrice"
    assert value


def test_unknown_fields_are_told_once_with_an_example() -> None:
    odd = LINE | {"Colour": {"deep": [1, Decimal("2.50")]}}
    found = consolidated.from_tree(invoice(odd, odd, Extra=None, saleprice=3))
    assert found.unknown == (
        ("Extra", "null"),
        ("saleprice", "3"),
        ("Customers[].Subscriptions[].PriceLines[].Colour", '{"deep":[1,2.50]}'),
    )
    two_names = consolidated.from_tree(invoice(LINE | {"SalePrice": 31}))
    assert two_names.lines[0].sale == 3000
    assert two_names.unknown == (("Customers[].Subscriptions[].PriceLines[].SalePrice", "31"),)
    other_name = {"SellingPrice": 31, "SalesPrice": None}
    assert consolidated.from_tree(invoice(other_name)).lines[0].sale == 3100


def test_a_line_alone_needs_no_list_and_a_stranger_in_one_is_told() -> None:
    alone = invoice(LINE)
    alone["Customers"] = alone["Customers"][0]
    alone["Customers"]["Subscriptions"][0]["PriceLines"] = LINE
    assert len(consolidated.from_tree(alone).lines) == 1
    found = consolidated.from_tree(invoice(LINE, 7, None))
    assert len(found.lines) == 1
    assert [where[-2:] for where, _ in found.unreadable] == ["1]", "2]"]


@pytest.mark.parametrize("slice_", [b"", b"{", b'"text"', b"[1]", b"\xff", b"{" * 100_000, b'{"a": NaN}'])
def test_bytes_that_are_no_invoice_are_told(slice_: bytes) -> None:
    for read in (consolidated.read_consolidated, details.read_details):
        found: ConsolidatedInvoice | BuildUp = read(slice_)
        assert found.unreadable


def as_xml(name: str, value: Any) -> str:
    """A tree as the older API writes it: a list holds elements called like it without its last letter."""
    if isinstance(value, dict):
        inside = "".join(as_xml(each, one) for each, one in value.items())
    elif isinstance(value, list):
        inside = "".join(as_xml(name[:-1], one) for one in value)
    else:
        inside = "" if value is None else escape(str(value))
    return f"<{name}>{inside}</{name}>" if inside else f"<{name} />"


def test_xml_says_the_same_as_json() -> None:
    second = LINE | {"SalesPrice": None, "PurchasePrice": Decimal("-3.10")}
    tree = invoice(LINE, second, Totals={"TotalPurchases": Decimal("16.91"), "TotalSales": 30})
    found = consolidated.read_consolidated(as_xml("Invoice", tree).encode())
    assert found == consolidated.from_tree(tree)
    odd = consolidated.read_consolidated(
        b'<Invoice><Header Colour="blue"><InvoiceID>TN1</InvoiceID></Header></Invoice>'
    )
    assert (odd.number, odd.unknown) == ("TN1", (("Header.@Colour", '"blue"'),))


@given(st.binary(max_size=40) | st.text(alphabet="<>/abInvoice &;!?-[]\"'=", max_size=60).map(str.encode))
def test_no_bytes_are_too_strange(exact: bytes) -> None:
    assert consolidated.read_consolidated(b"<Invoice>" + exact + b"</Invoice>").lines == ()
    details.read_details(exact)


DETAILS: dict[str, Any] = {
    "Subscription": {
        "SubscriptionId": 11, "StartDate": "20240214", "ExpirationDate": "2025-02-13", "Period": 12,
        "PeriodType": "Month", "BillingPeriod": 1, "BillingPeriodType": "Month",
    },
    "ServicePlan": {
        "PlanId": 1001, "PlanName": [{"Name": "en", "Value": "Seat"}, {"Name": "nl", "Value": "Werkplek"}],
        "PlanCategoryId": 3, "PlanCategoryName": "Microsoft",
    },
    "ServicePlanPeriod": {"PlanPeriodId": 40001, "PlanPeriodSetupSKUName": "S", "PlanPeriodTransferSKUName": ""},
    "Resources": [
        {
            "ResourceId": 600010, "ResourceName": [{"Name": "en", "Value": "Seats"}], "IncludedValue": 0,
            "Amount": Decimal("12.50"), "Manufacturer": 3, "ManufacturerName": "Microsoft", "MPNumber": "MP",
            "MeasureUnit": "unit", "ResourceRate": {"PlanRateId": 60001, "PlanRateRecurringSKUName": "R"},
            "ResourceRatePeriod": {"RatePeriodId": 40001},
        }
    ],
}  # fmt: skip


def test_the_build_up_of_a_subscription_is_read() -> None:
    found = details.from_tree(DETAILS)
    (resource,) = found.resources
    assert (found.subscription_id, found.plan_id, found.category) == ("11", "1001", "Microsoft")
    assert (found.start, found.end, found.term, found.billed_per) == ("2024-02-14", "2025-02-13", "12 Month", "1 Month")
    assert found.plan_names == (("en", "Seat"), ("nl", "Werkplek"))
    assert (found.period_id, found.period_codes) == ("40001", (("setup", "S"),))
    assert (resource.resource_id, resource.names, resource.units) == ("600010", (("en", "Seats"),), (("", "unit"),))
    assert (resource.included, resource.amount) == (Decimal(0), Decimal("12.50"))
    assert (resource.rate_id, resource.rate_period_id, resource.rate_codes) == ("60001", "40001", (("recurring", "R"),))
    assert (found.unknown, found.unreadable) == ((), ())


def cut(body: bytes, chunk: int = 256 * 1024) -> tuple[list[bytes], bytes]:
    """The slices of an answer, and the body that glue and slices make."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body"
        path.write_bytes(body)
        found = DetailsCut(path, chunk=chunk)
        pieces = list(found.entries())
        return [each.slice for each in pieces], b"".join(each.glue + each.slice for each in pieces) + found.tail


@pytest.mark.parametrize("around", [b"%b", b"\xef\xbb\xbf %b\r\n ", b"[%b]", b" [ %b ,\n%b ] "])
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_one_subscription_or_several_are_cut_byte_for_byte(around: bytes, chunk: int) -> None:
    one = json.dumps(DETAILS, default=str).encode()
    count = around.count(b"%b")
    body = around % ((one,) * count)
    assert cut(body, chunk) == ([one] * count, body)
    assert cut(b"[]") == ([], b"[]")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"{} x", b"{", b'{"a": 1} {}', b"[1]", b"[{}] x", b"[{}", b"[{} 1]", b"[{},]",
             b'{"a": "\xff"}']
)  # fmt: skip
def test_what_is_no_answer_about_a_subscription_is_refused(body: bytes) -> None:
    with pytest.raises(SourceFormatError):
        cut(body)


def test_an_answer_about_one_subscription_that_is_too_large_is_refused() -> None:
    with pytest.raises(SourceFormatError, match="more than 16,777,216 bytes about one subscription"):
        cut(b'{"a": "' + b"x" * 17_000_000 + b'"}')


numbers = st.integers() | st.decimals() | st.floats()
scalars = st.none() | st.booleans() | numbers | st.text(max_size=6) | st.sampled_from(["20240301", "1.50", "-3"])
names = st.text(max_size=4) | st.sampled_from(
    [
        *("Header", "InvoiceID", "Currency", "Customers", "Subscriptions", "PriceLines", "PurchasePrice"),
        *("PurchaseDiscount", "SalesPrice", "Quantity", "Totals", "TotalSales", "Sender", "StartDate", "Resources"),
        *("ResourceRate", "PlanRateId", "ResourceName", "Value", "Name", "Amount", "Subscription", "ServicePlan"),
    ]
)
trees = st.recursive(
    scalars, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=5), max_leaves=40
)
shaped = st.fixed_dictionaries(
    {
        "Customers": st.lists(
            st.fixed_dictionaries({
                "AccountID": scalars,
                "Subscriptions": st.lists(st.fixed_dictionaries({"PriceLines": st.lists(st.fixed_dictionaries({
                    "PurchasePrice": scalars, "PurchaseDiscount": scalars, "SalesPrice": scalars, "Quantity": scalars,
                }), max_size=3)}), max_size=2),
            }),
            max_size=2,
        )
    }
)  # fmt: skip


@given(trees | shaped)
def test_no_tree_is_too_strange(tree: object) -> None:
    found = consolidated.from_tree(tree)
    assert all(type(each.cost) in (int, type(None)) and type(each.sale) in (int, type(None)) for each in found.lines)
    assert all("\0" not in path + example for path, example in found.unknown)
    built = details.from_tree(tree)
    assert all(type(each.amount) in (Decimal, type(None)) for each in built.resources)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**12))
def test_no_cent_is_lost_whatever_form_an_amount_has(price: int, discount: int) -> None:
    exact = {"PurchasePrice": Decimal(price).scaleb(-2), "PurchaseDiscount": Decimal(discount).scaleb(-2)}
    for form in (exact, {name: f"{value:f}" for name, value in exact.items()}):
        (line,) = consolidated.from_tree(invoice(form)).lines
        assert line.cost == price - discount
