"""Margin: rows that both sides have, and what only one of them has."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.margin import Margin, SoldLine, margins, total

MARCH, APRIL = "2024-03", "2024-04"


def bought(row: int | None, net: int, name: str = "A", period: str = MARCH) -> SoldLine:
    return SoldLine(row=row, place=("s-1", period), sale=False, name=name, net=net, period=period)


def sold(row: int | None, net: int, name: str = "A", period: str = MARCH) -> SoldLine:
    return SoldLine(row=row, place=("s-1", period), sale=True, name=name, net=net, period=period)


def test_what_both_sides_have_is_a_margin_and_the_rest_stands_apart() -> None:
    (one,) = margins([bought(1, 21720), sold(1, 26400), bought(2, 3000), sold(3, 500)], {MARCH})
    assert (one.cost, one.sale, one.margin, one.rows) == (21720, 26400, 4680, 1)
    assert (one.unsold, one.unsold_lines, one.unbought, one.unbought_lines) == (3000, 1, 500, 1)
    assert one.percent == Decimal("17.7")


def test_the_lowest_margin_comes_first_and_a_leak_counts_as_a_loss() -> None:
    lines = [bought(1, 100, "B"), sold(1, 300, "B"), bought(2, 100), sold(2, 90), bought(3, 900, "C")]
    assert [(each.name, each.margin) for each in margins(lines, {MARCH})] == [("C", 0), ("A", -10), ("B", 200)]


def test_a_row_that_comes_twice_is_one_row_with_both_amounts() -> None:
    (one,) = margins([bought(1, 100), bought(1, 50), sold(1, 200)], {MARCH})
    assert (one.cost, one.sale, one.rows) == (150, 200, 1)


def test_the_purchase_decides_name_and_month() -> None:
    lines = [bought(1, 100, "Plan", MARCH), sold(1, 120, "Other name of it", APRIL)]
    assert [(each.name, each.margin) for each in margins(lines, {MARCH, APRIL}, MARCH)] == [("Plan", 20)]
    assert margins(lines, {MARCH, APRIL}, APRIL) == []


def test_a_month_of_which_one_side_was_not_fetched_leaks_nothing() -> None:
    assert margins([bought(1, 100), sold(2, 120, period=APRIL)], set()) == []


def test_without_a_sale_there_is_no_share() -> None:
    assert Margin(name="A").percent is None
    assert Margin(name="A", cost=10, sale=-5).percent is None


def test_what_has_no_row_meets_what_its_subscription_has_left() -> None:
    (one,) = margins([bought(1, 10), sold(1, 12), sold(2, 120), bought(None, 60), bought(None, 40)], {MARCH})
    assert (one.cost, one.sale, one.rows, one.by_subscription) == (110, 132, 2, 1)
    (alone,) = margins([bought(None, 60, period=MARCH), sold(None, 70, period=APRIL)], {MARCH, APRIL})
    assert (alone.unsold, alone.unbought, alone.by_subscription) == (60, 70, 0)


LINES = st.lists(
    st.builds(
        SoldLine,
        row=st.none() | st.integers(0, 9),
        place=st.sampled_from([("s-1",), ("s-2",)]),
        sale=st.booleans(),
        name=st.sampled_from(["A", "B"]),
        net=st.integers(-9_999, 9_999),
        period=st.just(MARCH),
    ),
    max_size=30,
)


@given(LINES)
def test_every_cent_of_both_sides_is_counted_once(lines: list[SoldLine]) -> None:
    ordered = sorted(lines, key=lambda each: (each.row is None, each.row or 0))
    summed = total(margins(ordered, {MARCH}))
    assert summed.cost + summed.unsold == sum(each.net for each in lines if not each.sale)
    assert summed.sale + summed.unbought == sum(each.net for each in lines if each.sale)
