"""What is known of the papers of documents while they are prepared: totals that persons read, and files that were
added."""

from __future__ import annotations

import datetime

from connector.domain.invoice import Direction
from connector.domain.paper import KeptPaper
from connector.domain.printed import PrintedTotal
from connector.engine.books import Books
from connector.store import papers, printed_totals
from connector.store.database import Connection


class PaperTrail:
    """The printed total and the papers of each version of an administration; no papers where they are not compared."""

    def __init__(self, connection: Connection, books: Books) -> None:
        self._required = books.paper == "required"
        self._printed = printed_totals.by_version(connection, books.id)
        self._papers = {} if books.paper == "none" else papers.by_version(connection, books.id)

    def printed(self, version_id: int) -> PrintedTotal | None:
        """The total that a person read on the paper of a version's invoice."""
        return self._printed.get(version_id)

    def papers(self, version_id: int) -> tuple[KeptPaper, ...]:
        """The papers of a version's invoice that count."""
        return self._papers.get(version_id, ())

    def required(self, direction: Direction, version_id: int) -> bool:
        """Whether a version waits for a paper: a total that a person read on it stands for one."""
        return self._required and direction is Direction.PURCHASE and version_id not in self._printed

    def heard_at(self, version_id: int) -> datetime.datetime | None:
        """When something was last said about the paper of a version: its total was entered, or a file was added."""
        printed, added = self.printed(version_id), self.papers(version_id)
        return max([*([printed.at] if printed else []), *(each.at for each in added)], default=None)
