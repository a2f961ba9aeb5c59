"""The workbook for Word's MailMerge: the accountant's columns, amounts as Word shows them, mistakes by their cell."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import texts
from connector.customer_papers.mailmerge import (
    FIELDS,
    Column,
    Letter,
    TemplateError,
    as_file,
    default,
    link,
    merged,
    read,
)
from connector.domain.specification import Contact
from tests.domain.test_specification import document, line, specified

CONTACT = Contact(first_name="Lien", last_name="Peeters", email="lien@a1.example", vat_number="BE0")


def letter(net: int = 123_456, *, invoiced: bool = True, language: str = "nl") -> Letter:
    made = specified(line(net, vat=net // 5), documents=(document(net, net // 5),), invoiced=invoiced)
    return Letter(specification=made, contact=CONTACT, language=language, file="a.pdf", link="https://x.example/a.pdf")


def rows(content: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)


def columns(*below: str) -> list[Column]:
    return [Column(title=f"C{place}", text=text) for place, text in enumerate(below)]


def test_amounts_are_text_in_the_language_of_the_reader_and_numbers_where_asked() -> None:
    wanted = columns("{net}", "{net:number}", "{gross}", "{date}", "{period}", "Beste {contact}: {net:number}")
    titles, *found = rows(merged(wanted, [letter(language=each) for each in ("en", "nl", "fr")]))
    assert titles == ("C0", "C1", "C2", "C3", "C4", "C5")
    assert [row[0] for row in found] == ["1,234.56", "1.234,56", "1\N{NO-BREAK SPACE}234,56"]
    assert [Decimal(repr(row[1])) for row in found] == [Decimal("1234.56")] * 3
    assert [row[3] for row in found] == ["2024-03-22", "22-03-2024", "22/03/2024"]
    assert found[0][5] == "Beste Lien Peeters: 1234.56"
    assert texts.language() == "en"


def test_without_an_invoice_there_is_neither_vat_nor_a_total_with_it() -> None:
    wanted = columns("{net}", "{vat}", "{gross}", "{vat:number}", "{gross:number}", "x{vat:number}")
    assert rows(merged(wanted, [letter(invoiced=False)]))[1] == ("1.234,56", None, None, None, None, "x")


def test_every_field_can_be_used_and_functions_too() -> None:
    wanted = columns(*(f"{{{each}}}" for each in FIELDS), "first({telephone},{email})", "upper({customer})", "fixed")
    (row,) = rows(merged(wanted, [letter()]))[1:]
    assert row[-3:] == ("lien@a1.example", "FYSIO PLUS", "fixed")
    assert len(row) == len(FIELDS) + 3


@given(st.lists(st.integers(-(10**12), 10**12), max_size=8))
def test_numbers_are_read_back_to_the_cent(amounts: list[int]) -> None:
    found = rows(merged(columns("{net:number}"), [letter(each) for each in amounts]))[1:]
    assert [int(Decimal(repr(row[0])) * 100) for row in found] == amounts


def test_no_text_becomes_a_formula() -> None:
    content = merged(columns("={customer}", "=1+1"), [letter()])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.data_type for cell in sheet[2]] == ["s", "s"]


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_template_that_comes_along_works_and_fits_word(language: str, ending: str, tmp_path: Path) -> None:
    with texts.speaking(language):
        wanted = default()
    file = tmp_path / f"template{ending}"
    file.write_bytes(as_file(wanted, ending))
    assert read(file) == wanted
    assert all(" " not in each.title and len(each.title) <= 40 for each in wanted)
    titles, row = rows(merged(wanted, [letter()]))
    assert titles == tuple(each.title for each in wanted)
    assert "lien@a1.example" in row


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Name;Mail\n{customer};{mail}\n", "cell B2: there is no field {mail}; did you mean {email}?"),
        ("Name;Mail\n{customer};{quux}\n", "cell B2: there is no field {quux}; there is customer, "),
        ("Name\n{customer\n", "cell A2: '{customer' has a brace without its partner"),
        ("Name\nleft({customer})\n", "cell A2: left takes"),
        ("Name;name\n{customer};{email}\n", "cell B1: 'name' is the title of A1 already"),
        ("Name;\n{customer};{email}\n", "cell B1: there is no title above '{email}'"),
        (f"{'N' * 41}\n{{customer}}\n", "cell A1: Word takes titles of at most 40 characters, this has 41"),
        ("\n{}\n", "cell A1: there is no title"),
        ("Name\n", "this one has 1"),
        ("", "this one has 0"),
        ("Name\n{customer}\n{email}\n", "this one has 3"),
    ],
)
def test_a_mistake_is_told_with_its_cell(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "template.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        read(file)
    assert words in str(caught.value)
    assert "connector customers template" in caught.value.hint


def test_cells_far_to_the_right_have_their_names(tmp_path: Path) -> None:
    file = tmp_path / "template.csv"
    titles = ";".join(f"T{place}" for place in range(30))
    file.write_text(f"{titles}\n{';'.join(['{customer}'] * 27)};{{oops}};x;{{mail}}\n", encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        read(file)
    assert [each.split(":")[0] for each in caught.value.problems] == ["cell AB2", "cell AD2"]


def test_files_that_are_no_templates_are_told(tmp_path: Path) -> None:
    for name, content in (("a.xlsx", b"no zip"), ("a.csv", b"\x81\x00"), ("a.docx", b"")):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(TemplateError) as caught:
            read(file)
        assert name in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_template_of_any_spreadsheet_is_read(encoding: str, separator: str, tmp_path: Path) -> None:
    file = tmp_path / "template.csv"
    file.write_bytes(f"Société{separator}Mail\r\n{{customer}}{separator}{{email}}\r\n{separator}\r\n".encode(encoding))
    assert read(file) == [Column(title="Société", text="{customer}"), Column(title="Mail", text="{email}")]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://x.example/d", "https://x.example/d/a%20b.pdf"),
        ("https://x.example/d/", "https://x.example/d/a%20b.pdf"),
        ("https://x.example/?file=", "https://x.example/?file=a%20b.pdf"),
    ],
)
def test_a_link_is_made_of_an_address_and_the_name_of_the_file(base: str, expected: str) -> None:
    assert link(base, "a b.pdf") == expected
