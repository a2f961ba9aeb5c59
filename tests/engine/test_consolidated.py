"""Consolidated invoices kept and compared: which invoice they meet, which answer counts, and bytes that verify."""

from __future__ import annotations

import datetime
from contextlib import nullcontext
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import delete, func, select

from connector.app.compared import read_consolidated, with_compared
from connector.engine.consolidated import Against, Compared, report
from connector.engine.run import Asking, RunReport, pull_only
from connector.errors import SourceFormatError
from connector.source.base import Endpoint
from connector.store import build_ups, tables
from tests.engine.desk import Desk, answer
from tests.engine.paper import COPACO, Json, body, customer, invoice, line
from tests.engine.tampering import unguard

CONSOLIDATED = Endpoint.CONSOLIDATED_INVOICES


def matched(number: str, *, cost: str = "100.00", sale: Any = "150.00", account: str = "A-1", **more: Any) -> Json:
    """A consolidated invoice of one line, which is that of ``invoice(number)``."""
    one = line(cost)
    priced = {
        **{name: one[name] for name in ("Description", "StartDate", "EndDate", "Quantity")},
        "PurchasePrice": Decimal(cost),
        "PurchaseDiscount": 0,
        "SalesPrice": sale,
        "InvoiceRowHash": "",
    }
    made = invoice(number, customers=[customer(account, [priced])], **more)
    del priced["InvoiceRowHash"]  # which the older API never had
    return made


def came(desk: Desk, text: bytes, endpoint: Endpoint = CONSOLIDATED, **more: Any) -> RunReport:
    given = answer(text, desk.folder, endpoint=endpoint, window=None, requested_at=desk.now, **more)
    told = RunReport(administration=desk.books.name)
    run = msgspec.structs.replace(desk.run, dialect=with_compared(desk.dialect))
    pull_only(run, [Asking(source="files", ask=lambda: nullcontext(given))], told)
    return told


def found(desk: Desk, period: str | None = None) -> list[Compared]:
    return list(report(desk.place, desk.books, read_consolidated, period).invoices)


def kinds(each: Compared) -> list[str]:
    assert each.comparison is not None
    return [one.kind.value for one in each.comparison.differences]


def test_the_newest_answer_of_a_number_is_compared_and_makes_no_document(desk: Desk) -> None:
    desk.pull(invoice("TN1"), invoice("TN2"))
    before = desk.rows()
    told = came(desk, body([matched("TN1", cost="90.00"), matched("TN2")]))
    assert [(each.endpoint, each.invoices, each.new) for each in told.windows] == [(CONSOLIDATED.value, 2, 0)]
    assert [kinds(each) for each in found(desk)] == [["purchase-price-differs"], []]
    came(desk, body([matched("TN1")]))
    assert [kinds(each) for each in found(desk)] == [[], []]
    came(desk, body([matched("TN1", cost="90.00")]))
    assert [kinds(each) for each in found(desk)] == [["purchase-price-differs"], []]
    came(desk, body([matched("TN1", cost="90.00")]))
    assert [kinds(each) for each in found(desk)] == [["purchase-price-differs"], []]
    changed = {name for name, count in desk.rows().items() if count != before[name]}
    assert changed == {"fetch", "slice"}
    assert found(desk, "2024-02") == []
    assert len(found(desk, "2024-03")) == 2
    with desk.database.reading() as connection:
        assert connection.scalar(select(func.count()).where(tables.fetch.c.same_as.is_not(None))) == 1
    assert desk.verify().problems == []


def test_sale_prices_meet_the_customers_invoices_of_the_month(desk: Desk) -> None:
    desk.pull(invoice("TN1"))
    came(desk, body([matched("TN1")]))
    (each,) = found(desk)
    assert each.comparison is not None
    assert each.comparison.sale_invoiced is None
    april = datetime.date(2024, 4, 20)
    late = invoice("V-1", customers=[customer("A-1", [line("155.00")])], date=april)
    desk.pull(late, endpoint=Endpoint.CUSTOMER_INVOICES)
    desk.pull(invoice("V-2", customers=[customer("other", [line("1")])]), endpoint=Endpoint.CUSTOMER_INVOICES)
    assert found(desk)[0].comparison == each.comparison
    desk.pull(invoice("V-3", customers=[customer("A-1", [line("160.00")])]), endpoint=Endpoint.CUSTOMER_INVOICES)
    (each,) = found(desk)
    assert kinds(each) == ["sale-price-differs"]
    assert each.comparison is not None
    assert (each.comparison.sale_given, each.comparison.sale_invoiced) == (15000, 16000)


