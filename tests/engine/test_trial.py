"""The trial month on a real database: books made of our own entries do not differ, and every change is found."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from connector.engine.approval import keep_back
from connector.engine.trial import TrialReport, trial
from connector.past_books import open_past_books
from connector.source.base import Endpoint
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import customer, invoice, line
from tests.past_books.audit import Booking, Ledger, audit_file, lumped, moved, of_entries, write

MONTH = "2024-03"
CONTROLS = ("1520", "1600")


def compared(desk: Desk, bookings: Sequence[Booking], ledger: Ledger, month: str = MONTH) -> TrialReport:
    path = write(desk.folder / "books.xaf", audit_file(bookings, ledger))
    before = desk.rows()
    report = trial(desk.place, desk.books, desk.mapping.mapping, month, open_past_books(path))
    assert desk.rows() == before, "a trial writes nothing"
    for row in report.trial.accounts:
        effects = sum(m for each in report.trial.explanations for a, m in each.effects if a == row.account)
        assert effects == row.difference
    return report


def exported(desk: Desk) -> tuple[list[Booking], Ledger]:
    return of_entries(desk.entries().values(), desk.mapping.mapping.chart)


def kinds(report: TrialReport) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.kind, each.documents) for each in report.trial.explanations]


@pytest.fixture
def three(desk: Desk) -> Desk:
    desk.pull(
        invoice("9001", line("100.00"), line("10.00", kind="Usage Fee")),
        invoice("9002", line("55.55"), line("-5.00", kind="Correction")),
        invoice("9003", line("20.00", kind="Usage Fee")),
    )
    return desk


def test_books_of_our_own_entries_do_not_differ(three: Desk) -> None:
    three.prepare()
    for step in (lambda: None, three.approve, three.deliver):
        step()
        report = compared(three, *exported(three))
        assert kinds(report) == []
        assert report.trial.is_explained
        assert (report.booked, report.on_paper, report.held, report.form) == (3, 0, 0, "XAF 3.2")
        assert report.remarks == ()


Change = Callable[[list[Booking]], list[Booking]]
CHANGES: dict[str, tuple[Change, list[tuple[str, str]], bool]] = {
    "one cost account": (
        lambda made: [lumped(made[0], "7000", CONTROLS), *made[1:]], [("account", "9001"), ("account", "9001")], True,
    ),
    "cost account": (lambda made: [moved(made[0], {"7020": "4400"}), *made[1:]], [("account", "9001")], True),
    "VAT account": (lambda made: [moved(made[0], {"1520": "1530"}), *made[1:]], [("vat account", "9001")], True),
    "creditor": (lambda made: [moved(made[0], {"1600": "1610"}), *made[1:]], [("party account", "9001")], True),
    "missing": (lambda made: made[:2], [("missing", "9003")], True),
    "twice": (lambda made: [*made, replace(made[2], number="99")], [("twice", "9003")], True),
    "another month": (
        lambda made: [*made[:2], replace(made[2], date=datetime.date(2024, 4, 2))], [("elsewhere", "9003")], True,
    ),
    "another amount": (lambda made: [_more(made[0], 500), *made[1:]], [("amount", "9001")], False),
    "a cent": (lambda made: [_more(made[0], 1), *made[1:]], [("rounding", "9001")], True),
    "without numbers": (lambda made: [_unnumbered(each) for each in made], [], True),
}  # fmt: skip


def _more(booking: Booking, minor: int) -> Booking:
    first, *rest, last = booking.lines
    lines = (replace(first, minor=first.minor + minor), *rest, replace(last, minor=last.minor - minor))
    return replace(booking, lines=lines)


def _unnumbered(booking: Booking) -> Booking:
    return replace(booking, text="", lines=tuple(replace(each, ref="", text="") for each in booking.lines))


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_found_and_explained(change: str, three: Desk) -> None:
    three.prepare()
    made, ledger = exported(three)
    changed, wanted, explained = CHANGES[change]
    report = compared(three, changed(sorted(made, key=lambda each: each.lines[0].ref)), ledger)
    assert [(kind, *numbers) for kind, numbers in kinds(report)] == wanted
    assert report.trial.is_explained is explained


def test_what_lies_before_book_from_or_in_a_closed_period_is_booked_on_paper(three: Desk) -> None:
    three.prepare()
    made, ledger = exported(three)
    three.books = msgspec.structs.replace(
        three.books,
        book_from=datetime.date(2025, 1, 1),
        closed_until=datetime.date(2024, 12, 31),
        settings_hash="later",
    )
    three.prepare()
    assert set(three.states().values()) == {"ignored"}
    report = compared(three, made, ledger)
    assert (report.booked, report.on_paper, report.held, report.ignored) == (0, 3, 0, 0)
    assert kinds(report) == []


def test_before_anything_is_prepared_or_approved(three: Desk) -> None:
    report = compared(three, [], Ledger())
    assert (report.booked, report.on_paper) == (0, 3)
    assert {kind for kind, _ in kinds(report)} == {"missing"}
    assert [each.kind for each in report.remarks] == ["no-postings"]
    three.prepare()
    with three.database.reading():
        first = three.deliveries()[0]
    keep_back(three.place, three.books, [first.delivery_id], actor="eva", reason="look")
    kept_back = compared(three, *exported(three))
    assert (kept_back.booked, kept_back.on_paper) == (2, 1)
    assert kinds(kept_back) == []


def test_what_is_held_is_told_with_its_codes(desk: Desk) -> None:
    desk.pull(invoice("1", line(kind="Odd Fee")), invoice("2", line("50.00", vat="3.00")))
    desk.prepare()
    report = compared(desk, [], Ledger())
    why = {each.documents[0]: each.why for each in report.trial.explanations}
    assert why["1"] == ("CHARGE-TYPE-UNKNOWN",)
    assert "VAT-DIFFERS" in why["2"]
    assert report.held == 2
    assert report.trial.is_explained


def test_another_month_has_nothing(three: Desk) -> None:
    three.prepare()
    report = compared(three, *exported(three), month="2024-02")
    assert report.trial.accounts == ()
    assert (report.booked, report.on_paper, report.held) == (0, 0, 0)


def test_rules_that_ignore_are_named(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("S1", customers=[customer("A-1", [line()])]), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    desk.prepare()
    report = compared(desk, [], Ledger())
    assert (report.ignored, report.rules) == (1, ("sale = report",))


def test_sales_are_compared_with_the_debtors(quick: Seat, tmp_path: Path) -> None:
    from tests.engine.desk import mapping_files

    row = "A-1;Customer A-1;1001;NL;NL001234567B01;2024-01-01;;;;;"
    desk = quick(mapping=mapping_files(customers=(row,)), sale="post", sale_source="customer-invoices")
    desk.pull(invoice("V1", customers=[customer("A-1", [line()])]), endpoint=Endpoint.CUSTOMER_INVOICES)
    desk.prepare()
    assert set(desk.states().values()) == {"ready"}, desk.standings()
    made, ledger = exported(desk)
    assert kinds(compared(desk, made, ledger)) == []
    report = compared(desk, [moved(each, {"8010": "8000"}) for each in made], ledger)
    assert [(each.kind, each.source, each.target) for each in report.trial.explanations] == [
        ("account", "8010", "8000")
    ]


def test_the_books_of_another_company_explain_nothing(three: Desk) -> None:
    _, ledger = exported(three)
    report = compared(three, [], ledger)
    assert report.trial.is_other_books
    assert not report.trial.is_explained
