"""Suspense: lines without an account go to the suspense account up to a limit, and are told either way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.domain.combination import Combination
from connector.domain.decision import Action, Decision
from connector.domain.reading import Group
from connector.domain.suspense import suspense

LINE = Combination(direction="purchase")
TO_SUSPENSE = Decision(action=Action.SUSPENSE, account="2999")
POSTED = Decision(action=Action.POST, account="7010")


def told(limit: str, *amounts: int, decision: Decision = TO_SUSPENSE) -> list[tuple[str, int]]:
    groups = [Group(combination=LINE, lines=1, net=net, vat=0) for net in amounts]
    found = suspense(groups, [decision] * len(groups), Decimal(limit), "EUR")
    return [(each.code, each.minor or 0) for each in found]


@pytest.mark.parametrize(("limit", "code"), [("100", "SUSPENSE-USED"), ("99.99", "SUSPENSE-LIMIT")])
def test_charges_and_credits_count_both(limit: str, code: str) -> None:
    assert told(limit, 6000, -4000) == [(code, 10000)]


def test_what_has_an_account_does_not_count() -> None:
    assert told("0", 6000, decision=POSTED) == []
