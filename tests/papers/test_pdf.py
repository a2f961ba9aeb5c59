"""PDFs: read by their labels in four languages, never guessed, never a wrong cent, never for ever."""

from __future__ import annotations

import datetime
import io
import random
import time

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from connector.domain.money import from_minor, show
from connector.domain.paper import Obstacle, Paper, PaperForm, PaperType
from connector.papers import pdf_text
from connector.papers.amounts import amounts_in
from connector.papers.pdf import dates_in, paper_of, read
from connector.papers.pdf_text import PdfText, extract, text_of
from connector.sandbox.paper_pdf import LANGUAGES, pdf
from tests.papers.made import made_pdf, of_kind, page, told
from tests.papers.test_ubl import CII

TOTALS = ("Totaal excl. btw   100,00", "Totaal btw   21,00", "Totaal incl. btw   121,00")


def amounts(*lines: str) -> tuple[int | None, int | None, int | None]:
    paper = paper_of(page(*lines))
    return paper.net, paper.vat, paper.gross


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["main", "order", "credit"])
def test_what_copaco_mails_is_read_whole(kind: str, language: str) -> None:
    content, document = told(kind), of_kind(kind)
    paper = paper_of(extract(made_pdf(kind, language)))
    sign = -1 if kind == "credit" else 1
    assert (paper.net, paper.vat, paper.gross) == (sign * content.net, sign * content.vat, sign * content.gross)
    assert paper.type is (PaperType.CREDIT_NOTE if kind == "credit" else PaperType.INVOICE)
    assert (paper.number, paper.date, paper.currency) == (document.number, document.date, "EUR")
    assert paper.seller_vat == document.reseller.supplier.vat_number
    assert paper.buyer_vat == document.reseller.party.vat_number
    assert paper.seller_name == "Copaco Nederland B.V."
    assert (paper.form, paper.unread, paper.obstacle) == (PaperForm.PDF, (), None)


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "minor"),
        [
            ("1.234,56", 123_456),
            ("1,234.56", 123_456),
            ("€ 1.234,56", 123_456),
            ("EUR 0,05", 5),
            ("-12,50", -1_250),
            ("€ -12,50", -1_250),
            ("-€ 12,50", -1_250),
            ("12,50-", -1_250),
            ("1\N{NO-BREAK SPACE}234,56", 123_456),
            ("1'234.56", 123_456),
            ("121,00 EUR", 12_100),
        ],
    )
    def test_both_ways_of_writing(self, text: str, minor: int) -> None:
        assert [each.minor for each in amounts_in(f"Totaal  {text}")] == [minor]

    @pytest.mark.parametrize(
        "text", ["1.234", "1,234", "1.234.56", "1 234,56", "- 12,50", "(12,50)", "-12,50-", "12,345", "1.23.456,00"]
    )
    def test_what_could_be_several_has_no_value(self, text: str) -> None:
        assert [each.minor for each in amounts_in(f"Totaal: {text}")] == [None]

    @pytest.mark.parametrize(
        "text", ["12", "21%", "21,00 %", "23-01-2025", "23.01.2025", "2024-03-20", "A1,50", "p. 1/2"]
    )
    def test_what_is_no_amount(self, text: str) -> None:
        assert amounts_in(f"over {text}  ") == []

    @given(st.integers(-(10**12), 10**12), st.booleans(), st.sampled_from(["", "€ ", "EUR "]))
    def test_an_amount_is_read_back_to_the_cent(self, minor: int, dutch: bool, before: str) -> None:
        text = show(minor).translate(str.maketrans(",.", ".,")) if dutch else show(minor)
        for written in (text, f"{from_minor(minor):f}".replace(".", "," if dutch else ".")):
            assert [each.minor for each in amounts_in(f"Totaal: {before}{written}")] == [minor]

    @given(st.text(st.sampled_from("0123456789.,-€%' ()EURx/"), max_size=40))
    def test_nothing_makes_it_fail(self, line: str) -> None:
        for each in amounts_in(line):
            assert line[each.start : each.end].strip()


