"""Pull: one transaction per answer, each invoice kept once, every change seen."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from sqlalchemy import select

from connector.engine.pull import Puller
from connector.errors import PauseError, SourceFormatError
from connector.source.base import Endpoint, Window
from connector.store import fetches, tables
from tests.engine.conftest import Seat
from tests.engine.desk import MARCH, Desk, answer
from tests.engine.paper import COPACO, body, customer, invoice, line, reordered

SPECIFICATIONS = Endpoint.CUSTOMER_SPECIFICATIONS
LONG = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(160))  # 10,240 signs that no index packs smaller
APRIL = Window(start=datetime.date(2024, 4, 1), end=datetime.date(2024, 4, 2))


def test_an_answer_is_kept_with_its_lines_and_evidence(desk: Desk) -> None:
    report = desk.pull(invoice("1", line("100.00"), line("-25.50", kind="Correction")), invoice("2", line("12.345")))
    assert (report.invoices, report.new, report.changed, report.unchanged, report.lines) == (2, 2, 0, 0, 3)
    standings = desk.standings()
    assert {name: (each.lines, each.net, each.vat) for name, each in standings.items()} == {
        "1": (2, 7450, 2100 - 536),
        "2": (1, 1235, 259),
    }
    assert {each.reason for each in standings.values()} == {"not prepared yet"}
    assert desk.verify().problems == []


def test_the_same_body_adds_one_fetch_and_no_other_row(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"))
    before = desk.rows()
    report = desk.pull(invoice("1"), invoice("2"))
    assert (report.invoices, report.unchanged, report.new, report.changed) == (2, 2, 0, 0)
    assert desk.rows() == before | {"fetch": before["fetch"] + 1}
    assert [row.same_as for row in desk.all(tables.fetch)] == [None, 1]


def test_an_unchanged_invoice_in_another_body_is_not_kept_again(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"))
    before = desk.rows()
    report = desk.pull(invoice("2"), invoice("1"), invoice("3"))
    assert (report.unchanged, report.new, report.changed) == (2, 1, 0)
    after = desk.rows()
    assert (after["slice"], after["invoice_version"]) == (before["slice"] + 1, before["invoice_version"] + 1)


def test_other_order_of_fields_is_a_new_slice_and_no_version(desk: Desk) -> None:
    desk.pull(invoice("1", line(), line("3.00")))
    before = desk.rows()
    report = desk.keep(body([reordered(invoice("1", line(), line("3.00")))]))
    assert (report.unchanged, report.changed) == (1, 0)
    assert desk.rows() == before | {"fetch": 2, "slice": 2}


def test_a_changed_amount_is_a_version_and_a_gone_line_is_told(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00"), line("7.00", row_hash="h7")))
    report = desk.pull(invoice("1", line("101.00")))
    assert (report.changed, report.new, report.lines) == (1, 0, 1)
    assert desk.standings()["1"].version_no == 2
    assert desk.standings()["1"].net == 10100
    found = desk.findings("1")["LINES-VANISHED"]
    assert (found.minor, dict(found.values)) == (700, {"count": "1"})


def test_every_line_that_went_counts_when_a_row_hash_was_repeated(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("1", line("100.00"), line("7.00", row_hash="h7"), line("8.00", row_hash="h7")))
    desk.pull(invoice("1", line("100.00")))
    found = desk.findings("1")["LINES-VANISHED"]
    assert (found.minor, dict(found.values)) == (1500, {"count": "2"})


def test_a_row_hash_that_changes_is_told_and_books_nothing(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00", row_hash="a1"), line("7.00", row_hash="b2"), line("9.00", row_hash="d4")))
    desk.post()
    entries = desk.entries()
    desk.pull(invoice("1", line("100.00", row_hash="a1"), line("7.00", row_hash="c3"), line("9.01", row_hash="e5")))
    found = desk.findings("1")
    assert (found["ROW-HASH-CHANGED"].minor, dict(found["ROW-HASH-CHANGED"].values)) == (700, {"count": "1"})
    assert (found["LINES-VANISHED"].minor, dict(found["LINES-VANISHED"].values)) == (900, {"count": "1"})
    desk.pull(invoice("1", line("100.00", row_hash="f6"), line("7.00", row_hash="c3"), line("9.00", row_hash="d4")))
    desk.pull(invoice("1", line("100.00", row_hash="a1"), line("7.00", row_hash="b2"), line("9.00", row_hash="d4")))
    assert dict(desk.findings("1")["ROW-HASH-CHANGED"].values) == {"count": "2"}
    desk.post()
    assert desk.states() == {"1": "posted"}
    assert desk.entries() == entries
    assert desk.verify().problems == []


def test_there_and_back_again_is_three_versions(desk: Desk) -> None:
    first, second = invoice("1", line("1.00")), invoice("1", line("2.00"))
    for each in (first, second, first, first):
        desk.pull(each)
    assert (desk.standings()["1"].version_no, desk.standings()["1"].net) == (3, 100)
    assert desk.rows()["slice"] == 2
    assert desk.verify().problems == []


def test_the_same_invoice_twice_in_one_answer(desk: Desk) -> None:
    report = desk.pull(invoice("1"), invoice("1"))
    assert (report.new, report.repeated) == (1, 1)
    report = desk.pull(invoice("1"), reordered(invoice("1")))
    assert (report.new, report.changed, report.unchanged, report.repeated) == (0, 0, 1, 1)
    assert desk.states() == {"1": "held"}


def test_two_documents_under_one_number_stay_apart(desk: Desk) -> None:
    one, other = invoice("1", line("1.00")), invoice("1", line("2.00"), customers=[customer("B-2", [line("2.00")])])
    report = desk.pull(one, other)
    assert (report.new, report.repeated) == (2, 1)
    assert {name: each.net for name, each in desk.standings().items()} == {"1": 100, "1/part 2": 200}
    before = desk.rows()
    desk.pull(one, other, invoice("2"))
    assert desk.rows()["invoice_version"] == before["invoice_version"] + 1


def test_a_specification_is_a_document_per_customer(desk: Desk) -> None:
    parts = [customer("A-1", [line("10.00")]), customer("B-2", [line("20.00"), line("5.00")])]
    report = desk.pull(invoice("7", customers=parts), endpoint=SPECIFICATIONS)
    assert (report.invoices, report.new, report.lines) == (1, 2, 3)
    standings = desk.standings()
    assert {name: (each.direction, each.net) for name, each in standings.items()} == {
        "7/A-1": ("sale", 1000),
        "7/B-2": ("sale", 2500),
    }
    assert desk.verify().problems == []


def _specification(first: str, second: str) -> dict[str, object]:
    return invoice("7", customers=[customer("A-1", [line(first)]), customer("B-2", [line(second)])])


def test_a_specification_of_which_one_customer_changed_keeps_the_other(desk: Desk) -> None:
    # The slice of the second answer holds the version of one customer only; that of the other lies in the first.
    desk.pull(_specification("10.00", "20.00"), endpoint=SPECIFICATIONS)
    desk.pull(_specification("11.00", "20.00"), endpoint=SPECIFICATIONS)
    report = desk.pull(_specification("11.00", "20.00"), invoice("8"), endpoint=SPECIFICATIONS)
    assert (report.vanished, report.unchanged, report.changed) == (0, 2, 0)


def test_a_specification_that_goes_back_to_what_it_was_is_seen(desk: Desk) -> None:
    desk.pull(_specification("10.00", "20.00"), endpoint=SPECIFICATIONS)
    desk.pull(_specification("11.00", "20.00"), endpoint=SPECIFICATIONS)
    report = desk.pull(_specification("10.00", "20.00"), endpoint=SPECIFICATIONS)
    assert (report.changed, report.unchanged, report.vanished) == (1, 1, 0)
    assert {name: each.net for name, each in desk.standings().items()} == {"7/A-1": 1000, "7/B-2": 2000}


def test_an_invoice_that_vanishes_and_returns_is_noted_both_times(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"))
    assert desk.pull(invoice("2")).vanished == 1
    before = desk.rows()
    assert desk.pull(invoice("2")).vanished == 0
    assert desk.rows() == before | {"fetch": before["fetch"] + 1}
    assert desk.pull(invoice("1"), invoice("2")).returned == 1
    assert [row.kind for row in desk.all(tables.sighting)] == ["vanished", "returned"]


def test_only_the_window_that_was_asked_tells_what_is_missing(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2", date=APRIL.start), window=Window(start=MARCH.start, end=APRIL.end))
    assert desk.pull(invoice("2", date=APRIL.start), window=APRIL).vanished == 0
    assert desk.pull(invoice("1"), window=APRIL).vanished == 1


def test_saved_answers_prove_no_absence_and_move_no_watermark(desk: Desk) -> None:
    day = Window(start=datetime.date(2024, 3, 20), end=datetime.date(2024, 3, 20))
    desk.pull(invoice("1"), window=day, source="files")
    assert desk.pull(invoice("2"), window=day, source="files").vanished == 0
    with desk.database.reading() as connection:
        assert fetches.watermark(connection, desk.books.id, "invoices") is None
    desk.pull(invoice("1"), invoice("2"))
    with desk.database.reading() as connection:
        assert fetches.watermark(connection, desk.books.id, "invoices") == MARCH.end


def test_nothing_where_there_was_something_waits_for_a_person(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"))
    before = desk.rows()
    with pytest.raises(PauseError, match="answered nothing for 2024-03-01 to 2024-03-31, where it gave 2 invoices"):
        desk.pull()
    assert desk.rows() == before
    assert desk.pull(accept_unusual=True).vanished == 2
    assert desk.pull().invoices == 0


def test_nothing_where_only_saved_answers_held_something_waits_for_a_person_too(desk: Desk) -> None:
    """An API that never gave anything, but whose documents are there, says that there are none."""
    desk.pull(invoice("1"), source="files")
    with pytest.raises(PauseError, match="answered nothing"):
        desk.pull(source="copaco")
    assert desk.pull(source="billing").invoices == 0, "the older API never gave documents of the new platform"


def test_an_answer_in_words_that_there_is_nothing_is_kept_and_counts_as_empty(desk: Desk) -> None:
    assert desk.keep(b"No invoices found", no_data=True, status=404).invoices == 0
    desk.pull(invoice("1"))
    with pytest.raises(PauseError):
        desk.keep(b"No invoices found", no_data=True, status=404)
    desk.keep(b"No invoices found", no_data=True, status=404, accept_unusual=True)
    assert desk.verify().problems == []


def test_ten_times_the_usual_waits_for_a_person(quick: Seat) -> None:
    desk = quick()
    many = [invoice(str(n)) for n in range(61)]
    desk.pull(*many[:6])
    before = desk.rows()
    with pytest.raises(PauseError, match=r"answered 61 invoices .*never before were there more than 6"):
        desk.pull(*many)
    assert desk.rows() == before
    assert desk.pull(*many, accept_unusual=True).new == 55


def test_a_first_answer_of_any_size_is_usual(quick: Seat) -> None:
    assert quick().pull(*[invoice(str(n)) for n in range(70)]).new == 70


@pytest.mark.parametrize("tail", [b"", b"]", b"]} and more", b', {"Header"', b"]}]", b'], "Invoices": []}'])
def test_a_malformed_tail_leaves_nothing(desk: Desk, tail: bytes) -> None:
    desk.pull(invoice("1"))
    before = desk.rows()
    whole = body([invoice("2"), invoice("3"), invoice("1", line("9.00"))])
    with pytest.raises(SourceFormatError):
        desk.keep(whole.rstrip()[: -len(b"]}")] + tail)
    assert desk.rows() == before
    assert desk.keep(whole).new == 2  # and the same command works once the answer is whole


def test_what_a_failed_answer_taught_is_forgotten(desk: Desk) -> None:
    puller = Puller(desk.place, desk.books, desk.dialect)
    whole = body([invoice("1")])
    with pytest.raises(SourceFormatError):
        puller.keep(answer(whole + b"x", desk.folder), "copaco")
    puller.keep(answer(whole, desk.folder), "copaco")
    assert desk.verify().problems == []


def test_an_unknown_field_is_noted_once(desk: Desk) -> None:
    first = desk.pull(invoice("1", line(NewField="x")), invoice("2", line(NewField="y")))
    assert first.new_fields == ("Customers[].Subscriptions[].PriceLines[].NewField",)
    again = desk.pull(invoice("1", line(NewField="x")), invoice("3", line(NewField="z"), Extra=5))
    assert again.new_fields == ("Extra",)
    noted = [(row.path, row.example, row.number) for row in desk.all(tables.drift)]
    assert noted == [("Customers[].Subscriptions[].PriceLines[].NewField", '"x"', "1"), ("Extra", "5", "3")]
    assert [row.drift for row in desk.all(tables.line)] == ['{"NewField":"x"}', '{"NewField":"y"}', '{"NewField":"z"}']
    assert desk.pull(invoice("1", line(NewField="changed"))).changed == 1


def test_a_field_beside_the_invoices_is_noted(desk: Desk) -> None:
    report = desk.keep(body([invoice("1")]).rstrip()[:-1] + b', "Generated": "2024"}')
    assert report.new_fields == ("Generated",)


def test_every_body_is_rebuilt_byte_for_byte(desk: Desk) -> None:
    bodies = [
        body([invoice("1"), invoice("2")]),
        b"\xef\xbb\xbf" + body([invoice("2")]).replace(b": [", b" :\r\n[ "),
        body([invoice("2"), invoice("1", line("9.99"))]),
        body([]),
        body([invoice("1"), invoice("2")]),
    ]
    for each in bodies:
        desk.keep(each, accept_unusual=True)
    with desk.database.reading() as connection:
        ids = connection.execute(select(tables.fetch.c.fetch_id).order_by(tables.fetch.c.fetch_id)).scalars().all()
        rebuilt = [b"".join(fetches.body(connection, desk.books.id, each)) for each in ids]
        hashes = [fetches.rebuilt_hash(connection, desk.books.id, each) for each in ids]
    assert rebuilt == bodies
    assert hashes == [hashlib.sha256(each).digest() for each in bodies]


def test_a_number_is_known_per_issuer_and_list(desk: Desk) -> None:
    desk.pull(invoice("1"))
    other = invoice("1", sender={**COPACO, "VATNumber": "BE0123456789", "CompanyName": "Copaco Belgium"})
    assert desk.pull(invoice("1"), other).new == 1
    assert desk.pull(invoice("1"), endpoint=Endpoint.CUSTOMER_INVOICES).new == 1
    assert len(desk.all(tables.invoice)) == 3


@pytest.mark.parametrize(
    "odd",
    [
        {"header": {"InvoiceID": LONG}},
        {"sender": {"CompanyName": LONG}},
        {"sender": {"CompanyName": "nul \x00 in a name", "VATNumber": "NL1\x00"}},
        {"header": {"InvoiceID": "1\x00", "Currency": "€\x00"}},
        {"Extra\x00": {"a": "\x00" * 10}},
        {LONG: 1},
        {"customers": [customer(LONG, [line(Description="d" * 1_000_000, VendorDetails="\x00")])]},
        {"header": {"Date": "99991231", "TermsOfPaymentDays": 10**12}},
        {"header": {"Currency": LONG}},
    ],
    ids=["number", "issuer", "nul in names", "nul in ids", "nul in a field", "long field", "long texts", "far", "long"],
)
def test_odd_texts_are_kept_and_stop_nothing(desk: Desk, odd: dict[str, object]) -> None:
    made = {"number": "1", **odd}
    report = desk.pull(invoice(**made), invoice("2"), endpoint=Endpoint.INVOICES)  # type: ignore[arg-type]
    assert report.new == 2
    assert desk.pull(invoice(**made), invoice("2"), invoice("3")).unchanged == 2  # type: ignore[arg-type]
    desk.post()
    assert desk.standings()["2"].state.value == "posted"
    assert desk.verify().problems == []
    assert desk.replay().problems == []


@pytest.mark.parametrize("odd", [{"header": {"InvoiceID": LONG}}, {"customers": [customer(LONG, [line()])]}])
def test_odd_texts_in_a_specification(desk: Desk, odd: dict[str, object]) -> None:
    made = {"number": "1", **odd}
    assert desk.pull(invoice(**made), endpoint=SPECIFICATIONS).new == 1  # type: ignore[arg-type]
    assert desk.pull(invoice(**made), invoice("2"), endpoint=SPECIFICATIONS).unchanged == 1  # type: ignore[arg-type]
