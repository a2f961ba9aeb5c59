"""Prices: a changed cost price, whether the sale followed, and who pays another price than the others."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.cycles import CycleLine
from connector.domain.prices import OtherPrice, Passed, PriceChange, Prices
from tests.domain.test_cycles import line

JANUARY, FEBRUARY, MARCH = "2024-01", "2024-02", "2024-03"


def priced(month: str, price: str, *, sale: bool = False, units: str = "2", **more: Any) -> CycleLine:
    amount = str(Decimal(price) * Decimal(units))
    return line(
        **({"billing": "Monthly"} | more), period=month, sale=sale, quantity=units, unit_price=price, extended=amount
    )


def both(month: str, cost: str, sale: str, **more: Any) -> list[CycleLine]:
    return [priced(month, cost, **more), priced(month, sale, sale=True, **more)]


def changes(*lines: CycleLine) -> list[PriceChange]:
    found = Prices()
    found.look(lines)
    return found.changes


@pytest.mark.parametrize(
    ("cost", "sale", "passed", "minor"),
    [
        ("11.00", "16.00", Passed.FULLY, 0),
        ("11.00", "17.00", Passed.FULLY, 200),
        ("11.00", "15.25", Passed.PARTLY, -150),
        ("11.00", "15.00", Passed.NOT, -200),
        ("11.00", "14.00", Passed.NOT, -400),
        ("9.00", "14.00", Passed.FULLY, 0),
        ("9.00", "14.50", Passed.PARTLY, 100),
        ("9.00", "15.00", Passed.NOT, 200),
        ("9.00", "16.00", Passed.NOT, 400),
    ],
)
def test_a_change_of_cost_is_passed_on_or_not(cost: str, sale: str, passed: Passed, minor: int) -> None:
    (found,) = changes(*both(JANUARY, "10.00", "15.00"), *both(FEBRUARY, cost, sale), *both(MARCH, cost, sale))
    assert (found.month, found.passed, found.minor, found.units) == (FEBRUARY, passed, minor, Decimal(2))
    assert (found.cost_before, found.cost_after) == (Decimal(10), Decimal(cost))
    assert (found.sale_before, found.sale_after, found.customers) == (Decimal(15), Decimal(sale), {"A"})


def test_a_sale_price_may_follow_later_and_units_are_the_last_ones() -> None:
    (found,) = changes(
        *both(JANUARY, "10.00", "15.00"),
        *both(FEBRUARY, "11.00", "15.00"),
        priced(MARCH, "16.00", sale=True, units="5"),
        *both("2024-04", "11.00", "16.00", units="3"),
    )
    assert (found.month, found.passed, found.units) == (FEBRUARY, Passed.FULLY, Decimal(3))


def test_without_a_sale_price_nobody_can_tell() -> None:
    (found,) = changes(priced(JANUARY, "10.00"), priced(FEBRUARY, "11.00"))
    assert (found.passed, found.minor, found.sale_before) == (Passed.UNKNOWN, -200, None)
    assert changes(priced(JANUARY, "10.00", sale=True), priced(FEBRUARY, "11.00", sale=True)) == []


def test_subscriptions_with_the_same_change_are_one() -> None:
    lines = [
        *both(JANUARY, "10.00", "15.00"), *both(FEBRUARY, "11.00", "15.00"),
        *both(JANUARY, "10.00", "18.00", account_id="B"), *both(FEBRUARY, "11.00", "18.00", account_id="B"),
        *both(JANUARY, "10.00", "18.00", account_id="C"), *both(FEBRUARY, "11.00", "20.00", account_id="C"),
    ]  # fmt: skip
    lost, gained = changes(*lines)
    assert (lost.passed, lost.customers, lost.minor, lost.sale_before, lost.units) == (
        Passed.NOT, {"A", "B"}, -400, None, Decimal(4),
    )  # fmt: skip
    assert (gained.passed, gained.minor) == (Passed.FULLY, 200)


def test_a_yearly_price_is_shared_by_its_months() -> None:
    term: Any = {"billing": "Yearly"}
    (found,) = changes(*both("2023-03", "120.00", "150.00", **term), *both(MARCH, "132.00", "150.00", **term))
    assert (found.item.months, found.minor) == (12, -200)


def test_corrections_consumption_and_broken_terms_have_no_price() -> None:
    for kind in ("Correction", "Usage Fee"):
        assert changes(priced(JANUARY, "10.00", charge_type=kind), priced(FEBRUARY, "11.00", charge_type=kind)) == []
    assert changes(priced(JANUARY, "10.00", billing=""), priced(FEBRUARY, "11.00", billing="")) == []
    assert changes(priced(JANUARY, "10.00"), priced(FEBRUARY, "-11.00")) == []
    # Seats that came in between are charged at the old price; the later period is what counts.
    assert changes(*both(JANUARY, "10.00", "15.00"), *both(JANUARY, "10.00", "15.00"), priced(MARCH, "10.0")) == []


def others(*prices: str, month: str = JANUARY) -> list[OtherPrice]:
    found = Prices()
    for n, each in enumerate(prices):
        found.look(both(JANUARY if n % 2 else month, "10.00", each, account_id=f"A{n}"))
    return list(found.others())


def test_who_pays_another_price_than_most_is_named() -> None:
    (one,) = others("15.00", "15.00", "14.25")
    assert (one.account_id, one.price, one.usual, one.units, one.minor) == (
        "A2", Decimal("14.25"), Decimal(15), Decimal(2), -150,
    )  # fmt: skip
    assert others("15.00", "14.00") == []
    assert others("15.00", "14.00", "13.00", "15.00") == []
    # The even ones are of March, when the odd ones had ended.
    assert [each.account_id for each in others("15.00", "9.00", "15.00", "9.00", "14.00", month=MARCH)] == ["A4"]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9)), min_size=1, max_size=8))
def test_the_changes_of_a_subscription_lead_from_its_first_price_to_its_last(prices: list[tuple[int, int]]) -> None:
    lines = [each for n, (cost, sale) in enumerate(prices, 1) for each in both(f"2024-{n:02}", str(cost), str(sale))]
    found = sorted(changes(*lines), key=lambda each: each.month)
    assert sum(each.cost_after - each.cost_before for each in found) == prices[-1][0] - prices[0][0]
    for one, other in pairwise(found):
        assert one.cost_after == other.cost_before
