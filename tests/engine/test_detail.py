"""Detailed answers: kept beside the documents, explaining them, never booked."""

from __future__ import annotations

import pytest

from connector.engine import in_force, look
from connector.engine.pull import Puller
from connector.source.base import Endpoint
from connector.store import tables
from tests.engine.desk import MARCH, Desk
from tests.engine.paper import Json, customer, invoice, line
from tests.engine.tampering import unguard

SUMMARY = invoice("1", line("87.20"), line("-15.99", kind="Correction", vat="-3.36"))
DETAIL = invoice("1", line("87.20"), line("-19.62", kind="Correction"), line("3.63", kind="Correction", vat="0.76"))


def shown(desk: Desk, number: str = "1") -> look.InvoiceView:
    (view,) = look.invoices(desk.place, desk.books, desk.dialect, number)
    return view


def lacks(desk: Desk) -> bool:
    return Puller(desk.place, desk.books, desk.dialect).lacks_detail(Endpoint.INVOICES, MARCH)


def codes(desk: Desk) -> list[str]:
    return [each.found.finding.code for each in in_force.findings(desk.place, desk.books)]


def test_a_detailed_answer_explains_a_correction_and_is_no_version_of_it(desk: Desk) -> None:
    desk.pull(SUMMARY)
    report = desk.pull(DETAIL, show_detail=True)
    assert (report.detail, report.explained, report.unmatched, report.new, report.changed) == (True, 1, 0, 0, 0)
    assert len(desk.all(tables.invoice_version)) == 1
    (one,) = shown(desk).splits
    assert one.agrees
    assert [str(change.net) for change in one.changes] == ["-19.62", "3.63"]
    assert "DETAIL-DIFFERS" not in codes(desk)
    assert desk.verify().holds


def test_it_is_booked_once_and_from_the_summary(desk: Desk) -> None:
    desk.pull(SUMMARY)
    desk.pull(DETAIL, show_detail=True)
    desk.prepare()
    (entry,) = desk.entries().values()
    assert entry.total_minor == 8720 - 1599 + 1831 - 336
    assert desk.verify().equations[0].sums["source"] == (2, 7121)


def test_a_detail_that_does_not_add_up_is_told_in_euros(desk: Desk) -> None:
    desk.pull(SUMMARY)
    other = invoice("1", line("87.20"), line("-19.62", kind="Correction"), line("3.64", kind="Correction", vat="0.76"))
    desk.pull(other, show_detail=True)
    (told,) = [each.found.finding for each in in_force.findings(desk.place, desk.books)
               if each.found.finding.code == "DETAIL-DIFFERS"]  # fmt: skip
    assert told.minor == 1
    assert not shown(desk).splits[0].agrees


def test_only_corrections_are_told_while_the_detail_adds_up(desk: Desk) -> None:
    """A cycle fee that the detail splits was listed among the changes behind corrections."""
    desk.pull(invoice("1", line("10.00"), line("-3.00", kind="User Correction")))
    halves = (line("5.00"), line("5.00"))
    detail = invoice(
        "1", *halves, line("-2.00", kind="User Correction"), line("-1.00", kind="User Correction", vat="-0.21")
    )
    desk.pull(detail, show_detail=True)
    assert [each.charge_type for each in shown(desk).splits] == ["User Correction"]
    desk.pull(invoice("1", line("5.00"), line("4.00"), line("-3.00", kind="User Correction")), show_detail=True)
    assert [(each.charge_type, each.corrects) for each in shown(desk).splits] == [("Cycle Fee", False)]


def test_a_detail_of_what_was_never_fetched_is_counted_and_explains_it_later(desk: Desk) -> None:
    assert desk.pull(DETAIL, show_detail=True).unmatched == 1
    desk.pull(SUMMARY)
    assert shown(desk).splits == ()
    assert desk.pull(DETAIL, show_detail=True).explained == 1
    assert shown(desk).splits
    assert desk.verify().holds


