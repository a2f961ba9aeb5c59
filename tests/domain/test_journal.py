"""Entries, keys, deliveries and revisions."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.document import EntryKey, digest, entry_key, parse_entry_key, unordered
from connector.domain.invoice import Direction, InvoiceKey
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole, balances

KEY = EntryKey(administration="acme", direction=Direction.PURCHASE, issuer="NL1", number="1", period="2026-12")
DAY = datetime.date(2026, 12, 23)


def entry(*minors: int, key: EntryKey = KEY) -> JournalEntry:
    net, party = PostingRole.NET, PostingRole.PARTY
    return JournalEntry(
        key=key,
        kind=DocumentKind.INVOICE,
        date=DAY,
        document_date=DAY,
        tax_point=DAY,
        vat_period="2026-12",
        due=None,
        currency="EUR",
        number="1",
        party="Copaco",
        text="Copaco 1",
        postings=tuple(
            Posting(account=str(7000 + n % 2), minor=minor, role=party if n == len(minors) - 1 else net)
            for n, minor in enumerate(minors)
        ),
    )


def test_an_entry_out_of_balance_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="out of balance by 1 minor units of EUR"):
        entry(100, -99)
    with pytest.raises(AssertionError, match="out of balance"):
        msgspec.structs.replace(entry(100, -100), postings=entry(100, -100).postings[:1])


def test_an_entry_has_two_sides() -> None:
    with pytest.raises(AssertionError, match="fewer than two"):
        entry(0)
    with pytest.raises(AssertionError, match="fewer than two"):
        entry()


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_accounts_balance_with_the_entry(minors: list[int]) -> None:
    made = entry(*minors, -sum(minors))
    assert sum(balances(made).values()) == 0
    assert balances(made)["7000"] == sum([*minors, -sum(minors)][::2])


def test_the_open_item_is_positive_when_money_is_owed() -> None:
    assert entry(100, -100).total_minor == 100
    sale = msgspec.structs.replace(KEY, direction=Direction.SALE)
    assert entry(-100, 100, key=sale).total_minor == 100
    assert entry(100, -100).period == "2026-12"


def test_the_fingerprint_is_of_what_a_ledger_receives() -> None:
    plain = entry(100, -100)
    assert msgspec.structs.replace(plain, text="other words").fingerprint == plain.fingerprint
    for field, value in {
        "date": datetime.date(2026, 12, 24),
        "document_date": datetime.date(2026, 12, 24),
        "tax_point": datetime.date(2026, 12, 24),
        "due": DAY,
        "currency": "USD",
        "number": "2",
        "kind": DocumentKind.CREDIT_NOTE,
        "key": msgspec.structs.replace(KEY, purpose="reversal"),
    }.items():
        assert msgspec.structs.replace(plain, **{field: value}).fingerprint != plain.fingerprint, field
    for field, text in {"account": "9", "tax": "x", "dimensions": (("d", "v"),), "deferral": "days"}.items():
        first = msgspec.structs.replace(plain.postings[0], **{field: text})
        changed = msgspec.structs.replace(plain, postings=(first, *plain.postings[1:]))
        assert changed.fingerprint != plain.fingerprint, field


PART = st.text(max_size=12)


@given(PART, st.sampled_from(Direction), PART, PART, PART, PART, PART)
def test_a_key_is_written_as_one_token_and_read_back(
    administration: str, direction: Direction, issuer: str, number: str, customer: str, purpose: str, period: str
) -> None:
    key = EntryKey(
        administration=administration, direction=direction, issuer=issuer, number=number, customer=customer,
        purpose=purpose, period=period,
    )  # fmt: skip
    assert parse_entry_key(key.text) == key
    assert key.text.startswith(key.document + "/")
    assert key.text.isascii()
    assert not set(key.text) & set(" ,;:\n\t\"'")


def test_a_key_of_an_invoice() -> None:
    invoice = InvoiceKey(direction=Direction.PURCHASE, source="invoices", issuer="NL111111111B00", number="9103004711")
    key = entry_key("acme", invoice, purpose="invoice", period="2024-03")
    assert key.text == "acme/purchase/NL111111111B00/9103004711/-/invoice/2024-03"
    assert key.document == "acme/purchase/NL111111111B00/9103004711/-"
    assert len(key.short) == 12
    assert msgspec.structs.replace(key, customer="-").text != key.text


@pytest.mark.parametrize("text", ["", "acme/purchase/x", "a/neither/c/d/e/f/g"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parse_entry_key(text)


def test_digests_tell_parts_apart() -> None:
    assert digest(("ab", "c")) != digest(("a", "bc"))
    assert digest(("a",)) != digest(("a", ""))
    assert unordered([b"a", b"b"]) == unordered([b"b", b"a"])
    assert unordered([b"a"], b"b") != unordered([b"b"], b"a")
    assert unordered([b"a", b"a"]) != unordered([b"a"])