class TestLabels:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (TOTALS, (10_000, 2_100, 12_100)),
            (("Subtotaal 100,00", "BTW 21% 21,00", "Totaal 121,00"), (10_000, 2_100, 12_100)),
            (("Netto 100,00  Btw 21,00  Te betalen 121,00",), (10_000, 2_100, 12_100)),
            (("Sous-total  100,00", "TVA 21 %  21,00", "Total TTC  121,00"), (10_000, 2_100, 12_100)),
            (("Total HTVA  100,00", "Montant TVA  21,00", "Total à payer  121,00"), (10_000, 2_100, 12_100)),
            (("Subtotal  100.00", "VAT (21%)  21.00", "Amount due  121.00"), (10_000, 2_100, 12_100)),
            (("Nettobetrag 100,00", "zzgl. 19% MwSt. 19,00", "Rechnungsbetrag 119,00"), (10_000, 1_900, 11_900)),
            (("Zwischensumme 100,00", "USt. 21,00", "Gesamtbetrag 121,00"), (10_000, 2_100, 12_100)),
            (("Totaal excl. btw   Btw-bedrag   Totaal incl. btw", "  100,00           21,00        121,00"),
             (10_000, 2_100, 12_100)),
            (("Totaal incl. btw", "", "        121,00"), (None, None, 12_100)),
            (("Totaal te betalen vóór 05-04-2024", "Totaal incl. btw: € 121,00"), (None, None, 12_100)),
            (("Te betalen 121,00", "Totaal 99,00"), (None, None, 12_100)),
        ],
    )  # fmt: skip
    def test_totals_by_their_labels(self, lines: tuple[str, ...], expected: tuple[int | None, ...]) -> None:
        assert amounts(*lines) == expected

    @pytest.mark.parametrize(
        "lines",
        [
            ("Totaal 121,00", "Totaal 60,50"),
            ("Totaal incl. btw 121,00", "Totaal incl. btw 120,00"),
            ("Totaal incl. btw 121,00 100,00",),
            ("Totaal incl. btw 1.234",),
            ("Totaal incl. btw 1 234,56",),
            ("Totaal incl. btw", "   121,00", "   100,00"),
            ("Hoera 121,00",),
            ("Subtotaaltje 121,00",),
        ],
    )
    def test_a_total_that_could_be_several_or_none_is_not_read(self, lines: tuple[str, ...]) -> None:
        assert amounts(*lines)[2] is None

    def test_vat_of_several_rates_or_with_its_base_is_not_guessed(self) -> None:
        assert amounts("BTW 21% 21,00", "BTW 9% 4,50")[1] is None
        assert amounts("BTW 21% over 100,00   21,00")[1] is None
        assert (
            amounts("Tarief  Grondslag  Btw-bedrag", "21%     100,00     21,00", " 9%      50,00      4,50")[1] is None
        )
        assert amounts("BTW 21% 21,00", "BTW 9% 4,50", "Totaal btw 25,50")[1] == 2_550
        assert amounts("Btw-nummer NL000011113B01")[1] is None

    def test_the_first_page_with_a_total_decides(self) -> None:
        text = PdfText(pages=("Totaal incl. btw 121,00", "Totaal incl. btw 7,00"))
        assert paper_of(text).gross == 12_100

    def test_a_credit_note_is_one_by_its_title(self) -> None:
        for lines in (
            ("CREDITNOTA", "Betreft factuurnummer 9103", "Creditnotanummer: 9104", *TOTALS),
            ("Note de crédit", "Numéro de note de crédit: 9104", *TOTALS),
            ("Credit note number: 9104", *TOTALS),
            ("Gutschrift", "Gutschriftnummer: 9104", "Totaal incl. btw -121,00"),
        ):
            paper = paper_of(page(*lines))
            assert (paper.type, paper.number, paper.gross) == (PaperType.CREDIT_NOTE, "9104", -12_100)
        told_of = paper_of(page("Factuur", "Factuurnummer: 9103", "Bij retour krijgt u een creditnota.", *TOTALS))
        assert (told_of.type, told_of.gross) == (PaperType.INVOICE, 12_100)
        assert paper_of(page("Rechnungen im Anhang", *TOTALS)).type is None

    @pytest.mark.parametrize(
        ("lines", "number"),
        [
            (("Factuurnummer 9103004711",), "9103004711"),
            (("Factuurnr.: TN-2024/17",), "TN-2024/17"),
            (("Invoice no. 9103", "Invoice number: 9103"), "9103"),
            (("Invoice no. 9103", "Invoice number: 9104"), ""),
            (("Facture n° 9103",), "9103"),
            (("Factuurnummer     Factuurdatum", "9103004711        20-03-2024"), "9103004711"),
            (("Factuurnummer     Klantnummer", "         ", "", "", "9103"), ""),
            (("Factuurnummer: zie onder",), ""),
            (("Factuurnummer 20-03-2024",), ""),
        ],
    )
    def test_the_number_stands_at_its_label(self, lines: tuple[str, ...], number: str) -> None:
        assert paper_of(page(*lines)).number == number

    @pytest.mark.parametrize(
        ("text", "date"),
        [
            ("Factuurdatum: 20-03-2024", "2024-03-20"),
            ("Date de facture 05/03/2024", "2024-03-05"),
            ("Rechnungsdatum 20. März 2024", "2024-03-20"),
            ("Invoice date 20 March 2024", "2024-03-20"),
            ("Date de facture 1er mars 2024", "2024-03-01"),
            ("Datum 2024-03-20", "2024-03-20"),
            ("Invoice date 05/03/2024", ""),
            ("Invoice date 20/03/2024", "2024-03-20"),
            ("Factuurdatum 31-02-2024", ""),
            ("Factuurdatum 20-03-1924", ""),
            ("Factuurdatum 20-03-24", ""),
            ("Invoice date 20 Smarch 2024", ""),
        ],
    )
    def test_dates(self, text: str, date: str) -> None:
        assert paper_of(page(text)).date == (datetime.date.fromisoformat(date) if date else None)

    def test_two_dates_are_none(self) -> None:
        assert paper_of(page("Factuurdatum 20-03-2024", "Factuurdatum 21-03-2024")).date is None

    def test_vat_numbers_belong_to_whom_their_label_says(self) -> None:
        paper = paper_of(page("Btw-nummer NL0000.11.113.B01   Uw btw-nr: BE 0123.456.789", "NL000011114B01"))
        assert (paper.seller_vat, paper.buyer_vat) == ("NL000011113B01", "BE0123456789")
        assert paper_of(page("Btw-nr NL000011113B01", "Btw-nr NL000011114B01")).seller_vat == ""

    def test_the_currency_is_the_only_one_that_is_named(self) -> None:
        assert paper_of(page("€ 5,00")).currency == "EUR"
        assert paper_of(page("EUR 5,00, USD 5.50")).currency == ""
        assert paper_of(page("5,00")).currency == ""


