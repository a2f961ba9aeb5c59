"""Paper beside data: what agrees is confirmed, what differs holds, and what could not be read is told."""

from __future__ import annotations

import datetime
import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.booking import kind_of
from connector.domain.catalogue import FINDINGS, WORDS, severity_of
from connector.domain.finding import Finding, Severity
from connector.domain.journal import DocumentKind
from connector.domain.paper import (
    CODES,
    KeptPaper,
    Obstacle,
    Paper,
    PaperForm,
    PaperType,
    bare_vat_number,
    belongs_to,
    comes_too_late,
    owed,
    standing,
)
from tests.domain.books import Prepared, invoice, prepare, priced

FEE = priced("Cycle Fee", "100.00", "21.00")
CREDIT = priced("Correction", "-100.00", "-21.00")
AT = datetime.datetime(2026, 12, 28, 9, 0, tzinfo=datetime.UTC)
DATE = prepare(invoice(FEE)).document.head.date
SELLER = prepare(invoice(FEE)).document.head.sender_vat


def paper(**told: Any) -> Paper:
    """The paper of an invoice of 100.00 and 21.00 VAT, unless told otherwise."""
    plain: dict[str, Any] = {"number": "1", "type": PaperType.INVOICE, "net": 10_000, "vat": 2_100, "gross": 12_100}
    return Paper(**({"form": PaperForm.UBL} | plain | told))


def kept(one: Paper, sha256: bytes = b"p" * 32, **more: Any) -> KeptPaper:
    plain: dict[str, Any] = {"name": "i.xml", "size": 9, "sender": "", "actor": "Eva", "at": AT}
    return KeptPaper(paper=one, sha256=sha256, **(plain | more))


def beside(*papers: Paper, fee: Any = FEE, required: bool = False, **head: Any) -> Prepared:
    return prepare(invoice(fee, **head), papers=tuple(map(kept, papers)), paper_required=required)


def told(done: Prepared) -> dict[str, int]:
    return {each.code: each.minor for each in done.findings if each.code.startswith("PAPER")}


def test_an_equal_paper_confirms_and_the_document_is_booked() -> None:
    done = beside(paper(currency="EUR", date=DATE, seller_vat=SELLER, buyer_vat=done_vat()))
    assert told(done) == {"PAPER-CONFIRMED": 12_100}
    assert done.entry.total_minor == 12_100
    (found,) = (each for each in done.findings if each.code == "PAPER-CONFIRMED")
    assert found.where == "paper " + (b"p" * 6).hex()
    assert dict(found.values) == {"name": "i.xml", "total": "121.00", "day": "2026-12-28"}


def done_vat() -> str:
    return prepare(invoice(FEE)).books.vat_number


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (paper(net=9_999, gross=12_099), {"PAPER-TOTAL": 1}),
        (paper(net=10_001, vat=2_099), {"PAPER-VAT": 1}),
        (paper(net=None, vat=2_099), {"PAPER-VAT": 1}),
        (paper(net=10_001, vat=None), {"PAPER-VAT": 1}),
        (paper(gross=12_200), {"PAPER-TOTAL": -100, "PAPER-ARITHMETIC": 100}),
        (paper(net=10_100), {"PAPER-ARITHMETIC": -100}),
        (paper(currency="USD"), {"PAPER-CURRENCY": 12_100}),
        (paper(date=datetime.date(2020, 1, 1)), {"PAPER-DATE": 12_100}),
        (paper(seller_vat="BE0111111111"), {"PAPER-SELLER": 12_100}),
        (paper(buyer_vat="BE0111111111"), {"PAPER-BUYER": 12_100}),
    ],
)
def test_every_difference_holds_with_its_euros(one: Paper, expected: dict[str, int]) -> None:
    done = beside(one)
    assert told(done) == expected
    assert done.booked is None
    for each in done.findings:
        speaks(each)
        assert severity_of(each) is Severity.HOLD


