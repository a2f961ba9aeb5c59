"""Specifications: the order of Copaco's annex, and sums that add up on every level, to the cent."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.details import Attribute, Details, attributes, shown
from connector.domain.specification import (
    Contact,
    Specification,
    SpecifiedDocument,
    SpecifiedLine,
    specify,
)

DAY = datetime.date(2024, 3, 22)


def line(net: int = 100, line_no: int = 1, **more: Any) -> SpecifiedLine:
    plain: dict[str, Any] = {
        "document": "9103004711", "vendor": "Microsoft", "subscription_id": "s-1", "subscription_name": "M365",
        "plan": "M365 E3", "company": "Fysio Plus", "charge_type": "Cycle Fee", "description": "Microsoft 365 E3",
        "start": datetime.date(2024, 3, 1), "end": datetime.date(2024, 3, 31), "quantity": Decimal(1), "unit": "item",
        "unit_price": Decimal(1), "discount": None, "rate": "21", "vat": 21, "subscription_po": "", "po_number": "",
        "vendor_details": "",
    }  # fmt: skip
    return SpecifiedLine(net=net, line_no=line_no, **(plain | more))


def document(net: int, vat: int = 0, number: str = "9103004711") -> SpecifiedDocument:
    return SpecifiedDocument(number=number, date=DAY, due=None, net=net, vat=vat)


def specified(*lines: SpecifiedLine, documents: tuple[SpecifiedDocument, ...] = (), **more: Any) -> Specification:
    return specify(lines, documents, customer="A-1", name="Fysio Plus", period="2024-03", **more)


def test_lines_stand_by_vendor_subscription_period_and_charge_type() -> None:
    april = {"start": datetime.date(2024, 4, 1), "end": datetime.date(2024, 4, 30)}
    found = specified(
        line(1, 1, vendor="Veeam"),
        line(2, 2, subscription_id="s-2"),
        line(3, 3, **april),
        line(4, 4, charge_type="Cycle Fee"),
        line(-5, 5, charge_type="Correction"),
        line(6, 6, start=None, end=None),
        line(7, 7, vendor="acronis"),
        line(8, 8, charge_type="Correction"),
    )
    assert [each.net for each in found.lines] == [7, -5, 8, 4, 3, 6, 2, 1]
    assert [(each.name, each.net) for each in found.vendors] == [("acronis", 7), ("Microsoft", 18), ("Veeam", 1)]
    first = found.vendors[1].subscriptions[0]
    assert [(each.start, each.net) for each in first.periods] == [
        (datetime.date(2024, 3, 1), 7),
        (datetime.date(2024, 4, 1), 3),
        (None, 6),
    ]
    assert [(each.charge_type, each.net) for each in first.periods[0].charges] == [("Correction", 3), ("Cycle Fee", 4)]


def test_lines_that_are_equal_in_that_order_stay_in_the_order_of_the_documents() -> None:
    documents = (document(3, number="2"), document(4, number="1"))
    found = specified(
        line(4, 1, document="1"), line(1, 1, document="2"), line(2, 2, document="2"), line(9, 1, document="other"),
        documents=documents,
    )  # fmt: skip
    assert [each.net for each in found.lines] == [1, 2, 4, 9]
    assert found.differing() == ["other"]


def test_other_users_and_order_numbers_are_kept_apart() -> None:
    found = specified(line(1, 1), line(2, 2, company="Daughter"), line(3, 3, subscription_po="PO-7"))
    assert [(each.company, each.po_number, each.net) for each in found.vendors[0].subscriptions] == [
        ("Daughter", "", 2),
        ("Fysio Plus", "", 1),
        ("Fysio Plus", "PO-7", 3),
    ]


def test_a_specification_has_no_vat_and_an_invoice_has_it_by_rate() -> None:
    lines = (line(100, 1), line(50, 2, vat=0, rate=""), line(-10, 3, vat=-1, rate="9"))
    plain = specified(*lines, documents=(document(140, 20),))
    assert (plain.net, plain.vat, plain.gross, plain.taxed) == (140, 0, 140, ())
    assert plain.documents[0].vat == 0
    assert plain.differing() == []
    invoiced = specified(*lines, documents=(document(140, 20),), invoiced=True)
    assert (invoiced.net, invoiced.vat, invoiced.gross) == (140, 20, 160)
    assert [(each.rate, each.net, each.vat) for each in invoiced.taxed] == [
        ("", 50, 0),
        ("9", -10, -1),
        ("21", 100, 21),
    ]
    assert invoiced.differing() == []
    assert specified(*lines, documents=(document(140, 21),), invoiced=True).differing() == ["9103004711"]


DETAILS = (
    '[{"Attribute":"ram_gb","AttributeValue":"32","AttributeDescription":"GB RAM","noshow":false},'
    '{"Attribute":"vcpu","AttributeValue":16,"AttributeDescription":null,"noshow":null},'
    '{"Attribute":"org_ref","AttributeValue":"terlinde-01","AttributeDescription":"Reference","noshow":true}]'
)


@pytest.mark.parametrize(
    ("details", "names"),
    [(Details.PRINTED, ["GB RAM", "vcpu"]), (Details.ALL, ["GB RAM", "vcpu", "Reference"]), (Details.NONE, [])],
)
def test_details_are_shown_as_on_copacos_paper_or_all_or_none(details: Details, names: list[str]) -> None:
    found = attributes(DETAILS)
    assert [each.name for each in shown((*found, *found), details)] == names
    assert [each.value for each in found] == ["32", "16", "terlinde-01"]
    assert attributes("") == ()


@pytest.mark.parametrize(
    ("noshow", "printed"),
    [("true", False), ('"True"', False), ("1", False), ('"yes"', False), ("false", True), ('"0"', True), ('""', True)],
)
def test_noshow_is_understood_in_every_spelling(noshow: str, printed: bool) -> None:
    (found,) = attributes(f'[{{"Attribute":"a","noshow":{noshow}}}]')
    assert found == Attribute(name="a", value="", printed=printed)


def test_a_subscription_has_the_attributes_of_all_its_lines_once_and_its_present_name() -> None:
    ram, cpu = Attribute(name="RAM", value="32", printed=True), Attribute(name="CPU", value="16", printed=True)
    found = specified(
        line(1, 1, attributes=(ram,)), line(2, 2, attributes=(ram, cpu), subscription_name="Renamed")
    ).vendors[0].subscriptions[0]  # fmt: skip
    assert (found.attributes, found.name) == ((ram, cpu), "Renamed")


def test_a_contact_is_called_by_its_names() -> None:
    assert Contact(first_name="Lien", last_name="Peeters").name == "Lien Peeters"
    assert Contact(last_name="Peeters").name == "Peeters"
    assert Contact().name == ""


CENTS = st.integers(-1_000_000, 1_000_000)
DAYS = st.none() | st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 3, 1))
LINES = st.lists(
    st.builds(
        line,
        CENTS,
        st.integers(1, 5),
        document=st.sampled_from("123"),
        vendor=st.sampled_from(["", "Microsoft", "microsoft", "Veeam"]),
        subscription_id=st.sampled_from(["", "s-1", "s-2"]),
        plan=st.sampled_from(["A", "B"]),
        company=st.sampled_from(["", "X"]),
        charge_type=st.sampled_from(["", "Cycle Fee", "CycleFee", "Correction"]),
        start=DAYS,
        end=DAYS,
        rate=st.sampled_from(["", "9", "21"]),
        vat=CENTS,
    ),
    max_size=20,
)


@given(LINES, st.booleans())
def test_no_cent_is_lost_on_any_level(lines: list[SpecifiedLine], invoiced: bool) -> None:
    documents = tuple(
        document(
            sum(each.net for each in lines if each.document == number),
            sum(each.vat for each in lines if each.document == number),
            number,
        )
        for number in "123"
    )
    found = specified(*lines, documents=documents, invoiced=invoiced)
    assert len(found.lines) == len(lines)
    assert sorted(each.net for each in found.lines) == sorted(each.net for each in lines)
    assert found.differing() == []
    assert (found.net, found.vat) == (sum(d.net for d in found.documents), sum(d.vat for d in found.documents))
    levels: list[Any] = [found, *found.vendors]
    for vendor in found.vendors:
        levels += vendor.subscriptions
        for subscription in vendor.subscriptions:
            levels += subscription.periods
            levels += [charges for period in subscription.periods for charges in period.charges]
    for level in levels:
        below = [
            getattr(level, name) for name in ("vendors", "subscriptions", "periods", "charges") if hasattr(level, name)
        ]
        parts = below[0] if below else level.lines
        assert (level.net, level.vat) == (sum(p.net for p in parts), sum(p.vat for p in parts))
    if invoiced:
        assert (found.net, found.vat) == (sum(t.net for t in found.taxed), sum(t.vat for t in found.taxed))


@given(LINES)
def test_groups_stand_in_order_and_once(lines: list[SpecifiedLine]) -> None:
    found = specified(*lines)
    assert all(one.name.casefold() <= other.name.casefold() for one, other in pairwise(found.vendors))
    names = [each.name for each in found.vendors]
    assert len(names) == len(set(names))
    for vendor in found.vendors:
        ids = [each.subscription_id for each in vendor.subscriptions]
        assert ids == sorted(ids)


@given(st.permutations([line(n, n, document=str(n % 2)) for n in range(1, 7)]))
def test_the_order_in_which_lines_come_does_not_matter(lines: list[SpecifiedLine]) -> None:
    documents = (document(12, number="0"), document(9, number="1"))
    assert [each.net for each in specified(*lines, documents=documents).lines] == [2, 4, 6, 1, 3, 5]