MARK = st.sampled_from(["Totaal", "Totaal btw", "Totaal incl. btw", "Te betalen", "Subtotaal", "BTW 21%", "Klant", ""])
AMOUNT = st.integers(-(10**7), 10**7)


@given(st.lists(st.tuples(MARK, AMOUNT, st.booleans(), st.integers(1, 40)), max_size=12), AMOUNT)
def test_never_a_wrong_cent_whatever_else_is_on_the_page(rows: list[tuple[str, int, bool, int]], gross: int) -> None:
    """What is read is an amount that stands at a label of the field: the one of the best label, or nothing."""
    lines = [
        f"{label}{' ' * gap}{show(minor) if english else show(minor).translate(str.maketrans(',.', '.,'))}"
        for label, minor, english, gap in rows
    ]
    lines.insert(len(lines) // 2, f"Totaal inclusief btw:   EUR {show(gross)}")
    best = {gross} | {minor for label, minor, _, _ in rows if label == "Totaal incl. btw"}
    assert amounts(*lines)[2] == (gross if len(best) == 1 else None)
    strong = {minor for label, minor, _, _ in rows if label == "Totaal btw"}
    weak = strong or {minor for label, minor, _, _ in rows if label == "BTW 21%"}
    assert amounts(*lines)[1] == (weak.pop() if len(weak) == 1 else None)


@given(st.lists(st.text(max_size=60), max_size=20))
def test_no_text_makes_it_fail(lines: list[str]) -> None:
    paper = paper_of(page(*lines))
    assert isinstance(paper, Paper)
    assert all(start <= end for line in lines for start, end, _ in dates_in(line))


class TestFiles:
    def test_a_scan_says_that_it_has_no_text(self) -> None:
        paper = read(pdf(told(), text=False))
        assert (paper.obstacle, paper.unread) == (Obstacle.NO_TEXT, ("number", "type", "total", "VAT"))

    def test_a_locked_file_says_so_and_one_without_a_password_is_read(self) -> None:
        for password, obstacle in (("secret", Obstacle.ENCRYPTED), ("", None)):
            writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made_pdf())))
            writer.encrypt(password, owner_password="owner", algorithm="AES-256")
            out = io.BytesIO()
            writer.write(out)
            paper = read(out.getvalue())
            assert paper.obstacle is obstacle
            assert (paper.gross is None) is (obstacle is not None)

    def test_a_huge_file_is_not_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_text, "LARGEST", 10)
        assert text_of(b"%PDF-" + b"x" * 10) == PdfText(obstacle=Obstacle.TOO_LARGE)

    def test_a_file_that_takes_too_long_is_given_up(self) -> None:
        begun = time.monotonic()
        assert text_of(made_pdf(), seconds=0.001) == PdfText(obstacle=Obstacle.TOO_SLOW)
        assert time.monotonic() - begun < 10

    @pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-" + b"\0" * 500, made_pdf()[:-900]])
    def test_a_damaged_file_says_so_or_is_read(self, data: bytes) -> None:
        assert text_of(data).obstacle in (Obstacle.DAMAGED, Obstacle.NO_TEXT, None)

    def test_the_xml_inside_wins_over_the_text(self) -> None:
        page = FPDF()
        page.add_page()
        page.set_font("Helvetica")
        page.cell(0, 10, "Totaal incl. btw 999,00")
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(bytes(page.output()))))
        writer.add_attachment("factur-x.xml", CII.format(code="381").encode())
        out = io.BytesIO()
        writer.write(out)
        paper = read(out.getvalue())
        assert (paper.form, paper.gross) == (PaperForm.PDF_XML, -12_100)

    @pytest.mark.parametrize("xml", [b"<a", b"<a/>"])
    def test_xml_that_is_no_invoice_leaves_the_text(self, xml: bytes) -> None:
        assert paper_of(PdfText(pages=("Totaal incl. btw 121,00",), xml=xml)).gross == 12_100

    def test_pages_behind_the_first_few_are_not_read(self) -> None:
        many = FPDF()
        many.set_font("Helvetica")
        for number in range(30):
            many.add_page()
            many.cell(0, 10, f"page {number}")
        assert len(extract(bytes(many.output())).pages) == pdf_text.PAGES


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_no_spoilt_file_makes_the_reader_fail_or_changes_a_cent(seed: int, spoilt: int) -> None:
    """Bytes changed at random: the text is that of the file, or another text whose amounts nobody printed is held."""
    chance, data = random.Random(seed), bytearray(made_pdf())
    for _ in range(spoilt):
        data[chance.randrange(len(data))] = chance.randrange(256)
    text = extract(bytes(data))
    assert text.obstacle is None or not text.pages
    assert isinstance(paper_of(text), Paper)
