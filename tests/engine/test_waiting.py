"""What waits for a row in the tables: the same combination of several documents is one, the most euros first."""

from __future__ import annotations

import msgspec

from connector.domain.waiting import Waiting
from connector.engine.suggest import suggest
from connector.engine.waiting import together, waiting
from connector.source.base import Endpoint
from tests.engine.conftest import Seat
from tests.engine.desk import mapping_files
from tests.engine.paper import customer, invoice, line


def test_equal_combinations_are_added_up() -> None:
    azure = Waiting(direction="purchase", code="ACCOUNT-UNMAPPED", net=100, lines=1, product_group="Azure")
    domains = msgspec.structs.replace(azure, product_group="Domains", net=-350)
    found = together([azure, domains, msgspec.structs.replace(azure, net=150, lines=2)])
    assert [(each.product_group, each.net, each.lines) for each in found] == [("Domains", -350, 1), ("Azure", 250, 3)]


def test_what_no_row_covers_waits_with_a_proposal(seat: Seat) -> None:
    desk = seat(mapping=mapping_files(drop=["P020", "P021"]))
    desk.pull(
        invoice("1", line("100.00"), line("10.00", kind="Levy Fee")),
        invoice("2", line("200.00"), line("50.00")),
        invoice("3", line("5.00", kind="Item Fee")),
    )
    desk.prepare()
    starter = mapping_files().mapping
    suggested = suggest(desk.place, desk.books, desk.mapping.mapping, starter, None)
    found = waiting(suggested, lambda proposal: proposal.id)
    told = [(each.code, each.charge_type, each.product_group, each.plan, each.net, each.lines) for each in found]
    plan = ("Microsoft", "Microsoft 365 Business Premium")
    assert told == [
        ("ACCOUNT-UNMAPPED", "Cycle Fee", *plan, 35000, 3),
        ("CHARGE-TYPE-UNKNOWN", "Levy Fee", *plan, 1000, 1),
    ]
    assert (found[0].proposal, found[0].rate, found[0].billing) == ("7010", "21", "Monthly")
    assert found[0].evidence in {each.id for each in suggested.rules}
    assert {each.direction for each in found} == {"purchase"}


def test_customers_without_a_row_wait_too(seat: Seat) -> None:
    desk = seat(sale="post")
    desk.pull(invoice("9", customers=[customer("A", [line("20.00")])]), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    desk.prepare()
    suggested = suggest(desk.place, desk.books, desk.mapping.mapping, None, None)
    (found,) = waiting(suggested, lambda _: "")
    assert (found.code, found.customer, found.customer_name, found.net) == (
        "CUSTOMER-UNMAPPED", "A", "Customer A", 2000
    )  # fmt: skip
