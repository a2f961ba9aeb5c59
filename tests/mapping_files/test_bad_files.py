"""Every way in which a table can be wrong is named with file, line, column and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import MappingFileError
from connector.mapping_files import load
from tests.mapping_files.tables import SAMPLE, loaded, problems, sample, with_rows

RULE = "R9;purchase;;;p-9;;;;2026-01-01;;7030;;;post;"


def rule(**cells: str) -> dict[str, bytes]:
    """The sample with one more rule, on line 16, whose cells are ``cells``."""
    columns = SAMPLE["rules.csv"].split("\n", 1)[0].split(";")
    values = dict(zip(columns, RULE.split(";"), strict=True)) | cells
    return with_rows("rules", ";".join(values[column] for column in columns))


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    text = SAMPLE[f"{name}.csv"]
    assert old in text
    return sample(**{name: text.replace(old, new)})


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"account": "7O10"}, "rules.csv line 16, column account: '7O10' is not in accounts.csv; did you mean '7010'?"),
        (
            {"account": "cost_licenses"},
            (
                "rules.csv line 16, column account: 'cost_licenses' is not in accounts.csv;"
                " did you mean 'cost_licences'?"
            ),
        ),
        ({"id": ""}, "rules.csv line 16, column id: the cell must be filled"),
        ({"id": "r010"}, "rules.csv line 16, column id: 'r010' is there already, on line 3"),
        (
            {"direction": "purchases"},
            "rules.csv line 16, column direction: 'purchases' is not one of purchase, sale; did you mean 'purchase'?",
        ),
        ({"action": "book"}, "rules.csv line 16, column action: 'book' is not one of post, hold, ignore, suspense"),
        ({"sign": "x"}, "rules.csv line 16, column sign: 'x' is not one of +, -"),
        (
            {"deferral": "day"},
            "rules.csv line 16, column deferral: 'day' is not in deferrals.csv; did you mean 'days'?",
        ),
        (
            {"valid_from": "31-02-2026"},
            "rules.csv line 16, column valid_from: '31-02-2026' is not a date; write it as 2026-01-31",
        ),
        (
            {"valid_from": "2026-02-30"},
            "rules.csv line 16, column valid_from: '2026-02-30' is not a date; write it as 2026-01-31",
        ),
        (
            {"valid_to": "2025-12-31"},
            "rules.csv line 16, column valid_to: 2025-12-31 is before valid_from 2026-01-01",
        ),
        (
            {"dim_costcentre": "{cost_centre}"},
            "rules.csv line 16, column dim_costcentre: there is no field {cost_centre}; did you mean 'cost_center'?",
        ),
        (
            {"dim_costcentre": "{cost_center"},
            "rules.csv line 16, column dim_costcentre: '{cost_center' has a brace without its partner; write {field}",
        ),
        (
            {"plan": "", "charge_type": "Cycle Fee"},
            (
                "rules.csv line 16, column account: R9 says '7030' and R010 on line 3 says '7010' for the same"
                " lines and dates;"
                " close one with valid_to, or fill in priority"
            ),
        ),
    ],
)
def test_a_wrong_rule_is_named(cells: dict[str, str], problem: str) -> None:
    assert problems(rule(**cells)) == (problem,)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            changed("rules", ";plan;", ";plann;"),
            "rules.csv line 1, column plann: the table has no such column; did you mean 'plan'?",
        ),
        (
            changed("rules", "dim_costcentre", "dim_costcenter"),
            (
                "rules.csv line 1, column dim_costcenter: the dimension 'costcenter' is not in dimensions.csv;"
                " did you mean 'costcentre'?"
            ),
        ),
        (
            changed("settings", "key;value", "key;value;value"),
            "settings.csv line 1, column value: the column is there twice",
        ),
        (changed("settings", "key;value", "key;;value"), "settings.csv line 1: column 2 has no name"),
        (changed("settings", "key;value\n", "value\n"), "settings.csv line 1, column key: the column is missing"),
        (
            changed("settings", "unmapped_account;hold", "unmapped;hold"),
            "settings.csv line 2, column key: 'unmapped' is not a setting; did you mean 'unmapped_account'?",
        ),
        (
            changed("settings", "0.02", "2 cent"),
            (
                "settings.csv line 6, column value: '2 cent' is not a number;"
                " write it as 1234.50, without sign, spaces or comma"
            ),
        ),
        (
            changed("settings", "per_tax_group", "per_line"),
            "settings.csv line 5, column value: 'per_line' is not one of per_tax_group",
        ),
        (
            changed("settings", "aggregate_sale;line", "aggregate_sale;"),
            "settings.csv line 4, column value: aggregate_sale has no value; leave the row out for the default",
        ),
        (
            changed("settings", "aggregate_sale;line", "vat_deduction;121"),
            "settings.csv line 4, column value: '121' is not a percentage; write 21 for 21 %",
        ),
        (
            changed("settings", "aggregate_sale;line", "vat_deduction;80"),
            (
                "accounts.csv, column role: no account has the role vat_non_deductible, and vat_deduction is below 100;"
                " add a row for it"
            ),
        ),
        (
            changed("settings", "aggregate_sale;line", "entry_text;{numbr}"),
            "settings.csv line 4, column value: there is no field {numbr}; did you mean 'number'?",
        ),
        (
            changed("settings", "aggregate_sale;line", "key;x\nkey;x"),
            "settings.csv line 4, column key: 'key' is not a setting",
        ),
        (
            changed(
                "accounts",
                "revenue_licences;8010;Omzet licenties;income",
                "revenue_licences;8010;Omzet licenties;omzet",
            ),
            "accounts.csv line 8, column type: 'omzet' is not one of asset, liability, equity, income, expense",
        ),
        (
            changed("accounts", "debtors_control;1300;Debiteuren", "debtors_control;1300;"),
            "accounts.csv line 3, column name: the cell must be filled",
        ),
        (
            changed("accounts", "debtors_control;1300;", "debtors control;1300;"),
            "accounts.csv line 3, column role: 'debtors control' is no role; a role is written like cost_licences",
        ),
        (
            changed("accounts", "Omzet licenties;income;costcentre", "Omzet licenties;income;kostenplaats"),
            "accounts.csv line 8, column dims_required: the dimension 'kostenplaats' is not in dimensions.csv",
        ),
        (
            changed("accounts", "rounding_debit;4930;Afrondingsverschillen", "rounding_debit;4930;Verschillen"),
            (
                "accounts.csv line 19, column code: '4930' is there already with another name, type, tag or"
                " dims_required"
            ),
        ),
        (
            with_rows("accounts", "creditors_control;1601;Crediteuren 2;liability;"),
            "accounts.csv line 21, column role: 'creditors_control' is already played by account 1600",
        ),
        (
            with_rows("accounts", ";1600;Crediteuren;liability;"),
            "accounts.csv line 21, column code: '1600' is there already",
        ),
        (
            with_rows("accounts", ";1,6E+03;Crediteuren 2;liability;"),
            (
                "accounts.csv line 21, column code: '1,6E+03' was shortened by the spreadsheet;"
                " format the column as text and"
                " type it again"
            ),
        ),
        (
            changed("accounts", "rounding_credit;", ";"),
            "accounts.csv, column role: no account has the role rounding_credit; add a row for it",
        ),
        (
            changed("tax", "vat_output_high", "vat_output_hi"),
            (
                "tax.csv line 5, column role_vat_due: 'vat_output_hi' is not in accounts.csv;"
                " did you mean 'vat_output_high'?"
            ),
        ),
        (
            changed("tax", "NL;purchase;STD;21", "NL;purchase;STDD;21"),
            (
                "tax.csv line 2, column treatment: 'STDD' is not one of STD, RED, ZERO, EXEMPT, RC_DOM,"
                " RC_EU_SVC, RC_NONEU_SVC,"
                " EU_SVC, NONEU_SVC; did you mean 'STD'?"
            ),
        ),
        (
            changed("tax", "NL;sale;EU_SVC;0", "NL;sale;EU_SVC;21"),
            "tax.csv line 6, column rate: EU_SVC needs a rate of 0",
        ),
        (changed("tax", "NL;sale;STD;21", "NL;sale;STD;"), "tax.csv line 5, column rate: STD needs a rate above 0"),
        (
            changed("tax", ";vat_due_rc_eu;4b+5b", ";;4b+5b"),
            "tax.csv line 4, column role_vat_due: the cell must be filled",
        ),
        (
            changed("tax", "vat_input_high;;5b", "vat_input_high;vat_output_high;5b"),
            "tax.csv line 2, column role_vat_due: STD on a purchase has nothing to book there; leave the cell blank",
        ),
        (
            with_rows("tax", "NL.P.STD.21b;NL;purchase;STD;21;2020-01-01;;vat_input_high;;;;;;;"),
            (
                "tax.csv line 8, column valid_from: NL.P.STD.21b covers the same dates as NL.P.STD.21 on line 2;"
                " close one with valid_to"
            ),
        ),
        (
            changed("taxmap", "purchase;NL;NL;21", "purchase;NL;NLD;21"),
            (
                "taxmap.csv line 2, column other_vat_country: 'NLD' is not a country code that is known here;"
                " did you mean 'NL'?"
            ),
        ),
        (
            changed("taxmap", "purchase;BE;NL;0;;;RC_EU_SVC", "purchase;BE;BE;0;;;RC_EU_SVC"),
            "taxmap.csv line 5, column other_vat_country: RC_EU_SVC is for a party whose VAT country is EU",
        ),
        (
            changed("taxmap", "purchase;NL;EU;0;;;RC_EU_SVC", "purchase;NL;EU;;;;RC_EU_SVC"),
            "taxmap.csv line 3, column stated_rate: on a purchase RC_EU_SVC needs a stated rate of 0",
        ),
        (
            changed("taxmap", "purchase;NL;NL;21;;;STD", "purchase;NL;NL;0;;;STD"),
            "taxmap.csv line 2, column stated_rate: on a purchase STD needs a stated rate above 0",
        ),
        (
            with_rows("taxmap", "purchase;NL;own;0;;Telecom;EXEMPT;"),
            "taxmap.csv line 8, column treatment: EXEMPT here, RC_DOM on line 4 for the same situation and dates",
        ),
        (
            with_rows("taxmap", "sale;NL;NL;;;;STD;"),
            "taxmap.csv line 8, column direction: 'sale NL NL' is there already, on line 6",
        ),
        (
            with_rows("customers", "A-1;Nog eens;;NL;;;;;;"),
            "customers.csv line 4, column account_id: 'A-1' is there already, on line 2",
        ),
        (
            with_rows("customers", "A-7;X;;;123456789B01;;;;;"),
            (
                "customers.csv line 4, column vat_number: '123456789B01' does not begin with a country; write it as"
                " NL123456789B01"
            ),
        ),
        (
            with_rows("customers", "A-7;X;;NL;;2026-01-01;;;;"),
            "customers.csv line 4, column vat_checked: there is no vat_number that could have been checked",
        ),
        (
            with_rows("customers", "A-7;X;;NL;;;14.5;;;"),
            "customers.csv line 4, column terms_days: '14.5' is not a whole number",
        ),
        (
            with_rows("customers", "A-7;X;;NL;;;;perhaps;;"),
            "customers.csv line 4, column po_required: 'perhaps' is neither yes nor no",
        ),
        (
            with_rows("customers", "A-7;X;;UK;;;;;;"),
            "customers.csv line 4, column country: 'UK' is not a country code that is known here",
        ),
        (
            with_rows("dimensions", "costcentre;sale;;no;;"),
            "dimensions.csv line 3, column direction: 'costcentre' has a row for this direction already, on line 2",
        ),
        (
            with_rows("dimensions", "cost centre;sale;;no;;"),
            (
                "dimensions.csv line 3, column dimension: 'cost centre' is no name for a dimension;"
                " use letters, digits and _,"
                " as in cost_centre"
            ),
        ),
        (
            with_rows("deferrals", "yearly;daily;31;50;prepaid_expenses;deferred_revenue"),
            (
                "deferrals.csv line 3, column method: 'daily' is not one of none, days_cumulative, months_full_first,"
                " months_half_first, months_pro_rata"
            ),
        ),
        (
            with_rows("deferrals", "none;days_cumulative;31;50;prepaid_expenses;deferred_revenue"),
            "deferrals.csv line 3, column policy: 'none' means no deferral; give the policy another name",
        ),
        (
            with_rows("deferrals", "month;months_pro_rata;31;50;;deferred_revenue"),
            "deferrals.csv line 3, column role_purchase: the cell must be filled",
        ),
        (
            changed("settings", "tolerance_document;0.02", "tolerance_document"),
            (
                "settings.csv line 6: the row has 1 cells where the header has 2;"
                " look for a missing or an extra separator"
            ),
        ),
        (
            changed("settings", "tolerance_document;0.02", 'tolerance_document;"0.02'),
            "settings.csv line 6: the row cannot be read (unexpected end of data); look for a stray quotation mark",
        ),
    ],
)
def test_a_wrong_table_is_named(files: dict[str, bytes], problem: str) -> None:
    assert [each for each in problems(files) if each == problem] == [problem], problems(files)


@pytest.mark.parametrize("direction", ["purchase", "sale"])
def test_a_treatment_must_exist_for_the_direction(direction: str) -> None:
    wrong = "EU_SVC" if direction == "purchase" else "RC_EU_SVC"
    found = problems(with_rows("taxmap", f"{direction};NL;DE;0;;;{wrong};"))
    assert f"taxmap.csv line 8, column treatment: {wrong} does not exist for a {direction}" in found
    found = problems(with_rows("tax", f"X;NL;{direction};{wrong};0;;;;;;;;;;"))
    assert f"tax.csv line 8, column direction: {wrong} does not exist for a {direction}" in found


def test_an_unknown_treatment_in_the_tax_map_raises_no_second_error() -> None:
    (problem,) = problems(changed("taxmap", "EU-valid;;;;EU_SVC", "EU-valid;;;;EU_SVX"))
    assert problem.startswith("taxmap.csv line 7, column treatment: 'EU_SVX' is not one of STD, RED,")
    assert problem.endswith("; did you mean 'EU_SVC'?")


def test_only_sales_know_checked_vat_numbers() -> None:
    found = problems(with_rows("taxmap", "purchase;NL;EU-valid;0;;Voice;RC_EU_SVC;"))
    expected = "EU-valid is for sales: only customers' VAT numbers are checked"
    assert found == (f"taxmap.csv line 8, column other_vat_country: {expected}",)


def test_a_repeated_id_in_the_tax_map_is_named() -> None:
    lines = SAMPLE["taxmap.csv"].splitlines()
    text = "\n".join([f"id;{lines[0]}", *(f"T1;{line}" for line in lines[1:3])])
    assert problems(sample(taxmap=text)) == ("taxmap.csv line 3, column id: 'T1' is there already, on line 2",)


def test_suspense_needs_a_limit_and_an_account() -> None:
    assert problems(changed("settings", "hold", "suspense")) == (
        (
            "accounts.csv, column role: no account has the role suspense_sales, and the suspense account is in use;"
            " add a row for it"
        ),
        (
            "settings.csv line 2, column value: a limit in EUR is needed before anything can be booked on the suspense"
            " account; add suspense_limit"
        ),
    )


def test_all_errors_come_at_once_in_order_with_the_file_they_are_in() -> None:
    files = sample(
        rules=SAMPLE["rules.csv"].replace(";7030;", ";7031;").replace("Cycle Fee;;;;;;2026", "Cycle Fee;;;;;;26")
    )
    with pytest.raises(MappingFileError) as caught:
        loaded(files)
    error = caught.value
    assert error.where == "sets/sample"
    assert str(error).startswith(
        "sets/sample: the mapping cannot be used, it has 3 errors:\n  rules.csv line 3, column valid_from"
    )
    assert [problem.split(":")[0] for problem in error.problems] == [
        "rules.csv line 3, column valid_from",
        "rules.csv line 10, column account",
        "rules.csv line 12, column valid_from",
    ]


@pytest.mark.parametrize("file", SAMPLE)
def test_a_missing_file_is_named_and_raises_no_second_error(file: str) -> None:
    files = sample()
    del files[file]
    (problem,) = problems(files)
    assert problem.startswith(f"{file}: the file is missing; with nothing to say it holds only its header: ")


@pytest.mark.parametrize("file", SAMPLE)
@pytest.mark.parametrize("content", [b"", b"\n\n;;\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_named_and_raises_no_second_error(file: str, content: bytes) -> None:
    (problem,) = problems(sample() | {file: content})
    assert problem.startswith(f"{file}: the file is empty")


@pytest.mark.parametrize("content", ["key;value".encode("utf-16"), b"key;value\n\x81;\x8d\n", b"key\0;value\n"])
def test_an_unreadable_encoding_is_named(content: bytes) -> None:
    (problem,) = problems(sample() | {"settings.csv": content})
    assert problem == "settings.csv: the file is no readable text; save it as 'CSV UTF-8' and try again"


def test_a_cell_of_a_megabyte_is_named() -> None:
    (problem,) = problems(changed("settings", "hold", "x" * 1_000_000))
    assert problem.startswith("settings.csv line 2: the row cannot be read (field larger than field limit")


def test_a_file_that_is_no_table_is_named() -> None:
    files = sample()
    files["customer.csv"] = files.pop("customers.csv")
    assert problems(files)[0] == "customer.csv: this is none of the tables of a mapping; did you mean 'customers.csv'?"
    assert problems(sample() | {"zzz.csv": b""}) == (
        "zzz.csv: this is none of the tables of a mapping; take it out of the folder",
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingFileError, match="there is no such mapping folder") as caught:
        load(tmp_path / "nothing")
    assert caught.value.where == str(tmp_path / "nothing")
    assert "connector init" in caught.value.hint


def test_a_table_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.csv").mkdir()
    with pytest.raises(MappingFileError, match="cannot be read") as caught:
        load(tmp_path)
    assert caught.value.where.endswith("rules.csv")


def test_one_wrong_word_in_a_whole_column_is_told_once_with_its_rows() -> None:
    text = SAMPLE["rules.csv"]
    header, *rows = text.rstrip("\n").split("\n")
    place = header.split(";").index("action")
    wrong = [";".join([*row.split(";")[:place], "book", *row.split(";")[place + 1 :]]) for row in rows]
    (problem,) = [each for each in problems(sample(rules="\n".join([header, *wrong]) + "\n")) if "book" in each]
    assert problem.startswith(f"rules.csv lines 2-{len(rows) + 1}, column action: 'book' is not one of")


def test_a_table_separated_by_tabs_is_told_once() -> None:
    told = problems(sample(rules=SAMPLE["rules.csv"].replace(";", "\t")))
    assert [each for each in told if each.startswith("rules.csv")] == [
        "rules.csv line 1: the cells are separated by tabs; save it as 'CSV UTF-8', with semicolons"
    ]


@pytest.mark.parametrize("first", ["sep=;\n", "\ufeffsep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_the_line_by_which_excel_knows_the_separator_is_no_row(first: str) -> None:
    assert len(loaded(sample(rules=first + SAMPLE["rules.csv"])).rules) == len(loaded(sample()).rules)
    (problem,) = problems(sample(rules=first + SAMPLE["rules.csv"].replace("purchase", "purchases", 1)))
    assert problem.startswith("rules.csv line 3, column direction: ")