def speaks(found: Finding) -> None:
    """The finding has every value that its sentence wants, and every word of it is translated."""
    fields = [(name, kind) for _, name, kind, _ in string.Formatter().parse(FINDINGS[found.code].sentence) if name]
    values = {"minor": "", "where": "", **dict(found.values)}
    assert {name for name, _ in fields} <= values.keys()
    assert {values[name] for name, kind in fields if kind == "word"} <= set(WORDS)


def test_what_the_data_do_not_tell_is_not_compared() -> None:
    nowhere = prepare(invoice(FEE), papers=(kept(paper(buyer_vat="BE0111111111", seller_vat="X")),), own_vat_number="")
    assert "PAPER-BUYER" not in told(nowhere)
    without = paper(date=datetime.date(2020, 1, 1), currency="")
    assert "PAPER-DATE" not in told(beside(without, date=""))
    assert told(beside(paper(currency="EUR"), currency="")) == {"PAPER-CURRENCY": 12_100}


class TestCreditNotes:
    def test_a_credit_note_on_paper_and_in_sign_is_booked_as_one(self) -> None:
        done = beside(paper(type=PaperType.CREDIT_NOTE, net=-10_000, vat=-2_100, gross=-12_100), fee=CREDIT)
        assert told(done) == {"PAPER-CONFIRMED": -12_100}
        assert kind_of(done.document) is DocumentKind.CREDIT_NOTE

    def test_an_invoice_below_zero_is_the_same_to_the_books(self) -> None:
        assert told(beside(paper(net=-10_000, vat=-2_100, gross=-12_100), fee=CREDIT)) == {"PAPER-CONFIRMED": -12_100}

    @pytest.mark.parametrize(
        ("one", "fee", "words", "more"),
        [
            (paper(type=PaperType.CREDIT_NOTE, net=-10_000, vat=-2_100, gross=-12_100), FEE, "credit note", set()),
            (paper(type=PaperType.CREDIT_NOTE), FEE, "credit note", set()),
            (paper(type=PaperType.CREDIT_NOTE, net=None, vat=None, gross=None), FEE, "credit note", set()),
            (paper(type=None, net=None, vat=None, gross=-12_100), FEE, "credit note", set()),
            (paper(type=PaperType.CREDIT_NOTE, net=-50, vat=0, gross=-50), FEE, "credit note", {"TOTAL", "VAT"}),
            (paper(), CREDIT, "invoice", set()),
        ],
    )
    def test_the_legal_type_wins_over_the_sign(self, one: Paper, fee: Any, words: str, more: set[str]) -> None:
        done = beside(one, fee=fee)
        (found,) = (each for each in done.findings if each.code == "PAPER-TYPE")
        assert dict(found.values)["paper"] == words
        assert dict(found.values)["document"] == ("credit note" if words == "invoice" else "invoice")
        assert {each for each in told(done) if each not in ("PAPER-TYPE", "PAPER-INCOMPLETE")} == {
            f"PAPER-{each}" for each in more
        }
        assert done.booked is None
        speaks(found)

    def test_nothing_owed_is_neither(self) -> None:
        done = beside(paper(type=PaperType.CREDIT_NOTE, net=0, vat=0, gross=0), fee=priced("Cycle Fee", "0.00", "0.00"))
        assert told(done) == {"PAPER-CONFIRMED": 0}

    @pytest.mark.parametrize(
        ("printed", "kind", "form", "minor"),
        [
            (None, PaperType.CREDIT_NOTE, PaperForm.UBL, None),
            (5, None, PaperForm.UBL, 5),
            (-5, PaperType.INVOICE, PaperForm.PDF, -5),
            (5, PaperType.CREDIT_NOTE, PaperForm.UBL, -5),
            (-5, PaperType.CREDIT_NOTE, PaperForm.PDF_XML, 5),
            (5, PaperType.CREDIT_NOTE, PaperForm.PDF, -5),
            (-5, PaperType.CREDIT_NOTE, PaperForm.PDF, -5),
        ],
    )
    def test_what_is_owed_by_an_amount(
        self, printed: int | None, kind: PaperType | None, form: PaperForm, minor: int | None
    ) -> None:
        assert owed(printed, kind, form) == minor


