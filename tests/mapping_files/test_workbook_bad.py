"""Workbooks that are wrong: each cell at its place, or the whole refused; never a part taken over."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook

from connector.errors import MappingFileError
from connector.mapping_files.workbook import WorkbookError, with_mistakes
from connector.mapping_files.workbook_cells import WrongCell, from_sheet, text_of, to_sheet
from tests.mapping_files.sheets import (
    edited,
    exported,
    imported,
    mistakes,
    place,
    refused,
    repacked,
    row_of,
    setting,
)
from tests.mapping_files.tables import SAMPLE, sample
from tests.mapping_files.test_inheritance import family


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return exported(sample(), tmp_path / "b.xlsx")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("account", "=7000+20", "the cell holds a formula (=7000+20)"),
        ("account", "7O10", "did you mean '7010'"),
        ("account", "#N/A", "the spreadsheet shows an error here (#N/A)"),
        ("priority", 1234567890123456, "which is not exact"),
        ("valid_from", datetime.datetime(2026, 3, 1, 12, 30), "is a time and not a day"),  # noqa: DTZ001
        ("valid_from", datetime.time(12, 30), "is a time and not a day"),
        ("valid_from", "2026-02-30", "is not a date"),
        ("action", "poste", "did you mean 'post'"),
        ("note", 980.5e20, "which is not exact"),
    ],
)
def test_a_cell_that_is_wrong_is_told_at_its_place(column: str, value: object, told: str, path: Path) -> None:
    edited(path, setting("rules", "R010", **{column: value}))
    (found,) = mistakes(path, sample())
    sheet = openpyxl.load_workbook(path)["Rules"]
    assert (found.sheet, found.row, found.column) == ("Rules", row_of(sheet, "R010"), column)
    assert found.cell == place(sheet, column, found.row).coordinate
    assert told in found.text


def test_an_account_that_lost_its_zero_is_explained(tmp_path: Path) -> None:
    files = sample(**{name: SAMPLE[f"{name}.csv"].replace("7020", "0720") for name in ("accounts", "rules")})
    path = edited(exported(files, tmp_path / "b.xlsx"), setting("rules", "R010", account=720))
    (found,) = mistakes(path, files)
    assert "0720" in found.text


def test_every_error_at_once_and_none_taken(path: Path) -> None:
    def change(book: Workbook) -> None:
        setting("rules", "R010", account="7O10", valid_to="nooit")(book)
        setting("customers", "A-1", country="ZZ")(book)
        setting("rules", "R011", account="7020")(book)

    edited(path, change)
    assert [(each.sheet, each.column) for each in mistakes(path, sample())] == [
        ("Rules", "valid_to"), ("Rules", "account"), ("Customers", "country"),
    ]  # fmt: skip


def test_the_copy_shows_what_is_wrong(path: Path) -> None:
    edited(path, setting("rules", "R010", account="=7000+20", note="left as it is"))
    with pytest.raises(WorkbookError) as caught:
        imported(path, sample())
    copy = path.with_name("b.errors.xlsx")
    copy.write_bytes(with_mistakes(path, caught.value.title, caught.value.mistakes))
    book = openpyxl.load_workbook(copy)
    sheet = book["Rules"]
    cell = place(sheet, "account", row_of(sheet, "R010"))
    assert cell.fill.start_color.rgb.endswith("FFC7CE")
    assert cell.value == "=7000+20"
    assert [each.value for each in book["Errors"][3]][:5] == ["error", "Rules", "4", "account", "=7000+20"]
    assert book["Errors"]["D3"].hyperlink.location == f"'Rules'!{cell.coordinate}"
    assert book.active is book["Errors"]
    edited(copy, setting("rules", "R010", account="7020"))
    assert [each.row for each in imported(copy, sample()).changes] == ["R010"], "the copy can be mended and imported"


class TestSheets:
    def test_a_sheet_that_was_renamed(self, path: Path) -> None:
        edited(path, lambda book: setattr(book["Rules"], "title", "Rulez"))
        told = [str(each) for each in mistakes(path, sample())]
        assert told[0] == "Rules: the sheet 'Rules' is missing; did you mean 'Rulez'?"
        assert "Rulez: the sheet 'Rulez' is not one of the workbook" in told[1]
        assert len(told) == 2

    def test_a_sheet_that_is_missing(self, path: Path) -> None:
        edited(path, lambda book: book.remove(book["Customers"]))
        (found,) = mistakes(path, sample())
        assert "the sheet 'Customers' is missing; export the workbook anew" in found.text

    @pytest.mark.parametrize(
        ("header", "told"),
        [("", "the column is missing"), ("id", "the column is there twice"), ("acount", "did you mean 'account'")],
    )
    def test_columns(self, header: str, told: str, path: Path) -> None:
        def change(book: Workbook) -> None:
            place(book["Rules"], "account", 2).value = header or None

        found = mistakes(edited(path, change), sample())
        assert any(told in each.text for each in found)
        assert {each.sheet for each in found} == {"Rules"}

    def test_what_stands_beside_the_table(self, path: Path) -> None:
        edited(path, lambda book: book["Settings"].cell(3, 6, "why?"))
        (found,) = mistakes(path, sample())
        assert found.text == "'why?' stands beside the table, under no column"

    def test_an_id_that_is_used_again(self, path: Path) -> None:
        edited(path, lambda book: place(book["Customers"], "account_id", 4).__setattr__("value", "A-1"))
        (found,) = mistakes(path, sample())
        assert (found.row, found.text) == (4, "'A-1' is there already, on line 3")

    def test_an_inherited_row_that_was_changed(self, tmp_path: Path) -> None:
        files = family()
        path = exported(files, tmp_path / "b.xlsx")
        edited(path, setting("rules", "R010", account="7020"))
        (found,) = mistakes(path, files)
        assert (found.column, "marked as one of 'office'" in found.text) == ("from", True)

    def test_another_parent_needs_another_workbook(self, tmp_path: Path) -> None:
        files = family()
        path = edited(exported(files, tmp_path / "b.xlsx"), setting("settings", "parent", value="sector"))
        assert any(
            "the parent of a set is changed in settings.csv itself" in each.text for each in mistakes(path, files)
        )


class TestRefused:
    def test_two_people_editing(self, path: Path) -> None:
        edited(path, setting("rules", "R010", account="7020"))
        files = sample(rules=SAMPLE["rules.csv"].replace("R020;purchase;Usage Fee", "R020;purchase;Item Fee"))
        told = str(refused(path, files))
        on_disk, in_workbook = told.split("in the workbook")
        assert "rules.csv R020: changed (charge_type 'Usage Fee' -> 'Item Fee')" in on_disk
        assert "rules.csv R010: changed (account 'cost_licences' -> '7020')" in in_workbook

    def test_two_people_editing_where_one_edits_the_office(self, tmp_path: Path) -> None:
        path = exported(family(), tmp_path / "b.xlsx")
        changed = family() | {"office/customers.csv": SAMPLE["customers.csv"].replace("10021", "10031").encode()}
        assert "the tables of a parent were changed" in str(refused(path, changed))

    def test_tables_that_only_look_otherwise_are_the_same(self, path: Path) -> None:
        files = sample(settings=SAMPLE["settings.csv"].replace(";", ",").replace("\n", "\r\n"))
        assert imported(path, files).files == {}

    def test_a_workbook_of_another_set(self, path: Path) -> None:
        from connector.mapping_files.workbook import take

        with pytest.raises(MappingFileError, match="of the mapping set 'sample', and this is 'be'"):
            take(path, sample(), "sets/be", "be")

    def test_any_other_workbook(self, path: Path) -> None:
        Workbook().save(path)
        assert "was not exported by the connector" in str(refused(path, sample()))

    @pytest.mark.parametrize(("cell", "value", "told"), [
        ("B1", "2", "has form 2"), ("A1", "x", "was changed"), ("B2", "AAAA", "was changed"),
        ("B2", "é", "was changed"),
    ])  # fmt: skip
    def test_a_hidden_sheet_that_was_changed(self, cell: str, value: str, told: str, path: Path) -> None:
        edited(path, lambda book: book["_connector"][cell].__setattr__("value", value))
        assert told in str(refused(path, sample()))

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "this is no workbook"),
            (b"id;direction\nR1;purchase\n", "this is no workbook"),
            (b"PK\x03\x04 and nothing", "is not whole"),
            (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "old form (.xls)"),
            (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "has a password"),
        ],
    )
    def test_a_file_that_is_no_workbook(self, content: bytes, told: str, path: Path) -> None:
        path.write_bytes(content)
        assert told in str(refused(path, sample()))

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert "cannot be read" in str(refused(tmp_path / "none.xlsx", sample()))

    def test_a_half_written_file(self, path: Path) -> None:
        content = path.read_bytes()
        for size in (len(content) // 2, len(content) - 10):
            path.write_bytes(content[:size])
            assert "is not whole" in str(refused(path, sample()))

    def test_bytes_that_were_damaged(self, path: Path) -> None:
        content = bytearray(path.read_bytes())
        for at in range(3000, len(content) - 8000, 997):
            content[at] ^= 0xFF
        path.write_bytes(bytes(content))
        assert "damaged" in str(refused(path, sample()))

    def test_macros(self, path: Path) -> None:
        assert "holds macros" in str(
            refused(repacked(path, xl__vbaProject_bin=b"", **{"xl/vbaProject.bin": b"x"}), sample())
        )

    def test_an_opendocument_sheet(self, path: Path) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        path.write_bytes(content.getvalue())
        assert "another kind (.ods)" in str(refused(path, sample()))

    def test_a_bomb(self, path: Path) -> None:
        bomb = b"<x>" + b" " * 120_000_000 + b"</x>"
        assert "far more than tables need" in str(
            refused(repacked(path, xl__sharedStrings_xml=None, **{"xl/theme/theme1.xml": bomb}), sample())
        )

    def test_entities_are_not_expanded(self, path: Path) -> None:
        laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
        assert "damaged" in str(refused(repacked(path, xl__workbook_xml=None, **{"xl/workbook.xml": laughs}), sample()))


def test_a_number_that_nobody_typed() -> None:
    with pytest.raises(WrongCell, match=r"0.30000000000000004 of it, which is not exact"):
        text_of(0.1 + 0.2, "n", "General")
    assert [text_of(value, "n", "General") for value in (0.3, 21.0, -5, 1e3, 0.1, 0)] == [
        "0.3", "21", "-5", "1000", "0.1", "0",
    ]  # fmt: skip
    assert [text_of(value, "n", "0.0%") for value in (0.07, 0.055, 1)] == ["7", "5.5", "100"]


def test_a_cell_of_a_megabyte(path: Path) -> None:
    with pytest.raises(WrongCell, match="do not fit into a spreadsheet"):
        text_of("x" * 1_000_000, "s", "@")
    files = sample(settings=f"{SAMPLE['settings.csv']}line_text;{'x' * 40_000}\n")
    with pytest.raises(MappingFileError, match=r"settings.csv line 7, column value: the cell has 40000 signs"):
        exported(files, path)


@pytest.mark.parametrize("many", [5_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_many_rows(tmp_path: Path, many: int) -> None:
    rows = "".join(f"C-{number};Klant {number};{number};NL;;\n" for number in range(many))
    files = sample(customers=f"account_id;name;debtor;country;vat_number;vat_checked\n{rows}")
    small = exported(sample(), tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(small)
    sheet = book["Customers"]
    for number in range(many):
        for column, text in enumerate((f"C-{number}", f"Klant {number}", str(number), "NL"), start=1):
            sheet.cell(number + 3, column).value = text
    book.save(small)
    taken = imported(small, sample())
    assert len(taken.changes) == many + 2
    assert taken.files["customers.csv"].count(b"\n") == files["customers.csv"].count(b"\n")


@pytest.mark.parametrize("text", ["", "a", "_x0041_", "_x005F_x0041_", "_x0041", "a\x01b", "\uffff", "_x", "-_xABCD_"])
def test_what_xml_cannot_hold_comes_back(text: str) -> None:
    assert from_sheet(to_sheet(text)) == text
