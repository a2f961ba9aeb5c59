"""General ledgers as CSV: the usual exports are read alike, and what could be two things is asked, never guessed."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.past_books import PastRelation
from connector.errors import PastBooksError
from connector.past_books import open_past_books
from connector.past_books.csv_forms import Amounts, date_of

EXPORTS = {
    "Dutch": (
        "Grootboekrekening;Omschrijving rekening;Datum;Dagboek;Boekstuk;Omschrijving;Relatie;Factuurnummer;"
        "Debet;Credit\n"
        "7000;Inkoop;05-12-2024;INK;12;Factuur;Copaco;9241;1.759,57;\n"
        "1600;Crediteuren;05-12-2024;INK;12;Factuur;Copaco;9241;;1.759,57\n"
    ),
    "Dutch, one amount": (
        "Rekening,Rekeningnaam,Boekdatum,Datum,Dagboekcode,Boekstuknummer,Omschrijving,Naam,Factuurnr,Bedrag\n"
        '7000,Inkoop,2024-12-05,2024-11-30,INK,12,Factuur,Copaco,9241,"1759,57"\n'
        '1600,Crediteuren,2024-12-05,2024-11-30,INK,12,Factuur,Copaco,9241,"-1759,57"\n'
    ),
    "French": (
        "JournalCode\tEcritureDate\tEcritureNum\tCompteNum\tCompteLib\tCompAuxLib\tPieceRef\tEcritureLib\tDebit\tCredit\n"
        "INK\t20241205\t12\t7000\tInkoop\tCopaco\t9241\tFactuur\t1759,57\t0,00\n"
        "INK\t20241205\t12\t1600\tCrediteuren\tCopaco\t9241\tFactuur\t0,00\t1759,57\n"
    ),
    "French, Belgium": (
        "N° de compte;Intitulé du compte;Date comptable;Journal;N° pièce;Libellé;Fournisseur;Facture;Débit;Crédit\n"
        "7000;Inkoop;05/12/2024;INK;12;Factuur;Copaco;9241;1 759,57;\n"
        "1600;Crediteuren;05/12/2024;INK;12;Factuur;Copaco;9241;;1 759,57\n"
    ),
    "German": (
        "Konto;Kontobezeichnung;Buchungsdatum;Journal;Belegnummer;Buchungstext;Lieferant;Rechnungsnummer;Betrag;S/H\n"
        "7000;Inkoop;05.12.2024;INK;12;Factuur;Copaco;9241;1.759,57;S\n"
        "1600;Crediteuren;05.12.2024;INK;12;Factuur;Copaco;9241;1.759,57;H\n"
    ),
    "English, titles and total": (
        "Voorbeeld ICT B.V.\nGeneral ledger 2024\n\n"
        "Account;Account name;Posting date;Journal;Entry no.;Description;Supplier;Invoice no.;Debit;Credit\n"
        '7000;Inkoop;2024-12-05;INK;12;Factuur;Copaco;9241;"1,759.57";\n'
        '1600;Crediteuren;2024-12-05;INK;12;Factuur;Copaco;9241;;"1,759.57"\n'
        ';;;;;Total;;;"1,759.57";"1,759.57"\n'
    ),
    "Excel, account and name in one": (
        "sep=;\nGrootboek;Datum;Dagboek;Boekstuk;Omschrijving;Relatie;Factuurnummer;Debet;Credit\n"
        "7000 - Inkoop;5-12-2024 00:00;INK;12;Factuur;Copaco;9241;€ 1759,57;\n"
        "1600 - Crediteuren;5-12-2024 00:00;INK;12;Factuur;Copaco;9241;;€ 1759,57\n"
    ),
}  # fmt: skip


def csv_file(folder: Path, content: str, encoding: str = "utf-8", **columns: str) -> Any:
    path = folder / "books.csv"
    path.write_bytes(content.encode(encoding))
    return open_past_books(path, columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("export", EXPORTS)
def test_the_usual_exports_are_read_alike(export: str, encoding: str, tmp_path: Path) -> None:
    past = csv_file(tmp_path, EXPORTS[export].replace("\n", "\r\n"), encoding)
    cost, creditor = past.postings()
    assert (cost.account, cost.account_name, cost.minor) == ("7000", "Inkoop", 175957)
    assert (creditor.account, creditor.account_name, creditor.minor) == ("1600", "Crediteuren", -175957)
    assert {(each.date, each.period, each.journal, each.entry) for each in (cost, creditor)} == {
        (datetime.date(2024, 12, 5), "2024-12", "INK", "12")
    }
    assert (cost.text, cost.party_name, cost.document_ref) == ("Factuur", "Copaco", "9241")
    assert {each.kind for each in past.remarks} <= {"windows-1252", "rows-skipped"}


def test_windows_1252_is_remarked(tmp_path: Path) -> None:
    past = csv_file(tmp_path, EXPORTS["Excel, account and name in one"].replace("Factuur;", "Café;"), "cp1252")
    assert next(iter(past.postings())).text == "Café"
    assert "windows-1252" in {each.kind for each in past.remarks}


def test_relations_and_everything_else_that_a_row_says(tmp_path: Path) -> None:
    text = (
        "Grootboekrekening;Datum;Debet;Credit;Relatiecode;Relatienaam;BTW-nummer;BTW-code;BTW-bedrag;Kostenplaats\n"
        "7000;05-12-2024;100,00;;1001;Klant BV;NL001;H21;21,00;KP1\n"
        "8000;05-12-2024;;100,00;1001;Klant BV;NL001;;;\n"
    )
    past = csv_file(tmp_path, text)
    first, _ = past.postings()
    assert (first.party_id, first.party_vat_number, first.tax_code, first.tax_minor, first.cost_centre) == (
        "1001", "NL001", "H21", 2100, "KP1",
    )  # fmt: skip
    assert past.relations == {"1001": PastRelation(number="1001", name="Klant BV", vat_number="NL001")}
    assert past.remarks == ()
    assert past.tax_accounts == frozenset()


@pytest.mark.parametrize(
    ("header", "cells", "found"),
    [
        ("party_id;party_name", "D-7;Jansen", ("D-7", "Jansen")),
        ("Debtor;party_name", "D-7;Jansen", ("D-7", "Jansen")),
        ("party_id;Debtor", "D-7;Jansen", ("D-7", "Jansen")),
        ("Party", "D-7", ("D-7", "D-7")),
        ("debtor", "Jansen", ("Jansen", "Jansen")),
        ("Debtor;Relatiecode;Relatienaam", "else;D-7;Jansen", ("D-7", "Jansen")),
        ("Klantnummer;Klant", "D-7;Jansen", ("D-7", "Jansen")),
    ],
)
def test_a_debtor_is_a_number_a_name_or_what_the_other_columns_leave(
    header: str, cells: str, found: tuple[str, str], tmp_path: Path
) -> None:
    past = csv_file(tmp_path, f"Rekening;Datum;Debet;Credit;{header}\n1300;05-12-2024;1,00;;{cells}\n")
    (posting,) = past.postings()
    assert (posting.party_id, posting.party_name) == found
    with pytest.raises(PastBooksError, match=r"'Party' .* and 'Debtor' .* could both be it"):
        list(csv_file(tmp_path, "Rekening;Datum;Bedrag;Party;Debtor\n1300;05-12-2024;1,00;a;b\n").postings())


def test_a_file_of_some_accounts_is_remarked(tmp_path: Path) -> None:
    past = csv_file(tmp_path, "Rekening;Datum;Debet;Credit\n7000;05-12-2024;100,00\n")
    assert [each.minor for each in past.postings()] == [10000], "trailing empty cells may be missing"
    assert [(each.kind, each.minor) for each in past.remarks] == [("file-unbalanced", 10000)]
    empty = csv_file(tmp_path, "Rekening;Datum;Debet;Credit\n")
    assert list(empty.postings()) == []
    assert [each.kind for each in empty.remarks] == ["no-postings"]


HEAD = "Rekening;Datum;Debet;Credit\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Naam;Plaats\nA;B\n", ["no column for the account", "no column for the date", "'Naam', 'Plaats'"]),
        ("Rekening;Datum;Saldo\n1;2;3\n", ["no columns for debit and credit", "'Saldo'"]),
        ("Konto;Kontonummer;Datum;Betrag\n1;2;3;4\n", ["account: 'Konto' (#1) and 'Kontonummer' (#2) could both"]),
        ("Konto;Datum;Betrag;Bedrag\n1;2;3;4\n", ["amount: 'Betrag' (#3) and 'Bedrag' (#4) could both"]),
        (HEAD + "7000;2024-31-12;1,00;\n", ["line 2", "'2024-31-12' is no date"]),
        (HEAD + "7000;12/31/2024;1,00;\n", ["line 2", "'12/31/2024' is no date"]),
        (HEAD + "7000;05-12-24;1,00;\n", ["'05-12-24' is no date"]),
        (HEAD + ";05-12-2024;1,00;\n", ["line 2", "no account"]),
        (HEAD + "7000;05-12-2024;1O,00;\n", ["line 2", "'1O,00' is no amount"]),
        (HEAD + "7000;05-12-2024;1.234;\n", ["'1.234' can be read in two ways"]),
        (HEAD + "7000;05-12-2024;1,00;\n7000;05-12-2024;1.50;\n", ["decimal comma", "decimal point"]),
        (HEAD + "7000;05-12-2024;1,005;\n7000;05-12-2024;1,00;\n", ["more than two decimals"]),
        (HEAD + "7000;05-12-2024;12.34,00;\n", ["no amount as the others are written"]),
        (HEAD + '7000;05-12-2024;"1,00;\n', ["stray quotation mark"]),
        ("Rekening;Datum;Bedrag;D/C\n7000;05-12-2024;1,00;X\n", ["'X' is neither debit nor credit"]),
        ("\n\n", ["the file is empty"]),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_asked_with_its_place(text: str, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(PastBooksError) as caught:
        list(csv_file(tmp_path, text).postings())
    for word in words:
        assert word in str(caught.value)
    assert "books.csv" in caught.value.where


def test_a_person_names_the_columns(tmp_path: Path) -> None:
    text = "Nr;Tegen;Dag;Bedrag;Saldo;Omschrijving\n7000;1600;05-12-2024;1,00;5,00;a\n"
    past = csv_file(tmp_path, text, account="Nr", date="dag", amount="#4", text="")
    (posting,) = past.postings()
    assert (posting.account, posting.minor, posting.text) == ("7000", 100, "")
    for wrong, word in (("Iets", "there is no column 'Iets'"), ("#9", "there is no column '#9'")):
        with pytest.raises(PastBooksError, match=word) as caught:
            list(csv_file(tmp_path, text, account=wrong, date="Dag").postings())
        assert "--column" in caught.value.hint
    with pytest.raises(PastBooksError, match="there is no field 'konto'"):
        csv_file(tmp_path, text, konto="Nr")
    twice = "Nr;Nr;Datum;Bedrag\n1;2;05-12-2024;1,00\n"
    with pytest.raises(PastBooksError, match="2 columns are called 'Nr'"):
        list(csv_file(tmp_path, twice, account="Nr").postings())


def test_a_bare_name_is_the_partys_only_beside_that_of_the_account(tmp_path: Path) -> None:
    rows = "7000;Inkoop;Copaco;05-12-2024;1,00\n"
    for header, name in (("Rekening;Naam;X;Datum;Bedrag", ""), ("Rekening;Rekeningnaam;Naam;Datum;Bedrag", "Copaco")):
        (posting,) = csv_file(tmp_path, f"{header}\n{rows}").postings()
        assert posting.party_name == name


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    for content, word in ((b"PK\x03\x04zip", "workbook"), (b"a;b\0\x81;c\n", "no readable text"), (b"", "empty")):
        path.write_bytes(content)
        with pytest.raises(PastBooksError, match=word):
            list(open_past_books(path).postings())
    with pytest.raises(PastBooksError, match="cannot be read"):
        open_past_books(tmp_path / "nothing.csv")


@given(st.integers(-(10**12), 10**12), st.sampled_from(["comma", "point"]), st.booleans())
def test_amounts_come_back_whatever_the_form(minor: int, decimal: str, thousands: bool) -> None:
    whole, cents = divmod(abs(minor), 100)
    text = f"{whole:,}.{cents:02d}" if thousands else f"{whole}.{cents:02d}"
    if decimal == "comma":
        text = text.translate(str.maketrans(",.", ".,"))
    for shown in (f"-{text}", f"{text}-", f"({text})") if minor < 0 else (text, f"+{text}", f"€ {text}"):
        assert Amounts(decimal).minor(shown) == minor
        told = Amounts()
        told.learn([shown])
        assert told.minor(shown) == minor


@given(st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)))
def test_dates_are_read_in_every_form(day: datetime.date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%dT00:00:00"):
        assert date_of(day.strftime(form)) == day