class TestUnread:
    def test_what_could_not_be_read_warns_and_is_booked(self) -> None:
        done = beside(paper(type=None, vat=None, net=None, form=PaperForm.PDF))
        fields = [dict(each.values)["field"] for each in done.findings]
        assert fields == ["type", "VAT"]
        assert done.entry.total_minor == 12_100
        for each in done.findings:
            speaks(each)

    def test_what_one_form_does_not_tell_the_other_does(self) -> None:
        scanned = Paper(form=PaperForm.PDF, number="1", obstacle=Obstacle.NO_TEXT)
        assert scanned.unread == ("type", "total", "VAT")
        assert Paper(form=PaperForm.PDF).unread == ("number", "type", "total", "VAT")
        assert told(beside(scanned, paper())) == {"PAPER-CONFIRMED": 12_100}

    def test_a_difference_is_told_beside_what_could_not_be_read(self) -> None:
        assert told(beside(paper(type=None, gross=1, net=None, vat=None))) == {
            "PAPER-TOTAL": 12_099,
            "PAPER-INCOMPLETE": 0,
        }

    def test_only_where_it_is_required_a_missing_paper_holds(self) -> None:
        assert told(beside()) == {}
        assert told(beside(required=True)) == {"PAPER-MISSING": 10_000}
        assert told(beside(paper(), required=True)) == {"PAPER-CONFIRMED": 12_100}
        unread = beside(paper(gross=None), required=True)
        assert told(unread) == {"PAPER-INCOMPLETE": 0, "PAPER-MISSING": 10_000}
        assert unread.booked is None


def test_a_paper_belongs_to_the_documents_of_its_seller() -> None:
    both = ((1, "NL1"), (2, "BE1"), (3, "NL1"))
    assert belongs_to(paper(seller_vat="NL1"), both) == (1, 3)
    assert belongs_to(paper(seller_vat=""), both) == ()
    assert belongs_to(paper(seller_vat="DE1"), both) == ()
    assert belongs_to(paper(seller_vat="DE1"), ((1, "NL1"), (3, "NL1"))) == (1, 3), "it differs, and is told"
    assert belongs_to(paper(seller_vat=""), ((2, "BE1"),)) == (2,)
    assert belongs_to(paper(), ()) == ()


def test_the_newest_file_of_each_form_counts() -> None:
    first, second, corrected = paper(gross=1), paper(form=PaperForm.PDF), paper()
    one, two, three = (kept(each, bytes([n]) * 32) for n, each in enumerate((first, second, corrected)))
    assert standing([one, two, three]) == (two, three)
    assert standing([]) == ()


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_a_cent_of_difference_in_total_or_vat_is_always_seen(off_total: int, off_vat: int) -> None:
    done = beside(paper(net=None, gross=12_100 + off_total, vat=2_100 + off_vat))
    same = off_total == 0 and off_vat == 0
    assert ("PAPER-CONFIRMED" in told(done)) is same
    assert (done.booked is not None) is same
    assert set(told(done)) <= set(CODES)


def test_a_vat_number_is_compared_without_its_signs() -> None:
    assert bare_vat_number("be 0123.456-789") == "BE0123456789"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paper", paper(gross=1)),
        ("name", "other.xml"),
        ("sha256", b"q" * 32),
        ("size", 10),
        ("sender", "finance@copaco.cloud"),
        ("actor", "Jan"),
        ("at", AT + datetime.timedelta(microseconds=1)),
    ],
)
def test_every_cent_and_word_counts_in_the_digest(name: str, value: object) -> None:
    one = kept(paper())
    assert msgspec.structs.replace(one, **{name: value}).digest != one.digest


@pytest.mark.parametrize(
    ("code", "late"),
    [("PAPER-TOTAL", True), ("PAPER-DATE", True), ("PRINTED-TOTAL-DIFFERS", True), ("PAPER-CONFIRMED", False),
     ("PAPER-INCOMPLETE", False), ("SENDER-CHANGED", False)],
)  # fmt: skip
def test_what_comes_too_late_for_what_is_booked(code: str, late: bool) -> None:
    assert comes_too_late(code) is late
