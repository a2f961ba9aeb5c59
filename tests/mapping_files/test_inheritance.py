"""Inheritance: office, sector, client. The nearer row wins, by what identifies it."""

from __future__ import annotations

from collections.abc import Mapping as Files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import MappingFileError
from connector.mapping_files import load, load_bytes, read_folder, version_hash
from tests.mapping_files.tables import SAMPLE, loaded, problems, sample

PARENT = "key;value\nparent;office\n"
RULES = "id;direction;charge_type;product_group;plan;customer;billing;sign;valid_from;valid_to;account;deferral;action"


def family(**tables: str) -> dict[str, bytes]:
    """A client's set with these tables, whose parent ``office`` is the sample."""
    own = {"settings.csv": PARENT.encode()} | {f"{name}.csv": text.encode() for name, text in tables.items()}
    return own | {f"office/{file}": content for file, content in sample().items()}


def on_disk(folder: Path, files: Files[str, bytes]) -> Path:
    """Write ``files`` as the sets they are; the folder of the set itself."""
    for file, content in files.items():
        path = folder / (file if "/" in file else f"client/{file}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "client"


def test_a_set_that_only_names_its_parent_is_the_parent() -> None:
    mapping, office = loaded(family()), loaded(sample())
    assert [(each.id, each.account) for each in mapping.rules] == [(each.id, each.account) for each in office.rules]
    assert mapping.chart == office.chart
    assert mapping.settings.parent == "office"
    assert mapping.rules[0].file == "office/rules.csv"


def test_a_row_takes_the_place_of_the_parents_row_of_that_id() -> None:
    mapping = loaded(family(rules=f"{RULES}\nr040;purchase;;Domains;;;;;;;7020;;post\n"))
    (rule,) = [each for each in mapping.rules if each.id.upper() == "R040"]
    assert (rule.account, rule.file, rule.row) == ("7020", "rules.csv", 2)
    assert len(mapping.rules) == 14


def test_a_row_with_nothing_but_its_id_takes_the_parents_row_away() -> None:
    mapping = loaded(family(rules=f"{RULES}\nR040;;;;;;;;;;;;\n"))
    assert "R040" not in {each.id for each in mapping.rules}
    assert len(mapping.rules) == 13


def test_an_account_that_takes_a_role_leaves_the_parents_account_without_it() -> None:
    mapping = loaded(family(accounts="role;code;name;type\ncost_licences;7015;Licenties klant;expense\n"))
    assert mapping.chart.roles["cost_licences"] == "7015"
    assert mapping.chart.accounts["7010"].name == "Inkoop licenties"
    assert {each.account for each in mapping.rules if each.id == "R010"} == {"7015"}


def test_an_account_has_the_name_of_the_nearest_set() -> None:
    mapping = loaded(family(accounts="role;code;name;type\n;7010;Licences;expense\n"))
    assert mapping.chart.accounts["7010"].name == "Licences"
    assert mapping.chart.accounts["7010"].dims_required == ("costcentre",)
    assert mapping.chart.roles["cost_licences"] == "7010"


def test_settings_are_those_of_the_nearest_set() -> None:
    mapping = loaded(family(settings=f"{PARENT}tolerance_document;0.05\n"))
    assert str(mapping.settings.tolerance_document) == "0.05"
    assert mapping.settings.rows["aggregate_sale"] == ("office/settings.csv", 4)


def test_three_sets_in_line(tmp_path: Path) -> None:
    files = {
        "settings.csv": b"key;value\nparent;sector\n",
        "rules.csv": f"{RULES}\nR040;purchase;;Domains;;;;;;;4360;;post\n".encode(),
        "sector/settings.csv": b"key;value\nparent;office\ntolerance_document;0.01\n",
        "sector/rules.csv": (
            f"{RULES}\nR040;purchase;;Domains;;;;;;;7020;;post\nR041;purchase;;DNS;;;;;;;7030;;post\n"
        ).encode(),
        **{f"office/{file}": content for file, content in sample().items()},
    }
    folder = on_disk(tmp_path, files)
    assert read_folder(folder) == files
    mapping = load(folder)
    assert {each.id: (each.account, each.file) for each in mapping.rules if each.id in {"R040", "R041", "R050"}} == {
        "R040": ("4360", "rules.csv"),
        "R041": ("7030", "sector/rules.csv"),
        "R050": ("4360", "office/rules.csv"),
    }
    assert str(mapping.settings.tolerance_document) == "0.01"
    assert load_bytes(files, str(folder)) == mapping


def test_a_change_of_the_office_changes_the_version_of_its_clients() -> None:
    before = family()
    after = before | {"office/settings.csv": before["office/settings.csv"].replace(b"0.02", b"0.03")}
    assert version_hash(before) != version_hash(after)


def test_errors_name_the_set_they_are_in() -> None:
    files = family(rules=f"{RULES}\nR090;purchase;;Domains;;;;;2026-01-01;;7020;;post\n")
    (problem,) = problems(files)
    assert problem.startswith(
        "rules.csv line 2, column account: R090 says '7020' and R040 on line 10 of office/rules.csv says '7030' for"
    )
    files = family() | {"office/rules.csv": b"id;direction\n"}
    assert [each.partition(":")[0] for each in problems(files)] == [
        "office/rules.csv line 1, column charge_type",
        "office/rules.csv line 1, column account",
        "office/rules.csv line 1, column action",
    ]


def test_an_empty_row_that_takes_nothing_away_is_an_error() -> None:
    (problem,) = problems(family(customers="account_id;name;debtor;country;vat_number;vat_checked\nA-9;;;;;\n"))
    assert problem.startswith("customers.csv line 2, column account_id: nothing but 'A-9' is filled, and no parent has")


def test_the_first_ancestor_must_have_every_table() -> None:
    files = family()
    del files["office/tax.csv"]
    assert problems(files)[0].startswith("office/tax.csv: the file is missing")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("parent;client", "the set descends from itself: client -> client"),
        ("parent;nobody", "the parent 'nobody' is no mapping set beside this one"),
        ("parent;../client", "the parent '../client' is no mapping set beside this one"),
    ],
)
def test_a_wrong_parent_is_told(tmp_path: Path, settings: str, told: str) -> None:
    folder = on_disk(tmp_path, {"settings.csv": f"key;value\n{settings}\n".encode()})
    with pytest.raises(MappingFileError, match=r"settings\.csv") as caught:
        read_folder(folder)
    assert caught.value.message == told
    assert caught.value.hint


