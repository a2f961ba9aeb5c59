"""A small running sandbox, and the one door through which these tests read it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.sandbox import RESELLER_BE, RESELLER_BE_DOMESTIC, RESELLER_NL, Sandbox, World, demo_world

TODAY = dt.date(2025, 2, 3)
ALL_DATES = {"startDate": "20200101", "endDate": "20301231"}
Ask = Callable[..., list[dict[str, Any]]]


def small_world() -> World:
    """Half a year of three resellers, with extras and leaks but no defect."""
    return World(
        seed=11,
        resellers=(RESELLER_NL, RESELLER_BE, RESELLER_BE_DOMESTIC),
        first_month=dt.date(2024, 6, 1),
        last_month=dt.date(2024, 12, 1),
        customers=30,
    )


def ask(
    sandbox: Sandbox, endpoint: str = "invoices", *, key: str = "sandbox-nl", detail: bool = False, **query: str
) -> list[dict[str, Any]]:
    """Return the invoices of an answer, with its numbers as exact decimals."""
    headers = {"Authorization": f"Bearer {key}"} | ({"showDetail": "true"} if detail else {})
    answer = requests.get(f"{sandbox.url}/{endpoint}", params=query or ALL_DATES, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    invoices: list[dict[str, Any]] = json.loads(answer.content, parse_float=Decimal)["Invoices"]
    return invoices


def lines_of(invoice: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the price lines of an invoice, in order."""
    return [
        line
        for customer in invoice["Customers"]
        for subscription in customer["Subscriptions"]
        for line in subscription["PriceLines"]
    ]


def cents(amount: Decimal | int) -> int:
    """Return an amount in whole cents, refusing anything finer."""
    exact = Decimal(amount) * 100
    assert exact == int(exact)
    return int(exact)


@pytest.fixture(scope="module")
def quiet() -> Iterator[Sandbox]:
    """A sandbox of the small world, only read."""
    with Sandbox(small_world(), today=TODAY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    """The sandbox of the demonstration, only read."""
    with Sandbox(demo_world(TODAY), today=TODAY) as sandbox:
        yield sandbox


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """A sandbox of the small world for one test, to set faults in."""
    with Sandbox(small_world(), today=TODAY) as sandbox:
        yield sandbox
