"""Cycles: the price of a unit and the months of a term, from what was received."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.cycles import CycleLine, by_subscription
from connector.domain.dates import whole_months

day = datetime.date.fromisoformat


def line(**more: Any) -> CycleLine:
    plain: dict[str, Any] = {
        "sale": False,
        "period": "2024-03",
        "net": 0,
        "account_id": "A",
        "customer": "Customer A",
        "subscription_id": "s-1",
        "plan": "Plan",
        "charge_type": "Cycle Fee",
    }
    return CycleLine(**(plain | more))


@pytest.mark.parametrize(
    ("quantity", "unit_price", "extended", "price"),
    [
        ("3", "7.3333", "22.00", "7.3333"),  # the amount is rounded, the unit price is not
        ("3", "", "22.00", "7.333333"),
        ("5", "450.00", "35.50", "7.1"),  # charged by its days
        ("1", "0", "386.47", "386.47"),
        ("2.5", "1", "2.50", "1"),
        ("2", "0", "0", "0"),
        ("", "7", "7", None),
        ("1", "7", "", None),
        ("0", "7", "0", None),
        ("1", "-7", "-7", None),
    ],
)
def test_the_price_is_what_the_amount_says(quantity: str, unit_price: str, extended: str, price: str | None) -> None:
    found = line(quantity=quantity, unit_price=unit_price, extended=extended).price
    assert found == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2024-02-14", "2024-03-13", 1),
        ("2024-02-05", "2025-02-04", 12),
        ("2024-01-31", "2024-02-28", 1),
        ("2024-01-01", "2024-01-31", 1),
        ("2024-01-18", "2024-02-13", 0),
        ("2024-02-14", "2024-02-13", 0),
    ],
)
def test_a_term_has_whole_months_or_none(start: str, end: str, months: int) -> None:
    assert whole_months(day(start), day(end)) == months
    assert line(start=day(start), end=day(end)).months == months


def test_without_dates_the_rhythm_tells_the_term() -> None:
    assert [line(billing=each).months for each in ("Monthly", "Yearly", "One Time", "")] == [1, 12, 0, 0]
    assert line(billing="Yearly", start=day("2024-01-01")).months == 12
    assert whole_months(datetime.date(9999, 12, 1), datetime.date.max) == 0


def test_what_a_line_charges() -> None:
    assert line(charge_type="correction").is_correction
    assert line(charge_type="UsageFee").is_usage
    assert not line().is_correction
    assert not line().is_usage


def test_lines_of_a_subscription_are_together() -> None:
    lines = [line(), line(net=1), line(subscription_id="s-2"), line(account_id="B", subscription_id="s-2")]
    assert [len(each) for each in by_subscription(lines)] == [2, 1, 1]
