"""What a purge takes along, and what it lets stand: documents changed after posting, and months beside purged ones."""

from __future__ import annotations

import datetime

import pytest

from connector.app.compared import with_compared
from connector.engine import completeness, retention
from connector.engine.purge import Order, planned, purge
from connector.engine.tie_out import was_purged
from connector.errors import RetentionError
from connector.source.base import Endpoint
from connector.store import papers as store
from connector.store import tables
from connector.store.ids import Ids
from tests.engine import test_consolidated as consolidated
from tests.engine import test_tie_out as tie_out
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import Json, body, customer, invoice, line, reordered
from tests.engine.test_purge import LAST, LATER, LONG_AGO, NOW, _window, everything, new, removed, sold

ORDER = Order(until=2018, years_kept=7, actor="jansen", reason="the period is over")


def _changed_after_posting(desk: Desk, net: str = "120.00") -> Desk:
    desk.now = NOW
    desk.pull(invoice("1", line("100.00"), date=LONG_AGO), *new(), window=None)
    desk.post()
    desk.pull(invoice("1", line(net), date=LONG_AGO), *new(), window=None)
    return desk


def test_a_document_that_was_changed_after_posting_does_not_keep_its_year_for_ever(seat: Seat) -> None:
    desk = _changed_after_posting(seat(today=NOW.date()))
    with pytest.raises(RetentionError, match=r"purchase 1 \(held\)"):  # it was not even looked at
        removed(desk)
    desk.prepare()
    assert desk.states()["1"] == "held"
    seen = retention.overview(desk.place, desk.books, 7)
    assert [(each.year, each.unfinished, each.changed) for each in seen.years] == [(2016, 0, 1), (2026, 0, 0)]
    assert seen.ready == 2016
    plan = planned(desk.place, desk.books, ORDER, desk.dialect)
    assert [(each.number, each.net) for each in plan.changed] == [("1", 12000)]
    before = desk.reconcile()
    assert removed(desk).net_minor == 12000
    assert [each.state for each in desk.all(tables.purged_document)] == ["held"]
    assert desk.verify().problems == []
    after = desk.reconcile()
    assert (after.sums, after.deviations) == (before.sums, [])


def test_a_correction_that_still_moves_keeps_its_year(quick: Seat) -> None:
    desk = quick(today=NOW.date(), on_change="delta")
    desk.now = NOW
    desk.pull(invoice("1", line("10.00"), line("20.00", kind="Usage Fee"), date=LONG_AGO), window=None)
    desk.post()
    desk.pull(invoice("1", line("15.00"), line("15.00", kind="Usage Fee"), date=LONG_AGO), window=None)
    desk.prepare()
    assert desk.delivery_states() == ["posted", "ready"]
    with pytest.raises(RetentionError, match=r"purchase 1 \(ready\)"):
        removed(desk)


def test_bytes_that_came_in_another_form_go_as_well(quick: Seat) -> None:
    """Also where the same answer holds both forms, or where another document of them went before."""
    desk = quick(kind="hledger", today=NOW.date())
    desk.now = NOW
    gone = invoice("1", customers=[customer("G-1", [line("5.00")], CompanyName="Vanderbilt")], date=LONG_AGO)
    desk.pull(gone, reordered(gone), *new(), window=None)
    desk.post()
    assert desk.rows()["slice"] == 3
    removed(desk)
    assert desk.rows()["slice"] == 1
    assert "Vanderbilt" not in everything(desk)
    assert desk.verify().problems == []


def _two_customers(desk: Desk) -> tuple[Json, Json]:
    """A specification of 2016 for two customers, and a later one of 2018 for the second of them."""
    desk.now = NOW
    lines = {each: [line("9.99", vat="0", rate="0")] for each in ("A-1", "B-2")}
    both = invoice("7", customers=[customer(each, made) for each, made in lines.items()], date=LONG_AGO)
    return both, invoice("7", customers=[customer("B-2", [line("8.00", vat="0", rate="0")])], date=LATER)


