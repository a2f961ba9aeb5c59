"""``examples.csv``: the accountant's own test rows."""

from __future__ import annotations

import datetime

from connector.domain.examples import failing, try_examples
from tests.mapping_files.tables import loaded, problems, sample

TODAY = datetime.date(2026, 3, 1)
HEADER = (
    "id;direction;date;sender;charge_type;product_group;plan;customer;cost_center;billing;rate;expect_action;"
    "expect_account;expect_tax;expect_deferral;expect_dim_costcentre"
)
US = "NL000011113B01"


def tried(*rows: str) -> list[tuple[str, tuple[tuple[str, str, str], ...]]]:
    mapping = loaded(sample(examples="\n".join([HEADER, *rows])))
    return [(each.example.id, each.wrong) for each in try_examples(mapping, today=TODAY, own_country="NL")]


def test_examples_that_hold() -> None:
    rows = (
        f"E1;purchase;;{US};Cycle Fee;;;;KP1;;21;post;cost_licences;NL.P.STD.21;-;KP1",
        f"E2;purchase;;{US};Cycle Fee;;;C-10001;;Yearly;21;post;4360;;days;ICT",
        f"E3;purchase;2025-12-31;{US};Cycle Fee;;;;KP1;;21;hold;-;;;",
    )
    assert tried(*rows) == [("E1", ()), ("E2", ()), ("E3", ())]


def test_an_example_that_fails_says_what_came_out() -> None:
    ((name, wrong),) = tried(f"E1;purchase;;{US};Usage Fee;;;;KP1;;21;post;7010;NL.P.STD.21;days;-")
    assert name == "E1"
    assert wrong == (
        ("account", "7010", "7020"),
        ("deferral", "days", ""),
        ("dim_costcentre", "-", "KP1"),
    )
    mapping = loaded(sample(examples=f"{HEADER}\nE1;purchase;;{US};Usage Fee;;;;KP1;;21;post;7010;;;\n"))
    assert [each.example.row for each in failing(try_examples(mapping, today=TODAY, own_country="NL"))] == [2]


def test_an_example_that_expects_nothing_and_one_of_an_unknown_account() -> None:
    (doubt,) = loaded(sample(examples=f"{HEADER}\nE1;purchase;;;Cycle Fee;;;;;;;;;;;\n")).warnings
    assert doubt.startswith("examples.csv line 2: the example expects nothing")
    (problem,) = problems(sample(examples=f"{HEADER}\nE1;purchase;;;Cycle Fee;;;;;;;post;7O10;;;\n"))
    assert "column expect_account: '7O10' is not in accounts.csv; did you mean '7010'?" in problem
