"""What people see: documents with their reasons, findings, leaks, versions with differences, entries explained."""

from __future__ import annotations

import datetime

from connector.domain.finding import Severity
from connector.domain.invoice import Direction
from connector.domain.journal import PostingRole
from connector.engine import in_force, look
from connector.engine.approval import approve, keep_back
from connector.engine.look import EntryView, InvoiceView
from connector.source.base import Endpoint
from tests.engine.conftest import Seat
from tests.engine.desk import MARCH, Desk, mapping_files
from tests.engine.paper import COPACO, customer, invoice, line

SPECIFICATIONS = Endpoint.CUSTOMER_SPECIFICATIONS


def one(desk: Desk, number: str) -> InvoiceView:
    (found,) = look.invoices(desk.place, desk.books, desk.dialect, number)
    return found


def entry(desk: Desk, entry_id: int = 1) -> EntryView:
    found = look.entry(desk.place, desk.books, entry_id)
    assert found is not None
    return found


def reasons(desk: Desk) -> dict[str, tuple[str, ...]]:
    return {each.standing.number: each.reasons for each in look.standings(desk.place, desk.books)}


def test_a_document_says_why_it_stands_where_it_does(seat: Seat) -> None:
    desk = seat(auto_post="off", book_from=datetime.date(2024, 3, 1))
    desk.pull(
        invoice("1"),
        invoice("2", line(kind="Mystery Fee")),
        invoice("3", date=datetime.date(2024, 2, 20)),
    )
    assert reasons(desk) == {"1": ("not prepared yet",), "2": ("not prepared yet",), "3": ("not prepared yet",)}
    desk.prepare()
    assert reasons(desk) == {"1": (), "2": ("CHARGE-TYPE-UNKNOWN",), "3": ("book_from 2024-03-01",)}
    keep_back(desk.place, desk.books, [1], actor="jansen", reason="ask Copaco first")
    assert reasons(desk)["1"] == ("jansen: ask Copaco first",)
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver()
    assert reasons(desk)["1"] == ()


def test_findings_come_gravest_first_and_then_by_euros(desk: Desk) -> None:
    desk.pull(
        invoice("1", line(kind="Mystery Fee")),
        invoice("2", line("900.00", kind="Mystery Fee")),
        invoice("3", header={"ExpirationDate": "20240101"}),
    )
    desk.post()
    seen = in_force.findings(desk.place, desk.books)
    weights = [each.found.severity for each in seen]
    assert weights == sorted(weights, key=list(Severity).index)
    holds = [each for each in seen if each.found.severity is Severity.HOLD]
    assert [each.found.finding.minor for each in holds] == [90000, 10000]
    assert [each.standing.number for each in holds if each.standing] == ["2", "1"]
    assert {each.period for each in seen} == {"2024-03"}
    assert "DUE-BEFORE-DATE" in {each.found.finding.code for each in seen}


def test_lines_that_only_one_side_has_are_told_per_month(desk: Desk) -> None:
    both, cost, sold = line(row_hash="a" * 32), line("30.00", row_hash="b" * 32), line("5.00", row_hash="c" * 32)
    desk.pull(invoice("1", both, cost))
    assert in_force.leaks(desk.place, desk.books, "COST-WITHOUT-SALE") == [], (
        "a side that was not fetched leaks nothing"
    )
    desk.pull(invoice("1", line("120.00", row_hash="a" * 32), sold), endpoint=SPECIFICATIONS)
    assert [(each.period, each.number, each.customer, each.net) for each in leaks(desk, "COST-WITHOUT-SALE")] == [
        ("2024-03", "1", "Customer A-1", 3000)
    ]
    assert [each.net for each in leaks(desk, "SALE-WITHOUT-COST")] == [500]
    told = [each for each in in_force.findings(desk.place, desk.books) if each.standing is None]
    assert [(each.found.finding.code, each.period, each.found.finding.minor) for each in told] == [
        ("COST-WITHOUT-SALE", "2024-03", 3000),
        ("SALE-WITHOUT-COST", "2024-03", 500),
    ]
    assert dict(told[0].found.finding.values)["count"] == "1"

    # The line is sold after all: a later version of the specification has it, and only that one counts.
    desk.pull(
        invoice("1", line("120.00", row_hash="a" * 32), line("40.00", row_hash="b" * 32)), endpoint=SPECIFICATIONS
    )
    assert leaks(desk, "COST-WITHOUT-SALE") == []
    assert leaks(desk, "SALE-WITHOUT-COST") == []


