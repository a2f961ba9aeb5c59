"""Deliveries and revisions: which steps there are, and what a new version means."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from connector.domain.delivery import IN_DELIVERY, TRANSITIONS, DeliveryState, check_transition
from connector.domain.revision import Standing, Step, next_step

S = DeliveryState
ALLOWED = {
    "ready": {"queued", "held", "cancelled"},
    "queued": {"sending", "held", "cancelled"},
    "held": {"queued", "ready", "cancelled"},
    "sending": {"posted", "rejected", "unknown", "queued"},
    "unknown": {"posted", "queued", "rejected"},
    "rejected": {"queued", "cancelled"},
    "posted": set(),
    "cancelled": set(),
}


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_only_the_steps_of_the_table_can_happen(before: S, after: S) -> None:
    if after.value in ALLOWED[before.value]:
        check_transition(before, after)
        assert TRANSITIONS[before][after]
    else:
        with pytest.raises(AssertionError, match=f"from {before.value} to {after.value}"):
            check_transition(before, after)


def test_what_was_never_asked_about_is_never_sent_again() -> None:
    assert S.SENDING not in TRANSITIONS[S.UNKNOWN]
    assert S.CANCELLED not in TRANSITIONS[S.SENDING]


def test_in_delivery_is_what_is_approved_and_not_settled() -> None:
    assert {state.value for state in IN_DELIVERY} == {"queued", "sending", "unknown", "rejected"}


def reached(start: S) -> set[S]:
    seen: set[S] = set()
    todo = [start]
    while todo:
        state = todo.pop()
        if state not in seen:
            seen.add(state)
            todo += TRANSITIONS[state]
    return seen


@pytest.mark.parametrize("state", S)
def test_every_delivery_can_come_to_an_end(state: S) -> None:
    assert reached(state) & {S.POSTED, S.CANCELLED}
    assert reached(S.READY) == set(S)


SAME, OTHER = b"same", b"other"


def step(standing: Iterable[tuple[S, bytes]]) -> Step:
    return next_step([Standing(state=state, booking=booking) for state, booking in standing], SAME)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ([], Step.BOOK),
        ([(S.READY, SAME)], Step.BOOK),
        ([(S.READY, OTHER)], Step.BOOK),
        ([(S.QUEUED, SAME)], Step.SAME_BOOKING),
        ([(S.QUEUED, OTHER)], Step.BOOK),
        ([(S.HELD, SAME)], Step.SAME_BOOKING),
        ([(S.HELD, OTHER)], Step.BOOK),
        ([(S.SENDING, SAME)], Step.SAME_BOOKING),
        ([(S.SENDING, OTHER)], Step.HOLD_IN_DELIVERY),
        ([(S.UNKNOWN, SAME)], Step.SAME_BOOKING),
        ([(S.UNKNOWN, OTHER)], Step.HOLD_IN_DELIVERY),
        ([(S.REJECTED, SAME)], Step.SAME_BOOKING),
        ([(S.REJECTED, OTHER)], Step.HOLD_IN_DELIVERY),
        ([(S.POSTED, SAME)], Step.SAME_BOOKING),
        ([(S.POSTED, OTHER)], Step.CHANGED),
        ([(S.POSTED, OTHER), (S.QUEUED, SAME)], Step.SAME_BOOKING),
        ([(S.POSTED, OTHER), (S.POSTED, SAME)], Step.SAME_BOOKING),
    ],
)
def test_what_a_version_means_in_the_light_of_what_stands(standing: list[tuple[S, bytes]], expected: Step) -> None:
    assert step(standing) is expected
