from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.finding import finding
from connector.domain.invoice import Invoice, Line, lines
from connector.source import parse as module
from connector.source.parse import Parsed, parse

PAYLOADS = Path(__file__).parent.parent / "payloads"
NAMES = ["nl_invoice", "nl_specification", "be_invoice_detail"]

Tree = dict[str, Any]


def first_invoice(name: str = "nl_invoice") -> Tree:
    """The first invoice of a payload; numbers are kept as the text that was received."""
    body = json.loads((PAYLOADS / f"{name}.json").read_text(), parse_float=Decimal)
    invoice: Tree = body["Invoices"][0]
    return invoice


def written(invoice: object) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(invoice)


def a_line(invoice: Tree, number: int = 0) -> Tree:
    subscriptions = [each for customer in invoice["Customers"] for each in customer["Subscriptions"]]
    line: Tree = [each for subscription in subscriptions for each in subscription["PriceLines"]][number]
    return line


def with_line(**fields: object) -> Parsed:
    """The Dutch invoice with ``fields`` in its first line."""
    invoice = first_invoice()
    a_line(invoice).update(fields)
    return parse(written(invoice))


def first_line(parsed: Parsed) -> Line:
    return next(line for _, _, line in lines(parsed.invoice))


def everything_in(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from everything_in(getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from everything_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from everything_in(each)


PRICE_LINE = "Customers[0].Subscriptions[0].PriceLines[0]"


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_payloads_are_read_without_a_remark(name: str) -> None:
    parsed = parse(written(first_invoice(name)))

    assert parsed.findings == ()
    assert parsed.drift == ()


def test_amounts_are_the_decimals_that_were_written() -> None:
    invoice = parse(written(first_invoice())).invoice

    amounts = [(line.extended_price, line.vat) for _, _, line in lines(invoice)]
    assert sum(net or 0 for net, _ in amounts) == Decimal("2462.13")
    assert sum(vat or 0 for _, vat in amounts) == Decimal("517.05")
    assert str(amounts[0][0]) == "217.20"
    correction = [line for _, _, line in lines(invoice)][1]
    assert correction.unit_price == Decimal("-15.764516")


def test_the_belgian_payload_keeps_its_details() -> None:
    invoice = parse(written(first_invoice("be_invoice_detail"))).invoice

    assert sum(line.extended_price or 0 for _, _, line in lines(invoice)) == Decimal("509.11")
    details = [each for _, subscription, _ in lines(invoice) for each in subscription.subscription_details]
    assert [(each.attribute, each.attribute_value, each.noshow) for each in details] == [
        ("ram_gb", "32", False),
        ("vcpu", "16", False),
        ("org_ref", "terlinde-01", True),
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("45,61", "45,61"),
        ("1.234,56", "1.234,56"),
        ("1_000", "1_000"),
        ("1\\u005f000", None),
        ("NaN", "NaN"),
        ("-sNaN12", "-sNaN12"),
        ("Infinity", "Infinity"),
        ("1e400", "1e400"),
        ("EUR 12", "EUR 12"),
        ("0x10", "0x10"),
        (True, "true"),
        ({"Amount": 12.5}, '{"Amount":12.5}'),
        ([12], "[12]"),
        (Decimal("1E+400"), None),
        (10**16, "10000000000000000"),
        ("9" * 100, "9" * 59 + "…"),
        (Decimal("0." + "1" * 61), "0." + "1" * 57 + "…"),
    ],
)
def test_money_that_cannot_be_read_is_named_and_left_empty(value: object, shown: str | None) -> None:
    parsed = with_line(VAT=value)

    (found,) = parsed.findings
    assert found.code == "FIELD-UNREADABLE"
    assert found.where == f"{PRICE_LINE}.VAT"
    assert dict(found.values)["field"] == "VAT"
    assert shown is None or dict(found.values)["value"] == shown
    assert first_line(parsed).vat is None
    assert first_line(parsed).extended_price == Decimal("217.20"), "the other fields are read"
    assert len(list(lines(parsed.invoice))) == 5


def test_an_underscore_hidden_in_an_escape_is_seen() -> None:
    text = written(first_invoice()).replace(b'"VAT":45.61', b'"VAT":"1\\u005F000"')

    assert [found.where for found in parse(text).findings] == [f"{PRICE_LINE}.VAT"]


@pytest.mark.parametrize(
    "number", ["_1", "1_", "1__0", "1_.5", "1._5", "-_5", "1_e2", "\uff11_\uff10", "\t_1", f"{'1' * 50}_", "1_\n"]
)
def test_an_underscore_anywhere_in_a_number_is_no_amount(number: str) -> None:
    for text in (with_line(VAT=number), parse(json.dumps({"Totals": {"Net": number}}).encode())):
        assert [found.code for found in text.findings] == ["FIELD-UNREADABLE"]


@pytest.mark.parametrize("depth", [100, 300, 450, 500, 600, 900, 1000])
def test_totals_within_totals_give_a_finding_and_no_error(depth: int) -> None:
    parsed = parse(b'{"Totals":' + b'{"Net":' * depth + b"1" + b"}" * depth + b"}")

    assert {found.code for found in parsed.findings} <= {"DOCUMENT-UNREADABLE"}
    assert parsed.findings or parsed.invoice.totals


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("45.61", Decimal("45.61")),
        (" -45.610 ", Decimal("-45.610")),
        (46, Decimal(46)),
        ("1e2", Decimal("1E+2")),
        (Decimal("1E-7"), Decimal("0.0000001")),
        (Decimal("0.123456789012345678901234567890"), Decimal("0.123456789012345678901234567890")),
        (9_999_999_999_999_999, Decimal(9_999_999_999_999_999)),
    ],
)
def test_other_ways_to_write_an_amount_are_read_exactly(value: object, amount: Decimal | None) -> None:
    parsed = with_line(VAT=value)

    assert parsed.findings == ()
    assert repr(first_line(parsed).vat) == repr(amount)