def leaks(desk: Desk, code: str) -> list[in_force.Leak]:
    return in_force.leaks(desk.place, desk.books, code)


def test_the_sale_side_is_the_one_that_is_booked(seat: Seat) -> None:
    desk = seat(sale_source="customer-invoices")
    desk.pull(invoice("1", line(row_hash="a" * 32)))
    desk.pull(invoice("1", line("120.00", row_hash="a" * 32)), endpoint=SPECIFICATIONS)
    issued = {**COPACO, "CompanyName": "Voorbeeld ICT B.V."}
    desk.pull(invoice("F1", line("7.00", row_hash="d" * 32), sender=issued), endpoint=Endpoint.CUSTOMER_INVOICES)
    assert [each.net for each in leaks(desk, "COST-WITHOUT-SALE")] == [10000]
    assert [each.number for each in leaks(desk, "SALE-WITHOUT-COST")] == ["F1"]


def test_customers_in_the_specifications_without_an_invoice_are_named(seat: Seat) -> None:
    desk = seat(sale_source="customer-invoices")
    owing = [
        customer("A-1", [line("10.00"), line("5.00")]),
        customer("B-2", [line("20.00"), line("-4.00")]),
        customer("C-3", [line("7.00"), line("-7.00")]),
    ]
    desk.pull(invoice("1", customers=owing), endpoint=SPECIFICATIONS)
    desk.pull(
        invoice("0", date=datetime.date(2024, 2, 20), customers=[customer("D-4", [line("1.00")])]),
        endpoint=SPECIFICATIONS,
    )
    assert leaks(desk, "CUSTOMER-WITHOUT-INVOICE") == [], "customer invoices that were not fetched lack nobody"
    issued = {**COPACO, "CompanyName": "Voorbeeld ICT B.V."}
    mine = [customer("a-1", [line("10.00")])]
    desk.pull(invoice("F1", customers=mine, sender=issued), endpoint=Endpoint.CUSTOMER_INVOICES)
    (missing,) = leaks(desk, "CUSTOMER-WITHOUT-INVOICE")
    assert (missing.period, missing.customer, missing.description, missing.net) == (
        *("2024-03", "Customer B-2", "B-2", 1600),
    )
    told = {
        each.found.finding.code: each for each in in_force.findings(desk.place, desk.books) if each.standing is None
    }
    found = told["CUSTOMER-WITHOUT-INVOICE"]
    assert (found.period, found.found.finding.minor, dict(found.found.finding.values)["count"]) == (
        "2024-03",
        1600,
        "1",
    )
    more = [customer("B-2", [line("16.00")])]
    desk.pull(invoice("F2", customers=more, sender=issued), endpoint=Endpoint.CUSTOMER_INVOICES)
    assert leaks(desk, "CUSTOMER-WITHOUT-INVOICE") == []


def test_versions_tell_what_changed(desk: Desk) -> None:
    desk.pull(invoice("1", line(row_hash="a" * 32), line("30.00", row_hash="b" * 32)))
    desk.post()
    late = customer("A-1", [line("110.00", row_hash="a" * 32)], CustomerNumber="777")
    desk.pull(invoice("1", customers=[late]))
    desk.post()
    view = one(desk, "1")
    assert view.stands.reasons[0] == "CHANGED-AFTER-POSTING"
    first, second = view.revisions
    assert first.changes == ()
    changes = {each.field: (each.before, each.after) for each in second.changes}
    assert changes["ExtendedPrice"] == ("100.00", "110.00")
    assert changes["CustomerNumber"] == ("10021", "777")
    assert changes[""][1] == "", "the second line is gone"
    assert [each.version.net for each in view.revisions] == [13000, 11000]
    assert [each.state for each in view.deliveries] == ["posted"]
    assert [each.line_no for each in view.lines] == [1]


