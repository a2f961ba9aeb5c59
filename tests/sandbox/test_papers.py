"""The papers that the sandbox makes: they say what its API says, unless they are spoilt on purpose."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import requests
from pypdf import PdfReader

from connector.sandbox import Sandbox
from connector.sandbox.documents import Document, documents
from connector.sandbox.paper_pdf import LANGUAGES, money
from connector.sandbox.papers import DEFECTS, content
from tests.sandbox.conftest import ask, cents, lines_of, small_world

WORLD = small_world()
KEYS = {"nl": "sandbox-nl", "be": "sandbox-be"}


def of(reseller: int, kind: str) -> Document:
    every = documents(WORLD, WORLD.resellers[reseller], dt.date.min, dt.date.max)
    return next(each for each in every if each.kind == kind)


def get(sandbox: Sandbox, name: str, **query: str) -> requests.Response:
    return requests.get(f"{sandbox.root}/_sandbox/papers/{name}", params=query, timeout=30)


@pytest.mark.parametrize("kind", ["main", "order", "credit"])
@pytest.mark.parametrize("reseller", [0, 1])
def test_a_paper_says_what_the_api_says(quiet: Sandbox, reseller: int, kind: str) -> None:
    document = of(reseller, kind)
    (sent,) = [
        each
        for each in ask(quiet, key=KEYS["be" if reseller else "nl"])
        if each["Header"]["InvoiceID"] == document.number
    ]
    net, vat = (sum(cents(line[name]) for line in lines_of(sent)) for name in ("ExtendedPrice", "VAT"))
    told = content(WORLD, document)
    sign = -1 if kind == "credit" else 1
    assert (sign * told.net, sign * told.vat, told.credit) == (net, vat, kind == "credit")
    xml = get(quiet, f"{document.number}.xml").text
    assert (f"<cbc:{'CreditNote' if told.credit else 'Invoice'}TypeCode>{381 if told.credit else 380}<" in xml) is True
    amounts = re.findall(r"<cbc:(Tax(?:In|Ex)clusive)Amount currencyID=\"EUR\">([\d.]+)<", xml)
    assert [(name, cents_of(text)) for name, text in amounts] == [
        ("TaxExclusive", told.net),
        ("TaxInclusive", told.gross),
    ]


def cents_of(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_has_its_total_first_then_the_customers_then_the_annex(quiet: Sandbox, language: str) -> None:
    document, words = of(0, "main"), LANGUAGES[language]
    told = content(WORLD, document)
    answer = get(quiet, f"{document.number}.pdf", language=language)
    assert answer.headers["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    first, *others = (page.extract_text() for page in reader.pages)
    assert words.invoice.upper() in first
    assert money(told.gross, words) in first
    assert first.index(words.gross) < first.index(words.customers)
    rest = "".join(others)
    assert words.annex in rest
    for customer in told.customers:
        assert customer.number in rest


def test_what_is_wrong_on_purpose(quiet: Sandbox) -> None:
    document = of(0, "order")
    right = content(WORLD, document)
    assert set(DEFECTS) == {"", "total", "vat", "credit", "scan"}
    assert content(WORLD, document, "total").gross == right.gross + 100
    assert content(WORLD, document, "vat").vat == right.vat + 1
    credit = content(WORLD, document, "credit")
    assert (credit.credit, credit.gross) == (True, right.gross)
    assert "<CreditNote " in get(quiet, f"{document.number}.xml", defect="credit").text
    scan = PdfReader(io.BytesIO(get(quiet, f"{document.number}.pdf", defect="scan").content))
    assert [page.extract_text() for page in scan.pages] == [""]


@pytest.mark.parametrize(
    ("name", "query", "status", "says"),
    [
        ("1.pdf", {}, 404, "There is no paper 1.pdf"),
        ("NUMBER.doc", {}, 404, "There is no paper"),
        ("NUMBER.xml", {"defect": "other"}, 400, "defect is one of total, vat, credit, scan"),
        ("NUMBER.pdf", {"language": "es"}, 400, "language is one of nl, fr, en, de"),
    ],
)
def test_what_there_is_not(quiet: Sandbox, name: str, query: dict[str, str], status: int, says: str) -> None:
    answer = get(quiet, name.replace("NUMBER", of(0, "main").number), **query)
    assert answer.status_code == status
    assert says in answer.text
