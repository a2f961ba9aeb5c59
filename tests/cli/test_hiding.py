"""What is hidden in a report is hidden however it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.cli.hiding import SHORTEST_PART, Hiding, unquoted

NAMES = st.text(
    st.characters(codec="latin-1", categories=("L", "N", "P", "Zs"), exclude_characters="*"), min_size=SHORTEST_PART
).filter(lambda name: len(name.strip()) >= SHORTEST_PART)
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": json.dumps,
    "JSON with letters": lambda name: json.dumps(name, ensure_ascii=False),
    "an address": lambda name: f"https://example.com/{quote(name, safe='')}",
    "a form": quote_plus,
    "Python": repr,
    "capitals": str.upper,
}


@pytest.mark.parametrize("how", WRITTEN)
@given(name=NAMES, around=st.text("abc 12", max_size=5))
def test_a_name_is_found_however_it_is_written(how: str, name: str, around: str) -> None:
    written = WRITTEN[how](name)
    told = Hiding([], [name]).text(f"before {around}{written}{around} after")
    assert name.strip().casefold() not in told.casefold()
    assert told.startswith("before ")
    assert told.endswith(" after")


@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_is_found_however_it_is_written(how: str) -> None:
    secret = 'p&"ss/wörd+1'
    written = WRITTEN[how](secret)
    if how != "capitals":
        assert "rd+1" not in Hiding([secret], []).text(f"it is {written}")
        assert "rd%2B1" not in Hiding([secret], []).text(f"it is {written}")


def test_short_names_are_hidden_where_they_stand_alone() -> None:
    hiding = Hiding([], ["ING", "NS", "1234", "10045"])
    assert hiding.text("sending to ING, nothing else") == "sending to ***, nothing else"
    assert hiding.text("on 1234 lines") == "on 1234 lines"
    assert hiding.text("customer 10045 is new") == "customer *** is new"


def test_addresses_of_people_are_hidden_and_names_of_fields_stay() -> None:
    assert Hiding([], ["found"]).everything({"found": ["write to jan.de-vries@mail.example.com", 7, None]}) == {
        "found": ["write to ***", 7, None]
    }


def test_what_a_wrong_setting_quotes_is_hidden() -> None:
    assert unquoted("connector.toml:7: key 'sk-1' is no reference; give \"env:NAME\"") == ("connector.toml:7: key ***")


@pytest.mark.parametrize(
    "quoted", ["'Jan's Bakkerij'", '"Bakkerij \'"', "'Bakkers\nBakkerij'", "'its' and \"Bakkerij\""]
)
def test_a_quote_within_what_is_quoted_ends_nothing(quoted: str) -> None:
    assert unquoted(f"row 2: {quoted} is neither yes nor no") == "row 2: *** is neither yes nor no"
