"""Specifications on paper: pages that an accountant can read, and files whose every cent is read back."""

from __future__ import annotations

import datetime
import io
import re
import time
from decimal import Decimal
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest

from connector import texts
from connector.customer_papers.layout import Page, Priced, Sum, page
from connector.customer_papers.pdf import PapersUnavailable, check, pdf
from connector.customer_papers.xlsx import xlsx
from connector.domain.details import Attribute, Details
from connector.domain.specification import Contact, Specification
from connector.store.database import Database
from tests.customer_papers.cases import CASES, SENDER, golden, made
from tests.customer_papers.told import as_text
from tests.domain.test_specification import document, line, specified

EUROPE = "Ćwiękała, Łódź; Ő-Űrhajó; Ñandú; Øre; Ştefan; Ωμέγα; Київ; ß €"


@pytest.mark.parametrize("case", CASES)
def test_the_pages_of_the_examples(case: str, sqlite: Database, tmp_path: Path) -> None:
    pages = [as_text(page) for _, page in made(sqlite, tmp_path, case)]
    assert "\n\n".join(pages) == golden(case).read_text(encoding="utf-8"), "see tests/customer_papers/regenerate.py"


def several(count: int = 120, *, invoiced: bool = True, **more: Any) -> Specification:
    """A customer with two documents and many lines, negative ones among them."""
    kinds = ("Correction", "Cycle Fee", "Usage Fee")
    lines = [
        line(
            (-1 if n % 3 == 0 else 1) * (n * 1037 + 1), n, document=str(n % 2 + 1), subscription_id=f"s-{n % 7}",
            vendor=("Microsoft", "Copaco", "Veeam")[n % 3], charge_type=kinds[n % 3], vat=n, rate=("21", "9")[n % 2],
            start=datetime.date(2024, 1 + n % 3, 1), **more,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip
    documents = tuple(
        document(
            sum(each.net for each in lines if each.document == number),
            sum(each.vat for each in lines if each.document == number), number,
        )
        for number in "12"
    )  # fmt: skip
    return specified(*lines, documents=documents, invoiced=invoiced)


def laid_out(found: Specification, details: Details = Details.PRINTED) -> Page:
    return page(found, Contact(first_name="Łukasz", last_name="Ő"), SENDER, details)


def read(content: bytes) -> list[str]:
    return [each.extract_text() for each in pypdf.PdfReader(io.BytesIO(content)).pages]


def cents(text: str) -> int:
    return int(re.sub(r"\D", "", text)) * (-1 if text.startswith("-") else 1)


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_the_amounts_in_a_pdf_add_up_when_read_back(language: str) -> None:
    found = several()
    with texts.speaking(language):
        content = pdf(laid_out(found))
        wanted = laid_out(found)
    told = "\n".join(read(content))
    amount = r"-?\d{1,3}(?:[.,\u00a0 ]\d{3})*[.,]\d{2}(?!\d)"
    rows = re.findall(rf" (?:21|9) ({amount})$", told, re.MULTILINE)
    assert len(rows) == len(found.lines)
    assert sum(map(cents, rows)) == found.vat
    nets = re.findall(rf"({amount}) (?:21|9) {amount}$", told, re.MULTILINE)
    assert sum(map(cents, nets)) == found.net
    for name, value in wanted.totals:
        assert f"{name} {value}".replace("\u00a0", " ") in told.replace("\u00a0", " ")


def test_every_page_has_its_number_and_the_heads_of_the_table() -> None:
    found = laid_out(several(400))
    pages = read(pdf(found))
    assert len(pages) > 5
    for number, told in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in told
        assert " ".join(each.title for each in found.columns) in told.replace("\n", " ")


def test_letters_of_all_europe_are_printed_and_long_texts_wrapped() -> None:
    found = specified(
        line(description=f"{EUROPE} " * 4, vendor_details="x" * 700, plan=f"{EUROPE} plan"),
        line(2, 2, description="word " * 3000),
        documents=(document(102),),
    )
    told = "\n".join(read(pdf(laid_out(found))))
    for word in EUROPE.split():
        assert word in told
    assert told.count("word") == 3000
    assert told.replace("\n", "").count("x" * 700) == 1


def test_an_amount_that_is_too_wide_is_printed_smaller_and_whole() -> None:
    amount = 12_345_678_901_234_567
    told = "\n".join(read(pdf(laid_out(specified(line(amount), documents=(document(amount),))))))
    assert told.count("123,456,789,012,345.67") == 4


def test_signs_that_cannot_be_printed_are_left_out() -> None:
    found = specified(line(description="a\x00b\ud7ff\n=1+1", vendor_details="\x1b[31m"), documents=(document(100),))
    assert "a b" in "\n".join(read(pdf(laid_out(found))))
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(found, laid_out(found), Details.ALL))).worksheets[0]
    assert any(str(cell).endswith("=1+1") for row in sheet.values for cell in row)


