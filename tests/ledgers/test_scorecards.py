"""The scorecards in docs/adapters.md say what is so."""

from __future__ import annotations

import pytest

from tests.ledgers.scorecards import GROUPS, between, made
from tests.ledgers.tutorial import PAGE


@pytest.mark.parametrize("group", GROUPS)
def test_a_scorecard_is_up_to_date_and_nothing_of_it_failed(group: str) -> None:
    now = made(group)
    assert between(PAGE.read_text(encoding="utf-8"), group) == now, "run `python -m tests.ledgers.scorecards`"
    assert "| failed |" not in now