def test_what_cannot_be_compared_says_why(desk: Desk) -> None:
    came(desk, body([matched("TN1"), matched("", sale="anders"), cast("Json", 7)]))
    assert [(each.number, each.against) for each in found(desk)] == [
        ("", Against.UNREADABLE),
        ("", Against.UNREADABLE),
        ("TN1", Against.NOT_FETCHED),
    ]
    assert [len(each.unreadable) for each in found(desk)] == [1, 1, 0]
    desk.pull(invoice("TN1", customers=[customer("6c1f", [line()])]))
    assert found(desk)[-1].against is Against.OTHER_PLATFORM
    desk.pull(invoice("TN1", sender=COPACO | {"VATNumber": "BE0123456789"}))
    assert found(desk)[-1].against is Against.OTHER_PLATFORM
    came(desk, body([matched("TN1", sender={"CompanyName": "Nobody"})]))
    assert {each.against for each in found(desk)[2:]} == {Against.OTHER_PLATFORM, Against.SEVERAL}


def test_two_issuers_with_one_number_are_told_apart(desk: Desk) -> None:
    belgian = COPACO | {"VATNumber": "BE0123456789"}
    desk.pull(invoice("TN1"), invoice("TN1", line("70.00"), sender=belgian))
    came(desk, body([matched("TN1"), matched("TN1", cost="70.00", sender=belgian)]))
    assert [kinds(each) for each in found(desk)] == [[], []]


def test_two_of_one_number_in_one_answer_are_both_compared(desk: Desk) -> None:
    desk.pull(invoice("TN1"))
    came(desk, body([matched("TN1", cost="90.00"), matched("TN1")]))
    assert [kinds(each) for each in found(desk)] == [["purchase-price-differs"], []]
    came(desk, body([matched("TN1")]))
    came(desk, body([matched("TN1", cost="80.00")]))
    assert [kinds(each) for each in found(desk)] == [["purchase-price-differs"]]


def test_numbers_of_subscriptions_that_are_none_are_not_asked(desk: Desk) -> None:
    for number, one in enumerate(("9" * 5000, "12", "7", "\u0661", "")):
        made = invoice(f"TN{number}")
        made["Customers"][0]["Subscriptions"][0]["SubscriptionID"] = one
        desk.pull(made)
    with desk.database.reading() as connection:
        asked = build_ups.to_ask(
            connection, desk.books.id, source="invoices", dated_from=datetime.date(2024, 1, 1),
            endpoint=Endpoint.SUBSCRIPTION_DETAILS.value, asked_since=desk.now,
        )  # fmt: skip
    assert asked == ["7", "12"]


def test_unknown_fields_and_members_are_told_once(desk: Desk) -> None:
    text = b'{"Made": "today", "Invoices": [{"Colour": "blue"}]}'
    assert came(desk, text).windows[0].new_fields == ("Colour", "Made")
    assert came(desk, text).windows[0].new_fields == ()
    assert came(desk, b"nothing", no_data=True).windows[0].invoices == 0
    with pytest.raises(SourceFormatError, match="no list called"):
        came(desk, b"{}")
    assert desk.verify().problems == []


def test_lost_bytes_are_found(desk: Desk) -> None:
    came(desk, body([matched("TN1")]))
    unguard(desk.database)
    with desk.database.transaction() as connection:
        connection.execute(delete(tables.slice_))
    assert "cannot be rebuilt" in desk.verify().problems[0].message


def test_details_of_one_subscription_say_nothing_about_the_others(desk: Desk) -> None:
    def details(number: int, amount: Any, **more: Any) -> bytes:
        resource = {"ResourceId": 5, "Amount": amount}
        return msgspec.json.encode({"Subscription": {"SubscriptionId": number}, "Resources": [resource], **more})

    def kept(text: bytes) -> tuple[int, int, int, int, tuple[str, ...]]:
        (told,) = came(desk, text, Endpoint.SUBSCRIPTION_DETAILS).registers
        desk.wait(60)
        return told.new, told.changed, told.unchanged, told.vanished, told.new_fields

    assert kept(details(1, 3)) == (1, 0, 0, 0, ())
    assert kept(details(2, 3, Colour="blue")) == (1, 0, 0, 0, ("Colour",))
    assert kept(details(1, 4)) == (0, 1, 0, 0, ())
    assert kept(details(1, 4)) == (0, 0, 1, 0, ())
    assert kept(b"[]") == (0, 0, 0, 0, ())
    with pytest.raises(SourceFormatError, match="no object"):
        came(desk, b"<html>", Endpoint.SUBSCRIPTION_DETAILS)
    assert desk.verify().problems == []
