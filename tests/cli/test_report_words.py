"""The words of reports: every kind of row in the reader's language, and in JSON one code that never changes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import pytest

from connector import texts
from connector.cli.report import billed, leakage, prices
from connector.cli.report import credits as given_back
from connector.domain.billed import FoundBy
from connector.domain.credits import CreditKind
from connector.domain.leakage import LeakKind
from connector.domain.prices import Item, Passed

KINDS: dict[type[Enum], dict[str, str]] = {
    LeakKind: {kind.value: words for kind, (words, _) in leakage.KINDS.items()},
    CreditKind: {kind.value: words for kind, words in given_back.KINDS.items()},
    Passed: {kind.value: words for kind, words in prices.PASSED.items()},
    FoundBy: {kind.value: words for kind, words in billed.FOUND_BY.items()},
}
"""The words of every kind by its code, as a reader of English has them."""


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    texts.use("en")


@pytest.mark.parametrize("language", ["nl", "fr"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_in_the_language(kind: type[Enum], language: str) -> None:
    assert set(KINDS[kind]) == {each.value for each in kind}
    texts.use(language)
    assert [words for words in KINDS[kind].values() if texts._(words) == words] == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("nl", ["Maandelijks, 1 maand", "Jaarlijks, 12 maanden", "Eenmalig, 12 maanden"]),
        ("fr", ["Mensuel, 1 mois", "Annuel, 12 mois", "Unique, 12 mois"]),
    ],
)
def test_a_term_is_told_in_the_language(language: str, told: list[str]) -> None:
    texts.use(language)
    terms = (("Monthly", 1), ("Yearly", 12), ("One Time", 12))
    items = [Item(plan="", description="", billing=billing, months=months) for billing, months in terms]
    assert [prices.term(each) for each in items] == told
    assert prices.term(Item(plan="", description="", billing="Else", months=1)).startswith("Else, ")