def test_an_absent_amount_is_empty() -> None:
    invoice = first_invoice()
    del a_line(invoice)["VAT"]

    parsed = parse(written(invoice))

    assert parsed.findings == ()
    assert first_line(parsed).vat is None


def test_underscores_in_texts_are_no_matter() -> None:
    parsed = with_line(Description="size_4_1_2", VAT="45.61")

    assert parsed.findings == ()
    assert first_line(parsed).description == "size_4_1_2"


def test_a_megabyte_in_a_text_field_is_kept() -> None:
    text = "Microsoft 365 \u20ac " * 70_000

    assert first_line(with_line(Description=text)).description == text
    assert first_line(with_line(Description=text, VAT="1,0")).description == text


def test_identifiers_are_read_from_both_platforms() -> None:
    invoice = first_invoice()
    invoice["Customers"][0]["AccountID"] = 1000123
    invoice["Customers"][0]["Subscriptions"][0].update(SubscriptionID=77, BillingModel=2)
    invoice["Header"]["InvoiceID"] = 123456789012345678901234567890
    a_line(invoice).update(LineId=1, Quantity="12", ExtendedPrice=217)

    parsed = parse(written(invoice))

    assert parsed.findings == ()
    assert parsed.invoice.customers is not None
    assert parsed.invoice.customers[0].account_id == 1000123
    assert parsed.invoice.header is not None
    assert str(parsed.invoice.header.invoice_id) == "123456789012345678901234567890"
    assert (first_line(parsed).quantity, first_line(parsed).extended_price) == (Decimal(12), Decimal(217))


def test_numbers_where_text_belongs_become_text() -> None:
    parsed = with_line(Duration=Decimal("1.50"), Description=365, ChargeType=None)

    assert parsed.findings == ()
    assert (first_line(parsed).duration, first_line(parsed).description) == ("1.50", "365")


