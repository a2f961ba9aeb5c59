"""Margin: rows summed, and the lowest of many."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.margin import Lowest, Margin, margins, order, total
from connector.domain.rows import Line, Row

MARCH = "2024-03"


def row(cost: int | None, sale: int | None, customer: str = "A", *, sold_to: str = "") -> Row:
    bought = Line(row=1, sale=False, period=MARCH, net=cost or 0, customer=customer)
    sold = Line(row=1, sale=True, period=MARCH, net=sale or 0, customer=sold_to or customer)
    return Row(bought=() if cost is None else (bought,), sold=() if sale is None else (sold,))


def test_what_both_sides_have_is_a_margin_and_the_rest_stands_apart() -> None:
    (one,) = margins([row(21720, 26400), row(3000, None), row(None, 500)], "customer")
    assert (one.cost, one.sale, one.margin, one.rows) == (21720, 26400, 4680, 1)
    assert (one.unsold, one.unsold_lines, one.unbought, one.unbought_lines) == (3000, 1, 500, 1)
    assert (one.percent, one.count_of_rows) == (Decimal("17.7"), 3)


def test_the_lowest_margin_comes_first_and_a_leak_counts_as_a_loss() -> None:
    found = margins([row(100, 300, "B"), row(100, 90), row(900, None, "C")], "customer")
    assert [(each.name, each.margin) for each in found] == [("C", 0), ("A", -10), ("B", 200)]


def test_the_purchase_names_the_row() -> None:
    assert [each.name for each in margins([row(100, 120, "Ours", sold_to="Theirs")], "customer")] == ["Ours"]
    assert [each.name for each in margins([row(None, 120, sold_to="Theirs")], "customer")] == ["Theirs"]


ROWS = st.lists(
    st.builds(
        row, st.none() | st.integers(-999, 999), st.none() | st.integers(-999, 999), st.sampled_from("AB")
    ).filter(lambda each: each.bought or each.sold),
    max_size=20,
)


@given(ROWS)
def test_every_cent_of_both_sides_is_counted_once(rows: list[Row]) -> None:
    summed = total(margins(rows, "customer"))
    assert summed.cost + summed.unsold == sum(each.cost for each in rows)
    assert summed.sale + summed.unbought == sum(each.sale for each in rows)


@given(ROWS, st.integers(0, 5))
def test_the_lowest_are_kept_while_all_pass(rows: list[Row], most: int) -> None:
    lowest = Lowest(most)
    assert list(lowest.passing(rows)) == rows
    assert lowest.rows == sorted(rows, key=order)[:most]
    assert [each.margin for each in lowest.rows] == sorted(each.margin for each in rows)[:most]
    expected = Margin(name="")
    for each in rows:
        expected.count(each)
    assert lowest.total == expected
