"""Credits: seats given back must be credited by their days, and nothing else."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.credits import CreditDoubt, CreditKind, Credits
from connector.domain.cycles import CycleLine
from connector.domain.money import from_minor
from tests.domain.test_cycles import line

day = datetime.date.fromisoformat
JANUARY = ("2024-01-14", "2024-02-13")
FEBRUARY = ("2024-02-14", "2024-03-13")
MONTHS = {"2024-02", "2024-03"}


def cycle(
    term: tuple[str, str], seats: int, *, price: str = "18.10", period: str = "2024-02", **more: Any
) -> CycleLine:
    amount = f"{from_minor(int(price.replace('.', '')) * seats):f}"
    return line(
        start=day(term[0]),
        end=day(term[1]),
        quantity=str(seats),
        unit_price=price,
        extended=amount,
        period=period,
        **more,
    )


def correction(since: str, net: int, quantity: str = "3", until: str = "2024-02-13", **more: Any) -> CycleLine:
    plain: dict[str, Any] = {"charge_type": "Correction", "period": "2024-03", "quantity": quantity}
    return line(**(plain | more), start=day(since), end=day(until), net=net)


def doubts(*lines: CycleLine, known: set[str] = MONTHS) -> list[CreditDoubt]:
    found = Credits(known)
    found.look(lines)
    assert not found.unplaced
    return found.doubts


def went_down(*corrections: CycleLine, after: int = 12) -> list[CreditDoubt]:
    return doubts(cycle(JANUARY, 15), cycle(FEBRUARY, after, period="2024-03"), *corrections)


def test_the_documented_credit_fits() -> None:
    """Three seats given back on 18 January: 27 of 31 days."""
    assert went_down(correction("2024-01-18", -4729)) == []
    assert went_down(correction("2024-01-18", -4727)) == []
    (found,) = went_down(correction("2024-01-18", -4000))
    assert (found.kind, found.expected, found.received, found.minor) == (CreditKind.CREDIT_DIFFERS, 4729, 4000, 729)
    assert (found.before, found.after, found.start, found.end) == (
        Decimal(15), Decimal(12), day(JANUARY[0]), day(JANUARY[1]),
    )  # fmt: skip


def test_two_seats_of_thirty_days() -> None:
    first, second = ("2024-04-09", "2024-05-08"), ("2024-05-09", "2024-06-08")
    before, after = cycle(first, 9, price="10.90"), cycle(second, 7, price="10.90", period="2024-03")
    assert doubts(before, after, correction("2024-04-12", -1962, "2", "2024-05-08")) == []


def test_the_older_api_has_no_charge_types_and_gives_back_below_zero() -> None:
    (known,) = went_down(correction("2024-01-18", -3000))
    (found,) = went_down(correction("2024-01-18", -3000, charge_type=""))
    assert (found.kind, found.received) == (known.kind, known.received) == (CreditKind.CREDIT_DIFFERS, 3000)


def test_seats_that_nobody_credited() -> None:
    (found,) = went_down()
    assert (found.kind, found.expected, found.received, found.at_most) == (
        CreditKind.SEATS_NOT_CREDITED, 5430, 0, True,
    )  # fmt: skip
    (found,) = went_down(correction("2024-01-18", 500))
    assert (found.kind, found.minor) == (CreditKind.SEATS_NOT_CREDITED, 5930)


def test_days_worth_less_than_a_cent_are_credited_by_nothing() -> None:
    before, after = cycle(JANUARY, 3, price="0.01"), cycle(FEBRUARY, 1, price="0.01", period="2024-03")
    assert doubts(before, after, correction("2024-02-07", 0, "2")) == []
    (found,) = doubts(before, after)
    assert found.kind is CreditKind.SEATS_NOT_CREDITED


def test_several_changes_or_one_that_may_stand_for_several_are_credits_of_any_days() -> None:
    assert went_down(correction("2024-01-18", -3000, "2"), correction("2024-01-20", -1400, "1")) == []
    assert went_down(correction("2024-01-18", -3000, "1")) == []
    assert went_down(correction("2024-01-18", -3000, ""), after=14) == []
    assert went_down(correction("2024-01-18", -3000, "many")) == []


def test_a_credit_without_a_change() -> None:
    (found,) = went_down(correction("2024-01-18", -4729), after=15)
    assert (found.kind, found.expected, found.received, found.minor) == (
        CreditKind.CREDIT_WITHOUT_CHANGE, 0, 4729, -4729,
    )  # fmt: skip
    assert went_down(correction("2024-01-18", 4729), after=18) == []
    assert went_down(after=15) == []
    # Of the cycle after it nothing is known yet.
    assert went_down(correction("2024-02-20", -100, until=FEBRUARY[1]), after=15) == []


def test_seats_that_came_in_between_count_until_the_end() -> None:
    more = cycle(("2024-01-24", JANUARY[1]), 2, price="12.00")
    assert doubts(more, cycle(JANUARY, 10), cycle(FEBRUARY, 12, period="2024-03")) == []
    (found,) = doubts(cycle(JANUARY, 10), more, cycle(FEBRUARY, 11, period="2024-03"))
    assert (found.before, found.expected) == (Decimal(12), 1810)


@pytest.mark.parametrize(
    ("expires", "credited", "kind", "expected"),
    [
        (None, 0, CreditKind.END_NOT_CREDITED, 18100),
        (None, 500, None, 0),
        ("2023-12-31", 0, CreditKind.END_NOT_CREDITED, 18100),
        ("2024-02-13", 0, None, 0),
        ("2025-01-13", 0, None, 0),
        ("2024-01-17", 0, CreditKind.END_NOT_CREDITED, 15765),
        ("2024-01-17", 15765, None, 0),
        ("2024-01-17", 9000, CreditKind.CREDIT_DIFFERS, 15765),
    ],
)
def test_a_subscription_that_ended(expires: str | None, credited: int, kind: CreditKind | None, expected: int) -> None:
    last = cycle(JANUARY, 10, expires=day(expires) if expires else None)
    lines = [last, correction("2024-01-18", -credited)] if credited else [last]
    found = doubts(*lines)
    assert [(each.kind, each.expected, each.after) for each in found] == (
        [(kind, expected, Decimal(0))] if kind else []
    )


def test_only_a_month_that_was_fetched_shows_an_end() -> None:
    assert doubts(cycle(JANUARY, 10), known={"2024-02"}) == []
    assert doubts(cycle(("2024-01-14", "2024-02-01"), 10)) == []
    later = cycle(("2024-03-14", "2024-04-13"), 10, period="2024-04")
    (found,) = doubts(cycle(JANUARY, 10), later, known={"2024-04"})
    assert (found.kind, found.end) == (CreditKind.END_NOT_CREDITED, day(JANUARY[1]))


def test_what_has_no_cycle_or_no_days_is_passed_over() -> None:
    found = Credits(MONTHS)
    found.look(
        [
            cycle(JANUARY, 10, charge_type="Usage Fee"),
            cycle(JANUARY, 10, sale=True),
            cycle((JANUARY[1], JANUARY[0]), 10),
            line(quantity="1", extended="5"),
            line(quantity="1", extended="5", start=day(JANUARY[0])),
            correction("2024-01-18", -100),
            correction("2024-01-18", 100),
            line(charge_type="Correction", net=-5),
        ]
    )
    assert (found.doubts, found.unplaced) == ([], 2)


def test_a_correction_under_another_description_is_one_of_its_subscription() -> None:
    assert went_down(correction("2024-01-18", -4729, description="Change order")) == []


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 30), st.integers(1, 99_999))
def test_what_is_credited_by_its_days_is_never_in_doubt(before: int, back: int, since: int, cents: int) -> None:
    if back > before:
        return
    first = day(JANUARY[0]) + datetime.timedelta(days=since)
    net = -((2 * back * cents * (31 - since) + 31) // 62)
    price = f"{from_minor(cents):f}"
    lines = [cycle(JANUARY, before, price=price), correction(first.isoformat(), net, str(back))]
    if before > back:
        lines.append(cycle(FEBRUARY, before - back, price=price, period="2024-03"))
        assert doubts(*lines) == []
