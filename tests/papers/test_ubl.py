"""UBL and CII: read to the cent, credit notes by their type, and nothing guessed."""

from __future__ import annotations

import datetime
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.money import from_minor
from connector.domain.paper import PaperForm, PaperType
from connector.papers import cii
from connector.papers.elements import NotReadable, minor_of
from connector.papers.ubl import read
from connector.sandbox import papers as sandbox
from tests.papers.made import of_kind, told, totals, ubl


def sums(data: bytes) -> tuple[int | None, int | None, int | None]:
    paper = read(data)
    assert paper is not None
    return paper.net, paper.vat, paper.gross


@pytest.mark.parametrize("kind", ["main", "order", "credit"])
def test_what_the_sandbox_sends_over_peppol_is_read_whole(kind: str) -> None:
    content = told(kind)
    paper = read(sandbox.ubl(content))
    assert paper is not None
    sign = -1 if kind == "credit" else 1
    assert (paper.net, paper.vat, paper.gross) == (sign * content.net, sign * content.vat, sign * content.gross)
    assert paper.type is (PaperType.CREDIT_NOTE if kind == "credit" else PaperType.INVOICE)
    document = of_kind(kind)
    assert (paper.number, paper.date, paper.currency) == (document.number, document.date, "EUR")
    assert paper.seller_vat == document.reseller.supplier.vat_number
    assert paper.buyer_vat == document.reseller.party.vat_number
    assert paper.seller_name == "Copaco Nederland B.V."
    assert paper.unread == ()
    assert (paper.form, paper.obstacle, paper.pdf) == (PaperForm.UBL, None, False)


@pytest.mark.parametrize(
    ("root", "code", "kind"),
    [
        ("Invoice", "380", PaperType.INVOICE),
        ("Invoice", "381", PaperType.CREDIT_NOTE),
        ("Invoice", "384", PaperType.INVOICE),
        ("Invoice", "999", None),
        ("Invoice", "", None),
        ("CreditNote", "381", PaperType.CREDIT_NOTE),
        ("CreditNote", "", PaperType.CREDIT_NOTE),
        ("CreditNote", "380", None),
    ],
)
def test_the_type_is_that_of_the_code_as_far_as_it_fits(root: str, code: str, kind: PaperType | None) -> None:
    paper = read(ubl(totals(), root, code))
    assert paper is not None
    assert paper.type is kind
    assert paper.gross == (-12_100 if kind is PaperType.CREDIT_NOTE else 12_100)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "XXX"]))
def test_every_amount_is_read_to_the_cent(minor: int, currency: str) -> None:
    text = f"{from_minor(minor, currency):f}"
    assert minor_of(text, currency) == minor
    assert minor_of(f"{text}0" if "." in text else f"{text}.0", currency) == minor
    assert sums(ubl(totals(gross=text, currency=currency), currency=currency))[2] == minor


@pytest.mark.parametrize(
    "text", ["", ".", "1,00", "1e2", "0.001", "1.005", "+-1", "--1", "NaN", "Infinity", "1 000", "\u0661", "1" * 14]
)
def test_what_is_no_amount_or_finer_than_a_cent_is_not_read(text: str) -> None:
    assert minor_of(text, "EUR") is None


def test_two_values_of_one_field_are_none() -> None:
    assert sums(ubl(totals() + totals())) == (10_000, 2_100, 12_100)
    assert sums(ubl(totals() + totals(gross="121.01"))) == (10_000, 2_100, None)
    paper = read(ubl("<cbc:ID>other</cbc:ID>" + totals()))
    assert paper is not None
    assert paper.number == ""


def test_vat_in_the_currency_of_the_sellers_country_is_another_amount() -> None:
    both = '<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">240.00</cbc:TaxAmount></cac:TaxTotal>'
    assert sums(ubl(totals() + both))[1] == 2_100
    assert sums(ubl(both))[1] is None


def test_numbers_of_other_taxes_are_none_of_vat() -> None:
    def scheme(number: str, tax: str) -> str:
        return (
            f"<cac:PartyTaxScheme><cbc:CompanyID>{number}</cbc:CompanyID>"
            f"<cac:TaxScheme><cbc:ID>{tax}</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
        )

    name = "<cac:PartyName><cbc:Name>Copaco</cbc:Name></cac:PartyName>"
    party = f"<cac:Party>{name}{scheme('SE-1', 'TAX')}{scheme('nl 1111.11.111.B01', 'VAT')}</cac:Party>"
    paper = read(ubl(f"<cac:AccountingSupplierParty>{party}</cac:AccountingSupplierParty>"))
    assert paper is not None
    assert (paper.seller_vat, paper.seller_name, paper.buyer_vat) == ("NL111111111B01", "Copaco", "")


