"""What the tables have for the stored lines, and why: on real databases, through the engine."""

from __future__ import annotations

import datetime
from collections import Counter

import pytest

from connector.domain.combination import COMBINATION_FIELDS, Combination
from connector.domain.coverage import Cover
from connector.domain.invoice import Direction
from connector.engine import explain
from connector.engine.coverage import added_up, coverage, shares
from connector.source.base import Endpoint
from connector.store import sums
from connector.store.states import LineState
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import customer, invoice, line

FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2024, 4, 2)
SPECIFICATIONS = (Direction.SALE, "customer-specifications")


def filled(desk: Desk) -> Desk:
    """Two purchases (one in two versions), one with an unknown charge type, one without a date, and a sale."""
    desk.pull(invoice("1", line("100.00"), line("-20.00", kind="Correction"), line("7.00")))
    desk.pull(
        invoice("1", line("110.00"), line("-20.00", kind="Correction"), line("7.00")),
        invoice("2", customers=[
            customer("A-1", [line("1.00", kind="Strange Fee"), line("2.00", SubPONumber="PO-1")]),
            customer("A-2", [line("3.00"), line("4.00", kind=None)]),
        ], date=datetime.date(2024, 3, 5)),
        invoice("3", line("9.00"), date=None),
        invoice("4", line("5.00"), date=datetime.date(2023, 12, 31)),
    )  # fmt: skip
    desk.pull(invoice("5", line("50.00", rate="0", vat="0")), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    desk.post()
    return desk


@pytest.fixture
def full(seat: Seat) -> Desk:
    return filled(seat(mapping=mapping_files(rules=["X001;purchase;Cycle Fee;;;A-2;;;;;7030;;;;"])))


def test_sums_are_those_of_the_current_lines(full: Desk) -> None:
    with full.database.reading() as connection:
        documents = sums.current_documents(
            connection, full.books.id, sources=[sums.PURCHASES, SPECIFICATIONS], first=FIRST, last=LAST
        )
        ids = [each.version_id for each in documents]
        found = list(sums.combination_sums(connection, full.books.id, ids))
        known = sums.combinations_of(connection, full.books.id, found)
        asked = list(sums.question_sums(connection, full.books.id, ids, COMBINATION_FIELDS))
        standing = sums.states_of(connection, full.books.id)
    assert Counter(each.direction for each in documents) == {Direction.PURCHASE: 3, Direction.SALE: 1}
    assert sum(each.lines for each in found) == sum(each.lines for each in documents)
    assert sum(each.net for each in found) == 11000 - 2000 + 700 + 100 + 200 + 300 + 400 + 900 + 5000
    by_combination = {known[each.combination_ref]: (each.net, each.vat, each.lines) for each in found}
    by_fields = {Combination(**dict(zip(COMBINATION_FIELDS, each.fields, strict=True))): each for each in asked}
    assert {one: (each.net, each.vat, each.lines) for one, each in by_fields.items()} == by_combination
    assert {each.po_number for each in by_combination} == {"", "PO-1"}
    assert [each.combination_ref for each in found] == sorted(each.combination_ref for each in found)
    posted = [each for each in documents if standing[each.version_id] is LineState.POSTED]
    assert len(posted) == 1
    parts = sums.in_parts(documents, lambda each: (each.date or full.place.today).month)
    assert {part: len(each) for part, each in parts.items()} == {3: 3, 4: 1}


def test_every_euro_is_in_one_class(full: Desk) -> None:
    found = coverage(full.place, full.books, full.mapping.mapping, first=FIRST, last=LAST)
    totals = {(way, cover): (net, lines) for (way, _, cover), (net, lines, _) in shares(found.rows).items()}
    assert totals == {
        ("purchase", Cover.COVERED): (11000 - 2000 + 700 + 200 + 300 + 900, 6),
        ("purchase", Cover.UNCOVERED): (100 + 400, 2),
        ("purchase", Cover.DEFAULT): (0, 0),
        ("purchase", Cover.IGNORED): (0, 0),
        ("sale", Cover.COVERED): (0, 0),
        ("sale", Cover.DEFAULT): (0, 0),
        ("sale", Cover.IGNORED): (0, 0),
        ("sale", Cover.UNCOVERED): (5000, 1),
    }
    assert [row.turnover for row in found.rows] == sorted((row.turnover for row in found.rows), reverse=True)
    told = {
        (row.situation.charge_type, row.customer_id): row for row in found.rows if row.situation.direction != "sale"
    }
    assert told["Cycle Fee", "A-2"].verdict.account == "7030"
    assert [choice.rule for choice in told["Cycle Fee", "A-2"].verdict.rows] == ["NL.P.STD.21", "X001"]
    assert told["Strange Fee", "A-1"].verdict.codes == ("CHARGE-TYPE-UNKNOWN",)
    assert set(found.examples) == {"CHARGE-TYPE-UNKNOWN", "ACCOUNT-UNMAPPED", "CUSTOMER-UNMAPPED"}
    whole = added_up(found.rows)
    assert sum(row.net for row in whole) == sum(row.net for row in found.rows)
    assert len(whole) < len(found.rows) or {row.customer_id for row in whole} == {""}


def test_what_would_happen_tomorrow_is_what_happens(full: Desk) -> None:
    found = coverage(
        full.place, full.books, full.mapping.mapping, first=FIRST, last=LAST, directions=[Direction.PURCHASE]
    )
    told = {each.line.charge_type: (each.verdict.cover, each.verdict.account) for each in found.tomorrow}
    assert told["Purchase Fee"] == (Cover.COVERED, "7010")
    assert told["Usage Fee"] == (Cover.COVERED, "7020")
    assert told[""] == told["?"] == (Cover.UNCOVERED, "")
    assert len(told) == 8
    assert {each.line.sender for each in found.tomorrow} == {"NL111111111B01"}


def test_documents_before_book_from_are_left_out(full: Desk) -> None:
    full.set(book_from=datetime.date(2024, 3, 10))
    found = coverage(full.place, full.books, full.mapping.mapping, first=FIRST, last=LAST)
    assert found.first == datetime.date(2024, 3, 10)
    assert sum(row.lines for row in found.rows) == 3 + 1 + 1


def test_nothing_stored_is_no_error(seat: Seat) -> None:
    desk = seat()
    found = coverage(desk.place, desk.books, desk.mapping.mapping, first=FIRST, last=LAST)
    assert (found.rows, found.usual, found.tomorrow) == ((), (), ())
    assert explain.usual_lines(desk.place, desk.books, list(Direction)) == {}


def test_a_line_is_explained_by_what_was_booked_and_by_what_the_tables_say_now(full: Desk) -> None:
    (named,) = explain.lines_named(full.place, full.books, "1:1")
    assert (named.net, named.version_no, named.newest) == (11000, 2, True)
    assert explain.lines_named(full.place, full.books, named.row_hash) == [named]
    found = explain.explained(full.place, full.books, full.mapping, named)
    assert found.booked is not None
    assert (found.booked.state, found.booked.version.id, found.booked.decision.account) == ("posted", 1, "7010")
    assert (found.differs, found.saved) == (False, found.booked.version)
    changed = mapping_files(rules=["X001;purchase;Cycle Fee;;;A-1;;;;;7030;;;;"])
    found = explain.explained(full.place, full.books, changed, named)
    assert (found.differs, found.saved, found.now.account) == (True, None, "7030")


def test_a_line_without_an_entry_is_explained_by_the_tables(full: Desk) -> None:
    (named,) = explain.lines_named(full.place, full.books, "2:1")
    found = explain.explained(full.place, full.books, full.mapping, named)
    assert (found.booked, found.differs, found.left_out) == (None, False, "")
    assert [each.code for each in found.now.problems] == ["CHARGE-TYPE-UNKNOWN"]
    near = explain.rules_near(full.place, full.mapping.mapping, named)
    assert not any(each.matches for each in near)
    assert [one.column for one in near[0].differing] == ["charge_type"]


def test_a_specification_is_named_with_its_customer(full: Desk) -> None:
    (named,) = explain.lines_named(full.place, full.books, "5/A-1:1")
    assert named.key.direction is Direction.SALE
    found = explain.explained(full.place, full.books, full.mapping, named)
    assert found.left_out == "sale = report"
    assert explain.lines_named(full.place, full.books, "5/A-9:1") == []
    assert explain.lines_named(full.place, full.books, "5:9") == []
    assert explain.lines_named(full.place, full.books, "no such hash") == []


def test_a_line_that_a_newer_version_lost_is_still_found(full: Desk) -> None:
    full.pull(invoice("2", line("1.00"), date=datetime.date(2024, 3, 5)))
    (named,) = explain.lines_named(full.place, full.books, "2:4")
    assert (named.newest, named.version_no) == (False, 1)


def test_what_is_usual_comes_from_the_newest_documents(full: Desk) -> None:
    usual = explain.usual_lines(full.place, full.books, list(Direction))
    assert (usual[Direction.PURCHASE].sender, usual[Direction.PURCHASE].rate) == ("NL111111111B01", "21")
    assert usual[Direction.SALE].customer_id == "A-1"
