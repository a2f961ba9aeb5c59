"""What should have come and did not, and totals that moved."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.completeness import (
    Alarm,
    Bought,
    Expectation,
    Subscribed,
    absent_or_moved,
    listed_and_billed,
    missing_invoices,
)

DAY = datetime.date(2026, 1, 29)
USUAL = Expectation()


def bought(
    month: str, net: int = 100_000, *, vendor: str = "Microsoft", account: str = "A", name: str = "Acme"
) -> Bought:
    return Bought(month=month, vendor=vendor, account_id=account, customer=name, net=net)


def codes(*lines: Bought, expectation: Expectation = USUAL) -> list[str]:
    return [each.finding.code for each in absent_or_moved(lines, expectation)]


def months(found: list[Alarm]) -> list[str]:
    return [each.month for each in found]


def test_a_month_without_an_invoice_is_missed_after_its_day() -> None:
    known = {"2025-10", "2025-12"}
    assert months(list(missing_invoices(known, USUAL, DAY))) == ["2025-11", "2026-01"]
    assert months(list(missing_invoices(known, USUAL, DAY.replace(day=28)))) == ["2025-11"]


def test_nothing_is_missed_before_the_books_begin_without_history_or_when_nobody_expects_it() -> None:
    since = datetime.date(2025, 12, 1)
    assert months(list(missing_invoices({"2025-10", "2025-12"}, USUAL, DAY, since))) == ["2026-01"]
    assert list(missing_invoices((), USUAL, DAY)) == []
    assert list(missing_invoices({"2025-10"}, Expectation(by_day=None), DAY)) == []


@given(st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31)), st.integers(0, 40))
def test_every_month_is_there_or_missed(first: datetime.date, span: int) -> None:
    today = first + datetime.timedelta(days=31 * span)
    found = months(list(missing_invoices({f"{first:%Y-%m}"}, Expectation(by_day=0), today)))
    assert len(found) == (today.year - first.year) * 12 + today.month - first.month
    assert found == sorted(set(found))


def test_a_vendor_or_customer_that_was_there_twice_is_expected_again() -> None:
    lines = [bought(month, account=each, name=each, vendor=each) for month in ("2025-10", "2025-11") for each in "AB"]
    (vendor, customer) = [
        each.finding
        for each in absent_or_moved([*lines, bought("2025-12", 200_000, account="A", vendor="A")], USUAL)
        if each.finding.code.endswith("EXPECTED")
    ]
    assert (vendor.code, customer.code) == ("VENDOR-EXPECTED", "CUSTOMER-EXPECTED")
    assert dict(vendor.values) == {"name": "B", "month": "2025-12"}
    assert (vendor.minor, customer.minor) == (100_000, 100_000)


def test_what_was_there_once_or_not_in_a_row_is_not_expected() -> None:
    assert (
        codes(bought("2025-10"), bought("2025-11"), bought("2025-11", 9, account="B", vendor=""), bought("2025-12"))
        == []
    )
    assert codes(bought("2025-09", account="B"), bought("2025-10"), bought("2025-12")) == []
    assert codes() == []


def test_months_meet_over_the_end_of_a_year() -> None:
    lines = [bought("2025-11", account="B", name=""), bought("2025-12", account="B", name=""), bought("2026-01")]
    (told,) = [each.finding for each in absent_or_moved(lines, USUAL) if each.finding.code == "CUSTOMER-EXPECTED"]
    assert dict(told.values)["name"] == "B"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (150_000, []),
        (150_001, ["TOTAL-MOVED", "VENDOR-MOVED"]),
        (49_999, ["TOTAL-MOVED", "VENDOR-MOVED"]),
        (-10_000, ["TOTAL-MOVED", "VENDOR-MOVED"]),
    ],
)
def test_a_total_that_moves_by_more_than_half_is_told(now: int, told: list[str]) -> None:
    assert codes(bought("2025-10"), bought("2025-11"), bought("2025-12", now)) == told


def test_small_amounts_and_new_vendors_move_nothing() -> None:
    small = [bought("2025-10", 100), bought("2025-11", 100), bought("2025-12", 10_100)]
    assert codes(*small) == []
    assert (
        codes(*[bought(month) for month in ("2025-10", "2025-11", "2025-12")], bought("2025-12", 9, vendor="New")) == []
    )


def test_a_customer_under_another_id_is_not_absent() -> None:
    """As when Copaco moved to another platform."""
    before = [bought("2025-11", account="81224"), bought("2025-12", account="81224")]
    others = [bought(month, account="B", name="Other") for month in ("2025-11", "2025-12", "2026-01")]
    assert codes(*before, *others, bought("2026-01", account="6c1f", name="ACME ")) == []
    assert codes(*before, *others, bought("2026-01", account="6c1f", name="Else")) == ["CUSTOMER-EXPECTED"]
    nameless = [bought(each.month, account=each.account_id, name="") for each in before]
    assert codes(*nameless, *others, bought("2026-01", account="6c1f", name="")) == ["CUSTOMER-EXPECTED"]
    staying = [bought(month, account="twin") for month in ("2025-11", "2025-12", "2026-01")]
    assert "CUSTOMER-EXPECTED" in codes(*before, *others, *staying), (
        "another customer of the same name was there before"
    )


JANUARY, FEBRUARY, MARCH = "2026-01", "2026-02", "2026-03"
BILLS = {FEBRUARY: {"s-1": 1000, "s-2": 2000}, MARCH: {"s-1": 1000}}


def subscribed(name: str = "s-2", **more: Any) -> Subscribed:
    plain: dict[str, Any] = {"status": "Active", "billing": "Monthly", "start": datetime.date(2025, 5, 1), "gone": None}
    return Subscribed(subscription_id=name, customer="Acme", plan="Office", **(plain | more))


def disagreements(*listed: Subscribed, bills: dict[str, dict[str, int]] = BILLS) -> list[tuple[str, int]]:
    found = list(listed_and_billed([subscribed("s-1"), *listed], bills))
    assert {each.month for each in found} <= {MARCH}
    return [(each.finding.code, each.finding.minor) for each in found]


def test_a_listed_subscription_that_is_not_billed_is_told() -> None:
    assert disagreements(subscribed()) == [("SUBSCRIPTION-EXPECTED", 2000)]
    assert disagreements(subscribed("s-3")) == [("SUBSCRIPTION-EXPECTED", 0)]


@pytest.mark.parametrize(
    "more",
    [
        {"billing": "Yearly"},
        {"billing": ""},
        {"status": "Suspended"},
        {"start": datetime.date(2026, 2, 1)},
        {"start": None},
        {"gone": datetime.date(2026, 1, 31)},
    ],
)
def test_nothing_is_expected_of_a_subscription_that_need_not_be_billed(more: dict[str, Any]) -> None:
    assert disagreements(subscribed(**more)) == []


def test_before_the_invoice_of_the_month_is_there_nothing_is_expected_of_the_list() -> None:
    """A small order is dated in December, the invoice over November not there yet: not every subscription is told."""
    several = [subscribed(f"s-{number}") for number in range(2, 9)]
    assert disagreements(*several) == []
    there = {FEBRUARY: {}, MARCH: {f"s-{number}": 1 for number in range(1, 8)}}
    assert disagreements(*several, bills=there) == [("SUBSCRIPTION-EXPECTED", 0)]


def test_a_subscription_that_left_the_list_and_is_billed_is_told() -> None:
    left: dict[str, Any] = {"gone": datetime.date(2026, 1, 31)}
    billed = {FEBRUARY: {"s-1": 1, "s-2": 2000}, MARCH: {"s-1": 1000, "s-2": 500}}
    assert disagreements(subscribed(**left), bills=billed) == [("SUBSCRIPTION-GONE-BILLED", 500)]
    assert disagreements(subscribed(gone=datetime.date(2026, 2, 1)), bills=billed) == []
    credited = {FEBRUARY: {"s-1": 1}, MARCH: {"s-1": 1, "s-2": -500}}
    assert disagreements(subscribed(**left), bills=credited) == []


def test_a_list_with_other_ids_than_the_invoices_says_nothing() -> None:
    assert list(listed_and_billed([subscribed("else")], BILLS)) == []
    assert list(listed_and_billed([subscribed()], {})) == []
