"""What spreadsheets do to dates, numbers and yes: read, remarked, and spelled one way from then on."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping_files import canonical, version_hash
from connector.mapping_files.columns import Kind, spelled
from tests.mapping_files.tables import SAMPLE, loaded, problems, sample, with_rows


@pytest.mark.parametrize("typed", ["01-02-2026", "1-2-2026", "1/02/2026", "01.02.2026", "2026-02-01 00:00:00"])
def test_a_date_is_read_day_first_with_a_remark(typed: str) -> None:
    mapping = loaded(with_rows("rules", f"R060;purchase;;;p-x;;;;{typed};;7030;;;post;"))
    (rule,) = [each for each in mapping.rules if each.id == "R060"]
    assert rule.valid_from == datetime.date(2026, 2, 1)
    (remark,) = mapping.warnings
    assert remark.startswith("rules.csv line 16, column valid_from: a date such as 1-2-2026 is read as 2026-02-01")


def test_a_decimal_comma_is_read_with_a_remark() -> None:
    policies = SAMPLE["deferrals.csv"].replace("50.00", "1.250,50")
    mapping = loaded(sample(deferrals=policies, settings=SAMPLE["settings.csv"].replace("0.02", "0,02")))
    assert mapping.deferrals["days"].min_amount == Decimal("1250.50")
    assert mapping.settings.tolerance_document == Decimal("0.02")
    assert [each for each in mapping.warnings if "comma" in each]


def test_what_may_be_thousands_or_thousandths_is_asked() -> None:
    (problem,) = problems(sample(deferrals=SAMPLE["deferrals.csv"].replace("50.00", "1.250")))
    assert problem == (
        "deferrals.csv line 2, column min_amount: '1.250' may be thousands or thousandths; write it as 1234.50, with "
        "two decimals or none"
    )


def test_words_of_a_list_and_yes_are_spelled_one_way() -> None:
    customers = SAMPLE["customers.csv"].replace(";yes;", ";WAAR;").replace(";no;", ";ONWAAR;")
    rules = SAMPLE["rules.csv"].replace("R010;purchase", "R010;PURCHASE").replace(";post;", ";Post;")
    changed = sample(customers=customers, rules=rules)
    assert loaded(changed).warnings == ()
    assert canonical(changed) == canonical(sample())
    assert version_hash(changed) == version_hash(sample())


def test_dates_and_commas_are_written_in_the_canonical_form() -> None:
    rules = SAMPLE["rules.csv"].replace("2026-01-01", "1-1-2026")
    assert canonical(sample(rules=rules)) == canonical(sample())
    assert version_hash(sample(rules=rules)) == version_hash(sample())


@pytest.mark.parametrize(
    ("chart", "named", "hint"),
    [
        (";0980;Kas;asset;", "980", "; it is there as '0980': a spreadsheet takes zeros away, so format the column"),
        (";980;Kas;asset;", "0980", "; it is there as '980': a spreadsheet takes zeros away, so format the column"),
    ],
)
def test_a_zero_that_a_spreadsheet_took_is_told(chart: str, named: str, hint: str) -> None:
    accounts = f"{SAMPLE['accounts.csv']}{chart}\n"
    rules = f"{SAMPLE['rules.csv']}R060;purchase;;;p-x;;;;;;{named};;;post;\n"
    (problem,) = problems(sample(accounts=accounts, rules=rules))
    assert f"column account: '{named}' is not in accounts.csv{hint}" in problem


@given(st.sampled_from(list(Kind)), st.text(max_size=12))
def test_spelling_is_a_fixed_point(kind: Kind, cell: str) -> None:
    once = spelled(kind, cell, ("purchase", "sale"))
    assert spelled(kind, once, ("purchase", "sale")) == once


@given(st.dates(min_value=datetime.date(1900, 1, 1)))
def test_every_date_survives_a_dutch_spreadsheet(day: datetime.date) -> None:
    assert spelled(Kind.DATE, f"{day.day}-{day.month}-{day.year:04}") == day.isoformat()


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_amount_survives_a_dutch_spreadsheet(amount: Decimal) -> None:
    dutch = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert spelled(Kind.NUMBER, dutch) == f"{amount:.2f}"


MANY = pytest.mark.parametrize("many", [10_000, pytest.param(100_000, marks=pytest.mark.long)])


@MANY
def test_many_wrong_rows_are_told_at_once(many: int) -> None:
    rows = (f"X{n:06};purchase;;;p-{n};;;;;;7010x{n};;;post;" for n in range(many))
    found = problems(with_rows("rules", *rows))
    assert len(found) == many
    assert "did you mean" in found[0] + found[1]


@MANY
def test_many_right_rows_are_read(many: int) -> None:
    mapping = loaded(with_rows("rules", *(f"X{n:06};purchase;;;p-{n};;;;;;7010;;;post;" for n in range(many))))
    assert len(mapping.rules) == many + 14