@pytest.mark.parametrize(
    ("field", "value"), [("Description", True), ("LineId", {"a": 1}), ("ChargeType", ["Usage Fee"])]
)
def test_what_is_no_text_is_named(field: str, value: object) -> None:
    (found,) = with_line(**{field: value}).findings

    assert (found.code, found.where) == ("FIELD-UNREADABLE", f"{PRICE_LINE}.{field}")


@pytest.mark.parametrize("field", ["VendorDetails", "SubscriptionDetails"])
def test_what_only_describes_does_not_hold_the_document(field: str) -> None:
    (found,) = with_line(**{field: True}).findings

    assert (found.code, found.where) == ("FIELD-UNREADABLE-TEXT", f"{PRICE_LINE}.{field}")


def test_null_lists_are_empty_lists() -> None:
    invoice = first_invoice()
    invoice["Customers"][0]["Subscriptions"][0]["PriceLines"] = None
    invoice["Customers"][0]["Subscriptions"][1]["SubscriptionDetails"] = None
    invoice["Customers"][1]["Subscriptions"] = None

    parsed = parse(written(invoice))

    assert parsed.findings == ()
    assert [line.line_id for _, _, line in lines(parsed.invoice)] == ["3"]


@pytest.mark.parametrize("customers", [None, []])
def test_an_invoice_without_customers_is_read(customers: object) -> None:
    invoice = {**first_invoice(), "Customers": customers}

    parsed = parse(written(invoice))

    assert parsed.findings == ()
    assert list(lines(parsed.invoice)) == []
    assert parsed.invoice.header is not None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda invoice: invoice.update(Header="9103004711"), "Header"),
        (lambda invoice: invoice.update(Customers={"AccountID": "1"}), "Customers"),
        (lambda invoice: invoice["Customers"].append("x"), "Customers[2]"),
        (lambda invoice: invoice["Customers"][0].update(Subscriptions=7), "Customers[0].Subscriptions"),
        (lambda invoice: invoice.update(Totals=[1]), "Totals"),
    ],
)
def test_a_part_of_the_wrong_kind_is_named_and_the_rest_is_read(change: Callable[[Tree], None], where: str) -> None:
    invoice = first_invoice()
    change(invoice)

    parsed = parse(written(invoice))

    assert [(found.code, found.where) for found in parsed.findings] == [("FIELD-UNREADABLE", where)]
    assert parsed.invoice.sender is not None


def test_unknown_fields_are_kept_with_their_place() -> None:
    invoice = first_invoice()
    invoice["PaymentLink"] = "https://pay.example"
    invoice["Header"]["PeppolID"] = None
    invoice["Customers"][1]["Tags"] = ["a", Decimal("1.50")]
    a_line(invoice, 3)["Margin"] = Decimal("12.340")

    parsed = parse(written(invoice))

    assert parsed.findings == ()
    assert {(each.path, each.where, each.example, each.line_no) for each in parsed.drift} == {
        ("PaymentLink", "PaymentLink", '"https://pay.example"', None),
        ("Header.PeppolID", "Header.PeppolID", "null", None),
        ("Customers[].Tags", "Customers[1].Tags", '["a",1.50]', None),
        (
            "Customers[].Subscriptions[].PriceLines[].Margin",
            "Customers[1].Subscriptions[0].PriceLines[0].Margin",
            "12.340",
            4,
        ),
    }
    assert parsed.invoice == parse(written(first_invoice())).invoice


def test_the_order_of_fields_does_not_matter() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(each) for name, each in reversed(value.items())}
        return [turned(each) for each in value] if isinstance(value, list) else value

    assert parse(written(turned(first_invoice()))) == parse(written(first_invoice()))


