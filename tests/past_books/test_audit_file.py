"""Audit files: every version is read, what a schema cannot see is remarked, and what is no audit file is refused."""

from __future__ import annotations

import datetime
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from connector.domain.past_books import PastRelation, Remark
from connector.errors import PastBooksError
from connector.past_books import open_past_books
from tests.past_books.audit import NAMESPACES, Booking, Ledger, Line, audit_file, write

DAY = datetime.date(2024, 12, 5)
LEDGER = Ledger(
    accounts=[("7000", "Inkoop & kosten", "P"), ("1520", "Voorbelasting", "B"), ("1600", "Crediteuren", "B")],
    relations=[("C1", "Copaco Nederland B.V.", "NL000011113B01")],
    vat_codes=[("H", "", "1520")],
)
PURCHASE = Booking(
    number="240012",
    date=DAY,
    text="Copaco",
    lines=(
        Line(account="7000", minor=175957, text="Factuur 9241110001", ref="F-1", tax="H"),
        Line(account="1520", minor=36951, ref="F-1"),
        Line(account="1600", minor=-212908, ref="9241110001", party="C1"),
    ),
)
PAYMENT = Booking(
    number="9",
    date=DAY,
    journal="BNK",
    lines=(Line(account="1600", minor=5, party="C1"), Line(account="1520", minor=-5)),
)


def book_file(folder: Path, text: str) -> Any:
    return open_past_books(write(folder / "books.xaf", text))


@pytest.mark.parametrize("version", NAMESPACES)
def test_every_version_is_read(version: str, tmp_path: Path) -> None:
    past = book_file(tmp_path, audit_file([PURCHASE, PAYMENT], LEDGER, version))
    paid, _, cost, vat, creditor = past.postings()
    assert past.form == f"XAF {version}"
    assert (cost.date, cost.period, cost.journal, cost.journal_type, cost.entry) == (
        DAY,
        "2024-12",
        "INK",
        "P",
        "240012",
    )
    assert [each.minor for each in (cost, vat, creditor)] == [175957, 36951, -212908]
    assert (cost.account_name, cost.result, vat.result) == ("Inkoop & kosten", True, False)
    assert (cost.text, cost.entry_text, cost.tax_code) == ("Factuur 9241110001", "Copaco", "H")
    assert (creditor.party_name, creditor.party_vat_number) == ("Copaco Nederland B.V.", "NL000011113B01")
    assert creditor.document_ref == "9241110001"
    assert cost.place == "journal INK, transaction 240012, line 1"
    assert paid.journal_type == "B"
    assert past.remarks == ()
    assert past.tax_accounts == {"1520"}
    assert past.relations == {
        "C1": PastRelation(
            number="C1", name="Copaco Nederland B.V.", vat_number="NL000011113B01", country="NL", kind="B"
        )
    }
    assert len(list(past.postings())) == 5, "it can be read again"
    assert past.remarks == ()


def test_the_period_counts_and_not_the_date_where_periods_are_months(tmp_path: Path) -> None:
    text = audit_file([PURCHASE], LEDGER).replace(
        "<periodNumber>12</periodNumber><trDt>", "<periodNumber>11</periodNumber><trDt>"
    )
    (period,) = {each.period for each in book_file(tmp_path, text).postings()}
    assert period == "2024-11"
    year = re.sub(r"<periods>.*</periods>", "", text)
    (period,) = {each.period for each in book_file(tmp_path, year).postings()}
    assert period == "2024-12"


def test_what_is_within_something_else_of_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    history = (
        "<customerSupplierHistory><customerSupplier><custSupID>C1</custSupID><custSupName>Old name</custSupName>"
        "</customerSupplier></customerSupplierHistory></customerSupplier>"
    )
    opening = (
        "<openingBalance><opBalDate>2024-01-01</opBalDate><linesCount>7</linesCount><totalDebit>1.00</totalDebit>"
        "<totalCredit>1.00</totalCredit></openingBalance><transactions>"
    )
    text = audit_file([PURCHASE], LEDGER).replace("</customerSupplier>", history, 1).replace("<transactions>", opening)
    past = book_file(tmp_path, text)
    assert len(list(past.postings())) == 3
    assert past.relations["C1"].name == "Copaco Nederland B.V."
    assert past.remarks == ()


