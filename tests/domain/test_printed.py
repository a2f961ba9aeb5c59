"""The printed total: amounts as people type them, exactly, and what is refused rather than guessed."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import texts
from connector.domain.money import from_minor, show
from connector.domain.printed import PrintedTotal, read_amount

MOMENT = datetime.datetime(2024, 4, 2, 9, 0, tzinfo=datetime.UTC)
PRINTED = PrintedTotal(invoice_id=1, gross=12_100, actor="Eva", at=MOMENT)


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("121", 12_100),
        ("121,5", 12_150),
        ("121.05", 12_105),
        ("-12,50", -1_250),
        ("+5", 500),
        (" € 1.234,50 ", 123_450),
        ("EUR 1,234.50", 123_450),
        ("1 234 567,89", 123_456_789),
        ("1\N{NO-BREAK SPACE}234", 123_400),
        ("1'234.50", 123_450),
        ("0,00", 0),
        ("9999999999999.99", 999_999_999_999_999),
    ],
)
def test_an_amount_is_read_as_it_is_meant(typed: str, minor: int) -> None:
    assert read_amount(typed) == minor


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "1.234",
        "1,234",
        "1.234.567",
        "1,234,50",
        "1.23.456,00",
        "0.001",
        "1e3",
        "--5",
        "5-",
        "\u0663",
        "12 34",
        "1" * 14,
    ],
)
def test_what_may_be_something_else_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="is no amount; write it like"):
        read_amount(typed)


def test_a_currency_without_cents_has_none() -> None:
    assert read_amount("100,0", "JPY") == 100
    with pytest.raises(ValueError, match="has more decimals than JPY"):
        read_amount("100,5", "JPY")


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(texts.LANGUAGES))
def test_every_amount_is_read_back_to_the_cent_as_every_reader_writes_it(minor: int, language: str) -> None:
    texts.use(language)
    shown = texts.money(minor)
    texts.use("en")
    for typed in (shown, show(minor), f"{from_minor(minor):f}", f"{from_minor(minor):f}".replace(".", ",")):
        assert read_amount(typed) == minor


@pytest.mark.parametrize(
    ("name", "value"),
    [("invoice_id", 2), ("gross", 12_101), ("actor", "Jan"), ("at", MOMENT + datetime.timedelta(microseconds=1))],
)
def test_every_cent_and_word_counts_in_the_digest(name: str, value: object) -> None:
    assert msgspec.structs.replace(PRINTED, **{name: value}).digest != PRINTED.digest
