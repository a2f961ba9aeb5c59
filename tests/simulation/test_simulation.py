"""Whatever happens in whatever order, each document stands in the ledger once at most, and no cent is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from connector.engine.deliver import _Deliverer
from tests.ledgers.faults import Fault
from tests.simulation import variants
from tests.simulation.life import PLAIN, Life
from tests.simulation.walk import walk

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
VARIANTS = {
    variants.NoIntent: ("booked a second time", 6),
    variants.NoLookUp: ("booked a second time", 1),
    variants.NoSettling: ("booked a second time", 0),
    variants.Resends: ("booked a second time", 0),
    variants.Forgets: ("booked a second time", 7),
    variants.SendsTheOld: ("changed since it was approved", 0),
}
"""What is told of each wrong machine, and the first life of many in which it shows: earlier ones cost time only."""


def test_whatever_happens_each_document_is_booked_once() -> None:
    """As hypothesis finds it: a failure is shrunk to the shortest life that shows it."""
    run_state_machine_as_test(
        Life, settings=settings(max_examples=10, stateful_step_count=20, suppress_health_check=QUIET)
    )


def test_a_document_that_changed_while_its_entry_was_being_sent_is_booked_anew() -> None:
    """The shortest life in which the last entry is sent when all others are seen already."""
    life = Life()
    life.begin([PLAIN] * 4)
    life.sync(Fault.NONE, (1, False))
    life.amend("1")
    life.teardown()


@pytest.mark.parametrize("first", [0, 8, 16])
def test_lives_full_of_trouble(first: int) -> None:
    """As chance has it; the number is the seed: ``walk(Life, 7)`` lives the seventh life again."""
    for seed in range(first, first + 3):
        walk(Life, seed)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.__name__)
def test_a_machine_that_is_wrong_is_caught(variant: type[_Deliverer]) -> None:
    wrong = type(f"Life{variant.__name__}", (Life,), {"deliverer": variant})
    told, first = VARIANTS[variant]

    def live() -> None:
        for seed in range(first, first + 80):
            walk(wrong, seed, 40, crashes=0.7)

    with pytest.raises(AssertionError, match=told):
        live()


@pytest.mark.long
def test_whatever_happens_in_many_lives() -> None:
    run_state_machine_as_test(
        Life, settings=settings(max_examples=1000, stateful_step_count=50, suppress_health_check=QUIET)
    )


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 2000, 100))
def test_long_lives_full_of_trouble(first: int) -> None:
    for seed in range(first, first + 100):
        walk(Life, seed, 60)
