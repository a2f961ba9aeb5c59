"""The failing ledger fails as it says, so that what is tested with it means something."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.domain.delivery import DeliveryState
from connector.errors import LedgerUnavailable, OutcomeUnknown
from connector.ledgers.base import Ledger, Listing
from tests.ledgers.faults import Fault, FaultyLedger
from tests.ledgers.opening import by_key, fingerprints, held, opened, states
from tests.ledgers.worked import simple

ENTRIES = (simple("1"), simple("2"))


def faulty(*on_post: Fault, on_find: tuple[Fault, ...] = ()) -> FaultyLedger:
    return FaultyLedger(opened("memory", Path("unused")), on_post=on_post, on_find=on_find)


@pytest.mark.parametrize(("fault", "there"), [(Fault.LOST_ANSWER, 2), (Fault.LOST_QUESTION, 0), (Fault.HALF, 1)])
def test_no_answer(fault: Fault, there: int) -> None:
    with faulty(fault) as ledger:
        with pytest.raises(OutcomeUnknown):
            ledger.post_many(ENTRIES)
        assert len(held(ledger)) == there
        assert fingerprints(ledger, [one.key for one in ENTRIES]) == by_key(ENTRIES[:there])
        assert states(ledger.post_many(ENTRIES)) == [DeliveryState.POSTED] * 2
        assert len(held(ledger)) == 2
        assert ledger.posted["acme/purchase/NL111111111B01/1/-/invoice/2026-12"] == 1 + (there > 0)


def test_unavailable_and_blind() -> None:
    with faulty(Fault.UNAVAILABLE, Fault.REJECTS, on_find=(Fault.UNAVAILABLE, Fault.BLIND)) as ledger:
        with pytest.raises(LedgerUnavailable):
            ledger.post_many(ENTRIES)
        assert states(ledger.post_many(ENTRIES)) == [DeliveryState.REJECTED] * 2
        assert held(ledger) == []
        ledger.post_many(ENTRIES)
        with pytest.raises(LedgerUnavailable):
            ledger.find_many([ENTRIES[0].key])
        assert ledger.find_many([ENTRIES[0].key]) == {}
        assert ledger.find_many([ENTRIES[0].key]) != {}


def test_is_a_ledger_itself() -> None:
    ledger = faulty()
    assert isinstance(ledger, Ledger)
    assert isinstance(ledger, Listing)
    assert ledger.chart() is None
