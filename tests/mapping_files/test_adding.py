"""Rows are added to the working files: canonical, all or nothing, and never over a row that is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connector.errors import MappingFileError
from connector.mapping_files import canonical, load, read_folder
from connector.mapping_files.adding import add_rows, listed
from connector.resources import mappings_path

RULE = {"id": "S00001", "direction": "purchase", "charge_type": "Odd Fee", "account": "7010", "action": "post"}
CUSTOMER = {"account_id": "A-1", "name": "=cmd", "debtor": "", "country": "NL", "vat_number": "", "note": "new"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(mappings_path() / "nl", tmp_path / "nl"))


def test_rows_are_added_in_their_place(folder: Path) -> None:
    before = read_folder(folder)
    add_rows(folder, {"rules.csv": [RULE | {"currency": "EUR"}], "customers.csv": [CUSTOMER]})
    after = read_folder(folder)
    assert {name for name in after if after[name] != before[name]} == {"rules.csv", "customers.csv"}
    assert all(canonical(after)[name] == after[name] for name in ("rules.csv", "customers.csv"))
    mapping = load(folder)
    (rule,) = (each for each in mapping.rules if each.id == "S00001")
    assert (rule.account, rule.charge_type, rule.currency) == ("7010", "Odd Fee", "EUR")
    assert mapping.customers["A-1"].name == "=cmd"


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ({"rules.csv": [RULE | {"id": "P010"}]}, "there is a row P010 already on line 2"),
        ({"rules.csv": [RULE, RULE]}, "there is a row S00001 already"),
        ({"rules.csv": [RULE | {"account": "7O10"}], "customers.csv": [CUSTOMER]}, "7O10"),
    ],
)
def test_nothing_is_added_when_a_row_cannot_be(folder: Path, rows: dict[str, list[dict[str, str]]], word: str) -> None:
    before = read_folder(folder)
    with pytest.raises(MappingFileError, match=word):
        add_rows(folder, rows)
    assert read_folder(folder) == before


def test_tables_that_cannot_be_used_are_left_alone(folder: Path) -> None:
    (folder / "rules.csv").write_text("no table")
    with pytest.raises(MappingFileError):
        add_rows(folder, {"rules.csv": [RULE]})
    assert (folder / "rules.csv").read_text() == "no table"


def test_a_list_for_a_spreadsheet_holds_no_formulas() -> None:
    columns = ("plan", "sign", "euros")
    text = listed(columns, [{"plan": "=1+1", "sign": "-", "euros": "-12.50"}, {"plan": "@x", "euros": "+"}]).decode()
    assert text == "\ufeffplan;sign;euros\n'=1+1;-;-12.50\n'@x;;+\n"