def test_details_are_read_on_both_levels_and_in_any_spelling() -> None:
    invoice = first_invoice("be_invoice_detail")
    details = {
        "attribute": "vcpu",
        "ATTRIBUTEVALUE": 16,
        "attributeDescription": "vCores",
        "NoShow": "false",
        "Unit": "n",
    }
    a_line(invoice)["subscriptionDetails"] = details
    invoice["Customers"][0]["Subscriptions"][0]["SubscriptionDetails"] = [details]

    parsed = parse(written(invoice))

    _, subscription, line = next(lines(parsed.invoice))
    for found in (*subscription.subscription_details, *line.subscription_details):
        assert (found.attribute, found.attribute_value) == ("vcpu", 16)
        assert (found.attribute_description, found.noshow) == ("vCores", "false")
    assert len(subscription.subscription_details) == len(line.subscription_details) == 1
    assert parsed.findings == ()
    assert [(each.where, each.line_no) for each in parsed.drift] == [
        ("Customers[0].Subscriptions[0].PriceLines[0].SubscriptionDetails[0].Unit", 1),
        ("Customers[0].Subscriptions[0].SubscriptionDetails[0].Unit", None),
    ]


def test_every_number_among_the_totals_is_kept() -> None:
    totals = {
        "TotalExclVAT": Decimal("2462.13"),
        "VAT": "517.05",
        "Currency": "EUR",
        "Final": True,
        "Empty": None,
        "PerRate": [{"Rate": 21, "VAT": Decimal("517.05")}],
        "Other": {"Gross": "2.979,18"},
    }

    parsed = parse(written({**first_invoice(), "Totals": totals}))

    assert parsed.invoice.totals == {
        "TotalExclVAT": Decimal("2462.13"),
        "VAT": Decimal("517.05"),
        "Empty": None,
        "PerRate[0].Rate": Decimal(21),
        "PerRate[0].VAT": Decimal("517.05"),
        "Other.Gross": None,
    }
    assert [(each.path, each.example) for each in parsed.drift] == [
        ("Totals.Currency", '"EUR"'),
        ("Totals.Final", "true"),
    ]
    assert [found.where for found in parsed.findings] == ["Totals.Other.Gross"]


def test_totals_that_are_not_finite_are_seen_on_the_fast_path_too() -> None:
    parsed = parse(written({**first_invoice(), "Totals": {"VAT": "NaN"}}))

    assert [found.where for found in parsed.findings] == ["Totals.VAT"]
    assert parsed.invoice.totals == {"VAT": None}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[]", "not an object but []"),
        (b"null", "not an object but null"),
        (b'"invoice"', 'not an object but "invoice"'),
        (b"12", "not an object but 12"),
        (b'{"Header": {"InvoiceID": "\xff"}}', "not valid JSON"),
        (b'{"Header": "\\ud800"}', "not valid JSON"),
        (b"", "not valid JSON"),
        (b'{"A": ' + b"[" * 5000 + b"]" * 5000 + b"}", "not valid JSON"),
        (b'{"A": ' + b"9" * 5000 + b"}", "not valid JSON"),
    ],
)
def test_what_is_no_invoice_at_all_is_a_finding(text: bytes, reason: str) -> None:
    parsed = parse(text)

    assert parsed.invoice == Invoice()
    assert [found.code for found in parsed.findings] == ["DOCUMENT-UNREADABLE"]
    assert reason in dict(parsed.findings[0].values)["reason"]


def test_dates_are_kept_as_they_were_written() -> None:
    assert first_line(with_line(StartDate="14-02-2024")).start_date == "14-02-2024"


numbers = (
    st.integers(-(10**17), 10**17)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.decimals(places=2, min_value=-(10**6), max_value=10**6)
)
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
"""Any text; NUL has a test of its own."""
texts = words | st.sampled_from(["", "12,50", "1_000", "NaN", "-Infinity", "1e5", "12.50", " 7 ", "true"])
scalars = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=5
)


def struct_names(of: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(of)]


line_trees = st.dictionaries(st.sampled_from([*struct_names(Line), "New", "Noshow"]), anything, max_size=12)


