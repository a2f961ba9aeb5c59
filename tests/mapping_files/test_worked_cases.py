"""The worked cases of docs/mapping.md: with the rows that they show, their examples hold, and without them not all."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from connector.domain.examples import Tried, failing, try_examples
from connector.mapping_files import load_bytes, read_folder

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## Worked cases\n(.*?)^## ", re.MULTILINE | re.DOTALL)
CASE = re.compile(r"^### (.+?)\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```csv\n(.*?)^```", re.MULTILINE | re.DOTALL)
SET = re.compile(r"^Set `(\w+)`", re.MULTILINE)


def cases() -> dict[str, str]:
    section = SECTION.search((ROOT / "docs" / "mapping.md").read_text(encoding="utf-8"))
    assert section, "docs/mapping.md has worked cases"
    return dict(CASE.findall(section[1]))


def table_of(block: str) -> str:
    """The table that a block holds rows of, by its header."""
    header = block.partition("\n")[0].split(";")
    if any(column.startswith("expect_") for column in header):
        return "examples.csv"
    return {"role": "accounts.csv", "account_id": "customers.csv", "id": "rules.csv"}[header[0]]


def tried(text: str, *, with_rows: bool) -> tuple[Tried, ...]:
    """The examples of a case, in a set that inherits from its starter set and holds the rows of the case."""
    found = SET.search(text)
    assert found, "a case names its starter set"
    starter = read_folder(ROOT / "mappings" / found[1])
    own = {"settings.csv": f"key;value\nparent;{found[1]}\n".encode()}
    for block in BLOCK.findall(text):
        if with_rows or table_of(block) in {"accounts.csv", "examples.csv"}:
            own[table_of(block)] = block.encode()
    inherited = {f"{found[1]}/{file}": content for file, content in starter.items() if file != "examples.csv"}
    mapping = load_bytes(own | inherited, "case")
    assert mapping.warnings == ()
    return try_examples(mapping, today=datetime.date(2026, 11, 25), own_country=found[1].upper())


@pytest.mark.parametrize("name", cases())
def test_the_examples_of_a_case_hold(name: str) -> None:
    done = tried(cases()[name], with_rows=True)
    assert done
    assert [(each.example.id, each.wrong) for each in failing(done)] == []


@pytest.mark.parametrize("name", cases())
def test_the_rows_of_a_case_are_needed(name: str) -> None:
    assert failing(tried(cases()[name], with_rows=False))


def test_there_are_five_cases() -> None:
    assert len(cases()) == 5
