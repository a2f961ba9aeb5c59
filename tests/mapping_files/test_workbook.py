"""The workbook: what it shows, that it comes back unchanged, and what an edit becomes."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from connector import texts
from connector.mapping_files import read_folder
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import SCHEMAS
from connector.mapping_files.table import Row
from connector.mapping_files.workbook import take, workbook
from connector.mapping_files.workbook_changes import changes
from connector.mapping_files.workbook_layout import sheets_of
from connector.mapping_files.workbook_reading import read_workbook
from connector.mapping_files.workbook_taking import _Taking
from connector.mapping_files.writing import canonical, written
from tests.mapping_files.sheets import column_of, edited, exported, imported, place, row_of, setting
from tests.mapping_files.tables import SAMPLE, loaded, sample, with_rows
from tests.mapping_files.test_inheritance import family

STARTER = Path(__file__).parents[2] / "mappings"


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    texts.use("en")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return exported(sample(), tmp_path / "tables.xlsx")


class TestUnchanged:
    def test_nothing_changes_not_even_a_byte(self, path: Path) -> None:
        taken = imported(path, sample())
        assert (taken.files, taken.changes) == ({}, ())

    @pytest.mark.parametrize("name", ["nl", "be"])
    def test_nor_in_a_starter_set(self, name: str, tmp_path: Path) -> None:
        files = read_folder(STARTER / name)
        (tmp_path / "set.xlsx").write_bytes(workbook(files, (), "x", name))
        assert take(tmp_path / "set.xlsx", files, "x", name).files == {}

    def test_nor_in_tables_that_are_not_canonical(self, tmp_path: Path) -> None:
        files = sample() | {
            "settings.csv": '﻿Value,KEY\r\n\r\n"0,02",tolerance_document\r\nline,aggregate_sale\r\n'.encode(),
            "deferrals.csv": SAMPLE["deferrals.csv"].replace("50.00", "1.050,00").encode(),
            "customers.csv": SAMPLE["customers.csv"].replace("2026-02-03", "03-02-2026").encode("cp1252"),
        }
        assert imported(exported(files, tmp_path / "b.xlsx"), files).files == {}

    @given(seed=st.data())
    @settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
    def test_nor_whatever_the_cells_hold(self, seed: st.DataObject) -> None:
        sign = st.one_of(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"),
            st.sampled_from(
                ["=", "+", "-", "@", "\t", "\n", "_x0041_", "_x", "\x01", "\uffff", "\N{LINE SEPARATOR}", '"']
            ),
        )
        text = st.lists(sign, max_size=8).map("".join)
        names = st.lists(text.filter(str.strip), max_size=5, unique_by=lambda name: name.strip().casefold())
        files = sample()
        for file, columns in (
            ("settings.csv", ("key", "value", "note")),
            ("customers.csv", ("account_id", "name", "debtor", "country", "vat_number", "vat_checked", "note")),
            ("rules.csv", ("id", "direction", "charge_type", "plan", "customer", "account", "action", "note", "sign")),
        ):
            rows = [
                Row(
                    file=file,
                    line=0,
                    cells={column: name if not at else seed.draw(text) for at, column in enumerate(columns)},
                )
                for name in seed.draw(names)
            ]
            rows = [each for each in rows if each.cells.get("key") != "parent"]
            files[file] = written(SCHEMAS[file], columns, rows)
        with tempfile.TemporaryDirectory() as folder:
            path = exported(files, Path(folder) / "random.xlsx", blank_rows=3)
            # Such tables are mostly wrong, and an import would say so; what is read is the same in any case.
            assert unread(path, files) == []

    def test_a_sheet_per_table_even_where_the_tables_are_wrong(self, tmp_path: Path) -> None:
        files = with_rows("rules", "R999;purchase;Item Fee;Backup;;;;;2026-13-01;;7O10;;;post;")
        book = openpyxl.load_workbook(exported(files, tmp_path / "b.xlsx"))
        wrong = [[cell.value for cell in row] for row in book["Errors"].iter_rows(min_row=3)]
        told = [(row[1], row[2], row[3], row[4]) for row in wrong if row[0] == "error"]
        at = str(row_of(book["Rules"], "R999"))
        assert told == [("Rules", at, "valid_from", "2026-13-01"), ("Rules", at, "account", "7O10")]
        assert "did you mean '7010'" in str(wrong[1][5])


def unread(path: Path, files: dict[str, bytes]) -> list[str]:
    """What reading the workbook finds changed, without asking whether the tables can be used."""
    problems = Problems()
    sheets = sheets_of(files, "sets/sample")
    taking = _Taking(read_workbook(path, problems), sheets, problems)
    assert problems.errors == ()
    found: list[str] = []
    for sheet in sheets:
        table = taking.tables.get(sheet.file)
        rows = [row.cells for row in table.rows] if table else []
        found += map(str, changes(sheet.schema, [row.cells for row in sheet.own], rows)[0])
    return found


class TestLooks:
    def test_titles_names_notes_and_lists(self, path: Path) -> None:
        book = openpyxl.load_workbook(path)
        assert book.sheetnames == [
            "Unmapped", "Errors", "Accounts", "Rules", "VAT codes", "VAT treatments", "Customers", "Dimensions",
            "Deferrals", "Settings", "Examples", "_lists", "_connector",
        ]  # fmt: skip
        rules = book["Rules"]
        assert [cell.value for cell in rules[1]][:3] == ["Name of the row", "Direction", "Charge type"]
        assert [cell.value for cell in rules[2]][:3] == ["id", "direction", "charge_type"]
        note = place(rules, "account", 1).comment
        assert note.text == "Account number or role; blank: left to a less specific row."
        offered = {str(each.sqref).split("3")[0]: each for each in rules.data_validations.dataValidation}
        letter = openpyxl.utils.get_column_letter(column_of(rules, "account"))
        assert offered[letter].errorStyle == "warning", "an account may be new on its own sheet"
        values = [
            str(cell.value) for (cell,) in book["_lists"][offered[letter].formula1.split("!")[1].replace("$", "")]
        ]
        assert {"cost_licences", "7010", "4930"} <= set(values)
        assert len(values) == len(set(values))
        charge = offered[openpyxl.utils.get_column_letter(column_of(rules, "charge_type"))]
        assert not charge.showErrorMessage, "the charge types are a hint"

    def test_every_cell_is_text_and_ids_are_locked(self, path: Path) -> None:
        exported(sample(), path, blank_rows=500)
        book = openpyxl.load_workbook(path)
        rules = book["Rules"]
        last = row_of(rules, "R150")
        assert rules.max_row == last + 500
        assert {cell.number_format for row in rules.iter_rows(min_row=1) for cell in row} == {"@"}
        assert place(rules, "id", last).protection.locked
        assert not place(rules, "account", last).protection.locked
        assert not place(rules, "id", last + 1).protection.locked
        assert rules["A1"].protection.locked
        assert rules.protection.sheet
        assert rules.protection.password is None
        assert not rules.protection.autoFilter, "which means that it can be filtered"
        assert rules.freeze_panes == "B3"
        assert book.security.lockStructure

    def test_what_looks_like_a_formula_is_text(self, tmp_path: Path) -> None:
        files = with_rows("rules", 'R998;purchase;Item Fee;;;;;-;;;7010;;;post;"=HYPERLINK(""http://x"")"')
        path = exported(files, tmp_path / "b.xlsx")
        rules = openpyxl.load_workbook(path)["Rules"]
        at = row_of(rules, "R998")
        for column, text in (("note", '=HYPERLINK("http://x")'), ("sign", "-")):
            cell = place(rules, column, at)
            assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
        assert imported(path, files).files == {}

    @pytest.mark.parametrize(
        ("language", "sheet", "title"), [("nl", "Regels", "Grootboekrekening"), ("fr", "Règles", "Compte général")]
    )
    def test_in_the_language_of_the_reader(self, language: str, sheet: str, title: str, tmp_path: Path) -> None:
        texts.use(language)
        path = exported(sample(), tmp_path / "b.xlsx")
        rules = openpyxl.load_workbook(path)[sheet]
        assert place(rules, "account", 1).value == title
        assert place(rules, "account", 1).comment.text != ""
        texts.use("en")
        assert imported(path, sample()).files == {}, "whoever imports it may read another language"


class TestEdits:
    def test_a_changed_table_is_written_canonical_and_the_others_are_left(self, path: Path) -> None:
        edited(path, setting("rules", "R010", account="7020"))
        taken = imported(path, sample())
        assert [str(each) for each in taken.changes] == ["rules.csv R010: changed (account 'cost_licences' -> '7020')"]
        assert set(taken.files) == {"rules.csv"}
        files = sample() | taken.files
        assert canonical(files)["rules.csv"] == taken.files["rules.csv"]
        assert next(rule.account for rule in loaded(files).rules if rule.id == "R010") == "7020"

    def test_a_new_row_and_a_row_that_is_gone(self, path: Path) -> None:
        def change(book: Workbook) -> None:
            setting("customers", "A-3", account_id="A-3", name="Nieuw", debtor="0980", country="NL")(book)
            book["Rules"].delete_rows(row_of(book["Rules"], "R014"))

        taken = imported(edited(path, change), sample())
        assert [(each.file, each.row, each.change.value) for each in taken.changes] == [
            ("rules.csv", "R014", "removed"), ("customers.csv", "A-3", "added"),
        ]  # fmt: skip
        assert b"A-3;Nieuw;0980;NL;" in taken.files["customers.csv"]

    def test_the_order_of_rows_and_columns_never_matters(self, path: Path) -> None:
        def change(book: Workbook) -> None:
            sheet = book["Rules"]
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3, max_row=16)]
            for at, row in enumerate(reversed(rows), start=3):
                for column, value in enumerate(row, start=1):
                    sheet.cell(at, column).value = value

        assert imported(edited(path, change), sample()).files == {}

    def test_numbers_dates_and_yes_that_a_spreadsheet_made_of_text(self, path: Path) -> None:
        def change(book: Workbook) -> None:
            setting("rules", "R010", account=7020.0, valid_from=datetime.datetime(2026, 3, 1))(book)  # noqa: DTZ001 - as spreadsheets have it
            setting("rules", "R011", valid_from=datetime.date(2026, 3, 2), priority=3)(book)
            setting("customers", "A-2", po_required=True, terms_days=21)(book)
            setting("deferrals", "days", min_amount=50)(book)
            cell = place(book["VAT codes"], "rate", 3)
            cell.value, cell.number_format = 0.21, "0%"

        taken = imported(edited(path, change), sample())
        cells = {(each.row, cell[0]): cell[2] for each in taken.changes for cell in each.cells}
        assert cells == {
            ("R010", "account"): "7020", ("R010", "valid_from"): "2026-03-01", ("R011", "valid_from"): "2026-03-02",
            ("R011", "priority"): "3", ("A-2", "po_required"): "yes", ("A-2", "terms_days"): "21",
        }  # fmt: skip
        assert "deferrals.csv" not in taken.files, "50 is 50.00"
        assert "tax.csv" not in taken.files, "21 % is 21"

    def test_a_column_that_the_table_did_not_have(self, path: Path) -> None:
        taken = imported(edited(path, setting("rules", "R010", priority="5")), sample())
        assert b"priority" in taken.files["rules.csv"].splitlines()[0]
        assert b"sender" not in taken.files["rules.csv"].splitlines()[0], "a column that nobody fills does not appear"


class TestInheritance:
    def test_what_is_inherited_is_shown_grey_and_never_taken(self, tmp_path: Path) -> None:
        files = family(
            rules="id;direction;charge_type;product_group;account;action\nR040;purchase;;Domains;7020;post\n"
        )
        path = exported(files, tmp_path / "b.xlsx")
        rules = openpyxl.load_workbook(path)["Rules"]
        assert [rules.cell(row, 1).value for row in (3, 4)] == [None, "office"]
        assert [rules.cell(row, 2).value for row in (3, 4)] == ["R040", "R001"]
        assert all(cell.protection.locked for cell in rules[4])
        assert imported(path, files).files == {}

    def test_a_row_of_a_parent_is_overridden_by_a_row_of_that_name(self, tmp_path: Path) -> None:
        files = family()
        path = edited(
            exported(files, tmp_path / "b.xlsx"),
            lambda book: [
                place(book["Rules"], column, 30).__setattr__("value", text)
                for column, text in (("id", "R012"), ("direction", "purchase"), ("charge_type", "Purchase Fee"),
                                     ("account", "7020"), ("action", "post"))
            ],
        )  # fmt: skip
        taken = imported(path, files)
        assert [str(each) for each in taken.changes] == ["rules.csv R012: added"]
        rules = {rule.id: rule for rule in loaded(files | taken.files).rules}
        assert (rules["R012"].account, rules["R012"].file) == ("7020", "rules.csv")
        assert rules["R010"].file == "office/rules.csv"
