"""Where a program can die: before and after every commit, and before and after every call to the ledger."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy import Connection

from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.store.database import Database
from tests.chaos.ledger import BookkeeperLedger


class Fate:
    """Kills this program at the boundary ``wanted`` when it comes by for the time number ``at`` (from 1).

    ``step`` is what the program does; a commit of delivering is named after the call before it, since that tells what
    it commits: the intent, what a look-up found, the receipts.
    """

    def __init__(self, wanted: str = "", at: int = 1) -> None:
        self._wanted, self._left = wanted, at
        self.step = "start"
        self.call = "nothing"

    def passes(self, boundary: str) -> None:
        """The program is at ``boundary``, and lives on unless it is the one."""
        if boundary != self._wanted:
            return
        self._left -= 1
        if self._left <= 0:
            _die()

    @property
    def commit(self) -> str:
        """What a commit here is called."""
        return f"commit of {self.step}" + (f" after {self.call}" if self.step == "deliver" else "")


BOUNDARIES = (
    *(f"{side} commit of {step}" for step in ("pull", "prepare", "approve") for side in ("before", "after")),
    *(
        f"{side} commit of deliver after {call}"
        for call in ("nothing", "look-up", "posting")
        for side in ("before", "after")
    ),
    *(f"{side} {call}" for call in ("look-up", "posting") for side in ("before", "after")),
)
"""Every boundary in the program itself; the bookkeeping server knows two more."""


class MortalDatabase(Database):
    """Dies before a commit, which is lost, or right after it."""

    fate = Fate()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As ever, until the end."""
        with super().transaction() as connection:
            yield connection
            self.fate.passes(f"before {self.fate.commit}")
        self.fate.passes(f"after {self.fate.commit}")


class MortalLedger(BookkeeperLedger):
    """Dies before a call, or when its answer has come."""

    fate = Fate()

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """Look up."""
        self.fate.passes("before look-up")
        found = super().find_many(keys)
        self.fate.call = "look-up"
        self.fate.passes("after look-up")
        return found

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Post."""
        self.fate.passes("before posting")
        self.fate.call = "posting"
        answers = super().post_many(entries)
        self.fate.passes("after posting")
        return answers


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody outlives this")
