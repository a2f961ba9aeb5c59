"""Past books as values: amounts, numbers of documents and names are compared in one way."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.past_books import (
    PastPosting,
    is_party,
    minor_of,
    name_key,
    references,
    same_name,
    squeezed,
    vat_key,
)


def posting(account: str = "7000", minor: int = 100, **more: Any) -> PastPosting:
    day = more.pop("date", datetime.date(2026, 12, 23))
    known: dict[str, Any] = {"date": day, "period": f"{day:%Y-%m}", "place": "line 1"}
    return PastPosting(account=account, minor=minor, **(known | more))


@given(st.integers(-(10**15), 10**15))
def test_amounts_are_exact(minor: int) -> None:
    sign = "-" if minor < 0 else ""
    assert minor_of(f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}") == minor


@pytest.mark.parametrize(("text", "minor"), [("12", 1200), ("1.5", 150), ("+1.10", 110), ("1.000", 100), ("1.", 100)])
def test_amounts_may_be_short(text: str, minor: int) -> None:
    assert minor_of(text) == minor


@pytest.mark.parametrize("text", ["", "1e3", "1,50", "--1", "1.005", "NaN", "١٢.٣٤x"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        minor_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "9241110001", "Factuur 9241110001 van Copaco", "9241-110-001", "F9241110001", "INV:9241110001;2024",
        "CPC/9241110001", "9241 110 001",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert "9241110001" in references("", text)


def test_a_number_is_not_found_in_a_longer_one_nor_a_short_one_in_a_text() -> None:
    assert "9241110001" not in references("19241110001 92411100012")
    assert "12" in references("12")
    assert "12" not in references("Week 12 van 2024")
    assert references("", "  - ") == set()


def test_numbers_are_compared_by_letters_and_digits() -> None:
    assert squeezed("f-2024/0012") == "F20240012"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Copaco Nederland B.V.", "COPACO NEDERLAND BV", True),
        ("Copaco", "Copaco Nederland B.V.", True),
        ("Crédit Général S.A.", "credit general", True),
        ("Copaco Nederland", "Copaco Belgium", False),
        ("Nederland Copaco", "Copaco", False),
        ("", "Copaco", False),
        ("B.V.", "BV", True),
    ],
)
def test_names_are_compared_without_their_legal_form(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same
    assert same_name(other, one) is same


def test_a_party_is_known_by_its_vat_number_first() -> None:
    named = posting(party_name="Copaco", party_vat_number="NL 1111.11.111.B01")
    assert is_party(named, "NL111111111B01", "Anders") is True
    assert is_party(named, "NL999999999B01", "Copaco") is False
    assert is_party(named, "", "Copaco B.V.") is True
    assert is_party(named, "Copaco B.V.", "Copaco B.V.") is True, "an issuer without a VAT number is known by its name"
    assert is_party(posting(party_vat_number="111111111B01"), "NL111111111B01", "") is True
    assert vat_key("") == ""
    assert is_party(posting(party_name="Ander"), "NL1", "Copaco") is False
    assert is_party(posting(), "NL1", "Copaco") is None
    assert name_key("'t Hooft & Co.") == "t hooft co"
