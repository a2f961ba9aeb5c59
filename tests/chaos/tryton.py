"""Chaos against Tryton: the vendor's own server, killed around every call that changes something there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.ledgers.base import Ledger, Setup
from connector.ledgers.marks import find_mark
from connector.ledgers.tryton.ledger import TrytonLedger
from connector.ledgers.tryton.rpc import Refused
from tests import postgres
from tests.chaos.boundaries import BOUNDARIES, Fate
from tests.chaos.worlds import Booked
from tests.ledgers.tryton_books import BOOKS, Office
from tests.ledgers.tryton_server import seeded, serving

CREDITORS = "1600"
STEPS = tuple(f"{side} Tryton's {call}" for call in ("create", "post") for side in ("before", "after"))


class MortalTryton(TrytonLedger):
    """Dies before a call, or when its answer has come."""

    fate: ClassVar[Fate] = Fate()

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        change = self._session.change

        def changing(model: str, method: str, *arguments: object) -> Any:
            self.fate.passes(f"before Tryton's {method}")
            answer = change(model, method, *arguments)
            self.fate.passes(f"after Tryton's {method}")
            return answer

        self._session.change = changing  # type: ignore[method-assign]

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


class Tryton:
    """A company in Tryton, a fresh copy of it for each life."""

    boundaries: tuple[str, ...] = (*BOUNDARIES, *STEPS)
    kills: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def __init__(self, server: str, address: str, seed: str) -> None:
        self._server, self._address, self._seed = server, address, seed
        self._office: Office | None = None

    @property
    def office(self) -> Office:
        assert self._office is not None, "a life begins with new books"
        return self._office

    def begin(self) -> None:
        """A fresh copy of the company."""
        self.end()
        self._office = Office(self._address, postgres.create_database(self._server, template=self._seed))

    def end(self) -> None:
        """Remove the copy."""
        if self._office is not None:
            postgres.drop_database(self._office.url)

    def fault(self, name: str) -> None:
        """Tryton makes no faults of its own; what a lost answer does to it, the conformance kit tries."""

    def period(self, *, closed: bool) -> None:
        """A person closes March, or opens it again and its journals with it, which Tryton leaves closed; Tryton refuses
        to close it while a draft is in it."""
        march = {"__class__": "date", "year": 2024, "month": 3, "day": 1}
        with self.office.ledger() as ledger:
            periods = _ids(ledger, "account.period", ["start_date", "=", march])
            if closed:
                with suppress(Refused):
                    ledger._session.change("account.period", "close", periods)
                return
            ledger._session.change("account.period", "reopen", periods)
            journals = _ids(ledger, "account.journal.period", ["period", "in", periods])
            ledger._session.change("account.journal.period", "reopen", journals)

    def booked(self) -> list[Booked]:
        """Every posted move with a mark, from the tables."""
        rows = self.office.rows(
            "SELECT m.id, m.description, a.code, (l.debit - l.credit) * 100 FROM account_move m "
            "JOIN account_move_line l ON l.move = m.id JOIN account_account a ON a.id = l.account "
            "WHERE m.state = 'posted' ORDER BY l.id"
        )
        found: dict[int, tuple[str, list[tuple[str, int]]]] = {}
        for move, description, account, minor in rows:
            found.setdefault(move, (description, []))[1].append((account, int(minor)))
        return [_booked(description, postings) for description, postings in found.values()]

    def ledger(self, folder: Path, fate: Fate) -> Ledger:
        """The adapter for Tryton."""
        MortalTryton.fate = fate
        return MortalTryton(self.office.setup())

    def wait(self) -> float:
        """Nothing is on its way when the program died around a call: only its clock goes on."""
        return MortalTryton(self.office.setup()).capabilities.settling_seconds


def _ids(ledger: TrytonLedger, model: str, wanted: Sequence[object]) -> list[int]:
    return [row["id"] for row in ledger._session.rows(model, [wanted], ("id",))]


def _booked(description: str, postings: Sequence[tuple[str, int]]) -> Booked:
    mark = find_mark(description)
    assert mark is not None, f"a move without a mark: {description!r}"
    total = -sum(minor for account, minor in postings if account == CREDITORS)
    key = mark.key
    return Booked(key=key.text, document=key.document, number=key.number, total=total, postings=tuple(postings))


@contextmanager
def tryton(server: str = "", folder: Path | None = None) -> Iterator[Tryton]:
    """A running Tryton on the PostgreSQL ``server``, with what was seeded in ``folder``; on a new one without them."""
    own = None if server else postgres.new_folder()
    url = server or postgres.server_url(own or Path(), owner=os.getpid())
    with tempfile.TemporaryDirectory() as made:
        place = folder or Path(made)
        seed = seeded(url, place, BOOKS)
        with serving(url, place) as address:
            world = Tryton(url, address, seed)
            try:
                yield world
            finally:
                world.end()
    if own is not None:
        postgres.stop(own)
