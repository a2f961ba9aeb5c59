"""The machine: what may happen to an administration, and the naive model that keeps its own books beside it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from connector.domain.delivery import DeliveryState
from connector.domain.journal import JournalEntry
from connector.engine.approval import approve
from connector.engine.deliver import _Deliverer
from connector.errors import LedgerError
from connector.store import schema
from connector.store.database import Database
from tests.engine.crashing import Crash, CrashingDatabase
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import Json, customer, invoice, line
from tests.ledgers.faults import Fault
from tests.simulation.ledger import SETTLING_SECONDS, SlowLedger

ODD, USAGE, PLAIN = "Odd Fee", "Usage Fee", "Cycle Fee"
MAPPINGS = (
    mapping_files(),
    mapping_files(
        rules=("X1;purchase;Odd Fee;;;;;;;;cost_licences;;post;;", "X2;purchase;Cycle Fee;Microsoft;;;;;;;7020;;;;")
    ),
    mapping_files(rules=("X3;purchase;Usage Fee;Microsoft;;;;;;;;;ignore;not for these books;",)),
)
NUMBERS = st.sampled_from(["1", "2", "3", "4"])
CRASHES = st.one_of(st.none(), st.none(), st.tuples(st.integers(1, 6), st.booleans()))
"""No crash, or one at the commit with this number: before it (the commit is lost) or right after it."""
Made = tuple[int, str, bool]
"""What the source has of an invoice: cents, kind, and whether the customer's number has filled in."""


