"""The workbook with the installed command: what waits is exported, filled in, imported, and booked by the next run."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.journeys.office import Office, told
from tests.journeys.terminal import seen
from tests.mapping_files.sheets import edited, place, row_of, saved_by_office, setting


def tables(office: Office) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (office.folder / "mappings" / "nl").iterdir()}


@pytest.fixture
def waiting_office(sqlite_office: Office) -> Office:
    """The office after a sync with tables in which no rule knows item fees."""
    office = sqlite_office
    path = office.folder / "mappings" / "nl" / "rules.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    place_of = rows[0].rstrip("\n").split(";").index
    kept = []
    for row in rows:
        cells = row.split(";")
        if cells[place_of("direction")] == "purchase" and cells[place_of("charge_type")] != "Usage Fee":
            continue
        kept.append(row)
    path.write_text("".join(kept), encoding="utf-8")
    (path.parent / "examples.csv").unlink()  # they say what these rows did
    office.run("mapping", "accept", "--yes")
    assert office.states()["held"]
    return office


def test_what_waits_is_filled_in_and_booked(waiting_office: Office) -> None:
    office, book = waiting_office, waiting_office.folder / "tables.xlsx"
    before, held = tables(office), len(office.states()["held"])
    answer = office.asked("mapping", "export", "--xlsx", "tables.xlsx")
    waits = [each for each in answer["waiting"] if each["code"] == "ACCOUNT-UNMAPPED"]
    assert waits
    assert all(each["direction"] == "purchase" and each["charge_type"] for each in waits)
    assert any(each["proposal"] and each["evidence"] for each in waits)
    assert office.asked("mapping", "import", "tables.xlsx", "--yes")["changes"] == []
    assert tables(office) == before

    sheet = openpyxl.load_workbook(book)["Unmapped"]
    rows = [row for row in range(3, sheet.max_row + 1) if place(sheet, "plan", row).value]
    assert len(rows) == sum(bool(each["plan"]) for each in answer["waiting"])

    def fill(opened: openpyxl.Workbook) -> None:
        for row in rows:
            place(opened["Unmapped"], "account", row).value = "cost_licences"
            place(opened["Unmapped"], "for", row).value = "charge_type"

    edited(book, fill)
    tried = office.run("mapping", "import", "tables.xlsx", "--dry-run")
    assert "rules.csv" in tried.out
    assert "added" in tried.out
    assert tables(office) == before, "a dry run writes nothing"
    assert "give --yes" in office.run("mapping", "import", "tables.xlsx", code=2).err
    done = office.run("mapping", "import", "tables.xlsx", "--yes")
    assert "Written: rules.csv." in done.out
    assert "connector mapping accept" in done.out
    assert {name for name, content in tables(office).items() if content != before[name]} == {"rules.csv"}
    assert len(office.states()["held"]) == held, "written is not accepted"
    office.run("mapping", "accept", "--yes")
    assert len(office.states().get("held", ())) < held
    told(office.run("mapping", "import", "tables.xlsx", "--yes", code=4), "were changed since this workbook", "added")


def test_a_wrong_cell_leaves_a_copy_and_takes_nothing(sqlite_office: Office) -> None:
    office, book = sqlite_office, sqlite_office.folder / "tabellen.xlsx"
    office.run("mapping", "export", "--xlsx", "tabellen.xlsx", "--language", "nl")
    name = openpyxl.load_workbook(book)["Regels"]["A3"].value
    before = tables(office)
    edited(book, setting("Regels", str(name), account="7O10"))
    told(
        office.run("mapping", "import", "tabellen.xlsx", "--yes", code=4), "Regels row 3, column account", "errors.xlsx"
    )
    mended = office.folder / "tabellen.errors.xlsx"
    copy, kept = openpyxl.load_workbook(mended), mended.read_bytes()
    assert copy["Fouten"]["B3"].value == "Regels"
    assert tables(office) == before
    told(office.run("mapping", "import", "tabellen.xlsx", "--yes", code=4), "tabellen.errors-2.xlsx")
    assert mended.read_bytes() == kept, "a person may have mended cells in it"
    answer = office.asked("mapping", "import", "tabellen.xlsx", "--yes", "--errors", "wrong.xlsx", code=4)
    assert answer["error"]["problems"]
    assert (office.folder / "wrong.xlsx").exists()
    assert sorted(path.name for path in office.folder.glob(".*.new")) == []


def test_an_existing_file_is_not_replaced_unasked(sqlite_office: Office) -> None:
    office = sqlite_office
    (office.folder / "tables.xlsx").write_bytes(b"mine")
    assert "give --yes" in office.run("mapping", "export", "--xlsx", "tables.xlsx", code=2).err
    assert (office.folder / "tables.xlsx").read_bytes() == b"mine"
    office.run("mapping", "export", "--xlsx", "tables.xlsx", "--yes")
    assert "does not end in .xlsx" in office.run("mapping", "export", "--xlsx", "tables.csv", code=2).err
    told(office.run("mapping", "import", "none.xlsx", code=4), "cannot be read")
    told(office.run("mapping", "import", "connector.toml", code=4), "this is no workbook")


def test_no_is_an_answer(sqlite_office: Office) -> None:
    """It was told as a question that nobody answered."""
    office, book = sqlite_office, sqlite_office.folder / "tables.xlsx"
    office.run("mapping", "export", "--xlsx", "tables.xlsx")
    name = str(openpyxl.load_workbook(book)["Rules"]["A3"].value)
    edited(book, setting("Rules", name, note="seen with the client"))
    before, ours = tables(office), book.read_bytes()
    for command in (("import", "tables.xlsx"), ("export", "--xlsx", "tables.xlsx")):
        code, shown = seen(office.folder, 100, "mapping", *command, given="n\n")
        assert code == 0, shown
        assert "Nothing was changed." in shown
        assert "not answered" not in shown
    assert tables(office) == before
    assert book.read_bytes() == ours


@pytest.mark.needs_office
def test_an_edit_saved_by_a_spreadsheet_comes_back(sqlite_office: Office, tmp_path: Path) -> None:
    office, book = sqlite_office, sqlite_office.folder / "tables.xlsx"
    office.run("mapping", "export", "--xlsx", "tables.xlsx", "--language", "fr")
    sheet = openpyxl.load_workbook(book)["Règles"]
    name = str(sheet["A3"].value)
    edited(book, setting("Règles", name, note="vu avec le client"))
    saved = saved_by_office(book, tmp_path)
    changes = office.asked("mapping", "import", str(saved), "--yes")["changes"]
    assert [(each["table"], each["row"], each["change"]) for each in changes] == [("rules.csv", name, "changed")]
    assert row_of(openpyxl.load_workbook(saved)["Règles"], name) == 3
    office.run("mapping", "check")


@pytest.mark.needs_office
def test_from_export_through_a_spreadsheet_to_what_is_prepared_anew(waiting_office: Office, tmp_path: Path) -> None:
    """The whole walk: export, fill in what waits, save in a spreadsheet, import, look at the effect, accept."""
    office, book = waiting_office, waiting_office.folder / "tables.xlsx"
    held = office.states()["held"]
    office.run("mapping", "export", "--xlsx", "tables.xlsx", "--language", "nl")

    def fill(opened: openpyxl.Workbook) -> None:
        sheet = opened["Zonder toewijzing"]
        for row in range(3, sheet.max_row + 1):
            if place(sheet, "plan", row).value:
                place(sheet, "account", row).value = "cost_licences"
                place(sheet, "for", row).value = "charge_type"

    edited(book, fill)
    saved = saved_by_office(book, tmp_path)
    changes = office.asked("mapping", "import", str(saved), "--yes")["changes"]
    assert {(each["table"], each["change"]) for each in changes} == {("rules.csv", "added")}
    (difference,) = office.asked("mapping", "diff")["differences"]
    assert {each["row"] for each in difference["rows"]} == {each["row"] for each in changes}
    now_ready = {each["number"] for each in difference["documents"] if each["after"]["state"] == "ready"}
    assert now_ready
    assert now_ready <= set(held)
    assert sum(Decimal(each["amount"]) for each in difference["open"] if each["account"] == "7010") > 0
    office.accept("what waited")
    assert now_ready <= set(office.states()["ready"])
    told_now = {each["number"] for each in office.asked("entries", "list", "--state", "ready")["entries"]}
    assert now_ready <= told_now
    office.proves()
