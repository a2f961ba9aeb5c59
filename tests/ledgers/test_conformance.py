"""What every ledger of ours must do, whatever it is made of."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import DeliveryState
from connector.domain.journal import JournalEntry
from connector.errors import SettingsError
from connector.ledgers.base import Ledger, Listing
from tests.ledgers.opening import KINDS, by_key, fingerprints, held, opened, states
from tests.ledgers.worked import (
    HOSTILE,
    NL_CREDIT_NOTE,
    NL_ENTRIES,
    NL_PURCHASE,
    PARTY,
    entry,
    posting,
    simple,
)

POSTED, REJECTED = DeliveryState.POSTED, DeliveryState.REJECTED
JANUARY, FEBRUARY = datetime.date(2026, 1, 31), datetime.date(2026, 2, 1)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ledger(kind: str, tmp_path: Path) -> Ledger:
    return opened(kind, tmp_path / "books")


def test_is_a_ledger_that_lists(ledger: Ledger) -> None:
    assert isinstance(ledger, Listing)
    assert ledger.name == "books"
    assert ledger.capabilities.batch >= 1
    assert ledger.chart() is None


def test_empty_ledger_holds_nothing(ledger: Ledger) -> None:
    with ledger:
        assert ledger.find_many([NL_PURCHASE.key]) == {}
        assert held(ledger) == []
        assert ledger.post_many([]) == []


def test_post_then_find(ledger: Ledger) -> None:
    with ledger:
        (answer,) = ledger.post_many([NL_PURCHASE])
        assert answer.state is POSTED
        assert answer.receipt is not None
        assert answer.receipt.fingerprint == NL_PURCHASE.fingerprint
        assert not answer.receipt.found

        found = ledger.find_many([NL_PURCHASE.key, simple("9999").key])

    assert list(found) == [NL_PURCHASE.key.document]
    (receipt,) = found[NL_PURCHASE.key.document]
    assert receipt == msgspec.structs.replace(answer.receipt, found=True)


def test_same_entry_again_is_found_and_not_doubled(ledger: Ledger) -> None:
    with ledger:
        (first,) = ledger.post_many([NL_PURCHASE])
        (second,) = ledger.post_many([NL_PURCHASE])
        assert first.receipt is not None
        assert second.receipt == msgspec.structs.replace(first.receipt, found=True)
        assert len(held(ledger)) == 1


def test_other_content_under_the_same_key_is_a_conflict(ledger: Ledger) -> None:
    with ledger:
        ledger.post_many([simple("1", 100)])
        (answer,) = ledger.post_many([simple("1", 200)])
        assert answer.state is REJECTED
        assert "another entry under the same key" in answer.reason
        assert answer.hint
        assert fingerprints(ledger, [simple("1").key]) == by_key([simple("1", 100)])


def test_the_same_key_moved_to_another_month_is_a_conflict(ledger: Ledger) -> None:
    january = simple("1", date=JANUARY)
    moved = msgspec.structs.replace(january, date=FEBRUARY)
    with ledger:
        ledger.post_many([january])
        assert states(ledger.post_many([moved])) == [REJECTED]


def test_batch_answers_in_its_own_order(ledger: Ledger) -> None:
    batch = [simple("3"), simple("1", account="9999"), simple("2"), simple("3"), simple("3", 500)]
    with ledger:
        answers = ledger.post_many(batch)
        assert [answer.key for answer in answers] == [one.key.text for one in batch]
        assert states(answers) == [POSTED, REJECTED, POSTED, POSTED, REJECTED]
        assert [answer.receipt is not None and answer.receipt.found for answer in answers][3]
        assert [one.key for one in held(ledger)] == [simple("2").key.text, simple("3").key.text]


def test_look_up_is_by_document_whatever_the_purpose(ledger: Ledger) -> None:
    amended = msgspec.structs.replace(
        simple("1", -50), key=msgspec.structs.replace(simple("1").key, purpose="amendment-0a1b", period="2027-01")
    )
    with ledger:
        ledger.post_many([simple("1"), amended, simple("10")])
        found = ledger.find_many([simple("1").key])
    assert {receipt.key for receipt in found[simple("1").key.document]} == {simple("1").key.text, amended.key.text}


def test_everything_held_can_be_told(ledger: Ledger) -> None:
    with ledger:
        ledger.post_many(NL_ENTRIES)
        told = held(ledger)
    assert {(one.key, one.fingerprint, one.date, one.total_minor) for one in told} == {
        (one.key.text, one.fingerprint, one.date, one.total_minor) for one in NL_ENTRIES
    }
    assert len({one.reference for one in told}) == len(NL_ENTRIES)
    assert [one.date for one in told] == sorted(one.date for one in told)


def test_credit_note_has_a_negative_total(ledger: Ledger) -> None:
    with ledger:
        ledger.post_many([NL_CREDIT_NOTE])
        assert [one.total_minor for one in held(ledger)] == [-18150]


def test_small_and_zero_amounts(ledger: Ledger) -> None:
    cents = [
        entry(
            str(minor),
            [posting("7010", minor), posting("7020", 0), posting("1600", -minor, PARTY)],
            text=f"{minor} cents",
        )
        for minor in (1, -1, 0, -99, 10**13 + 1)
    ]
    with ledger:
        assert states(ledger.post_many(cents)) == [POSTED] * 5
        assert sorted(one.total_minor for one in held(ledger)) == [-99, -1, 0, 1, 10**13 + 1]


def hostile_entries() -> list[JournalEntry]:
    return [
        entry(
            f"{text[:300]}/{position}",
            [
                posting(
                    "7010", 100 + position, text=text, dimensions=(("cost centre", text), ("x", text)), deferral=text
                ),
                posting("1600", -100 - position, PARTY, tax=text),
            ],
            party=text,
            text=text,
        )
        for position, text in enumerate(HOSTILE)
    ]


def test_hostile_texts(ledger: Ledger) -> None:
    entries = hostile_entries()
    keep = [one for one in entries if len(one.key.text) <= 1000]
    assert len(keep) >= len(entries) - 1
    with ledger:
        for one in entries:
            (answer,) = ledger.post_many([one])
            assert answer.state is (POSTED if one in keep else REJECTED), answer
        assert fingerprints(ledger, [one.key for one in entries]) == by_key(keep)
        assert states(ledger.post_many(keep)) == [POSTED] * len(keep)
        assert len(held(ledger)) == len(keep)


def test_months_are_kept_apart_and_found_together(ledger: Ledger) -> None:
    entries = [simple("1", date=JANUARY), simple("2", date=FEBRUARY)]
    with ledger:
        ledger.post_many(entries)
        assert fingerprints(ledger, [one.key for one in entries]) == by_key(entries)
        assert [one.date for one in held(ledger)] == [JANUARY, FEBRUARY]


def test_closed_period(kind: str, tmp_path: Path) -> None:
    before, after = simple("1", date=JANUARY), simple("2", date=FEBRUARY)
    ledger = opened(kind, tmp_path, settings={"closed_until": "2026-01-31"})
    with ledger:
        answers = ledger.post_many([before, after])
        assert states(answers) == [REJECTED, POSTED]
        assert "closed until 2026-01-31" in answers[0].reason
        assert "in a period that is open" in answers[0].hint
        assert [one.key for one in held(ledger)] == [after.key.text]


@pytest.mark.parametrize("text", ["2026-02", "31-01-2026", "yesterday"])
def test_closed_until_must_be_a_date(kind: str, tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="closed_until") as caught:
        opened(kind, tmp_path, settings={"closed_until": text})
    assert "year-month-day" in caught.value.hint
    assert caught.value.where == "ledger books"


def test_unknown_account_is_refused(ledger: Ledger) -> None:
    with ledger:
        (answer,) = ledger.post_many([simple("1", account="4711")])
        assert answer.state is REJECTED
        assert "no account 4711" in answer.reason
        assert held(ledger) == []


def test_foreign_currency_is_refused_until_it_is_built(ledger: Ledger) -> None:
    dollars = entry("1", [posting("7010", 100), posting("1600", -100, PARTY)], currency="USD")
    with ledger:
        (answer,) = ledger.post_many([dollars])
        assert answer.state is REJECTED
        assert "USD" in answer.reason
        assert held(ledger) == []