def test_a_specification_has_a_document_for_each_customer(desk: Desk) -> None:
    two = [customer("A-1", [line("10.00")]), customer("A-2", [line("20.00")])]
    desk.pull(invoice("1", customers=two), endpoint=SPECIFICATIONS)
    desk.pull(invoice("1", customers=[two[0], customer("A-2", [line("21.00")])]), endpoint=SPECIFICATIONS, window=MARCH)
    found = {view.stands.standing.customer: view for view in look.invoices(desk.place, desk.books, desk.dialect, "1")}
    assert {name: len(view.revisions) for name, view in found.items()} == {"A-1": 1, "A-2": 2}
    assert {each.field for each in found["A-2"].revisions[1].changes} >= {"ExtendedPrice"}
    assert look.invoices(desk.place, desk.books, desk.dialect, "no such number") == []


def test_every_posting_is_explained_by_lines_rows_and_bytes(desk: Desk) -> None:
    desk.pull(
        invoice("1", line("100.03"), line("0.01"), line("50.00", kind="Usage Fee"), line("-20.00", kind="Correction"))
    )
    desk.post()
    view = entry(desk)
    for each in view.postings:
        assert sum(share.minor for share in each.shares) == each.posting.minor
        assert each.decisions
    net = [each for each in view.postings if each.posting.role is PostingRole.NET]
    assert sorted(share.line.line_no for each in net for share in each.shares) == [1, 2, 3, 4], "each line once"
    chosen = {
        choice.column: choice for each in net for decided in each.decisions for choice in decided.decision.choices
    }
    assert (chosen["account"].file, chosen["tax"].file) == ("rules.csv", "tax.csv")
    assert len(view.origin.slice_sha256) == len(view.origin.body_sha256) == 64
    assert (view.origin.endpoint, view.origin.version_no, view.origin.mapping_set) == ("invoices", 1, "nl")
    assert [each.state.value for each in view.events] == ["ready", "queued", "sending", "posted"]
    assert look.entry(desk.place, desk.books, 99) is None


def test_an_entry_is_named_by_number_key_or_id(seat: Seat) -> None:
    desk = seat(auto_post="off")
    desk.pull(invoice("9103"), invoice("2"))
    desk.prepare()
    desk.mapping = mapping_files(drop=["P050"])
    desk.prepare()
    listed = look.entry_list(desk.place, desk.books)
    assert [(each.entry_id, each.number, each.state) for each in listed] == [
        (1, "9103", "cancelled"),
        (2, "2", "cancelled"),
        (3, "9103", "ready"),
        (4, "2", "ready"),
    ]

    def ids(name: str) -> list[int]:
        return [each.entry_id for each in look.find_entries(listed, name)]

    assert ids("9103") == [3], "what was superseded is not meant"
    assert ids("2") == [4], "a number goes before an id"
    assert ids("1") == [1]
    assert ids(listed[2].key) == ids(listed[2].document_key) == [3]
    assert ids("77") == []
    assert {each.direction for each in listed} == {Direction.PURCHASE.value}
    assert {each.period for each in listed} == {"2024-03"}


def test_totals_deliveries_and_the_last_fetch(seat: Seat) -> None:
    desk = seat(auto_post="off")
    assert look.last_fetch(desk.place, [desk.books]) is None
    desk.pull(invoice("1"), invoice("2", line("50.00")))
    desk.prepare()
    totals = look.totals(desk.place, desk.books, [1, 2])
    assert sum(totals.values()) == 0
    assert totals["1600"] == -(15000 + 3150)
    found = look.delivery(desk.place, desk.books, 1)
    assert found is not None
    assert (found[0].number, [each.state.value for each in found[1]]) == ("1", ["ready"])
    assert look.delivery(desk.place, desk.books, 99) is None
    assert look.last_fetch(desk.place, [desk.books]) == desk.now
    assert look.row_counts(desk.place) == desk.rows()


def test_a_posted_document_that_vanished_is_told(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2", line("50.00")))
    desk.post()
    desk.pull(invoice("2", line("50.00")))
    codes = {
        (each.found.finding.code, each.standing.number)
        for each in in_force.findings(desk.place, desk.books)
        if each.standing and each.found.finding.code != "SENDER-NEW"
    }
    assert codes == {("VANISHED-POSTED", "1")}
    assert [each.finding.code for each in one(desk, "1").findings][-1] == "VANISHED-POSTED"
