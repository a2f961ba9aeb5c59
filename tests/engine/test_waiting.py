"""What waits for a row in the tables: the same combination of several documents is one, the most euros first."""

from __future__ import annotations

import msgspec

from connector.domain.waiting import Waiting
from connector.engine.waiting import together, waiting
from tests.engine.conftest import Seat
from tests.engine.desk import mapping_files
from tests.engine.paper import invoice, line


def test_equal_combinations_are_added_up() -> None:
    azure = Waiting(direction="purchase", code="ACCOUNT-UNMAPPED", net=100, lines=1, product_group="Azure")
    domains = msgspec.structs.replace(azure, product_group="Domains", net=-350)
    found = together([azure, domains, msgspec.structs.replace(azure, net=150, lines=2)])
    assert [(each.product_group, each.net, each.lines) for each in found] == [("Domains", -350, 1), ("Azure", 250, 3)]


def test_what_the_held_documents_wait_for(seat: Seat) -> None:
    desk = seat(mapping=mapping_files(drop=["P020", "P021"]))
    desk.pull(
        invoice("1", line("100.00"), line("10.00", kind="Levy Fee")),
        invoice("2", line("200.00")),
        invoice("3", line("5.00", kind="Item Fee")),
    )
    desk.prepare()
    found = waiting(desk.place, desk.books)
    told = [(each.code, each.charge_type, each.product_group, each.plan, each.net, each.lines) for each in found]
    plan = ("Microsoft", "Microsoft 365 Business Premium")
    assert told == [
        ("ACCOUNT-UNMAPPED", "Cycle Fee", *plan, 30000, 2),
        ("CHARGE-TYPE-UNKNOWN", "Levy Fee", *plan, 1000, 1),
    ]
    assert {each.direction for each in found} == {"purchase"}