class Life(RuleBasedStateMachine):
    """One administration. ``deliverer`` is the machinery under test; its bad variants must be caught."""

    deliverer: ClassVar[type[_Deliverer]] = _Deliverer
    template: ClassVar[Path | None] = None

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")  # a disk would only slow the test down
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.generation = 0
        self.source: dict[str, Made] = {}
        self.vanished: set[str] = set()
        self.known: dict[str, Made] = {}
        self.approved: dict[str, int] = {}
        self.before_loss: set[str] = set()
        self.cents = 1000
        self.database = self._new_database()
        self.desk = Desk(self.database, self.folder, kind="slow", ledger=SlowLedger(lambda: self.desk.now, self._sent))

    @property
    def ledger(self) -> SlowLedger:
        assert isinstance(self.desk.ledger, SlowLedger)
        return self.desk.ledger

    # What the world does.

    @initialize(kinds=st.lists(st.sampled_from([PLAIN, PLAIN, USAGE, ODD]), min_size=4, max_size=4))
    def begin(self, kinds: list[str]) -> None:
        for number, kind in zip("1234", kinds, strict=True):
            self.source[number] = (self._other_amount(), kind, True)

    @rule(number=NUMBERS)
    def amend(self, number: str) -> None:
        _, kind, filled = self.source[number]
        self.source[number] = (self._other_amount(), kind, filled)

    @rule(number=NUMBERS)
    def fill_in(self, number: str) -> None:
        cents, kind, filled = self.source[number]
        self.source[number] = (cents, kind, not filled)

    @rule(number=NUMBERS)
    def vanish_or_return(self, number: str) -> None:
        self.vanished ^= {number}

    @rule(files=st.sampled_from(MAPPINGS))
    def swap_mapping(self, files: object) -> None:
        self.desk.mapping = files  # type: ignore[assignment]

    @rule(seconds=st.sampled_from([1, SETTLING_SECONDS - 1, SETTLING_SECONDS]))
    def wait(self, seconds: int) -> None:
        self.desk.wait(seconds)

    @rule(fault=st.sampled_from([fault for fault in Fault if fault is not Fault.BLIND]))
    def break_ledger(self, fault: Fault) -> None:
        self.ledger.fault = fault

    @precondition(lambda self: self.ledger.booked)
    @rule()
    def lose_database(self) -> None:
        # Nobody sets up a new database within a ledger's settling time.
        self.desk.wait(SETTLING_SECONDS)
        self.database.close()
        self.database = self._new_database()
        self.before_loss = {entry.number for _, entry in self.ledger.booked}
        self.known, self.approved = {}, {}
        self.desk = Desk(
            self.database, self.folder, kind="slow", ledger=self.ledger, mapping=self.desk.mapping, now=self.desk.now
        )

    # What the program does.

    @rule(crash=CRASHES)
    def pull(self, crash: tuple[int, bool] | None) -> None:
        if self._crashing(self._pull, crash):
            self.known |= {number: self.source[number] for number in self._offered()}

    @rule(crash=CRASHES)
    def prepare(self, crash: tuple[int, bool] | None) -> None:
        self._crashing(self.desk.prepare, crash)

    @rule(crash=CRASHES)
    def approve(self, crash: tuple[int, bool] | None) -> None:
        self._note_approval(self.desk)
        self._crashing(self.desk.approve, crash)

    @rule()
    def try_again_what_was_rejected(self) -> None:
        rejected = [each for each in self.desk.deliveries() if each.state is DeliveryState.REJECTED]
        approve(self.desk.place, self.desk.books, [each.delivery_id for each in rejected], actor="jansen")

    @rule(crash=CRASHES)
    def deliver(self, crash: tuple[int, bool] | None) -> None:
        self._crashing(self._deliver, crash)

    @rule(fault=st.sampled_from(Fault), crash=CRASHES)
    def sync(self, fault: Fault, crash: tuple[int, bool] | None) -> None:
        self.pull(None)
        self.prepare(None)
        self.approve(None)
        self.ledger.fault = fault
        self.deliver(crash)

    # What must be true.

    def teardown(self) -> None:
        try:
            if self.source:
                self._heal()
                self._check()
        finally:
            self.database.close()
            shutil.rmtree(self.folder)

    def _sent(self, entry: JournalEntry) -> None:
        """The ledger is about to book ``entry``: it must be new to it, in balance, and what was approved."""
        booked = [each.key.document for _, each in self.ledger.booked]
        assert entry.key.document not in booked, f"invoice {entry.number} is booked a second time"
        assert sum(posting.minor for posting in entry.postings) == 0
        number, total = entry.number, entry.total_minor
        assert self.approved.get(number) == total, f"invoice {number} was not approved like this"
        cents, _, _ = self.known[number]
        assert total == _gross(cents), f"invoice {number} has changed since it was approved"

    def _heal(self) -> None:
        """All is well for once: the world stands still and every step succeeds."""
        self.ledger.fault = Fault.NONE
        self.try_again_what_was_rejected()
        for _ in range(3):
            self.desk.wait(SETTLING_SECONDS)
            self.pull(None)
            self.desk.prepare()
            self.approve(None)
            self._deliver()
        self.desk.wait(SETTLING_SECONDS)  # what was sent last may only be seen now
        self.desk.prepare()

    def _check(self) -> None:
        standings = self.desk.standings()
        assert {number: each.net for number, each in standings.items()} == {
            number: cents for number, (cents, _, _) in self.known.items()
        }, "a document is lost, or its cents are"
        booked = {entry.number: entry.total_minor for _, entry in self.ledger.booked}
        for number, each in standings.items():
            expected = self._expected(number, booked.get(number))
            assert each.state.value in expected, f"invoice {number} is {each.state.value}, not {expected}"
        proof = self.desk.verify()
        assert proof.problems == []
        assert proof.holds
        rows = self.desk.rows()
        self.desk.prepare()
        assert self.desk.rows() == rows

    def _expected(self, number: str, booked: int | None) -> set[str]:
        cents, kind, _ = self.known[number]
        right = booked == _gross(cents)
        if booked is not None and number in self.before_loss and not self._posted_since(number):
            # A new database finds what the ledger has, unless tables or document have changed since.
            return {"in delivery", "held", "ignored"} | ({"posted"} if right else set())
        if booked is not None:
            return {"posted"} if right else {"held"}
        if number in self.vanished or (kind == ODD and self.desk.mapping is not MAPPINGS[1]):
            return {"held"} if kind != USAGE or self.desk.mapping is not MAPPINGS[2] else {"ignored"}
        return {"ignored"} if kind == USAGE and self.desk.mapping is MAPPINGS[2] else set()

    def _posted_since(self, number: str) -> bool:
        """Whether this database ever knew the document as posted: then it has a receipt."""
        with self.database.reading() as connection:
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM receipt r JOIN delivery d USING (administration_id, delivery_id)"
                f" JOIN entry e USING (administration_id, entry_id) WHERE e.number = '{number}'"
            )
            return bool(found.scalar())

    # How it is done.

    def _pull(self) -> None:
        self.desk.pull(*(self._invoice(number) for number in self._offered()), accept_unusual=True)

    def _offered(self) -> list[str]:
        return [number for number in sorted(self.source) if number not in self.vanished]

    def _invoice(self, number: str) -> Json:
        cents, kind, filled = self.source[number]
        held = customer("A-1", [line(f"{cents / 100:.2f}", kind=kind)], CustomerNumber="10021" if filled else "")
        return invoice(number, customers=[held])

    def _note_approval(self, desk: Desk) -> None:
        entries = desk.entries()
        for each in desk.deliveries():
            if each.state is DeliveryState.READY:
                self.approved[entries[each.entry_id].number] = each.total

    def _deliver(self) -> None:
        with suppress(LedgerError):
            self.deliverer(self.desk.place, self.desk.books, self.ledger).run()

    def _crashing(self, step: Callable[[], object], crash: tuple[int, bool] | None) -> bool:
        """Do ``step``; whether it came to its end, or at least its commit, before the program died."""
        if crash is None:
            step()
            return True
        at, before = crash
        self.database.arm(at, before)
        try:
            step()
        except Crash:
            return not before
        else:
            return True
        finally:
            self.database.arm(0, False)

    def _other_amount(self) -> int:
        self.cents += 1000
        return self.cents

    def _new_database(self) -> CrashingDatabase:
        self.generation += 1
        path = self.folder / f"books{self.generation}.sqlite"
        if Life.template is None:
            Life.template = Path(tempfile.mkdtemp()) / "template.sqlite"
            with Database(f"sqlite:///{Life.template}") as made:
                schema.upgrade(made)
        shutil.copyfile(Life.template, path)
        return CrashingDatabase(f"sqlite:///{path}")


def _gross(cents: int) -> int:
    return cents + round(cents * 21 / 100)
