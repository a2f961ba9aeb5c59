"""Papers made for tests: those of the sandbox, UBL written by hand, and pages of text."""

from __future__ import annotations

import datetime
from functools import cache

from connector.papers.pdf_text import PdfText
from connector.sandbox import RESELLER_NL, World, demo_world
from connector.sandbox.documents import Document, documents
from connector.sandbox.paper_pdf import pdf
from connector.sandbox.papers import PaperContent, content

TODAY = datetime.date(2025, 2, 1)


@cache
def world() -> World:
    return demo_world(TODAY, months=12, customers=12)


@cache
def of_kind(kind: str) -> Document:
    """The last document of the Dutch reseller of a kind: 'main', 'order' or 'credit'."""
    return [each for each in documents(world(), RESELLER_NL, datetime.date.min, TODAY) if each.kind == kind][-1]


def told(kind: str = "order", defect: str = "") -> PaperContent:
    return content(world(), of_kind(kind), defect)


@cache
def made_pdf(kind: str = "order", language: str = "nl") -> bytes:
    return pdf(told(kind), language=language)


def page(*lines: str) -> PdfText:
    return PdfText(pages=("\n".join(lines),))


CBC, CAC = "CommonBasicComponents-2", "CommonAggregateComponents-2"
SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd:"


def ubl(inner: str, root: str = "Invoice", code: str = "380", currency: str = "EUR") -> bytes:
    """A UBL file with ``inner`` after its number, type and currency."""
    typed = f"<cbc:{root}TypeCode>{code}</cbc:{root}TypeCode>" if code else ""
    return (
        f'<{root} xmlns="{SCHEMA}{root}-2" xmlns:cbc="{SCHEMA}{CBC}" xmlns:cac="{SCHEMA}{CAC}">'
        f"<cbc:ID>9103004711</cbc:ID><cbc:IssueDate>2024-03-20</cbc:IssueDate>{typed}"
        f"<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>{inner}</{root}>"
    ).encode()


def totals(net: str = "100.00", vat: str = "21.00", gross: str = "121.00", currency: str = "EUR") -> str:
    """The totals of a UBL file."""
    of = f'currencyID="{currency}"'
    return (
        f"<cac:TaxTotal><cbc:TaxAmount {of}>{vat}</cbc:TaxAmount></cac:TaxTotal><cac:LegalMonetaryTotal>"
        f"<cbc:TaxExclusiveAmount {of}>{net}</cbc:TaxExclusiveAmount>"
        f"<cbc:TaxInclusiveAmount {of}>{gross}</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>"
    )
