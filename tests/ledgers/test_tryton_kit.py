"""Tryton put through the conformance kit: the vendor's own software, its books read from its tables."""

from __future__ import annotations

import base64
import datetime
import json
import urllib.request
from collections.abc import Callable, Iterator

import msgspec
import psycopg
import pytest

from connector.ledgers.base import Ledger, Setup
from connector.ledgers.conformance.counterpart import Books, Counterpart, Fault, NotProven, Proof, Side
from connector.ledgers.conformance.plugin import Conformance
from connector.ledgers.registry import open_ledger
from tests.ledgers.relay import Relay, relaying
from tests.ledgers.test_tryton import POST, address, office, run_folder, seed, shared_office
from tests.ledgers.tryton_books import SETTINGS, TAXES, Office
from tests.ledgers.tryton_server import PASSWORD

__all__ = ("address", "office", "run_folder", "seed", "shared_office")

STATUSES = {Fault.TOO_MANY: 429, Fault.ERROR_BEFORE: 503, Fault.ERROR_AFTER: 502}
POSSIBLE = (*STATUSES, Fault.RESET, Fault.EXPIRED)


class FaultyRelay(Relay):
    """Lets ``fault`` strike once, at a posting, when ``left`` postings have gone well. ``expire`` ends all sessions."""

    fault: Fault | None = None
    left = 0
    expire: Callable[[], None]

    def before(self, method: str) -> None:
        """Count the postings that go well, then let the fault strike."""
        if self.fault is None or method != POST:
            return
        if self.left:
            self.left -= 1
            return
        fault, self.fault = self.fault, None
        if fault is Fault.EXPIRED:
            self.expire()
        elif fault is Fault.RESET:
            self.lose.append(method)
        else:
            failing = self.fails_after if fault is Fault.ERROR_AFTER else self.fails_before
            failing.append((method, STATUSES[fault]))


class TrytonCounterpart(Counterpart):
    """The tests' company, emptied."""

    def __init__(self, office: Office, relay: FaultyRelay) -> None:
        self._office, self._relay = office, relay
        relay.expire = self._end_sessions
        software = f"Tryton {_version(office.address)} on PostgreSQL"
        self.proof = Proof(adapter="tryton", side=Side.VENDOR, software=software)
        wanted = ("NL.P.STD.21", "NL.P.RC_EU_SVC.21", "NL.S.STD.21")
        self.books = Books(taxes={code: TAXES[code] for code in wanted}, debtors={"10001": "10001"})

    def open(self, setup: Setup) -> Ledger:
        """A new session."""
        settings = {**SETTINGS, "url": self._relay.url, "database": self._office.database, "attach": "yes"}
        secrets = {"password": lambda: PASSWORD}
        return open_ledger("tryton", msgspec.structs.replace(setup, settings=settings, secrets=secrets))

    def count(self, key: str) -> int:
        """How many posted moves bear the key."""
        query = "SELECT count(*) FROM account_move WHERE state = 'posted' AND position(%s in description) > 0"
        return int(self._office.rows(query, f"connector-key: {key} ")[0][0])

    def shows(self, key: str, text: str) -> bool:
        """Whether the text stands in the move, its lines or its due date."""
        rows = self._office.rows(
            "SELECT m.description, l.description, l.maturity_date::text, m.date::text FROM account_move m "
            "JOIN account_move_line l ON l.move = m.id WHERE position(%s in m.description) > 0",
            f"connector-key: {key} ",
        )
        return any(text in (cell or "").replace(key, "") for row in rows for cell in row)

    def booked_on(self, key: str) -> datetime.date:
        """The date of the move."""
        query = "SELECT date FROM account_move WHERE position(%s in description) > 0"
        day: datetime.date = self._office.rows(query, f"connector-key: {key} ")[0][0]
        return day

    def attached(self, key: str) -> list[tuple[str, bytes]]:
        """What is attached to the moves of the key."""
        ids = self._office.rows(
            "SELECT id FROM account_move WHERE position(%s in description) > 0", f"connector-key: {key} "
        )
        named = [f"account.move,{number}" for (number,) in ids]
        # Tryton keeps the content in files of its own and not in the table.
        with self._office.ledger() as ledger:
            rows = ledger._session.rows("ir.attachment", [["resource", "in", named]], ("name", "data"))
        return [(row["name"], base64.b64decode(row["data"]["base64"])) for row in rows]

    def close_period(self, until: datetime.date) -> None:
        """A person closes the periods that end by then."""
        with self._office.ledger() as ledger:
            found = ledger._session.rows("account.period", [["end_date", "<=", _there(until)]], ("id",))
            ledger._session.change("account.period", "close", [row["id"] for row in found])

    def arm(self, fault: Fault, after: int = 0) -> None:
        """Let a posting go wrong between us and Tryton."""
        if fault not in POSSIBLE:
            raise NotProven("the relay before Tryton cannot bring this fault about")
        self._relay.fault, self._relay.left = fault, after

    def struck(self) -> bool:
        """Whether it has."""
        return self._relay.fault is None

    def wait(self, seconds: float) -> None:
        """Nothing to wait for: what the relay lost was done before it was lost."""

    def _end_sessions(self) -> None:
        with psycopg.connect(self._office.url) as connection:
            connection.execute("DELETE FROM ir_session")


def _version(address: str) -> str:
    """What the server says it is, as in 7.0.31."""
    question = json.dumps({"id": 1, "method": "common.server.version", "params": []}).encode()
    request = urllib.request.Request(f"{address}/", data=question, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["result"])


def _there(day: datetime.date) -> dict[str, object]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


class TestTryton(Conformance):
    @pytest.fixture
    def counterpart(self, office: Office) -> Iterator[TrytonCounterpart]:
        with relaying(office.address, FaultyRelay) as relay:
            yield TrytonCounterpart(office, relay)