def test_what_a_schema_cannot_see_is_remarked_with_its_place(tmp_path: Path) -> None:
    wrong = Booking(
        number="13", date=DAY, lines=(Line(account="7999", minor=100), Line(account="1600", minor=-98, party="C9"))
    )
    ledger = Ledger(
        accounts=LEDGER.accounts,
        relations=LEDGER.relations,
        promises={"linesCount": "4", "totalDebit": "9999.00", "totalCredit": "0.98"},
    )
    past = book_file(tmp_path, audit_file([wrong], ledger))
    list(past.postings())
    assert past.remarks == (
        Remark(kind="unknown-account", where="journal INK, transaction 13, line 1", value="7999", minor=100),
        Remark(kind="unknown-relation", where="journal INK, transaction 13, line 2", value="C9", minor=-98),
        Remark(kind="unbalanced", where="journal INK, transaction 13", minor=2),
        Remark(kind="lines-count", where="4", value="2", minor=-2),
        Remark(kind="total-debit", where="999900", value="100", minor=-999800),
    )


def test_many_remarks_of_a_kind_are_counted(tmp_path: Path) -> None:
    many = [Booking(number=str(n), date=DAY, lines=(Line(account="7000", minor=1),)) for n in range(25)]
    past = book_file(tmp_path, audit_file(many, LEDGER))
    list(past.postings())
    assert len(past.remarks) == 10
    assert sum(each.count for each in past.remarks) == 25
    assert sum(each.minor for each in past.remarks) == 25


def test_a_file_without_postings_says_so(tmp_path: Path) -> None:
    past = book_file(tmp_path, audit_file([], LEDGER))
    assert list(past.postings()) == []
    assert [each.kind for each in past.remarks] == ["no-postings"]


def test_a_file_without_a_namespace_is_read_and_remarked(tmp_path: Path) -> None:
    past = book_file(tmp_path, re.sub(r' xmlns="[^"]*"', "", audit_file([PURCHASE], LEDGER)))
    assert len(list(past.postings())) == 3
    assert past.remarks == (Remark(kind="no-namespace", where="auditfile", value="3.2"),)


GOOD = audit_file([PURCHASE], LEDGER)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("XAF/3.2", "XAF/3.1"), ["auditfile of http://www.auditfiles.nl/XAF/3.1"]),
        ("<html><body>Log in</body></html>", ["begins with html"]),
        (GOOD[: len(GOOD) // 2], ["breaks off or is damaged at line"]),
        (GOOD.replace("<amnt>1759.57", "<amnt>1759,57"), ["'1759,57' is no amount", "transaction 240012, line 1"]),
        (GOOD.replace("<amnt>1759.57", "<amnt>1759.575"), ["more than two decimals"]),
        (GOOD.replace("<amntTp>D", "<amntTp>X"), ["neither D nor C", "line 1"]),
        (GOOD.replace("<trDt>2024-12-05", "<trDt>05-12-2024"), ["trDt is '05-12-2024'", "transaction 240012"]),
        (GOOD.replace("<curCode>EUR", "<curCode>USD"), ["the books are in USD"]),
        (GOOD.replace('encoding="UTF-8"', 'encoding="EBCDIC-XX"'), ["encoding"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(text: str, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(PastBooksError) as caught:
        list(book_file(tmp_path, text).postings())
    for word in words:
        assert word in str(caught.value)
    assert "books.xaf" in caught.value.where
    assert caught.value.exit_code == 13


def test_another_encoding_than_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "books.xaf"
    path.write_bytes(GOOD.replace("Inkoop", "Inkoop café").encode("cp1252"))
    with pytest.raises(PastBooksError, match="damaged at line") as caught:
        list(open_past_books(path).postings())
    assert "encoding" in caught.value.hint


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE, REMOTE])
def test_entities_and_external_files_are_refused(declared: str, tmp_path: Path) -> None:
    head, rest = GOOD.split("\n", 1)
    with pytest.raises(PastBooksError, match="DTD"):
        list(book_file(tmp_path, f"{head}\n{declared}\n{rest.replace('Factuur', '&c;')}").postings())


def test_columns_are_not_for_audit_files(tmp_path: Path) -> None:
    with pytest.raises(PastBooksError, match="no columns"):
        open_past_books(write(tmp_path / "books.xaf", GOOD), {"account": "x"})


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        bookings = (Booking(number=str(n), date=DAY, lines=PURCHASE.lines) for n in range(count))
        past = book_file(tmp_path, audit_file(bookings, LEDGER))
        tracemalloc.start()
        assert sum(1 for _ in past.postings()) == count * 3
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(6000) < peak(600) + 200_000
