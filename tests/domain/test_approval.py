"""Who may let an entry go: one person, or two different ones."""

from __future__ import annotations

import pytest

from connector.domain.approval import NOBODY, approves, needs_second, weight
from connector.domain.delivery import TRANSITIONS, DeliveryState


@pytest.mark.parametrize(
    ("weighs", "above", "is_new", "needed"),
    [
        (500_00, None, False, False),
        (500_00, 500_00, False, False),
        (500_01, 500_00, False, True),
        (1, 0, False, True),
        (0, 0, False, False),
        (1, None, True, True),
        (1, 500_00, True, True),
    ],
)
def test_when_a_second_person_is_needed(weighs: int, above: int | None, is_new: bool, needed: bool) -> None:
    assert needs_second(weighs, above=above, is_new=is_new) is needed


@pytest.mark.parametrize(("total", "moved", "weighs"), [(500, 700, 500), (-500, 700, 500), (0, 700, 700), (0, 0, 0)])
def test_an_entry_weighs_its_open_item_or_what_it_moves(total: int, moved: int, weighs: int) -> None:
    assert weight(total, moved) == weighs


def test_the_same_person_never_counts_twice() -> None:
    assert approves("jansen", NOBODY) is DeliveryState.READY
    assert approves("jansen", "jansen") is None
    assert approves("peters", "jansen") is DeliveryState.QUEUED


def test_the_steps_of_two_persons_are_in_the_table() -> None:
    assert DeliveryState.QUEUED in TRANSITIONS[DeliveryState.READY]
    assert {DeliveryState.READY, DeliveryState.QUEUED} <= TRANSITIONS[DeliveryState.HELD].keys()
