"""Proposals from a real database: what waits is added up, and what is covered, posted or only reported is no gap."""

from __future__ import annotations

from pathlib import Path

import msgspec

from connector.domain.suggesting import EvidenceKind
from connector.engine.suggest import Suggestions, suggest
from connector.past_books import open_past_books
from connector.source.base import Endpoint
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import COPACO, customer, invoice, line
from tests.past_books.audit import Booking, Ledger, Line, audit_file, write

KNOWS_ODD = ("X010;purchase;Odd Fee;;;;;;;;cost_licences;;post;;",)


def suggested(desk: Desk, books: str = "") -> Suggestions:
    past = open_past_books(write(desk.folder / "books.xaf", books)) if books else None
    before = desk.rows()
    found = suggest(desk.place, desk.books, desk.mapping.mapping, mapping_files().mapping, past)
    assert desk.rows() == before, "nothing is written"
    return found


def test_what_no_row_covers_is_added_up(desk: Desk) -> None:
    desk.pull(
        invoice("1", line("100.00", kind="Odd Fee"), line("30.00")),
        invoice("2", line("50.00", kind="Odd Fee"), customers=None),
        invoice("3", customers=[customer("B-1", [line("7.00", kind="Odd Fee")])]),
    )
    desk.prepare()
    (one,) = suggested(desk).rules
    assert (one.minor, one.lines) == (15700, 3)
    assert dict(one.cells)["charge_type"] == "Odd Fee"
    assert dict(one.cells)["account"] == "7010", "similar rows"
    assert suggested(desk) == suggested(desk)
    desk.mapping = mapping_files(rules=KNOWS_ODD)
    assert suggested(desk).all == ()


def test_a_row_is_never_so_general_that_the_accountants_own_examples_break(desk: Desk) -> None:
    """Lines without a charge type, as the older API has: 'Microsoft' alone would take consumption with it."""
    licence, usage = (customer(name, [line(net, kind="")]) for name, net in (("A-1", "100.00"), ("A-2", "40.00")))
    usage["Subscriptions"][0]["PlanName"] = "Azure plan"
    desk.pull(invoice("TN1", customers=[licence, usage]))
    desk.prepare()
    cells = [dict(each.cells) for each in suggested(desk).rules]
    assert [(each["product_group"], each["plan"], each["account"]) for each in cells] == [
        ("Microsoft", "Microsoft 365 Business Premium", "7010"),
        ("Microsoft", "Azure plan", "7020"),
    ]


def test_past_books_tell_where_the_supplier_was_booked(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00", kind="Odd Fee")))
    day = desk.place.today
    lines = (
        Line(account="7020", minor=9000, text="Microsoft 365 Business Premium maart"),
        Line(account="1600", minor=-9000, party="C1"),
    )
    ledger = Ledger(
        accounts=[("7020", "Cloud", "P"), ("1600", "Crediteuren", "B")],
        relations=[("C1", "Copaco", COPACO["VATNumber"])],
    )
    found = suggested(desk, audit_file([Booking(number="1", date=day, lines=lines)], ledger))
    (one,) = found.rules
    assert dict(one.cells)["account"] == "7020"
    assert [(each.kind, each.subject) for each in one.evidence[:3]] == [
        (EvidenceKind.DESCRIPTION, "Microsoft 365 Business Premium"),
        (EvidenceKind.DESCRIPTION, "Microsoft"),
        (EvidenceKind.SUPPLIER, "Copaco Nederland B.V."),
    ]
    assert found.form == "XAF 3.2"


def test_what_is_posted_or_ignored_waits_for_nothing(desk: Desk) -> None:
    desk.mapping = mapping_files(rules=KNOWS_ODD)
    desk.pull(invoice("1", line("100.00", kind="Odd Fee")))
    desk.post()
    assert desk.states() == {"1": "posted"}
    desk.mapping = mapping_files(rules=("X010;purchase;Other Fee;;;;;;;;;;ignore;not ours;",))
    desk.pull(invoice("1", line("100.00", kind="Odd Fee")), invoice("2", line("5.00", kind="Other Fee")))
    assert suggested(desk).rules == ()


def test_no_vat_treatment_is_named_only(quick: Seat) -> None:
    desk = quick(mapping=mapping_files(drop=("T010",)))
    desk.pull(invoice("1", line("100.00")))
    found = suggested(desk)
    assert found.all == ()
    assert [(each.code, each.minor, each.lines) for each in found.tax_gaps] == [("TAX-UNMAPPED", 10000, 1)]


def test_new_customers_get_debtors(quick: Seat, tmp_path: Path) -> None:
    desk = quick(sale="post", sale_source="customer-invoices")
    receiver = {"CompanyName": "Bakkerij De Vries", "VATNumber": "NL001234567B01", "CountryCode": "NL"}
    desk.pull(
        invoice("V1", customers=[customer("A-1", [line("80.00")])], Receiver=receiver),
        invoice("V2", customers=[customer("A-2", [line("20.00")])]),
        endpoint=Endpoint.CUSTOMER_INVOICES,
    )
    ledger = Ledger(relations=[("1001", "De Vries", "NL001234567B01"), ("1002", "Customer A-2 B.V.", "")])
    found = suggested(desk, audit_file([], ledger))
    cells = [dict(each.cells) for each in found.customers]
    assert [(each["account_id"], each["debtor"], each["name"]) for each in cells] == [
        ("A-1", "1001", "Customer A-1"), ("A-2", "1002", "Customer A-2"),
    ]  # fmt: skip
    assert [each.minor for each in found.customers] == [8000, 2000]
    assert [dict(each.cells)["debtor"] for each in suggested(desk).customers] == ["", ""]
    desk.set(sale="report")
    assert suggested(desk).customers == ()
    assert msgspec.json.encode(found)
