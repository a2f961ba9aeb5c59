"""Prices and credits from what is kept, on each kind of database."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from connector.domain.credits import CreditKind
from connector.domain.prices import Passed
from connector.engine.prices import credits_due, prices
from connector.source.base import Endpoint
from tests.engine.desk import Desk
from tests.engine.paper import Json, customer, invoice, line

SOLD = Endpoint.CUSTOMER_SPECIFICATIONS


def cycle(month: int, price: str, seats: int, side: str, account: str = "A-1", **more: Any) -> Json:
    start = datetime.date(2024, month, 1)
    end = datetime.date(2024, month + 1, 1) - datetime.timedelta(days=1)
    made: dict[str, Any] = {
        "row_hash": f"{side}{month}{account[-1]}" * 8,
        "StartDate": f"{start:%Y%m%d}",
        "EndDate": f"{end:%Y%m%d}",
        "Quantity": seats,
        "UnitPrice": Decimal(price),
    }
    return line(str(Decimal(price) * seats), **(made | more))


def test_a_rise_that_was_not_passed_on(desk: Desk) -> None:
    for month, cost in ((2, "10.00"), (3, "10.55")):
        date = datetime.date(2024, month + 1, 20)
        bought = [customer(each, [cycle(month, cost, 4, "a", each)]) for each in ("A-1", "A-2", "A-3")]
        desk.pull(invoice(str(month), customers=bought, date=date), accept_unusual=True)
        sold = [
            customer(each, [cycle(month, price, 4, "b", each)])
            for each, price in (("A-1", "12"), ("A-2", "12"), ("A-3", "11.5"))
        ]
        desk.pull(invoice(str(month), customers=sold, date=date), endpoint=SOLD, accept_unusual=True)
    found = prices(desk.place, desk.books)
    (change,) = found.changes
    assert (change.month, change.passed, change.minor) == ("2024-04", Passed.NOT, -660)
    assert (change.item.plan, change.item.months) == ("Microsoft 365 Business Premium", 1)
    assert change.customers == {"A-1", "A-2", "A-3"}
    (other,) = found.others
    assert (other.customer, other.price, other.usual, other.minor) == (
        "Customer A-3", Decimal("11.5"), Decimal(12), -200,
    )  # fmt: skip


def test_seats_that_went_down_uncredited(desk: Desk) -> None:
    seats = {"A-1": (4, 3), "A-2": (4, 4)}
    for n, month in enumerate((2, 3)):
        bought = [customer(each, [cycle(month, "29.00", count[n], "a", each)]) for each, count in seats.items()]
        desk.pull(invoice(str(month), customers=bought, date=datetime.date(2024, month + 1, 20)), accept_unusual=True)
    found = credits_due(desk.place, desk.books)
    (doubt,) = found.doubts
    assert (doubt.kind, doubt.customer, doubt.expected, doubt.received, doubt.at_most) == (
        CreditKind.SEATS_NOT_CREDITED, "Customer A-1", 2900, 0, True,
    )  # fmt: skip
    assert (found.open(at_most=True), found.open(at_most=False)) == (2900, 0)
    assert (doubt.start, doubt.end, found.unplaced) == (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29), 0)
