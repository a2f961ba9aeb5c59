"""Two persons, and what is known: who lets entries go."""

from __future__ import annotations

import datetime

import pytest

from connector.engine.approval import approve, approve_by_setting, keep_back
from connector.store import tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import customer, invoice, line
from tests.engine.test_effect import accept, reclassified


def happened(desk: Desk, delivery_id: int) -> list[tuple[str, str]]:
    """State and actor of every event of a delivery."""
    return [(row.state, row.actor) for row in desk.all(tables.delivery_event) if row.delivery_id == delivery_id]


def test_two_different_persons_above_an_amount(desk: Desk) -> None:
    desk.set(auto_post="all", second_approval_above=100_00)
    desk.pull(invoice("1", line("10.00")), invoice("2", line("100.00")))
    desk.prepare()
    assert desk.approve() == 1, "the setting lets the small one go, and speaks for neither of two persons"
    assert desk.deliver().posted == 1
    assert approve(desk.place, desk.books, [2], actor="jansen") == 0
    assert approve(desk.place, desk.books, [2], actor="jansen") == 0
    assert desk.deliver().posted == 0
    assert desk.states() == {"1": "posted", "2": "ready"}
    assert approve(desk.place, desk.books, [2], actor="peters", reason="seen") == 1
    assert desk.deliver().posted == 1
    assert happened(desk, 2) == [
        ("ready", "connector"),
        ("ready", "jansen"),
        ("queued", "peters"),
        ("sending", "connector"),
        ("posted", "connector"),
    ]
    assert desk.verify().holds


def test_keeping_back_takes_the_first_approval_away(desk: Desk) -> None:
    desk.set(auto_post="off", second_approval_above=0)
    desk.pull(invoice("1", line("10.00")))
    desk.prepare()
    assert approve(desk.place, desk.books, [1], actor="jansen") == 0
    assert keep_back(desk.place, desk.books, [1], actor="smit", reason="ask first") == 1
    assert approve(desk.place, desk.books, [1], actor="peters") == 0, "two persons let it go again"
    assert desk.delivery_states() == ["ready"]
    assert approve(desk.place, desk.books, [1], actor="jansen") == 1


def test_a_changed_document_needs_both_again(desk: Desk) -> None:
    desk.set(auto_post="off", second_approval_above=0)
    desk.pull(invoice("1", line("10.00")))
    desk.prepare()
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.pull(invoice("1", line("11.00")))
    desk.prepare()
    assert desk.delivery_states() == ["cancelled", "ready"]
    assert approve(desk.place, desk.books, [2], actor="peters") == 0
    assert approve(desk.place, desk.books, [2], actor="jansen") == 1


@pytest.mark.parametrize(("above", "states"), [(99_99, "ready"), (100_00, "queued")])
def test_a_reclassification_weighs_what_it_moves(desk: Desk, above: int, states: str) -> None:
    """It has no open item, and moves as many euros as an invoice. Who asks for it approves it, as the first of two."""
    desk.set(auto_post="all")
    accept(desk, mapping_files())
    desk.pull(invoice("1", line("100.00")))
    desk.post()
    accept(desk, mapping_files(rules=("X2;purchase;Cycle Fee;Microsoft;;;;;;;7020;;;;",)))
    desk.set(auto_post="all", second_approval_above=above)
    assert reclassified(desk) == 1
    assert desk.delivery_states() == ["posted", states]
    assert desk.approve() == 0
    assert approve(desk.place, desk.books, [2], actor="peters") == (states == "ready")


def test_what_is_new_needs_a_second_person(quick: Seat) -> None:
    desk = quick(auto_post="known", second_approval_new=True)
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    assert desk.approve() == 0
    approve(desk.place, desk.books, [1], actor="jansen")
    approve(desk.place, desk.books, [1], actor="peters")
    desk.deliver()
    desk.pull(
        invoice("1", line("1.00")),
        invoice("2", line("2.00", UnitPrice=1, Quantity=2)),
        invoice("3", customers=[customer("B-2", [line("3.00", UnitPrice=1, Quantity=3)])]),
    )
    desk.prepare()
    assert approve_by_setting(desk.place, desk.books) == 1
    assert approve(desk.place, desk.books, [3], actor="jansen") == 0
    assert desk.states() == {"1": "posted", "2": "in delivery", "3": "ready"}


def test_other_words_of_a_vendor_are_nothing_new(quick: Seat) -> None:
    desk = quick(auto_post="off")
    desk.pull(invoice("1", line("1.00", VendorDetails="shop.example, registration")))
    desk.prepare()
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver()
    desk.set(auto_post="known")
    details = [{"Attribute": "ram", "AttributeValue": "32", "AttributeDescription": "GB RAM", "noshow": False}]
    renewed = line("2.00", UnitPrice=1, Quantity=2, VendorDetails="shop.example, renewal", SubscriptionDetails=details)
    desk.pull(
        invoice("1", line("1.00", VendorDetails="shop.example, registration")),
        invoice("2", renewed),
    )
    desk.prepare()
    assert approve_by_setting(desk.place, desk.books) == 1


def test_a_price_is_known_for_thirteen_months(desk: Desk) -> None:
    """A unit price that no posted document had goes past a person; that of usage is the meter's."""
    desk.set(auto_post="off")
    desk.pull(
        invoice("1", line("1.00"), line("3.00", kind="Usage Fee")),
        invoice("2", line("1.50"), date=datetime.date(2022, 11, 1)),
    )
    desk.prepare()
    approve(desk.place, desk.books, [1, 2], actor="jansen")
    desk.deliver()
    desk.set(auto_post="known")
    desk.pull(
        invoice("1", line("1.00"), line("3.00", kind="Usage Fee")),
        invoice("2", line("1.50"), date=datetime.date(2022, 11, 1)),
        invoice("3", line("1.00"), line("7.00", kind="Usage Fee")),
        invoice("4", line("6.00", UnitPrice=1, Quantity=6)),
        invoice("5", line("2.00")),
        invoice("6", line("1.50")),
    )
    desk.prepare()
    assert approve_by_setting(desk.place, desk.books) == 2
    going = {name for name, state in desk.states().items() if state == "in delivery"}
    assert going == {"3", "4"}, "5 has a new price, and that of 6 is from long ago"