@pytest.mark.parametrize("invoiced", [True, False])
def test_the_same_content_gives_the_same_bytes_at_any_time(invoiced: bool) -> None:
    found = several(30, invoiced=invoiced)
    before = pdf(laid_out(found)), xlsx(found, laid_out(found), Details.ALL)
    time.sleep(2.1)  # as ZIP files count time
    assert (pdf(laid_out(found)), xlsx(found, laid_out(found), Details.ALL)) == before
    facts = pypdf.PdfReader(io.BytesIO(before[0])).metadata
    assert facts is not None
    assert (facts.title, facts.author) == ("Specification March 2024 Fysio Plus", SENDER[0])
    assert facts.creation_date == datetime.datetime(2024, 3, 22, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize("invoiced", [True, False])
def test_a_workbook_has_every_cent_as_a_number(invoiced: bool) -> None:
    found = several(invoiced=invoiced)
    book = openpyxl.load_workbook(io.BytesIO(xlsx(found, laid_out(found), Details.ALL)))
    lines, sums = book.worksheets
    rows = list(lines.values)
    first = next(place for place, row in enumerate(rows) if row[0] == "Vendor")
    place = {title: number for number, title in enumerate(rows[first])}
    body, total = rows[first + 1 : -1], rows[-1]
    assert [minor(row[place["Amount"]]) for row in body] == [each.net for each in found.lines]
    assert minor(total[place["Amount"]]) == found.net
    assert [row[place["From"]].date() for row in body] == [each.start for each in found.lines]  # type: ignore[union-attr]
    assert ("VAT" in place) is invoiced
    if invoiced:
        assert [minor(row[place["VAT"]]) for row in body] == [each.vat for each in found.lines]
        assert minor(total[place["With VAT"]]) == found.gross
    vendors = [row for row in sums.values if row[1] == "Total"]
    assert [minor(row[3]) for row in vendors] == [each.net for each in found.vendors]
    assert not any(isinstance(cell, str) and cell.startswith("=") for row in rows for cell in row)


def minor(value: object) -> int:
    return int((Decimal(repr(value)) * 100).to_integral_exact())


def test_users_orders_discounts_and_details_stand_where_they_differ() -> None:
    ram = Attribute(name="GB RAM", value="32", printed=True)
    hidden = Attribute(name="", value="x-1", printed=False)
    found = specified(
        line(
            subscription_po="S-1", po_number="L-1", company="Daughter", discount=Decimal("0.50"), attributes=(ram,),
            line_attributes=(hidden,), vendor="", plan="", subscription_name="", quantity=None, unit_price=None,
            charge_type="Strange", start=None,
        ),
        documents=(document(100),),
    )  # fmt: skip
    told = as_text(laid_out(found, Details.ALL))
    for words in ("(no name)", "For Daughter", "Order number S-1", "Order number L-1", "Discount 0.50", "GB RAM: 32",
                  "    x-1", "Strange"):  # fmt: skip
        assert words in told
    assert "x-1" not in as_text(laid_out(found))
    assert "GB RAM" not in as_text(laid_out(found, Details.NONE))


def test_sums_stand_where_there_is_something_to_sum() -> None:
    april = {"start": datetime.date(2024, 4, 1), "end": None}
    found = specified(
        line(1, 1), line(2, 2), line(3, 3, charge_type="Correction"), line(4, 4, **april),
        line(5, 5, subscription_id="s-2"), documents=(document(15),),
    )  # fmt: skip
    sums = [(each.level, each.net) for each in laid_out(found).rows if isinstance(each, Sum)]
    assert sums == [(4, "0.03"), (3, "0.06"), (2, "0.10"), (1, "0.15")]


def test_lines_name_their_document_where_there_are_several() -> None:
    found = laid_out(several(6, invoiced=False))
    assert [name for name, _ in found.facts] == ["Document [1]", "Document [2]"]
    assert {row.cells[0] for row in found.rows if isinstance(row, Priced)} == {"1", "2"}


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleSpec | None:
        return None if name == "fpdf" else find_spec(name)

    monkeypatch.setattr("connector.customer_papers.pdf.find_spec", missing)
    with pytest.raises(PapersUnavailable) as caught:
        check()
    assert "copaco-connector[reports]" in caught.value.hint
