"""What the reader forgives, what it warns of, and how a stored version comes back."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from connector.domain.accounts import AccountType
from connector.domain.mapping import DeferralPolicy, MappingSettings
from connector.mapping_files import load, load_bytes, read_folder, version_hash, write
from tests.mapping_files.tables import SAMPLE, loaded, sample, with_rows

PLAIN = loaded(sample())


def test_every_table_is_read_into_its_values() -> None:
    mapping = loaded(with_rows("settings", "suspense_limit;250.00", "vat_deduction;100", "entry_text;{number}"))
    assert mapping.name == "sample"
    assert len(mapping.rules) == 14
    assert mapping.chart.accounts["7010"].dims_required == ("costcentre",)
    assert mapping.chart.accounts["1300"].type is AccountType.ASSET
    assert mapping.chart.roles["rounding_credit"] == mapping.chart.roles["rounding_debit"] == "4930"
    assert mapping.deferrals == {
        "days": DeferralPolicy(
            name="days",
            method="days_cumulative",
            min_days_beyond_month=31,
            min_amount=Decimal("50.00"),
            role_purchase="prepaid_expenses",
            role_sale="deferred_revenue",
            row=2,
        )
    }
    assert mapping.settings.suspense_limit == Decimal("250.00")
    assert mapping.settings.entry_text == "{number}"
    assert mapping.settings.rows["suspense_limit"] == ("settings.csv", 7)
    customer = mapping.customers["A-2"]
    assert (customer.vat_checked, customer.terms_days) == (datetime.date(2026, 2, 3), 30)
    assert (customer.po_required, mapping.customers["A-1"].po_required) == (False, True)
    assert mapping.warnings == ()


def test_settings_that_are_left_out_have_their_defaults() -> None:
    mapping = loaded(sample(settings="key;value\n"))
    assert mapping.settings == MappingSettings()
    assert (mapping.settings.aggregate_purchase, mapping.settings.aggregate_sale) == ("account+tax+dimension", "line")


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(";", ","),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", ";;;\n"),
        lambda text: text + "\n;;\n",
        lambda text: text.replace(";", " ; "),
        lambda text: text.split("\n", 1)[0].upper() + "\n" + text.split("\n", 1)[1],
    ],
    ids=["bom", "crlf", "cr", "comma", "no end", "trailing", "blank rows", "spaces", "capitals"],
)
def test_what_spreadsheets_do_to_a_file_changes_nothing(changed: Callable[[str], str]) -> None:
    # A table with a comma in a cell stays as it is: it would need quotation marks before commas may separate cells.
    files = {file: changed(text).encode() for file, text in SAMPLE.items() if "first(" not in text}
    mapping = loaded(sample() | files)
    assert mapping == PLAIN
    assert mapping.warnings == ()


def test_windows_1252_is_read_with_a_warning() -> None:
    text = SAMPLE["accounts.csv"].replace("Crediteuren", "Créditeuren €")
    mapping = loaded(sample() | {"accounts.csv": text.encode("cp1252")})
    assert mapping.chart.accounts["1600"].name == "Créditeuren €"
    assert mapping.warnings == ("accounts.csv line 2: not UTF-8, read as Windows-1252; save it as 'CSV UTF-8'",)


def test_a_row_is_numbered_by_the_line_on_which_it_begins() -> None:
    rows = (
        'R060;purchase;;;p-x;;;;2026-01-01;;7030;;;post;"a note',
        'of two lines"',
        "R061;purchase;;;p-y;;;;;;7030;;;post;",
    )
    mapping = loaded(with_rows("rules", *rows))
    assert {rule.id: rule.row for rule in mapping.rules if rule.id > "R05" and rule.id < "R1"} == {
        "R050": 11,
        "R060": 16,
        "R061": 18,
    }


def test_what_is_odd_but_usable_is_a_warning() -> None:
    mapping = loaded(
        with_rows(
            "rules",
            "R060;purchase;Cycel Fee;;p-x;;;;2026-01-01;;7030;;;post;",
            "R061;purchase;;;p-y;;Yealy;;2026-01-01;;7030;;;post;",
            "R062;purchase;;;p-z;;;;2026-01-01;;;;;;",
            "R063;purchase;;;p-g;;;;2026-01-01;2026-01-31;7030;;;post;",
            "R064;purchase;;;p-g;;;;2026-02-03;;7020;;;post;",
        )
    )
    assert mapping.warnings == (
        (
            "rules.csv line 16, column charge_type: 'Cycel Fee' is none of the six charge types that Copaco documents;"
            " did you mean 'Cycle Fee'?"
        ),
        "rules.csv line 17, column billing: 'Yealy' is none of Monthly, Yearly, One Time; did you mean 'Yearly'?",
        "rules.csv line 18: the rule sets nothing: no account, deferral, action, text or dimension",
        (
            "rules.csv line 20, column valid_from: R063 on line 19 ends on 2026-01-31, which leaves a gap"
            " before R064: 2 days"
        ),
    )


def test_a_treatment_without_tax_code_and_a_customer_without_country_are_warnings() -> None:
    files = with_rows("taxmap", "purchase;NL;non-EU;0;;;RC_NONEU_SVC;") | {
        "customers.csv": (SAMPLE["customers.csv"] + "A-8;X;;;;;;;;\n").encode()
    }
    assert loaded(files).warnings == (
        "customers.csv line 4, column country: neither country nor vat_number: sales to this customer will be held",
        "taxmap.csv line 8, column treatment: tax.csv has no NL purchase RC_NONEU_SVC: such lines will be held",
    )


def test_a_folder_is_loaded_and_a_kept_version_is_the_same_mapping(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    write(folder, sample())
    (folder / "README.md").write_text("our mapping")
    kept = read_folder(folder)
    assert set(kept) == set(SAMPLE)
    assert load_bytes(kept, str(folder)) == load(folder)
    assert version_hash(kept) == version_hash(sample())


def test_tables_in_a_wider_form_are_read_too() -> None:
    accounts = SAMPLE["accounts.csv"].replace("dims_required", "dims_required;box;tag")
    accounts = "\n".join(
        line + (";82;602" if ";7020;" in line else ";;") if place else line
        for place, line in enumerate(accounts.splitlines())
    )
    mapping = loaded(sample(accounts=accounts))
    assert mapping.base_boxes == {"7020": "82"}
    assert mapping.chart.accounts["7020"].tag == "602"


def test_one_sided_dimensions_and_a_tax_map_for_both_directions() -> None:
    dimensions = (
        "dimension;direction;template;required;when_missing\ncostcentre;purchase;;yes;HOLD\ncostcentre;sale;X;no;\n"
    )
    taxmap = SAMPLE["taxmap.csv"] + ";NL;own;;;Books;STD;\n;;GR;;;Books;EXEMPT;\n"
    mapping = loaded(sample(dimensions=dimensions, taxmap=taxmap))
    assert [(rule.direction, rule.when_missing) for rule in mapping.dimensions] == [
        ("purchase", "hold"),
        ("sale", "hold"),
    ]
    assert mapping.tax_map[-1].other_vat_country == "GR"


def test_days_without_a_tax_code_are_told() -> None:
    old = "NL.P.STD.21;NL;purchase;STD;21;2012-10-01;;"
    table = SAMPLE["tax.csv"].replace(old, old.replace(";;", ";2026-06-30;", 1))
    table += "NL.P.STD.22;NL;purchase;STD;22;2026-07-11;;vat_input_high;;5b;;;;;\n"
    mapping = loaded(sample(tax=table))
    assert mapping.warnings == (
        (
            "tax.csv line 8, column valid_from: NL.P.STD.21 on line 2 ends on 2026-06-30, which leaves a gap before "
            "NL.P.STD.22: 10 days"
        ),
    )
