"""Completeness of what was fetched, on both databases."""

from __future__ import annotations

import datetime

import msgspec

from connector.engine import completeness, in_force
from tests.engine.desk import Desk
from tests.engine.paper import customer, invoice, line


def told(desk: Desk) -> dict[str, str]:
    """Findings about months, by code."""
    seen = in_force.findings(desk.place, desk.books)
    return {each.found.finding.code: each.period for each in seen if each.standing is None}


def test_an_absent_month_customer_and_a_moved_total_are_told(desk: Desk) -> None:
    for month in (1, 2):
        day = datetime.date(2024, month, 22)
        desk.pull(
            invoice(str(month), customers=[customer("A", [line("500.00")]), customer("B", [line("400.00")])], date=day),
            window=None,
        )
    desk.pull(invoice("3", customers=[customer("A", [line("50.00")])]), window=None)
    desk.place = msgspec.structs.replace(desk.place, today=datetime.date(2024, 4, 30))
    assert told(desk) == {
        "INVOICE-EXPECTED": "2024-04",
        "CUSTOMER-EXPECTED": "2024-03",
        "TOTAL-MOVED": "2024-03",
        "VENDOR-MOVED": "2024-03",
    }
    assert [each.month for each in completeness.missing(desk.place, desk.books)] == ["2024-04"]


def test_without_documents_nothing_is_expected(desk: Desk) -> None:
    assert told(desk) == {}
