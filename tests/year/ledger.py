"""The adapter of ``tests.chaos`` with a defect that can be switched on: an exception that nobody expects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connector.domain.delivery import Answer
from connector.domain.journal import JournalEntry
from tests.chaos.ledger import BookkeeperLedger

POISON = Path("poison")
"""In the working folder: the number of the document on which the adapter fails; the first that it meets when empty."""


class PoisonedLedger(BookkeeperLedger):
    """Fails after it has sent, which is the worst moment. It waits nearly as long as an answer is late, so that a busy
    machine is not taken for a ledger that is away."""

    timeout = 0.27

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Post, and fail on one document."""
        answers = super().post_many(entries)
        if POISON.exists():
            number = POISON.read_text(encoding="utf-8") or entries[0].number
            POISON.write_text(number, encoding="utf-8")
            if number in [each.number for each in entries]:
                raise ValueError(f"the adapter fails on {number}")
        return answers
