"""Reclassification: what stands after a chain of entries, and what brings it to another mapping."""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole, balances
from connector.domain.reclassification import entry_of, is_reclassification, moves, standing
from tests.domain.test_journal import DAY, KEY

LATER = datetime.date(2027, 1, 15)


def net(account: str, minor: int, *, tax: str = "NL.P.STD.21", line_no: int | None = None) -> Posting:
    return Posting(account=account, minor=minor, role=PostingRole.NET, tax=tax, line_no=line_no)


def booked(*postings: Posting) -> JournalEntry:
    total = sum(posting.minor for posting in postings)
    party = Posting(account="1600", minor=-total, role=PostingRole.PARTY)
    return JournalEntry(
        key=KEY,
        kind=DocumentKind.INVOICE,
        date=DAY,
        document_date=DAY,
        tax_point=DAY,
        vat_period="2026-12",
        due=LATER,
        currency="EUR",
        number="1",
        party="Copaco",
        text="Copaco 1",
        postings=(*postings, party),
    )


def moved(chain: list[JournalEntry], *after: Posting) -> JournalEntry:
    found = moves(standing(chain), after)
    assert found is not None
    return entry_of(chain, found, date=DAY, text="moved")


def test_only_what_differs_moves() -> None:
    first = booked(net("7010", 100), net("7020", 250), net("7010", -30))
    entry = moved([first], net("7010", 100), net("7090", 250), net("7010", -30))
    assert [(each.account, each.minor, each.role) for each in entry.postings] == [
        ("7020", -250, PostingRole.REVERSED),
        ("7090", 250, PostingRole.NET),
    ]
    assert (entry.kind, entry.due, entry.total_minor) == (DocumentKind.RECLASSIFICATION, None, 0)
    assert entry.key.document == first.key.document
    assert is_reclassification(entry.key.purpose)
    assert not is_reclassification(first.key.purpose)


def test_nothing_moves_when_nothing_differs() -> None:
    first = booked(net("7010", 100), net("7020", 250))
    assert moves(standing([first]), [net("7020", 250), net("7010", 100)]) is None


def test_a_posting_of_nothing_moves_nothing() -> None:
    first = booked(net("7010", 100))
    assert moves(standing([first]), [net("7010", 100), net("7020", 0)]) is None


def test_the_entry_has_the_date_and_period_that_are_asked_for() -> None:
    first = booked(net("7010", 100))
    found = moves(standing([first]), [net("7020", 100)])
    assert found is not None
    entry = entry_of([first], found, date=LATER, text="moved")
    assert (entry.date, entry.key.period, entry.document_date) == (LATER, "2027-01", DAY)


def test_an_account_that_is_left_and_taken_again_has_another_key() -> None:
    first = booked(net("7010", 100))
    away = moved([first], net("7020", 100))
    back = moved([first, away], net("7010", 100))
    again = moved([first, away, back], net("7020", 100))
    assert len({each.key.text for each in (first, away, back, again)}) == 4
    assert moved([first], net("7020", 100)).key == away.key
    assert [each.posting.account for each in standing([first, away, back, again])] == ["7020"]


def test_what_stands_knows_the_entry_it_comes_from() -> None:
    first = booked(net("7010", 100), net("7010", 100), net("7030", 5))
    away = moved([first], net("7010", 100), net("7020", 100), net("7030", 5))
    assert [(each.entry, each.number, each.posting.account) for each in standing([first, away])] == [
        (0, 2, "7010"),
        (0, 3, "7030"),
        (1, 2, "7020"),
    ]


def test_taking_back_what_does_not_stand_is_refused() -> None:
    first = booked(net("7010", 100))
    away = moved([first], net("7020", 100))
    with pytest.raises(AssertionError, match="takes back what does not stand"):
        standing([first, away, away])


def test_a_change_of_vat_is_seen() -> None:
    first = booked(net("7010", 100))
    other = moves(standing([first]), [net("7020", 100, tax="NL.P.RED.9")])
    same = moves(standing([first]), [net("7020", 100)])
    assert other is not None
    assert same is not None
    assert (other.changes_vat, same.changes_vat) == (True, False)


_ACCOUNT = st.sampled_from(["7010", "7020", "7030"])
_AMOUNTS = st.lists(st.integers(-500, 500), min_size=1, max_size=6)


@given(st.data(), _AMOUNTS, st.integers(1, 4))
def test_after_every_reclassification_the_books_are_as_the_last_mapping_wants(
    data: st.DataObject, amounts: list[int], times: int
) -> None:
    def mapped() -> list[Posting]:
        return [net(data.draw(_ACCOUNT), minor, line_no=n) for n, minor in enumerate(amounts, 1)]

    chain, wanted = [booked(*mapped())], mapped()
    for _ in range(times):
        wanted = mapped()
        found = moves(standing(chain), wanted)
        if found is not None:
            assert not found.changes_vat
            chain.append(entry_of(chain, found, date=DAY, text="moved"))
    stands = [each.posting for each in standing(chain)]
    books: Counter[str] = Counter()
    for entry in chain:
        books.update(balances(entry))
    expected = Counter({"1600": -sum(amounts)})
    if not moves(standing(chain), wanted):
        ordered = sorted(stands, key=lambda each: each.line_no or 0)
        assert [each for each in ordered if each.minor] == [each for each in wanted if each.minor]
        for posting in wanted:
            expected[posting.account] += posting.minor
        assert +books == +expected
        assert -books == -expected
    assert msgspec.json.encode(stands)
