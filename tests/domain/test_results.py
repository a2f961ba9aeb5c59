"""The results of a decision, one by one."""

from __future__ import annotations

from connector.domain.decision import Action, Choice, Decision
from connector.domain.results import results


def test_a_line_that_is_held_says_so_whatever_its_row_wants() -> None:
    choice = Choice(column="action", value="post", file="rules.csv", row=4, rule="P020")
    held = next(results(Decision(action=Action.HOLD, choices=(choice,))))
    assert (held.column, held.value, held.chosen_by) == ("action", "hold", None)
    posted = next(results(Decision(action=Action.POST, choices=(choice,))))
    assert (posted.value, posted.chosen_by) == ("post", choice)
