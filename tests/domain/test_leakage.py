"""Leakage: each kind of leak, and what is none."""

from __future__ import annotations

import pytest

from connector.domain.leakage import Leak, LeakKind, Leaks
from connector.domain.rows import Line, Row

MARCH = "2024-03"


def line(net: int, *, sale: bool = False, subscription: str = "s-1", account: str = "A", **more: str) -> Line:
    return Line(
        row=1,
        sale=sale,
        period=MARCH,
        net=net,
        account_id=account,
        customer=f"Customer {account}",
        subscription_id=subscription,
        plan="Plan",
        **more,
    )


def met(cost: int, sale: int, bought: str = "1", sold: str = "1", price: str = "") -> Row:
    return Row(
        bought=(line(cost, quantity=bought),),
        sold=(line(sale, sale=True, quantity=sold, unit_price=price),),
    )


def leaks(*rows: Row, internal: tuple[str, ...] = ()) -> Leaks:
    found = Leaks(internal)
    found.look(rows)
    return found


def alone(net: int, *, sale: bool = False, subscription: str = "s-1", account: str = "A") -> Row:
    one = (line(net, sale=sale, subscription=subscription, account=account),)
    return Row(bought=() if sale else one, sold=one if sale else ())


def test_a_line_of_one_side_leaks() -> None:
    found = leaks(alone(300), alone(200), alone(900, sale=True), alone(50, subscription="s-2")).all
    assert [(each.kind, each.subscription_id, each.minor, each.lines) for each in found] == [
        (LeakKind.SALE_WITHOUT_COST, "s-1", 900, 1),
        (LeakKind.COST_WITHOUT_SALE, "s-1", 500, 2),
        (LeakKind.COST_WITHOUT_SALE, "s-2", 50, 1),
    ]
    assert (found[0].period, found[0].customer, found[0].account_id, found[0].plan) == (
        MARCH, "Customer A", "A", "Plan",
    )  # fmt: skip


def test_a_customer_that_was_charged_nothing_is_missing_as_a_whole() -> None:
    found = leaks(alone(300), alone(200, subscription="s-2"), alone(70, account="B"), met(100, 50))
    assert found.doubtful == {MARCH}
    found.sold("2024-02", set())
    found.sold(MARCH, {"B"})
    assert [(each.kind, each.account_id, each.subscription_id, each.minor, each.lines) for each in found.all] == [
        (LeakKind.CUSTOMER_MISSING, "A", "", 500, 2),
        (LeakKind.COST_WITHOUT_SALE, "B", "s-1", 70, 1),
        (LeakKind.BELOW_COST, "A", "s-1", 50, 1),
    ]


def test_what_internal_customers_use_is_no_leak() -> None:
    found = leaks(alone(300), alone(200, account="B"), alone(40, sale=True), internal=("A",))
    assert (found.own_use, found.own_lines) == (300, 1)
    assert [(each.account_id, each.kind) for each in found.all] == [
        ("B", LeakKind.COST_WITHOUT_SALE), ("A", LeakKind.SALE_WITHOUT_COST),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "minor"),
    [
        (met(6000, 6000, "3", "2", "30.00"), 3000),
        (met(6000, 12000, "3", "4", "30.00"), -3000),
        (met(6000, 6000, "3", "2"), 3000),  # no unit price: what one was sold for
        (met(-6000, -6000, "3", "2", "-30.00"), -3000),  # credited for less than bought back
        (met(100, 200, "2.5", "2", "1.005"), 50),
        (met(100, 0, "2", "0"), None),  # the other leak tells it
    ],
)
def test_units_that_were_not_charged_are_worth_their_sale_price(row: Row, minor: int | None) -> None:
    (found,) = leaks(row).all
    if minor is None:
        assert (found.kind, found.minor) == (LeakKind.BELOW_COST, 100)
    else:
        assert (found.kind, found.minor) == (LeakKind.QUANTITY_DIFFERS, minor)


@pytest.mark.parametrize(
    "row",
    [
        met(100, 120),
        met(0, 0),
        met(100, 120, "2", "2.0"),
        met(-4729, -5748, "3", "-3"),
        met(100, 120, "2", ""),
        met(-100, -80),
        Row(bought=(line(10, quantity="1"),), sold=(line(12, sale=True, quantity="2"),), by_subscription=True),
    ],
)
def test_what_is_no_leak(row: Row) -> None:
    assert leaks(row).all == []


def test_a_row_given_away_is_below_its_cost() -> None:
    assert [(each.kind, each.minor) for each in leaks(met(100, -20)).all] == [(LeakKind.BELOW_COST, 120)]
    two = Row(bought=(line(10, quantity="1"), line(10, quantity="1")), sold=(line(12, sale=True, quantity="2"),))
    assert [(each.kind, each.minor) for each in leaks(two).all] == [(LeakKind.BELOW_COST, 8)]
    assert isinstance(leaks(two).all[0], Leak)