def test_lines_are_passed_over_and_a_pdf_inside_is_noted() -> None:
    line = f"<cac:InvoiceLine><cbc:ID>1</cbc:ID>{totals('1', '2', '3')}</cac:InvoiceLine>"
    inside = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        '<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="a.pdf">JVBERi0=</cbc:'
        "EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    paper = read(ubl(inside + totals() + line * 3))
    assert paper is not None
    assert (paper.number, paper.gross, paper.pdf) == ("9103004711", 12_100, True)


def test_the_envelope_of_peppol_is_opened() -> None:
    wrapped = b"<StandardBusinessDocument><Header><ID>7</ID></Header>" + ubl(totals()) + b"</StandardBusinessDocument>"
    paper = read(wrapped)
    assert paper is not None
    assert (paper.number, paper.gross) == ("9103004711", 12_100)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no element"),
        (b"<a", "unclosed"),
        (ubl(totals())[:-30], "no element|unclosed|mismatched"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "DTD"),
        (b"<!DOCTYPE Invoice SYSTEM 'file:///etc/passwd'><Invoice/>", "DTD"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "encoding"),
        (b"<a>" * 100 + b"</a>" * 100, "too deep"),
    ],
)
def test_what_is_no_xml_says_why(data: bytes, why: str) -> None:
    with pytest.raises(NotReadable, match=why):
        read(data)


@pytest.mark.parametrize("data", [b"<a/>", b"<Invoice xmlns='urn:other'/>", b"<a><b>" + ubl(totals()) + b"</b></a>"])
def test_other_xml_is_no_invoice(data: bytes) -> None:
    assert read(data) is None


def test_a_hundred_thousand_lines_take_little_memory() -> None:
    line = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cac:Item><cbc:Name>x</cbc:Name></cac:Item></cac:InvoiceLine>"
    data = ubl(totals() + line * 30_000)
    tracemalloc.start()
    paper = read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert paper is not None
    assert paper.gross == 12_100
    assert peak < 2_000_000 + len(data)


def spliced(place: int, put: bytes) -> bytes:
    """A sound file with other bytes at a place."""
    sound = ubl(totals())
    return sound[:place] + put + sound[place + len(put) :]


INNER = st.text(st.sampled_from('<>/ &;"=cbcac:IDAmountInvoice0123456789.-'), max_size=60).map(ubl)


@given(st.binary(max_size=200) | INNER | st.builds(spliced, st.integers(0, 900), st.binary(max_size=4)))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    try:
        paper = read(data)
    except NotReadable:
        return
    assert paper is None or paper.form is PaperForm.UBL


CII = """<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="r" xmlns:udt="u"><rsm:ExchangedDocument><ram:ID>9103004711</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20240320</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction><ram:IncludedSupplyChainTradeLineItem><ram:ID>1</ram:ID>
</ram:IncludedSupplyChainTradeLineItem><ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>
<ram:Name>Copaco</ram:Name><ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">9</ram:ID></ram:SpecifiedTaxRegistration>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">NL1.B01</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty></ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">21.00</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="SEK">240.00</ram:TaxTotalAmount><ram:GrandTotalAmount>121.00</ram:GrandTotalAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


@pytest.mark.parametrize(("code", "sign"), [("380", 1), ("381", -1)])
def test_the_xml_inside_a_pdf_is_read(code: str, sign: int) -> None:
    paper = cii.read(CII.format(code=code).encode())
    assert paper is not None
    assert (paper.net, paper.vat, paper.gross) == (sign * 10_000, sign * 2_100, sign * 12_100)
    assert (paper.number, paper.date, paper.currency) == ("9103004711", datetime.date(2024, 3, 20), "EUR")
    assert (paper.seller_name, paper.seller_vat, paper.buyer_vat) == ("Copaco", "NL1B01", "")
    assert (paper.unread, paper.form) == ((), PaperForm.PDF_XML)


def test_other_xml_inside_a_pdf_is_none() -> None:
    assert cii.read(b"<a/>") is None
