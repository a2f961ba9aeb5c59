"""The canonical form is a fixed point, and a version's hash is that of what the tables say."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import MappingFileError
from connector.mapping_files import canonical, read_folder, version_hash, write
from tests.mapping_files.tables import SAMPLE, loaded, sample

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROWS = st.lists(st.tuples(st.sampled_from("abcdef"), TEXT, TEXT), max_size=6, unique_by=lambda row: row[0])


def _quoted(cells: tuple[str, ...]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


@given(rows=ROWS, seed=st.integers())
def test_the_canonical_form_is_a_fixed_point_whatever_the_cells_hold(
    rows: list[tuple[str, str, str]], seed: int
) -> None:
    def files(ordered: list[tuple[str, str, str]]) -> dict[str, bytes]:
        return sample(deferrals=SAMPLE["deferrals.csv"]) | {
            "settings.csv": "\r\n".join(["key,value,note", *map(_quoted, ordered)]).encode()
        }

    once = canonical(files(rows))
    assert canonical(once) == once
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert canonical(files(shuffled)) == once
    assert version_hash(files(shuffled)) == version_hash(once)


def test_the_canonical_form_is_sorted_semicolons_and_plain_lines() -> None:
    text = canonical(sample(settings="VALUE,Key\r\n0.02,tolerance_document\r\nline,aggregate_sale\r\n"))["settings.csv"]
    assert text == b"key;value\naggregate_sale;line\ntolerance_document;0.02\n"


def test_dimensions_are_written_after_the_other_columns() -> None:
    header = canonical(sample())["rules.csv"].splitlines()[0].decode()
    assert header == (
        "id;direction;charge_type;product_group;plan;customer;billing;sign;valid_from;valid_to;"
        "account;deferral;action;note;dim_costcentre"
    )


def test_a_written_mapping_decides_as_the_one_that_was_read(tmp_path: Path) -> None:
    write(tmp_path / "sample", sample())
    before, after = loaded(sample()), loaded(read_folder(tmp_path / "sample"))
    assert {rule.id: rule.results for rule in after.rules} == {rule.id: rule.results for rule in before.rules}
    assert after.chart == before.chart
    assert sorted(path.name for path in (tmp_path / "sample").iterdir()) == sorted(SAMPLE)


def test_the_hash_changes_with_one_cell_and_not_with_a_blank_column() -> None:
    before = version_hash(sample())
    assert version_hash(sample(settings=SAMPLE["settings.csv"].replace("0.02", "0.03"))) != before
    blank = "\n".join(
        f"{line};{'note' if not place else ''}" for place, line in enumerate(SAMPLE["settings.csv"].splitlines())
    )
    assert version_hash(sample(settings=blank)) == before


def test_what_cannot_be_read_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(MappingFileError, match=r"settings\.csv: the file is empty"):
        write(tmp_path / "sample", sample(settings=""))
    assert not (tmp_path / "sample").exists()
