"""The first months beside what was really booked: the trial month and the proposals, with the command itself."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from connector.mapping_files import load
from connector.sandbox import Sandbox
from connector.store import entries
from tests.journeys.office import Office, told
from tests.past_books.audit import audit_file, lumped, of_entries, write

MONTH = "2024-12"


def our_books(office: Office) -> tuple[Any, Any]:
    """What a ledger that booked exactly our entries would export."""
    mapping = load(office.folder / "mappings" / "nl")
    with office.database as database, database.reading() as connection:
        known = entries.load(connection, 1, range(1, 1 + office.rows()["entry"]))
    return of_entries(known.values(), mapping.chart)


def trial(office: Office, file: str, *more: str, code: int = 0) -> Any:
    return office.asked("mapping", "trial", MONTH, "--books", file, *more, code=code)


def test_a_trial_month_before_anything_is_approved(office: Office, sandbox: Sandbox) -> None:
    bookings, ledger = our_books(office)
    write(office.folder / "same.xaf", audit_file(bookings, ledger))
    seen = trial(office, "same.xaf")
    assert seen["explained"]
    assert all(row["difference"] == "0.00" for row in seen["accounts"])
    held = {each.number for each in sandbox.manifest.of("nl") if each.expected == "hold"}
    (told_held,) = (each for each in seen["documents"] if each["differences"])
    assert set(told_held["numbers"]) <= held

    lump = [lumped(each, "7000", ("1520", "1600")) for each in bookings]
    write(office.folder / "lump.xaf", audit_file(lump, ledger))
    seen = trial(office, "lump.xaf")
    whole = [each for each in seen["documents"] if each["whole_on"] == "7000"]
    assert len(whole) == 2
    for each in whole:
        assert sum(Decimal(amount) for amount in each["ours"].values()) == 0
    text = office.run("mapping", "trial", MONTH, "--books", "lump.xaf").out
    assert "booked whole on 7000; we book 7010 " in text
    assert "Every difference is explained." in text
    office.run("mapping", "trial", MONTH, "--books", "lump.xaf", "--xlsx", "trial.xlsx", "--language", "nl")
    sheets = openpyxl.load_workbook(office.folder / "trial.xlsx")
    assert "acme" in sheets.sheetnames
    assert "Documenten" in sheets.sheetnames
    dutch = office.run("mapping", "trial", MONTH, "--books", "lump.xaf", "--language", "nl").out
    assert "geheel op 7000 geboekt" in dutch


def test_a_trial_of_history_that_book_from_keeps_out(sqlite_office: Office) -> None:
    office = sqlite_office
    bookings, ledger = our_books(office)
    write(office.folder / "same.xaf", audit_file(bookings, ledger, "4.0"))
    office.set("book_from", "2025-06-01")
    office.run("sync")
    assert set(office.states()) == {"ignored"}
    seen = trial(office, "same.xaf", "--all")
    assert (seen["booked"], seen["on_paper"], seen["held"]) == (0, 2, 1)
    assert seen["explained"]


def test_a_difference_that_nobody_can_explain_ends_with_20(sqlite_office: Office) -> None:
    office = sqlite_office
    bookings, ledger = our_books(office)
    text = audit_file(bookings, ledger)
    number = next(each for each in office.asked("entries", "list", "--period", MONTH)["entries"])["number"]
    rows = [
        "Grootboekrekening;Datum;Boekstuk;Omschrijving;Debet;Credit",
        f"7010;23-12-2024;1;Copaco {number};1.000,00;",
        f"1600;23-12-2024;1;Copaco {number};;1.000,00",
    ]
    write(office.folder / "other.csv", "\n".join(rows))
    seen = trial(office, "other.csv", code=20)
    assert not seen["explained"]
    assert seen["form"] == "CSV"
    write(office.folder / "cut.xaf", text[: len(text) // 2])
    told(office.run("mapping", "trial", MONTH, "--books", "cut.xaf", code=13), "cut.xaf", "breaks off")
    write(office.folder / "odd.csv", "Nummer;Dag;Bedrag\n1;2;3\n")
    told(office.run("mapping", "trial", MONTH, "--books", "odd.csv", code=13), "'Nummer'", "--column")
    assert "is no month" in office.run("mapping", "trial", "december", "--books", "odd.csv", code=2).err
    named = ("--column", "account=Nummer", "--column", "date=Dag")
    told(office.run("mapping", "trial", MONTH, "--books", "odd.csv", *named, code=13), "line 2", "'2' is no date")
    assert "names no column" in office.run("mapping", "trial", MONTH, "--books", "odd.csv", "--column", "x", code=2).err


def test_proposals_are_taken_one_by_one(office: Office) -> None:
    bookings, ledger = our_books(office)
    write(office.folder / "same.xaf", audit_file(bookings, ledger))
    first = office.asked("mapping", "suggest", "--books", "same.xaf")
    assert office.asked("mapping", "suggest", "--books", "same.xaf") == first, "the same input, the same proposals"
    (rule,) = first["rules"]
    assert rule["row"]["account"] == "7010"
    assert {each["kind"] for each in rule["evidence"]} == {"supplier booked before", "similar rows", "starter set"}
    before = (office.folder / "mappings/nl/rules.csv").read_bytes()
    shown = office.run("mapping", "suggest", "--books", "same.xaf", "--out", "proposed.csv").out
    assert "Nothing was changed." in shown
    (row,) = csv.DictReader(io.StringIO((office.folder / "proposed.csv").read_text("utf-8-sig")), delimiter=";")
    assert (row["id"], row["account"], row["euros"]) == (rule["id"], "7010", rule["net"])
    assert "Copaco" in row["evidence"]
    assert (office.folder / "mappings/nl/rules.csv").read_bytes() == before, "nothing is applied by itself"
    told(
        office.run("mapping", "suggest", "--books", "same.xaf", "--out", "mappings/nl/rules.csv", code=2),
        "rules.csv is there already",
        "give --yes",
    )
    assert (office.folder / "mappings/nl/rules.csv").read_bytes() == before, "the tables were replaced by the proposals"

    assert "no proposal S00000" in office.run("mapping", "suggest", "--take", "S00000", code=2).err
    assert "Name the proposals" in office.run("mapping", "suggest", "--take", code=2).err
    assert "give --yes" in office.run("mapping", "suggest", "--take", "all", code=2).err
    assert (office.folder / "mappings/nl/rules.csv").read_bytes() == before
    taken = office.asked("mapping", "suggest", "--take", rule["id"].lower())
    assert taken["taken"] == [rule["id"]]
    assert rule["id"] in (office.folder / "mappings/nl/rules.csv").read_text("utf-8")
    assert office.asked("mapping", "suggest")["rules"] == []
    assert "Every line has an account." in office.run("mapping", "suggest").out
    assert "nothing to take" in office.run("mapping", "suggest", "--take", "all", "--yes").out
    office.run("mapping", "check")
    office.accept()
    assert "held" not in office.states(), "what was held is prepared with the new row"


def test_new_customers_are_proposed_with_their_debtors(sqlite_office: Office) -> None:
    office = sqlite_office
    office.set("sale", '"post"')
    office.set("sale_source", '"customer-invoices"')
    office.run("sync")
    rows = office.asked("mapping", "suggest")["customers"]
    assert rows
    name = rows[0]["row"]["name"]
    books = f"Rekening;Datum;Relatiecode;Relatienaam;Bedrag\n1300;05-12-2024;4711;{name};100,00\n"
    write(office.folder / "books.csv", books)
    found = office.asked("mapping", "suggest", "--books", "books.csv", "--out", "p.csv")
    assert found["customers"][0]["row"]["debtor"] == "4711"
    assert found["written"] == ["p.csv", "p-customers.csv"]
    assert {each["row"]["debtor"] for each in found["customers"][1:]} == {""}
    text = office.run("mapping", "suggest", "--books", "books.csv", "--language", "fr").out
    assert "4711" in text
    taken = office.asked("mapping", "suggest", "--books", "books.csv", "--take", found["customers"][0]["id"])
    assert taken["taken"] == [found["customers"][0]["id"]]
    assert name in Path(office.folder / "mappings/nl/customers.csv").read_text("utf-8")
