"""Papers for customers: a specification for each, to the cent, in their language, and no file lost."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest

from connector.sandbox import Sandbox
from tests.journeys.office import Office, told

MONTHS = ("2024-11", "2024-12", "2025-01")
WORDS = {
    "en": ("Specification January 2025", "Total without VAT", "not an invoice"),
    "nl": ("Specificatie januari 2025", "Totaal zonder btw", "geen factuur"),
    "fr": ("Relevé janvier 2025", "Total sans TVA", "pas une facture"),
}


def documents(office: Office, *arguments: str, period: str = "2025-01", code: int = 0) -> Any:
    asked = office.asked("customers", "documents", "--period", period, "--to", "out", *arguments, code=code)
    (found,) = asked["administrations"]
    return found


def states(found: Any) -> set[str]:
    return {each["state"] for customer in found["customers"] for each in customer["files"]}


def read(path: Path) -> str:
    return "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages)


def amounts(path: Path, title: str) -> Decimal:
    """The sum of a column of the sheet with the lines, without its total."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    rows = [row for row in sheet.values if row[0] is not None]
    first = next(place for place, row in enumerate(rows) if title in row)
    place = rows[first].index(title)
    return sum((Decimal(repr(row[place])) for row in rows[first + 1 : -1]), Decimal(0))


