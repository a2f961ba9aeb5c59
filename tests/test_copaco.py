"""``docs/copaco.md`` beside the code: what it says is proven is proven, and nothing that the code knows is missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.domain.invoice import Customer, Detail, Header, Invoice, Line, Party, Subscription
from connector.sandbox.tickets import TICKETS
from connector.source.legacy import consolidated, details
from connector.source.lifecycle import NAMES
from connector.source.parse import parse

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "copaco.md").read_text(encoding="utf-8")
NUMBERS = ("204", "215", "260", "319", "320", "337", "374", "481", "482", "483", "484", "508", "513")
"""The tickets of Copaco's release notes."""
PARTS: dict[str, type[msgspec.Struct]] = {
    "Header": Header,
    "Customers": Customer,
    "Subscriptions": Subscription,
    "PriceLines": Line,
    "SubscriptionDetails (of a subscription or a line)": Detail,
    "Sender and Receiver": Party,
    "The invoice itself": Invoice,
}


def section(title: str) -> str:
    """What stands under a heading of the page."""
    _, _, after = PAGE.partition(f"# {title}\n")
    return re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> dict[str, str]:
    """The rows of the table under a heading: the whole row by its first cell."""
    found = re.findall(r"^\| (?!---)(.+?) \|(.*)\|$", section(title), flags=re.MULTILINE)
    return {name.strip("`"): rest for name, rest in found[1:]}


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert len(named) > 20
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or name not in {*functions_of(file), ""}
    ]
    assert missing == []


def test_every_row_names_a_proof_or_says_that_it_is_open() -> None:
    for title in ("Endpoints and versions", "Defects", "Features"):
        found = rows(title)
        assert found, title
        without = [name for name, rest in found.items() if "`tests/" not in rest and "**open**" not in rest]
        assert without == [], title


def test_every_version_is_in_the_table() -> None:
    assert tuple(rows("Endpoints and versions")) == NAMES


@pytest.mark.parametrize("title", PARTS)
def test_every_field_is_in_the_table(title: str) -> None:
    assert list(rows(title)) == [field.encode_name for field in msgspec.structs.fields(PARTS[title])]


COMPARED: dict[str, tuple[Callable[[object], Any], dict[str, tuple[str, ...]]]] = {
    "Consolidated invoices of the older API": (
        consolidated.from_tree,
        {
            "Customers": ("Customers",),
            "Subscriptions": ("Customers", "Subscriptions"),
            "PriceLines": ("Customers", "Subscriptions", "PriceLines"),
            "Totals": ("Totals",),
        },
    ),
    "Subscription details of the older API": (
        details.from_tree,
        {"ResourceRate": ("Resources", "ResourceRate"), "ResourceRatePeriod": ("Resources", "ResourceRatePeriod")},
    ),
}
"""Answers that are only compared: their readers, and where the parts of their tables stand."""


@pytest.mark.parametrize("title", COMPARED)
def test_every_field_of_a_compared_answer_is_read(title: str) -> None:
    read, places = COMPARED[title]
    names = list(rows(title))
    assert len(names) > 10
    for name in names:
        part, _, field = name.rpartition(".")
        tree: object = {field: "7"}
        for outer in reversed(places.get(part, (part,))):
            tree = {outer: tree}
        found = read(tree)
        assert (found.unknown, found.unreadable) == ((), ()), name
        assert read({part: {f"{field}Other": "7"}}).unknown, name


def test_every_defect_is_in_the_table() -> None:
    named = rows("Defects")
    assert {f"cd-{number}" for number in NUMBERS} <= set(named)
    assert set(TICKETS) - set(named) == set()


def _value(field: Any) -> object:
    """Something that can be told from nothing, of the right kind."""
    return 7 if "Decimal" in str(field.type) else "7"


def _filled(part: type[msgspec.Struct], **more: object) -> dict[str, object]:
    """A part of an invoice with every one of its plain fields."""
    plain = [field for field in msgspec.structs.fields(part) if field.encode_name not in more]
    return {field.encode_name: _value(field) for field in plain} | more


def test_every_field_of_the_table_is_read() -> None:
    detail = _filled(Detail)
    line = _filled(Line, SubscriptionDetails=[detail])
    subscription = _filled(Subscription, PriceLines=[line], SubscriptionDetails=[detail])
    customer = _filled(Customer, Subscriptions=[subscription])
    party = _filled(Party)
    whole = {
        "Customers": [customer], "Header": _filled(Header), "Receiver": party, "Sender": party, "Totals": {"Net": 7},
    }  # fmt: skip
    assert set(whole) == {field.encode_name for field in msgspec.structs.fields(Invoice)}
    read = parse(msgspec.json.encode(whole))
    assert (read.drift, read.findings) == ((), ())
    back = msgspec.to_builtins(read.invoice, str_keys=True)

    def empty(value: Any, path: str) -> list[str]:
        if isinstance(value, dict):
            return [each for name, inside in value.items() for each in empty(inside, f"{path}.{name}")]
        if isinstance(value, list | tuple):
            return [each for inside in value for each in empty(inside, f"{path}[]")] if value else [path]
        return [path] if value in (None, "") else []

    assert empty(back, "") == []
