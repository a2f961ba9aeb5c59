"""Margins from what is kept: only current versions count, and only what both sides were fetched of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.domain.leakage import LeakKind
from connector.domain.rows import quantity_of, unit_price_of
from connector.engine.doubtful import Doubtful
from connector.engine.margin import MarginReport, leakage, report, streamed
from connector.engine.prices import credits_due, prices
from connector.source.base import Endpoint
from tests.engine.desk import Desk
from tests.engine.paper import customer, invoice, line

SOLD = Endpoint.CUSTOMER_SPECIFICATIONS


def told(desk: Desk, by: str = "customer", period: str | None = None) -> MarginReport:
    return report(desk.place, desk.books, by, period)


def row(name: str) -> str:
    return name * 32


def test_both_sides_meet_by_their_hash(desk: Desk) -> None:
    desk.pull(
        invoice(
            "1",
            customers=[
                customer("A-1", [line("100.00", row_hash=row("a")), line("30.00", row_hash=row("b"))]),
                customer("A-2", [line("50.00", row_hash=row("c"))]),
            ],
        )
    )
    nothing = told(desk)
    assert (nothing.rows, nothing.sides.left_out) == ((), ("2024-03",))
    desk.pull(
        invoice(
            "1",
            customers=[
                customer("A-1", [line("120.00", row_hash=row("a"))]),
                customer("A-2", [line("45.00", row_hash=row("c")), line("7.00", row_hash=row("d"))]),
            ],
        ),
        endpoint=SOLD,
    )
    found = told(desk)
    assert [(each.name, each.margin, each.unsold, each.unbought) for each in found.rows] == [
        ("Customer A-1", 2000, 3000, 0),
        ("Customer A-2", -500, 0, 700),
    ]
    assert (found.total.cost, found.total.sale, found.sides.left_out) == (15000, 16500, ())
    assert [each.name for each in told(desk, "vendor").rows] == ["Microsoft"]
    assert [each.name for each in told(desk, "plan").rows] == ["Microsoft 365 Business Premium"]
    assert [each.name for each in told(desk, "period").rows] == ["2024-03"]
    assert told(desk, "period", "2024-02").rows == ()


def test_only_the_last_version_counts(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00", row_hash=row("a"))))
    desk.pull(invoice("1", line("120.00", row_hash=row("a"))), endpoint=SOLD)
    desk.pull(invoice("1", line("130.00", row_hash=row("a"))), endpoint=SOLD)
    assert told(desk).total.margin == 3000


@pytest.mark.parametrize("sale", ["110.00", "90.00"])
def test_lines_without_a_hash_meet_per_subscription_and_it_is_said(desk: Desk, sale: str) -> None:
    desk.pull(invoice("1", line("60.00", InvoiceRowHash=""), line("40.00", InvoiceRowHash="")))
    desk.pull(invoice("1", line(sale, InvoiceRowHash="")), endpoint=SOLD)
    found = told(desk).total
    assert (found.cost, found.rows, found.by_subscription) == (10000, 1, 1)
    assert found.margin == (1000 if sale == "110.00" else -1000)


def test_rows_come_one_by_one_with_quantity_and_prices(desk: Desk) -> None:
    desk.pull(
        invoice(
            "1",
            line("60.00", row_hash=row("a"), Quantity=3, UnitPrice=Decimal("20.00")),
            line("9.00", InvoiceRowHash=""),
            line("5.00", row_hash=row("b")),
        )
    )
    sold = (line("90.00", row_hash=row("a"), Quantity=2, UnitPrice=Decimal(45)), line("12.00", InvoiceRowHash=""))
    desk.pull(invoice("1", *sold), endpoint=SOLD)
    with streamed(desk.place, desk.books, detailed=True) as (sides, rows):
        first, second = rows
    assert (sides.compared, first.margin, first.first.row_hash) == (("2024-03",), 3000, row("a"))
    assert [quantity_of(each) for each in (first.bought, first.sold)] == [3, 2]
    assert [unit_price_of(each) for each in (first.bought, first.sold)] == [20, 45]
    assert (first.first.charge_type, first.first.customer) == ("Cycle Fee", "Customer A-1")
    # What has a hash and no partner waits for what its subscription has without one.
    assert (second.by_subscription, second.cost, second.sale) == (True, 1400, 1200)
    with streamed(desk.place, desk.books, "2024-02") as (sides, rows):
        assert (sides.compared, list(rows)) == ((), [])


def test_leaks_name_customer_subscription_and_euros(desk: Desk) -> None:
    desk.pull(
        invoice(
            "1",
            customers=[
                customer("A-1", [line("100.00", row_hash=row("a")), line("30.00", row_hash=row("b"))]),
                customer("A-2", [line("50.00", row_hash=row("c"))]),
                customer("A-3", [line("7.00", row_hash=row("e"))]),
            ],
        )
    )
    nothing = leakage(desk.place, desk.books, ())
    assert (nothing.leaks, nothing.sides.compared, nothing.sides.left_out) == ((), (), ("2024-03",))
    sold = [customer("A-1", [line("99.50", row_hash=row("a")), line("8.00", row_hash=row("d"))])]
    desk.pull(invoice("1", customers=sold), endpoint=SOLD)
    found = leakage(desk.place, desk.books, {"A-3"})
    assert [(each.kind, each.customer, each.subscription_id, each.minor) for each in found.leaks] == [
        (LeakKind.CUSTOMER_MISSING, "Customer A-2", "", 5000),
        (LeakKind.COST_WITHOUT_SALE, "Customer A-1", "s-A-1", 3000),
        (LeakKind.SALE_WITHOUT_COST, "Customer A-1", "s-A-1", 800),
        (LeakKind.BELOW_COST, "Customer A-1", "s-A-1", 50),
    ]
    assert (found.own_use, found.own_lines) == (700, 1)
    assert leakage(desk.place, desk.books, (), "2024-02").leaks == ()


def test_held_documents_and_those_without_a_date_are_told_with_their_euros(desk: Desk) -> None:
    again = line("100.00", row_hash=row("a"))
    desk.pull(invoice("1", again), invoice("2", again), invoice("3", line("7.00", row_hash=row("b")), date=None))
    desk.pull(invoice("1", line("120.00", row_hash=row("a"))), endpoint=SOLD)
    desk.prepare()
    (bought,) = told(desk).sides.doubtful
    assert bought == Doubtful(direction="purchase", held=2, net=20000, twice=2, undated=1, undated_net=700)
    (bought,) = told(desk, period="2024-02").sides.doubtful
    assert (bought.held, bought.undated) == (0, 1)
    assert prices(desk.place, desk.books).doubtful == credits_due(desk.place, desk.books).doubtful
    desk.pull(invoice("1", line("120.00", row_hash=row("a"))), endpoint=SOLD)
    desk.set(sale_source="customer-invoices")
    assert [each.direction for each in told(desk).sides.doubtful] == ["purchase"]
