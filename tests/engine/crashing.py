"""A database whose program dies between two commits, told when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection

from connector.store.database import Database


class Crash(BaseException):
    """The program is gone. No ordinary error: nothing in the program may catch it."""


class CrashingDatabase(Database):
    """Dies at the commit number ``at`` (from 1; 0 is never): ``before`` it, so that it is lost, or right after it.

    ``commits`` counts those that were made since it was armed.
    """

    def __init__(self, url: str, *, at: int = 0, before: bool = False) -> None:
        super().__init__(url)
        self.arm(at, before)

    def arm(self, at: int, before: bool) -> None:
        """Begin to count anew."""
        self._at, self._before = at, before
        self.commits = 0

    def _scoped(self, scope: str) -> Self:
        """The same one, since it counts: it belongs to one desk."""
        self._scope = scope
        return self

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As ever, until the crash."""
        with super().transaction() as connection:
            yield connection
            if self._before and self.commits + 1 == self._at:
                raise Crash
        self.commits += 1
        if self.commits == self._at:
            raise Crash