def test_the_same_detail_again_adds_no_row(desk: Desk) -> None:
    desk.pull(SUMMARY)
    desk.pull(DETAIL, show_detail=True)
    assert desk.pull(DETAIL, show_detail=True).explained == 0
    assert len(desk.all(tables.detail)) == 1


def test_a_source_that_does_not_know_details_gives_the_summary_and_tells_nothing_more(desk: Desk) -> None:
    desk.pull(SUMMARY)
    assert desk.pull(SUMMARY, show_detail=True).explained == 1
    assert shown(desk).splits == ()


def test_only_documents_with_corrections_lack_a_detail(desk: Desk) -> None:
    desk.pull(invoice("2", line("1.00")))
    assert not lacks(desk)
    desk.pull(invoice("2", line("1.00")), SUMMARY)
    assert lacks(desk)
    desk.pull(DETAIL, show_detail=True)
    assert not lacks(desk)


def test_a_new_version_lacks_its_detail_again(desk: Desk) -> None:
    desk.pull(SUMMARY)
    desk.pull(DETAIL, show_detail=True)
    desk.pull(invoice("1", line("87.20"), line("-16.00", kind="Correction", vat="-3.36")))
    assert lacks(desk)
    assert shown(desk).splits == ()


def test_each_customer_of_a_specification_has_its_own_detail(desk: Desk) -> None:
    def specification(*parts: Json) -> Json:
        return invoice("1", customers=parts)

    summary = specification(customer("A", [line("-3.00", kind="Correction")]), customer("B", [line("1.00")]))
    split = [line("-2.00", kind="Correction"), line("-1.00", kind="Correction")]
    sale = Endpoint.CUSTOMER_SPECIFICATIONS
    desk.pull(summary, endpoint=sale)
    detailed = specification(customer("B", [line("1.00")]), customer("A", split))
    assert desk.pull(detailed, endpoint=sale, show_detail=True).explained == 2
    views = look.invoices(desk.place, desk.books, desk.dialect, "1")
    assert {view.stands.standing.customer: len(view.splits) for view in views} == {"A": 1, "B": 0}
    assert desk.verify().holds


def test_each_of_two_documents_under_one_number_has_its_own_detail(desk: Desk) -> None:
    """The detail of the one was compared with the lines of the other, and told as a difference."""
    other = invoice("1", line("10.00"), line("-3.00", kind="Correction"))
    detail = invoice("1", line("10.00"), line("-2.00", kind="Correction"), line("-1.00", kind="Correction"))
    third = invoice("1", line("5.00"), line("-1.00", kind="Correction"))
    desk.pull(SUMMARY, other, third)
    report = desk.pull(third, detail, DETAIL, show_detail=True)
    assert (report.explained, report.unmatched) == (3, 0)
    views = look.invoices(desk.place, desk.books, desk.dialect, "1")
    assert sorted(len(split.changes) for view in views for split in view.splits) == [2, 2]
    assert all(split.agrees for view in views for split in view.splits)
    assert "DETAIL-DIFFERS" not in codes(desk)
    assert desk.verify().holds


def test_of_two_documents_under_one_number_one_whose_detail_differs_is_told(desk: Desk) -> None:
    other = invoice("1", line("10.00"), line("-3.00", kind="Correction"))
    wrong = invoice("1", line("10.00"), line("-2.00", kind="Correction"), line("-0.99", kind="Correction"))
    desk.pull(SUMMARY, other)
    assert desk.pull(DETAIL, wrong, show_detail=True).explained == 2
    (told,) = [
        each.found.finding
        for each in in_force.findings(desk.place, desk.books)
        if each.found.finding.code == "DETAIL-DIFFERS"
    ]
    assert told.minor == 1


@pytest.mark.parametrize("column", ["net_minor", "vat_minor", "lines"])
def test_a_changed_detail_is_found(desk: Desk, column: str) -> None:
    desk.pull(SUMMARY)
    desk.pull(DETAIL, show_detail=True)
    unguard(desk.database)
    with desk.database.transaction() as connection:
        connection.execute(tables.detail.update().values({column: tables.detail.c[column] + 1}))
    assert not desk.verify().holds