def test_the_documents_are_exported(sqlite_office: Office) -> None:
    sqlite_office.run("invoices", "list", "--direction", "purchase", "--export", "purchases.csv")
    with (sqlite_office.folder / "purchases.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    listed = sqlite_office.asked("invoices", "list", "--direction", "purchase")["invoices"]
    assert [(each["Number"], each["Net"], each["VAT"], each["List"]) for each in rows] == [
        (each["number"], each["net"], each["vat"], each["source"]) for each in listed
    ]
    sqlite_office.run("invoices", "list", "--export", "all.xlsx", "--language", "nl")
    told(sqlite_office.run("invoices", "list", "--export", "all.pdf", code=2), "neither .xlsx nor .csv")


def test_what_is_on_the_papers_is_the_sale_side_of_every_month(office: Office) -> None:
    papers = Decimal(0)
    for period in MONTHS:
        found = documents(office, "--format", "xlsx", period=period)
        assert found["totals"]["adds_up"]
        assert found["totals"]["left_out"] == "0.00"
        papers += Decimal(found["totals"]["papers"])
        for each in found["customers"]:
            (file,) = each["files"]
            assert amounts(office.folder / "out" / file["file"], "Amount") == Decimal(each["net"])
            assert (each["vat"], each["gross"]) == (None, None)
    side = office.asked("status")["administrations"][0]["totals"]["sale"]["source"]
    assert papers == Decimal(str(side))


@pytest.mark.parametrize("language", WORDS)
def test_papers_are_in_the_language_that_is_asked_for(language: str, sqlite_office: Office) -> None:
    office = sqlite_office
    found = documents(office, "--language", language, "--customer", "café zonneveld")
    (customer,) = found["customers"]
    assert customer["language"] == language
    pdf, xlsx = (office.folder / "out" / each["file"] for each in customer["files"])
    for word in WORDS[language]:
        assert word in read(pdf)
    title = {"en": "Amount", "nl": "Bedrag", "fr": "Montant"}[language]
    assert amounts(xlsx, title) == Decimal(customer["net"])
    shown = office.run(
        "customers", "documents", "--period", "2025-01", "--to", "out", "--language", language, "--zip"
    ).out  # fmt: skip
    assert "Café Zonneveld" in shown
    assert {"en": "it adds up", "nl": "het klopt", "fr": "le compte y est"}[language] in shown


def test_the_same_again_changes_nothing_and_what_others_changed_is_left(sqlite_office: Office) -> None:
    office = sqlite_office
    first = documents(office, "--zip")
    assert states(first) == {"written"}
    before = {path.name: path.read_bytes() for path in (office.folder / "out").iterdir()}
    again = documents(office, "--zip")
    assert states(again) == {"unchanged"}
    assert again["zip"]["state"] == "unchanged"
    assert {path.name: path.read_bytes() for path in (office.folder / "out").iterdir()} == before

    mine = office.folder / "out" / first["customers"][0]["files"][0]["file"]
    mine.write_bytes(b"signed by hand")
    left = documents(office, "--details", "all", code=20)
    assert "changed by others" in states(left)
    assert mine.read_bytes() == b"signed by hand"
    out = office.run("customers", "documents", "--period", "2025-01", "--to", "out", code=20).out
    assert f"Not replaced, because somebody else changed it: {Path('out') / mine.name}" in out
    assert "replaced" in states(documents(office, "--overwrite"))
    assert mine.read_bytes() == before[mine.name]


def test_files_of_an_earlier_run_that_nobody_has_now_are_told(sqlite_office: Office) -> None:
    documents(sqlite_office)
    found = documents(sqlite_office, "--format", "xlsx")
    assert len(found["left_over"]) == len(found["customers"])
    assert all(each.endswith(".pdf") for each in found["left_over"])


def test_customers_csv_says_the_language_and_who_gets_none(sqlite_office: Office) -> None:
    office = sqlite_office
    first, second, *_others = documents(office, "--format", "xlsx")["customers"]
    path = office.folder / "mappings" / "nl" / "customers.csv"
    heads = "account_id;name;debtor;country;vat_number;vat_checked;internal;language;contact;email"
    path.write_text(
        f"{heads}\n{first['customer']};{first['name']};D1;NL;;;no;fr;Anne Dupont;anne@klant.example\n"
        f"{second['customer']};{second['name']};D2;NL;;;yes;;;\n",
        encoding="utf-8",
    )
    office.accept("languages")
    found = documents(office, "--overwrite")
    one, two, *others = found["customers"]
    assert one["language"] == "fr"
    text = read(office.folder / "out" / one["files"][0]["file"])
    assert "Relevé" in text
    assert "Anne Dupont" in text
    assert (two["files"], two["left_out"]) == ([], ["internal"])
    assert {each["language"] for each in others} == {"en"}
    assert found["totals"]["adds_up"]
    assert found["totals"]["left_out"] == two["net"]
    shown = office.run("customers", "documents", "--period", "2025-01", "--to", "out").out
    assert f"Left out: {second['name']}: your own company (customers.csv)" in shown


def test_invoices_have_vat_and_the_settings_their_say(sqlite_office: Office, sandbox: Sandbox) -> None:
    office = sqlite_office
    office.set("sale_source", '"customer-invoices"')
    office.run("sync")
    office.toml += (
        '\n[administrations.acme.documents]\nheader = """\nAcme\nKade 7\n"""\nlanguage = "nl"\ndetails = "none"\n'
    )
    found = documents(office)
    assert found["list"] == "customer-invoices"
    for each in found["customers"]:
        pdf, xlsx = (office.folder / "out" / file["file"] for file in each["files"])
        assert amounts(xlsx, "Btw") == Decimal(each["vat"])
        assert Decimal(each["net"]) + Decimal(each["vat"]) == Decimal(each["gross"])
        text = read(pdf)
        assert "Kade 7" in text
        assert each["documents"][0] in text
        assert "geen factuur" not in text
    other = documents(office, "--from-list", "customer-specifications", "--format", "xlsx")
    assert other["list"] == "customer-specifications"


def test_a_customer_that_is_not_found_leads_to_near_names(sqlite_office: Office) -> None:
    office = sqlite_office
    name = documents(office, "--format", "xlsx")["customers"][0]["name"]
    wrong = name.replace(name[2], "", 1)
    asked = ("customers", "documents", "--period", "2025-01", "--to", "out", "--customer")
    ran = office.run(*asked, wrong, code=2)
    told(ran, "Did you mean")
    told(ran, f"'{name}'")
    assert "Did you mean" not in office.run(*asked, "qqqqqq", code=2).err
    renewals = ("subscriptions", "renewals", "--days", "365", "--customer")
    billed = office.asked(*renewals[:-1])["administrations"][0]["renewals"][0]["customer"]
    assert f"Did you mean '{billed}'" in office.run(*renewals, f"{billed}x").out
    assert "Did you mean" not in office.run(*renewals, billed).out
    office.change('unsettled = "trust"\n', 'unsettled = "trust"\nlists = ["subscriptions"]\n')
    office.run("pull")
    assert f"Did you mean '{billed}'" in office.run("subscriptions", "list", "--customer", f"{billed}x").out


def test_status_counts_a_sale_once_when_both_lists_are_fetched(sqlite_office: Office) -> None:
    """The list that is only compared tells the same sales as the one that is booked."""
    office = sqlite_office
    office.set("sale_source", '"customer-invoices"')
    office.run("sync")
    listed = office.asked("invoices", "list", "--direction", "sale")["invoices"]
    nets = {
        source: sum(Decimal(each["net"]) for each in listed if each["source"] == source)
        for source in ("customer-invoices", "customer-specifications")
    }
    (seen,) = office.asked("status")["administrations"]
    assert Decimal(seen["totals"]["sale"]["source"]) == nets["customer-invoices"] != 0
    ((other, net),) = ((each["list"], each["net"]) for each in seen["only_compared"])
    assert (other, Decimal(net)) == ("customer-specifications", nets["customer-specifications"])
    assert "customer-specifications is only compared and is in none of these sums" in office.run("status").out
    (month,) = office.asked("status", "--period", "2025-01")["administrations"]
    assert 0 < Decimal(month["only_compared"][0]["net"]) < Decimal(net)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--period", "2020-01", "--to", "out"), "2020-01"),
        (("--period", "2025-01", "--to", "out", "--customer", "nobody"), "nobody"),
        (("--period", "January", "--to", "out"), "2026-01"),
        (("--to", "out"), "--period"),
        (("--period", "2025-01", "--to", "connector.toml"), "connector.toml"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: tuple[str, ...], words: str, sqlite_office: Office) -> None:
    told(sqlite_office.run("customers", "documents", *arguments, code=2), words)


def rows(path: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path).worksheets[0].values)


