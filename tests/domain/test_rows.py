"""Rows: how what was bought meets what it was sold as."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.rows import Line, Row, percent, quantity_of, rows, unit_price_of

MARCH, APRIL = "2024-03", "2024-04"


def bought(row: int | None, net: int, *, period: str = MARCH, subscription: str = "s-1", **more: str) -> Line:
    return Line(row=row, sale=False, net=net, period=period, subscription_id=subscription, **more)


def sold(row: int | None, net: int, *, period: str = MARCH, subscription: str = "s-1", **more: str) -> Line:
    return Line(row=row, sale=True, net=net, period=period, subscription_id=subscription, **more)


def shown(found: list[Row]) -> list[tuple[int, int, bool]]:
    return [(each.cost, each.sale, each.met) for each in found]


def test_two_sides_with_one_hash_are_a_row_and_the_rest_stands_alone() -> None:
    found = list(rows([bought(1, 21720), sold(1, 26400), bought(2, 3000), sold(3, 500)], {MARCH}))
    assert shown(found) == [(21720, 26400, True), (3000, 0, False), (0, 500, False)]
    assert [each.margin for each in found] == [4680, -3000, 0]
    assert [each.first.sale for each in found] == [False, False, True]


def test_a_row_that_comes_twice_is_one_row_with_both_amounts() -> None:
    assert shown(list(rows([bought(1, 100), bought(1, 50), sold(1, 200)], {MARCH}))) == [(150, 200, True)]


def test_a_month_of_which_one_side_was_not_fetched_leaks_nothing() -> None:
    lines = [bought(1, 100), sold(2, 120, period=APRIL), bought(None, 60)]
    assert list(rows(lines, set(), {MARCH, APRIL})) == []
    assert shown(list(rows(lines, {APRIL}, {APRIL}))) == [(0, 120, False)]


def test_what_has_no_hash_meets_what_its_subscription_has_left() -> None:
    lines = [bought(1, 10), sold(1, 12), sold(2, 120), bought(None, 60), bought(None, 40)]
    first, second = rows(lines, {MARCH}, {MARCH})
    assert (first.cost, first.sale, first.by_subscription) == (10, 12, False)
    assert (second.cost, second.sale, second.by_subscription) == (100, 120, True)
    apart = list(rows([bought(None, 60), sold(None, 70, subscription="s-2")], {MARCH}, {MARCH}))
    assert shown(apart) == [(60, 0, False), (0, 70, False)]


def test_two_hashes_that_differ_do_not_meet() -> None:
    assert shown(list(rows([bought(1, 60), sold(2, 70)], {MARCH}, {MARCH}))) == [(60, 0, False), (0, 70, False)]


def test_quantity_and_price_are_exact_or_nothing() -> None:
    two = (bought(1, 100, quantity="2.50", unit_price="1.1"), bought(1, 100, quantity="1", unit_price="1.10"))
    assert (quantity_of(two), unit_price_of(two)) == (Decimal("3.50"), Decimal("1.1"))
    other = bought(1, 100, quantity="a few", unit_price="2")
    assert (quantity_of((*two, other)), unit_price_of((*two, other))) == (None, None)
    assert (quantity_of(()), unit_price_of(())) == (None, None)
    assert quantity_of((bought(1, 1, quantity="Infinity"),)) is None


def test_without_a_sale_there_is_no_share() -> None:
    assert (percent(1, 0), percent(5, -5)) == (None, None)
    assert percent(4680, 26400) == Decimal("17.7")


LINES = st.lists(
    st.builds(
        Line,
        row=st.none() | st.integers(0, 9),
        sale=st.booleans(),
        net=st.integers(-9_999, 9_999),
        period=st.sampled_from([MARCH, APRIL]),
        subscription_id=st.sampled_from(["s-1", "s-2"]),
    ),
    max_size=30,
)


@given(LINES)
def test_every_line_is_in_one_row(lines: list[Line]) -> None:
    ordered = sorted(lines, key=lambda each: (each.row is None, each.row or 0, each.place))
    loose = {each.period for each in lines if each.row is None}
    found = list(rows(ordered, {MARCH, APRIL}, loose))
    told = [line for each in found for line in (*each.bought, *each.sold)]
    assert sorted(told, key=repr) == sorted(lines, key=repr)
    # However much waits, the rows are the same.
    assert sorted(found, key=repr) == sorted(rows(ordered, {MARCH, APRIL}, {MARCH, APRIL}), key=repr)
