"""The sheet Unmapped: what waits becomes rows, as general as is plain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook

from connector.domain.waiting import Waiting
from connector.mapping_files.problems import Problems
from connector.mapping_files.workbook_unmapped import new_rows
from tests.mapping_files.sheets import edited, exported, imported, mistakes, place, row_of
from tests.mapping_files.tables import loaded, sample


def _waits(plan: str, net: int, **more: str) -> Waiting:
    fields = {"charge_type": "One Time Fee", "product_group": "Azure", "code": "ACCOUNT-UNMAPPED"} | more
    return Waiting(direction="purchase", plan=plan, net=net, lines=2, **fields)


WAITING = (
    _waits("Plan A", 1000, customer="C-7"),
    _waits("Plan B", -5000, customer="C-8"),
    _waits("=Plan C", 70, product_group=""),
    _waits("Plan D", 60, charge_type="Levy Fee", customer="C-9", code="CHARGE-TYPE-UNKNOWN"),
    Waiting(direction="sale", code="CUSTOMER-UNMAPPED", net=123456, lines=9, customer="A-9", customer_name="Café Zuid"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return exported(sample(), tmp_path / "b.xlsx", WAITING)


def filled(**rows: dict[str, str]) -> Callable[[Workbook], None]:
    """An edit: cells by the plan (or customer) of the row; _ stands for a space."""

    def change(book: Workbook) -> None:
        sheet = book["Unmapped"]
        for name, cells in rows.items():
            for column, text in cells.items():
                place(sheet, column, row_of(sheet, name.replace("__", "=").replace("_", " "))).value = text

    return change


def new_rules(path: Path) -> list[dict[str, str]]:
    taken = imported(path, sample())
    loaded(sample() | taken.files)
    return [{cell[0]: cell[2] for cell in change.cells} for change in taken.changes]


def test_the_most_euros_come_first_and_are_amounts(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Unmapped"]
    assert [sheet.cell(row, 1).value for row in range(3, 8)] == [1234.56, -50, 10, 0.7, 0.6]
    assert sheet["A3"].number_format == "#,##0.00"
    assert place(sheet, "plan", 6).value == "=Plan C"
    assert place(sheet, "plan", 6).data_type == "s"
    assert place(sheet, "account", 3).protection.locked, "for a customer only the debtor is asked"
    assert not place(sheet, "debtor", 3).protection.locked
    assert imported(path, sample()).files == {}, "what nobody fills in is nothing"


def test_a_blank_for_is_the_product_group_else_the_plan(path: Path) -> None:
    rules = new_rules(edited(path, filled(Plan_A={"account": "7020"}, __Plan_C={"account": "7030", "action": "hold"})))
    assert rules == [
        {"id": "R151", "direction": "purchase", "charge_type": "One Time Fee", "product_group": "Azure",
         "account": "7020", "action": "post"},
        {"id": "R152", "direction": "purchase", "charge_type": "One Time Fee", "plan": "=Plan C", "account": "7030",
         "action": "hold"},
    ]  # fmt: skip


def test_two_accounts_for_one_product_group_are_meant_for_the_plans(path: Path) -> None:
    rules = new_rules(edited(path, filled(Plan_A={"account": "7020"}, Plan_B={"account": "7030"})))
    assert [(each["plan"], each["account"], "product_group" in each) for each in rules] == [
        ("Plan B", "7030", False), ("Plan A", "7020", False),
    ]  # fmt: skip


def test_the_same_account_for_both_is_one_row(path: Path) -> None:
    assert len(new_rules(edited(path, filled(Plan_A={"account": "7020"}, Plan_B={"account": "7020"})))) == 1


@pytest.mark.parametrize(
    ("meant", "plan", "match"),
    [
        ("plan", "Plan_A", {"charge_type": "One Time Fee", "plan": "Plan A"}),
        ("charge_type", "Plan_A", {"charge_type": "One Time Fee"}),
        ("customer", "Plan_A", {"customer": "C-7"}),
        ("customer", "Plan_D", {"customer": "C-9", "charge_type": "Levy Fee"}),
    ],
)
def test_what_a_row_is_meant_for(meant: str, plan: str, match: dict[str, str], path: Path) -> None:
    (rule,) = new_rules(edited(path, filled(**{plan: {"account": "7020", "for": meant}})))
    assert rule == {"id": "R151", "direction": "purchase", "account": "7020", "action": "post"} | match


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ([], "R001"),
        ([("P070", "purchase"), ("p061", "Purchase"), ("S010", "sale")], "P071"),
        ([("own-use", "purchase"), ("S990", "sale")], "R001"),
        ([("R9", ""), ("X1", "purchase"), ("x12", "sale")], "X013"),
    ],
)
def test_a_new_rule_is_named_like_those_of_its_direction(known: list[tuple[str, str]], name: str) -> None:
    cells = {"direction": "purchase", "charge_type": "Item Fee", "account": "7020"}
    problems = Problems()
    (row,) = new_rows([(3, cells)], known, problems)
    assert (row.cells["id"], row.at, problems.errors) == (name, 3, ())


def test_a_debtor_becomes_a_customer(path: Path) -> None:
    taken = imported(edited(path, filled(**{"A-9": {"debtor": "10099", "country": "BE"}})), sample())
    assert [str(each) for each in taken.changes] == ["customers.csv A-9: added"]
    customer = loaded(sample() | taken.files).customers["A-9"]
    assert (customer.debtor, customer.name, customer.country) == ("10099", "Café Zuid", "BE")


@pytest.mark.parametrize(
    ("rows", "column", "told"),
    [
        ({"Plan_A": {"account": "7O20"}}, "account", "did you mean '7020'"),
        ({"Plan_A": {"account": "7020", "for": "everything"}}, "for", "is not one of plan, product_group"),
        ({"__Plan_C": {"account": "7020", "for": "customer"}}, "for", "the lines have no customer"),
        ({"Plan_A": {"for": "plan"}}, "account", "fill in the account"),
        ({"A-9": {"country": "BE"}}, "debtor", "a new debtor needs its number"),
        (
            {"Plan_A": {"account": "7020", "for": "charge_type"}, "Plan_B": {"account": "7030", "for": "charge_type"}},
            "for",
            "another row says otherwise",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_on_the_sheet(
    rows: dict[str, dict[str, str]], column: str, told: str, path: Path
) -> None:
    found = mistakes(edited(path, filled(**rows)), sample())
    assert {(each.sheet, each.column) for each in found} == {("Unmapped", column)}
    assert all(told in each.text and each.cell for each in found)