def test_bytes_of_documents_that_go_one_after_the_other_go_with_the_last(seat: Seat) -> None:
    desk = seat(kind="hledger", today=NOW.date())
    both, later = _two_customers(desk)
    for each in (both, reordered(both), later):
        desk.pull(each, endpoint=Endpoint.CUSTOMER_SPECIFICATIONS, window=None)
    desk.post()
    removed(desk, until=2016)
    assert list(desk.states()) == ["7/B-2"]
    assert desk.rows()["slice"] == 3
    removed(desk, until=2018)
    assert desk.rows()["slice"] == 0
    assert desk.verify().problems == []


def test_bytes_that_went_and_came_again_can_go_again(seat: Seat) -> None:
    """Under another VAT number specifications are other documents, of the same bytes."""
    desk = seat(kind="hledger", today=NOW.date())
    both, _later = _two_customers(desk)
    for number, vat_number in enumerate(("NL222222222B01", "NL333333333B01"), 1):
        desk.set(vat_number=vat_number)
        desk.pull(both, sold(str(number), LAST), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS, window=None)
        desk.post()
        assert (len(desk.states()), desk.rows()["slice"]) == (2 + number, 1 + number)
        removed(desk)
        assert (desk.rows()["slice"], desk.rows()["purged_document"]) == (number, 2 * number)
    assert desk.verify().problems == []


def test_a_month_that_was_purged_is_not_missed(quick: Seat) -> None:
    """November stays for a year, since its correction is booked in the next; December goes."""
    desk = quick(today=NOW.date())
    desk.now = NOW
    november, december, january = (datetime.date(*each) for each in ((2018, 11, 20), (2018, 12, 20), (2019, 1, 20)))
    first = invoice("1", line("10.00"), line("20.00", kind="Usage Fee"), date=november)
    others = [invoice("2", line("5.00"), date=december), invoice("3", line("5.00"), date=january)]
    desk.pull(first, *others, window=None)
    desk.post()
    desk.set(on_change="delta", closed_until=datetime.date(2018, 12, 31))
    desk.pull(invoice("1", line("15.00"), line("15.00", kind="Usage Fee"), date=november), *others, window=None)
    desk.post()
    assert set(desk.states().values()) == {"posted"}
    before = completeness.missing(desk.place, desk.books)
    assert before[0].month == "2019-02"
    removed(desk)
    assert set(desk.states()) == {"1", "3"}
    assert completeness.missing(desk.place, desk.books) == before


def test_a_paper_of_a_purged_document_is_not_kept_again(seat: Seat) -> None:
    desk = seat(today=NOW.date())
    desk.now = NOW
    desk.pull(invoice("1", line("100.00"), date=LONG_AGO), *new(), window=None)
    mailed = tie_out.paper("1", date=LONG_AGO)
    assert tie_out.add(desk, mailed)
    desk.post()
    removed(desk)
    assert desk.rows()["paper"] == 0
    assert not tie_out.add(desk, mailed)
    assert desk.rows()["paper"] == 0
    later, unknown = tie_out.paper("1", date=LAST), tie_out.paper("9", date=LONG_AGO)  # of documents still to come
    for each, purged in ((mailed, True), (later, False), (unknown, False)):
        assert was_purged(desk.place, desk.books, tie_out.offered(each)) is purged


