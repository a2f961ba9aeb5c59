"""Texts as ledgers can take them."""

from __future__ import annotations

import doctest
import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from connector.ledgers import journal_csv, wording
from connector.ledgers.wording import amount, exact, one_line, token

CODE = re.compile(r"[A-Z0-9]+")


def test_examples_in_the_documentation() -> None:
    for module in (wording, journal_csv):
        outcome = doctest.testmod(module)
        assert outcome.attempted
        assert not outcome.failed


@given(st.text(), st.integers(2, 60))
def test_one_line_is_one_printable_line(text: str, limit: int) -> None:
    line = one_line(text, limit=limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert line == " ".join(line.split())
    assert one_line(line, limit=limit) == line


def test_one_line_says_that_it_was_cut() -> None:
    assert one_line("abcdef", limit=6) == "abcdef"
    assert one_line("abcdefg", limit=6) == "abcde…"
    assert one_line("ab" + " " * 1000 + "cd", limit=6) == "ab…"
    assert len(one_line("x" * 1_000_000)) == wording.TEXT_LIMIT


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_exact_comes_back_and_holds_no_separator(value: str) -> None:
    written = exact(value)
    if len(written) < 480:
        assert unquote(written) == value
    assert written.strip() == written
    assert not set(written) & set(',;[]"\\|\n\r\t')


def test_exact_tells_long_values_apart() -> None:
    one, other = exact("x" * 5000 + "1"), exact("x" * 5000 + "2")
    assert one != other
    assert len(one) <= 500


def test_tokens_are_plain_or_marked() -> None:
    assert token("7010", CODE) == "7010"
    assert re.fullmatch(r"70-10-[0-9a-f]{8}", token("70.10", CODE))
    assert token("70.10", CODE) != token("70-10", CODE)
    assert re.fullmatch(r"[0-9a-f]{8}", token("漢", CODE))


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [amount(minor, "EUR") for minor in (123456, -5, 0, 10**20)] == [
        "1234.56",
        "-0.05",
        "0.00",
        "1" + "0" * 18 + ".00",
    ]
    assert amount(5, "JPY") == "5"