def test_a_circle_of_parents_is_told(tmp_path: Path) -> None:
    files = {"settings.csv": PARENT.encode(), "office/settings.csv": b"key;value\nparent;client\n"}
    with pytest.raises(MappingFileError, match="client -> office -> client"):
        read_folder(on_disk(tmp_path, files))


_ID = st.sampled_from(["R001", "R010", "R011", "R040", "R050", "R200"])
_ACCOUNT = st.sampled_from(["7010", "7020", "7030", "4360"])


@given(st.dictionaries(_ID, _ACCOUNT), st.dictionaries(_ID, _ACCOUNT))
def test_the_nearest_row_wins_and_no_row_is_lost(sector: dict[str, str], client: dict[str, str]) -> None:
    def rows(accounts: dict[str, str]) -> bytes:
        lines = (f"{name};purchase;;;plan-{name};;;;;;{account};;post" for name, account in accounts.items())
        return "\n".join([RULES, *lines]).encode()

    files = {
        "settings.csv": b"key;value\nparent;sector\n",
        "rules.csv": rows(client),
        "sector/settings.csv": PARENT.encode(),
        "sector/rules.csv": rows(sector),
        **{f"office/{file}": content for file, content in sample().items()},
    }
    found = {each.id: (each.account, each.file) for each in loaded(files).rules}
    office = {each.id: (each.account, "office/rules.csv") for each in loaded(sample()).rules}
    expected = office | {name: (account, "sector/rules.csv") for name, account in sector.items()}
    assert found == expected | {name: (account, "rules.csv") for name, account in client.items()}


def test_the_sample_has_no_parent() -> None:
    assert loaded(sample()).settings.parent == ""
    assert "parent" not in SAMPLE["settings.csv"]
