"""Exact money: rounding half up, and splitting without losing a cent."""

from __future__ import annotations

import doctest
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import money
from connector.domain.money import EXACT, allocate, exponent, from_minor, percent_of, rounding, show, to_minor
from connector.domain.vat import deductible, rounding_limit, within_rounding

MINOR = st.integers(-(10**12), 10**12)


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(money).failed == 0


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0.005", "EUR", 1),
        ("-0.005", "EUR", -1),
        ("0.0049999999999999999999999999999999", "EUR", 0),
        ("1.005", "EUR", 101),
        ("292.215", "EUR", 29222),
        ("99999999999999.99", "EUR", 9999999999999999),
        ("100.5", "JPY", 101),
        ("1.235", "XXX", 124),
    ],
)
def test_amounts_round_half_away_from_zero(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor
    lost: list[Decimal] = []
    with localcontext(EXACT):
        assert rounding(currency, lost)(Decimal(amount)) == minor
    assert sum(lost) == Decimal(amount) - from_minor(minor, currency)


def test_a_float_is_no_amount() -> None:
    wrong: Any = 292.21
    with pytest.raises(TypeError, match="Decimal, not float"):
        to_minor(wrong)


def test_no_amount_is_nothing() -> None:
    assert rounding("EUR", [])(None) == 0


@given(MINOR, st.sampled_from(["EUR", "JPY"]))
def test_minor_units_come_back_as_they_were(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor
    assert from_minor(minor, currency).as_tuple().exponent == -exponent(currency)


def test_amounts_are_shown_as_people_write_them() -> None:
    assert [show(minor) for minor in (0, 5, -123456789)] == ["0.00", "0.05", "-1,234,567.89"]
    assert show(1234, "JPY") == "1,234"


@pytest.mark.parametrize(
    ("base", "rate", "vat"),
    [
        (175957, "21", 36951),
        (139150, "21", 29222),
        (5035, "21", 1057),
        (-4729, "21", -993),
        (21, "21", 4),
        (50, "9", 5),
    ],
)
def test_vat_is_rounded_once(base: int, rate: str, vat: int) -> None:
    assert percent_of(base, Decimal(rate)) == vat


def test_80_percent_of_369_51_may_be_deducted() -> None:
    assert deductible(36951, Decimal(80)) == 29561
    assert deductible(-36951, Decimal(80)) == -29561


def test_rounding_per_line_explains_half_a_cent_per_line_and_a_half() -> None:
    assert rounding_limit(5) == 3
    assert within_rounding(1055, 5035, Decimal(21), 5)
    # 1057.35 exactly: 3 cents either way are explained.
    assert within_rounding(1060, 5035, Decimal(21), 5)
    assert not within_rounding(1061, 5035, Decimal(21), 5)
    assert within_rounding(1055, 5035, Decimal(21), 5)
    assert not within_rounding(1054, 5035, Decimal(21), 5)
    assert not within_rounding(1, 5035, Decimal(0), 5)


@given(MINOR, st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=40))
def test_parts_sum_to_the_whole_and_are_within_a_cent_of_their_share(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    shares = [Fraction(total * weight, whole) if whole else Fraction(total, len(weights)) for weight in weights]
    assert all(abs(part - share) < 1 for part, share in zip(parts, shares, strict=True))


def test_the_largest_remainder_gets_the_cent_and_the_earliest_on_a_tie() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [1, 2, 4]) == [1, 3, 6]
    assert allocate(-100, [1, 1, 1]) == [-33, -33, -34]
    assert allocate(7, [5, -5]) == [4, 3]
    assert allocate(0, []) == []
    with pytest.raises(AssertionError, match="over nothing"):
        allocate(1, [])