@pytest.mark.parametrize("language", WORDS)
def test_a_workbook_for_word_has_a_row_for_each_customer(language: str, sqlite_office: Office) -> None:
    office = sqlite_office
    written = documents(office, "--format", "pdf", "--language", language)
    asked = office.asked(
        *("customers", "mailmerge", "--period", "2025-01", "--output", "mail.xlsx", "--files", "out"),
        *("--language", language, "--yes"),
    )
    titles, *found = rows(office.folder / "mail.xlsx")
    assert list(titles) == asked["columns"]
    assert titles[0] == {"en": "Customer", "nl": "Klant", "fr": "Client"}[language]
    assert len(found) == len(written["customers"]) == len(asked["customers"])
    for row, each, paper in zip(found, asked["customers"], written["customers"], strict=True):
        assert row[0] == each["name"] == paper["name"]
        assert Decimal(repr(row[11])) == Decimal(each["net"]) == Decimal(paper["net"])
        assert row[8] == _shown(Decimal(each["net"]), language)
        assert each["link"] == (office.folder / "out" / paper["files"][0]["file"]).as_uri()
    # Only the API's customer-invoices name whom to write to, and this office fetches specifications alone.
    assert asked["without_email"] == [each["name"] for each in asked["customers"]]
    shown = office.run(
        "customers", "mailmerge", "--period", "2025-01", "--output", "mail.xlsx", "--yes", "--link", "https://x.example/d"
    ).out  # fmt: skip
    assert "Without an e-mail address: Café Zonneveld" in shown
    assert str(rows(office.folder / "mail.xlsx")[1][-2]).startswith("https://x.example/d/2025-01_")


def _shown(amount: Decimal, language: str) -> str:
    signs = {"en": ",.", "nl": ".,", "fr": "\N{NO-BREAK SPACE},"}[language]
    return f"{amount:,}".translate({ord(","): signs[0], ord("."): signs[1]})


def test_the_columns_are_the_accountants(sqlite_office: Office) -> None:
    office = sqlite_office
    office.set("sale_source", '"customer-invoices"')
    office.run("sync")
    asked = office.asked("customers", "template", "--output", "mine.csv", "--language", "nl")
    assert "{email}" in (office.folder / "mine.csv").read_text(encoding="utf-8-sig")
    assert "email" in asked["fields"]
    (office.folder / "mine.csv").write_text("Aan;Tekst\n{email};Beste {contact}, {gross}\n", encoding="utf-8")
    asked = office.asked(
        *("customers", "mailmerge", "--period", "2025-01", "--output", "mail.xlsx"),
        *("--template", "mine.csv", "--language", "nl"),
    )
    assert asked["without_email"] == []
    titles, *found = rows(office.folder / "mail.xlsx")
    assert titles == ("Aan", "Tekst")
    assert all("@" in str(row[0]) and str(row[1]).startswith("Beste ") for row in found)

    (office.folder / "mine.csv").write_text("Aan\n{mail}\n", encoding="utf-8")
    done = office.run(
        "customers", "mailmerge", "--period", "2025-01", "--output", "mail.xlsx", "--template", "mine.csv", code=3
    )  # fmt: skip
    told(done, "mine.csv: cell A2: there is no field {mail}; did you mean {email}?")


def test_links_lead_only_to_files_that_are_right(sqlite_office: Office) -> None:
    office = sqlite_office
    mailmerge = ("customers", "mailmerge", "--period", "2025-01", "--output", "mail.xlsx", "--files", "out")
    (office.folder / "out").mkdir()
    told(office.run(*mailmerge, code=3), "6 customers have no right file", "connector customers documents")
    assert not (office.folder / "mail.xlsx").exists()
    documents(office, "--format", "xlsx")
    office.run(*mailmerge)
    told(office.run(*mailmerge, code=2), "mail.xlsx is there already")
    listed = office.folder / "out" / ".connector-papers.json"
    listed.write_text(listed.read_text(encoding="utf-8").replace('"net": ', '"net": 1'), encoding="utf-8")
    told(office.run(*mailmerge, "--yes", code=3), "holds other amounts than its documents do now")


def test_a_workbook_has_its_ending(sqlite_office: Office) -> None:
    told(sqlite_office.run("customers", "mailmerge", "--period", "2025-01", "--output", "mail.docx", code=2), ".xlsx")
    told(sqlite_office.run("customers", "template", "--output", "mail.docx", code=2), ".csv")
    told(sqlite_office.run("customers", "mailmerge", "--period", "2020-01", "--output", "m.xlsx", code=2), "2020-01")
