"""The workbook as a spreadsheet program of others opens and saves it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from connector.domain.waiting import Waiting
from tests.mapping_files.sheets import edited, exported, imported, mistakes, place, row_of, saved_by_office, setting
from tests.mapping_files.tables import SAMPLE, sample

pytestmark = pytest.mark.needs_office

TRICKY = SAMPLE["customers.csv"] + 'A-3;"=1+1";0980;BE;;;;;;"-KP ""x"""\nA-4;@sum;+31;NL;;;;;;"two\nlines _x0041_"\n'
WAITING = (
    Waiting(direction="purchase", code="ACCOUNT-UNMAPPED", net=-5, lines=1, charge_type="One Time Fee", plan="=Plan"),
)


def test_saving_it_changes_nothing(tmp_path: Path) -> None:
    files = sample(customers=TRICKY)
    saved = saved_by_office(exported(files, tmp_path / "b.xlsx", WAITING, blank_rows=500), tmp_path)
    taken = imported(saved, files)
    assert (taken.files, taken.changes) == ({}, ())
    sheet = openpyxl.load_workbook(saved)["Customers"]
    at = row_of(sheet, "A-3")
    assert place(sheet, "debtor", at).value == "0980"
    assert place(sheet, "account_id", at).protection.locked
    assert sheet.protection.sheet


def test_an_edit_and_a_formula_are_told_apart(tmp_path: Path) -> None:
    files = sample(customers=TRICKY)
    path = edited(exported(files, tmp_path / "b.xlsx", WAITING), setting("rules", "R010", account="7020", priority=2.0))
    edited(path, lambda book: place(book["Unmapped"], "account", 3).__setattr__("value", "7030"))
    taken = imported(saved_by_office(path, tmp_path), files)
    assert [str(each) for each in taken.changes] == [
        "rules.csv R010: changed (priority '' -> '2', account 'cost_licences' -> '7020')",
        "rules.csv R151: added",
    ]
    formula = edited(path, setting("rules", "R011", account="=7000+20"))
    (found,) = mistakes(saved_by_office(formula, tmp_path), files)
    assert (found.column, "the cell holds a formula" in found.text) == ("account", True)