def test_what_is_left_of_documents_purged_before_goes_without_any_document(seat: Seat) -> None:
    """A paper that is there all the same, and a consolidated invoice that came later."""
    desk = seat(today=NOW.date())
    desk.now = NOW
    desk.dialect = with_compared(desk.dialect)
    desk.pull(invoice("1", line("100.00"), date=LONG_AGO), *new(), window=None)
    desk.post()
    removed(desk)
    with desk.database.transaction() as connection:
        kept = tie_out.kept(desk, tie_out.paper("1", date=LONG_AGO))
        assert store.add(connection, desk.books.id, Ids(connection, desk.books.id), *kept)
    consolidated.came(desk, body([consolidated.matched("1", Contact="Vanderbilt", date=LONG_AGO)]))
    plan = planned(desk.place, desk.books, ORDER, desk.dialect)
    assert (plan.documents, plan.papers, plan.slices) == ((), 1, 1)
    made = removed(desk)
    assert (made.purge_id, made.documents) == (2, 0)
    assert (desk.rows()["paper"], desk.rows()["slice"]) == (0, 1)
    assert "Vanderbilt" not in everything(desk)
    assert desk.verify().problems == []
    assert planned(desk.place, desk.books, ORDER, desk.dialect).is_empty
    assert purge(desk.place, desk.books, ORDER, desk.dialect) is None


def test_single_changes_of_a_document_that_was_not_there_yet_go_with_its_year(quick: Seat) -> None:
    desk = quick(kind="hledger", today=NOW.date())
    desk.now = NOW
    gone = invoice("1", customers=[customer("G-1", [line("5.00")], CompanyName="Vanderbilt")], date=LONG_AGO)
    desk.pull(gone | {"Single": "Vanderbilt"}, window=_window(LONG_AGO), show_detail=True)
    desk.pull(gone, *new(), window=None)
    desk.post()
    removed(desk)
    assert desk.rows()["slice"] == 1
    assert "Vanderbilt" not in everything(desk)
    assert desk.verify().problems == []


def test_a_later_document_under_the_key_of_a_purged_one_is_not_taken_for_it(seat: Seat) -> None:
    """Documents without a number all have one key; and a number may be used again years later."""
    desk = seat(kind="hledger", today=NOW.date(), book_from=datetime.date(2020, 1, 1))
    desk.now = NOW
    old = [invoice(number, line("3.00"), date=LONG_AGO) for number in ("", "5")]
    desk.pull(*old, window=None)
    desk.post()
    assert set(desk.states().values()) == {"ignored"}
    removed(desk)
    assert desk.standing() == []
    later = [invoice("", line("4.00"), date=LAST), invoice("", line("6.00"), date=LAST), invoice("5", date=LAST)]
    report = desk.pull(*old, *later, window=None)
    assert (report.purged, report.new, report.changed) == (2, 3, 0)
    again = desk.pull(*later, *old, *new(), window=None)
    assert (again.purged, again.new, again.changed, again.unchanged) == (2, 1, 0, 3)
    desk.post()
    found = [(each.number, each.net, each.state.value) for each in desk.standing()]
    assert sorted(found) == [("", 400, "held"), ("", 600, "held"), ("5", 10000, "held"), ("9", 777, "posted")]
    assert desk.verify().problems == []
    assert desk.replay().problems == []


def test_a_second_document_of_one_number_that_was_purged_is_known_beside_the_first(seat: Seat) -> None:
    """The first has a later version, so it stays."""
    desk = seat(kind="hledger", today=NOW.date(), book_from=datetime.date(2020, 1, 1))
    desk.now = NOW
    first, second = (invoice("1", line(net), date=LONG_AGO) for net in ("3.00", "5.00"))
    moved = invoice("1", line("3.00"), date=datetime.date(2019, 5, 4))
    for each in (first, moved):
        desk.pull(each, second, window=None)
    desk.post()
    assert [each.net for each in desk.standing()] == [500, 300]
    removed(desk)
    assert [each.net for each in desk.standing()] == [300]
    report = desk.pull(moved, second, *new(), window=None)
    assert (report.new, report.changed) == (1, 0)
    report = desk.pull(moved, invoice("1", line("8.00"), date=LAST), second, window=None)
    assert (report.new, report.changed) == (1, 0)
    assert sorted(each.net for each in desk.standing()) == [300, 777, 800]
    assert desk.verify().problems == []
    assert removed(desk).documents == 0
