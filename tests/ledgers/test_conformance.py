"""Our own ledgers put through the conformance kit, and what they promise beyond it."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import DeliveryState
from connector.errors import SettingsError
from connector.ledgers.base import Ledger, Listing
from connector.ledgers.conformance.counterpart import Counterpart
from connector.ledgers.conformance.plugin import Conformance
from tests.ledgers.counterparts import our_counterpart
from tests.ledgers.opening import KINDS, by_key, fingerprints, held, opened, states
from tests.ledgers.worked import NL_ENTRIES, PARTY, entry, hostile_entries, posting, simple

POSTED, REJECTED = DeliveryState.POSTED, DeliveryState.REJECTED
JANUARY, FEBRUARY = datetime.date(2026, 1, 31), datetime.date(2026, 2, 1)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestOurLedgers(Conformance):
    @pytest.fixture
    def counterpart(self, kind: str, tmp_path: Path) -> Counterpart:
        return our_counterpart(kind, tmp_path / "books")


@pytest.fixture
def ledger(kind: str, tmp_path: Path) -> Ledger:
    return opened(kind, tmp_path / "books")


def test_is_a_ledger_that_lists_and_takes_our_accounts(ledger: Ledger) -> None:
    assert isinstance(ledger, Listing)
    assert ledger.chart() is None


def test_a_conflict_is_told_in_our_words(ledger: Ledger) -> None:
    with ledger:
        ledger.post_many([simple("1", 100)])
        (answer,) = ledger.post_many([simple("1", 200)])
        assert answer.state is REJECTED
        assert "another entry under the same key" in answer.reason


def test_a_batch_with_everything_in_it(ledger: Ledger) -> None:
    batch = [simple("3"), simple("1", account="9999"), simple("2"), simple("3"), simple("3", 500)]
    with ledger:
        answers = ledger.post_many(batch)
        assert [answer.key for answer in answers] == [one.key.text for one in batch]
        assert states(answers) == [POSTED, REJECTED, POSTED, POSTED, REJECTED]
        assert [answer.receipt is not None and answer.receipt.found for answer in answers][3]
        assert [one.key for one in held(ledger)] == [simple("2").key.text, simple("3").key.text]


def test_everything_held_can_be_told(ledger: Ledger) -> None:
    with ledger:
        ledger.post_many(NL_ENTRIES)
        told = held(ledger)
    assert {(one.key, one.fingerprint, one.date, one.total_minor) for one in told} == {
        (one.key.text, one.fingerprint, one.date, one.total_minor) for one in NL_ENTRIES
    }
    assert len({one.reference for one in told}) == len(NL_ENTRIES)
    assert [one.date for one in told] == sorted(one.date for one in told)


def test_no_amount_is_refused(ledger: Ledger) -> None:
    cents = [
        entry(
            str(minor),
            [posting("7010", minor), posting("7020", 0), posting("1600", -minor, PARTY)],
            text=f"{minor} cents",
        )
        for minor in (1, -1, 0, -99, 10**13 + 1, 2**53 + 1)
    ]
    with ledger:
        assert states(ledger.post_many(cents)) == [POSTED] * 6
        assert sorted(one.total_minor for one in held(ledger)) == [-99, -1, 0, 1, 10**13 + 1, 2**53 + 1]


def test_hostile_texts_in_every_field(ledger: Ledger) -> None:
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


def test_a_closed_period_is_told_with_its_day(kind: str, tmp_path: Path) -> None:
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


def test_refusals_leave_nothing_behind(ledger: Ledger) -> None:
    dollars = msgspec.structs.replace(simple("2"), currency="USD")
    with ledger:
        answers = ledger.post_many([simple("1", account="4711"), dollars])
        assert states(answers) == [REJECTED, REJECTED]
        assert "no account 4711" in answers[0].reason
        assert held(ledger) == []
