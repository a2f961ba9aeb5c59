"""Correction: which change of a booked document moves by itself, and which only another document may make."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from connector.domain.correction import correction
from connector.domain.document import readable_key
from connector.domain.journal import DocumentKind, JournalEntry
from connector.domain.reclassification import (
    DELTA,
    REMAP,
    REVERSAL,
    entry_of,
    is_adoption,
    is_correction,
    is_reclassification,
    is_remap,
)
from tests.ledgers.worked import NL_PURCHASE, PARTY, VAT_INPUT, entry, posting

TAX = "NL.P.STD.21"


def booked(licences: int, usage: int, **changes: Any) -> JournalEntry:
    """A purchase of 100 euros and 21 euros of VAT."""
    net = [posting("7010", licences, tax=TAX), posting("7020", usage, tax=TAX)]
    vat = posting("1520", 2100, VAT_INPUT, tax=TAX, base=10000)
    one = entry("1", [*net, vat, posting("1600", -12100, PARTY)])
    return msgspec.structs.replace(one, **changes)


def test_a_delta_moves_what_differs() -> None:
    found = correction([booked(6000, 4000)], booked(7000, 3000), "delta").moves
    assert found is not None
    assert [(each.posting.account, each.posting.minor) for each in found.back] == [("7010", 6000), ("7020", 4000)]
    assert [(each.account, each.minor) for each in found.new] == [("7010", 7000), ("7020", 3000)]


def test_what_stays_is_left_alone_by_a_delta_and_booked_again_by_a_reversal() -> None:
    def one(usage: str) -> JournalEntry:
        vat = posting("1520", 2100, VAT_INPUT, tax=TAX, base=10000)
        net = [posting("7010", 6000, tax=TAX), posting(usage, 4000, tax=TAX)]
        return entry("1", [*net, vat, posting("1600", -12100, PARTY)])

    for on_change, many in (("delta", 1), ("reverse", 2)):
        found = correction([one("7020")], one("7030"), on_change).moves
        assert found is not None
        assert (len(found.back), len(found.new)) == (many, many)


@pytest.mark.parametrize("on_change", ["delta", "reverse"])
def test_nothing_moves_when_nothing_differs(on_change: str) -> None:
    found = correction([NL_PURCHASE], NL_PURCHASE, on_change)
    assert (found.moves, found.forbidden) == (None, "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": datetime.date(2026, 12, 24)}, "Date"),
        ({"currency": "USD"}, "Currency"),
        ({"due": None}, "DueDate"),
        ({"kind": DocumentKind.CREDIT_NOTE}, "Type"),
    ],
)
def test_the_head_of_a_document_never_moves_by_itself(changes: dict[str, Any], field: str) -> None:
    assert correction([booked(6000, 4000)], booked(7000, 3000, **changes), "delta").forbidden == field


def test_neither_do_total_and_vat() -> None:
    first = booked(6000, 4000)
    dearer = entry("1", [posting("7010", 10000, tax=TAX), posting("1600", -10000, PARTY)])
    assert correction([first], dearer, "reverse").forbidden == "Total"
    other = [posting("7010", 10100, tax=TAX), posting("1520", 2000, VAT_INPUT, tax=TAX, base=10000)]
    assert correction([first], entry("1", [*other, posting("1600", -12100, PARTY)]), "delta").forbidden == "VAT"


def test_another_rate_of_the_same_vat_is_no_move() -> None:
    first, postings = booked(6000, 4000), list(booked(6000, 4000).postings)
    postings[0] = msgspec.structs.replace(postings[0], tax="NL.P.RED.9")
    assert correction([first], msgspec.structs.replace(first, postings=tuple(postings)), "delta").forbidden == "VAT"


@pytest.mark.parametrize(("purpose", "corrects"), [(REMAP, False), (DELTA, True), (REVERSAL, True)])
def test_the_key_says_what_kind_of_move_an_entry_is(purpose: str, corrects: bool) -> None:
    first = booked(6000, 4000)
    found = correction([first], booked(7000, 3000), "delta").moves
    assert found is not None
    key = entry_of([first], found, date=first.date, text="moved", purpose=purpose).key
    assert is_reclassification(key.purpose)
    assert (is_correction(key.purpose), is_remap(key.purpose)) == (corrects, not corrects)
    assert not is_adoption(key.purpose)
    assert readable_key(key.text) == key
    assert readable_key(f"{key.text}/edited") is None