@st.composite
def invoice_trees(draw: st.DrawFn) -> object:
    """An invoice in which anything may stand anywhere, but mostly something sensible stands where it should."""
    subscription = {"PlanID": draw(scalars), "PriceLines": draw(st.lists(line_trees, max_size=3) | anything)}
    customer = {"AccountID": draw(scalars), "Subscriptions": draw(st.just([subscription]) | anything)}
    return {
        "Customers": draw(st.just([customer, customer]) | anything),
        "Header": draw(st.fixed_dictionaries({}, optional={"InvoiceID": scalars, "Date": anything}) | anything),
        "Totals": draw(st.dictionaries(words, anything, max_size=3) | anything),
        **draw(st.dictionaries(st.sampled_from(["Sender", "Receiver", "Extra"]), anything, max_size=2)),
    }


@given(invoice_trees())
def test_anything_is_read_without_an_error_and_without_a_float(tree: object) -> None:
    parsed = parse(written(tree))

    assert not [value for value in everything_in(parsed) if isinstance(value, float)]
    amounts = [value for value in everything_in(parsed.invoice) if isinstance(value, Decimal)]
    assert all(value.is_finite() and abs(value) < 10**16 for value in amounts)
    assert all(each.line_no is None or each.line_no >= 1 for each in parsed.drift)
    assert len(list(lines(parsed.invoice))) >= max([each.line_no or 0 for each in parsed.drift], default=0)
    assert all(len(dict(found.values)["value"]) <= 60 for found in parsed.findings)


cents = st.decimals(places=2, min_value=-(10**9), max_value=10**9) | st.integers(-(10**9), 10**9)
good_lines = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("ExtendedPrice", "VAT", "Quantity", "UnitPrice"), st.none() | cents | cents.map(str)),
        **dict.fromkeys(("LineId", "UID", "RatePeriodID"), st.none() | words | st.integers()),
        **dict.fromkeys(("Description", "StartDate", "ChargeType"), st.none() | texts),
        "SubscriptionDetails": st.lists(st.fixed_dictionaries({"Attribute": words, "noshow": st.booleans()})),
    },
)


@given(st.lists(good_lines), st.dictionaries(words, cents) | st.none())
def test_both_paths_read_the_same(price_lines: list[Tree], totals: Tree | None) -> None:
    """What the fast path accepts, the slow path reads alike and without a remark."""
    text = written({"Customers": [{"Subscriptions": [{"PriceLines": price_lines}]}], "Totals": totals})
    fast = msgspec.json.decode(text, type=Invoice)

    slow = module._mended_text(text)

    assert slow == Parsed(invoice=fast)
    assert parse(text) == slow


@given(line_trees)
def test_nothing_received_is_lost_without_a_word(line: Tree) -> None:
    """Every value of a line comes out as it was, or as drift, or as a finding; only empty values disappear."""
    tree = {"Customers": [{"Subscriptions": [{"PriceLines": [line]}]}]}
    parsed = parse(written(tree))

    kept = json.loads(msgspec.json.encode(first_line(parsed)))
    named = {
        found.where.partition("PriceLines[0].")[2].partition("[")[0].partition(".")[0] for found in parsed.findings
    }
    new = {each.where.partition("PriceLines[0].")[2].partition("[")[0].partition(".")[0] for each in parsed.drift}
    for name, value in line.items():
        if value in (None, "", [], {}) or name in named | new or (isinstance(value, str) and not value.strip()):
            continue
        assert kept[name] not in (None, "", [], {}), f"{name} = {value!r}"


def test_findings_have_the_form_that_the_catalogue_expects() -> None:
    assert with_line(VAT="45,61").findings == (
        finding("FIELD-UNREADABLE", f"{PRICE_LINE}.VAT", field="VAT", value="45,61"),
    )


def test_a_nul_in_a_text_is_replaced_and_told() -> None:
    """PostgreSQL keeps no NUL in a text; the invoice must not fail the whole fetch for it."""
    parsed = parse(b'{"Header": {"InvoiceID": "A1", "Description": "a\\u0000b"}}')
    assert parsed.invoice.header is not None
    assert parsed.invoice.header.description == "a\ufffdb"
    assert [each.code for each in parsed.findings] == ["FIELD-UNREADABLE-TEXT"]
