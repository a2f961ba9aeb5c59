"""A paper as PDF: the total on the first page, then the customers, then an annex with their subscriptions.

The order of its parts is the published one; words and places are invented. Needs fpdf2.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from fpdf import FPDF

from connector.sandbox.figures import cents_text
from connector.sandbox.papers import PaperContent

LINE = 6.0
SMALL, PLAIN, LARGE = 8, 10, 16


class Words(NamedTuple):
    """The words of a language, and its signs for cents and thousands."""

    invoice: str
    credit: str
    number: str
    date: str
    due: str
    vat_number: str
    your_vat_number: str
    net: str
    vat: str
    gross: str
    customers: str
    annex: str
    decimal: str
    group: str
    day: str


LANGUAGES = {
    "nl": Words("Factuur", "Creditnota", "Factuurnummer", "Factuurdatum", "Vervaldatum", "Btw-nummer",
                "Uw btw-nummer", "Totaal excl. btw", "Totaal btw", "Totaal incl. btw", "Per klant", "Bijlage",
                ",", ".", "%d-%m-%Y"),
    "fr": Words("Facture", "Note de crédit", "Numéro de facture", "Date de facture", "Échéance", "Numéro de TVA",
                "Votre numéro de TVA", "Total hors TVA", "Total TVA", "Total TVA comprise", "Par client", "Annexe",
                ",", "\N{NO-BREAK SPACE}", "%d/%m/%Y"),
    "en": Words("Invoice", "Credit note", "Invoice number", "Invoice date", "Due date", "VAT number",
                "Your VAT number", "Total excl. VAT", "Total VAT", "Total incl. VAT", "By customer", "Annex",
                ".", ",", "%Y-%m-%d"),
    "de": Words("Rechnung", "Gutschrift", "Rechnungsnummer", "Rechnungsdatum", "Fällig am", "USt-Nummer",
                "Ihre USt-Nummer", "Summe exkl. MwSt.", "Summe MwSt.", "Summe inkl. MwSt.", "Nach Kunden", "Anhang",
                ",", ".", "%d.%m.%Y"),
}  # fmt: skip


def pdf(told: PaperContent, *, language: str = "nl", text: bool = True) -> bytes:
    """A paper as PDF in one of ``LANGUAGES``; without ``text`` its pages are empty to a reader, as those of a scan."""
    page = FPDF(format="A4")
    page.set_creation_date(dt.datetime.combine(told.document.date, dt.time(), dt.UTC))
    page.add_page()
    if not text:
        page.rect(20, 20, 120, 60, style="F")
        return bytes(page.output())
    _first_page(page, told, LANGUAGES[language])
    _annex(page, told, LANGUAGES[language])
    return bytes(page.output())


def money(cents: int, words: Words) -> str:
    """An amount as the language writes it: 1.234,56 or 1,234.56."""
    whole, _, rest = cents_text(abs(cents)).partition(".")
    grouped = f"{int(whole):,}".replace(",", words.group)
    return f"{'-' if cents < 0 else ''}{grouped}{words.decimal}{rest}"


def _first_page(page: FPDF, told: PaperContent, words: Words) -> None:
    document = told.document
    supplier, buyer = document.reseller.supplier, document.reseller.party
    _text(page, supplier.company_name, size=LARGE)
    _text(page, f"{supplier.address}, {supplier.postal_code} {supplier.city}")
    _text(page, f"{words.vat_number}: {supplier.vat_number}")
    _text(page, f"IBAN: {supplier.iban}   BIC: {supplier.bic}")
    _text(page, "")
    _text(page, buyer.company_name)
    _text(page, f"{buyer.address}, {buyer.postal_code} {buyer.city}")
    _text(page, f"{words.your_vat_number}: {buyer.vat_number}")
    _text(page, f"Partner ID: {document.reseller.partner_id}")
    _text(page, "")
    _text(page, (words.credit if told.credit else words.invoice).upper(), size=LARGE)
    for name, value in (
        (words.number, document.number),
        (words.date, document.date.strftime(words.day)),
        (words.due, document.due.strftime(words.day)),
    ):
        _row(page, name, value)
    _text(page, "")
    for name, cents in ((words.net, told.net), (words.vat, told.vat), (words.gross, told.gross)):
        _row(page, name, f"EUR {money(cents, words)}", right=True)
    _text(page, "")
    _text(page, words.customers, size=LARGE)
    for customer in told.customers:
        _row(page, customer.name, money(customer.net, words), right=True)


def _annex(page: FPDF, told: PaperContent, words: Words) -> None:
    page.add_page()
    _text(page, words.annex, size=LARGE)
    for customer in told.customers:
        _text(page, f"{customer.name} ({customer.number})")
        for line in sorted(customer.lines, key=lambda each: (each.vendor, each.subscription)):
            _row(page, f"{line.vendor}  {line.text}", money(line.net, words), right=True, size=SMALL)


def _text(page: FPDF, text: str, *, size: int = PLAIN) -> None:
    page.set_font("Helvetica", size=size)
    page.cell(0, LINE, _known(text), new_x="LMARGIN", new_y="NEXT")


def _row(page: FPDF, name: str, value: str, *, right: bool = False, size: int = PLAIN) -> None:
    page.set_font("Helvetica", size=size)
    page.cell(130, LINE, _known(name))
    page.cell(50, LINE, _known(value), align="R" if right else "L", new_x="LMARGIN", new_y="NEXT")


def _known(text: str) -> str:
    """A text in the letters that the fonts of every PDF reader have."""
    return text.encode("latin-1", "replace").decode("latin-1")
