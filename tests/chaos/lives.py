"""Lives of an administration, each with a bookkeeping server of its own, killed again and again.

Halfway some lose their database. After so many kills a life is left in peace until everything has settled; then its
books are looked at, past the adapter: every document once, none lost, all in balance, and ``verify`` agrees.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connector.domain.delivery import DeliveryState
from connector.domain.document import parse_entry_key
from connector.domain.reclassification import is_correction
from connector.engine.approval import approve
from connector.engine.deliver import _Deliverer
from connector.errors import LedgerError
from connector.store import schema
from connector.store.database import Database
from tests.chaos.boundaries import Fate, MortalDatabase
from tests.chaos.worlds import Booked, World
from tests.engine.desk import Desk
from tests.engine.paper import invoice, line

TRIES_A_LIFE = 40
LICENCES, USAGE = "7010", "7020"


class Tally(msgspec.Struct, kw_only=True):
    """What was done and what was found wrong: ``kills`` by boundary, ``faults`` by kind, ``wrong`` in words."""

    kills: Counter[str] = msgspec.field(default_factory=Counter)
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    lives: int = 0
    lost: int = 0
    entries: int = 0
    amended: int = 0
    corrections: int = 0
    duplicates: int = 0
    losses: int = 0
    unbalanced: int = 0
    wrong: list[str] = msgspec.field(default_factory=list)


class Life:
    """One administration with four documents and more to come. ``deliverer`` is the machine under test."""

    def __init__(
        self, world: World, chance: random.Random, tally: Tally, template: Path, deliverer: type[_Deliverer]
    ) -> None:
        self._world, self._chance, self._tally, self._deliverer = world, chance, tally, deliverer
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        shutil.copyfile(template, self.folder / "books.sqlite")
        self.source = {str(number): (1000 * number, 500) for number in range(1, 5)}
        self._template, self._lost, self._ahead = template, False, 0.0
        self._begun = datetime.now(UTC)
        self._on_change = chance.choice(("hold", "delta", "reverse"))
        world.begin()

    def lose_database(self) -> None:
        """Begin with an empty database, as after a disk has died; that takes longer than a ledger's settling time."""
        self._ahead += self._world.wait()
        for file in self.folder.glob("books.sqlite*"):
            file.unlink()
        shutil.copyfile(self._template, self.folder / "books.sqlite")
        self._lost = True
        self._tally.lost += 1

    def kill(self, boundary: str) -> None:
        """Let the program work until it dies at ``boundary``, or to the end when it does not come by."""
        self._happens()
        if self._chance.random() < 0.15:
            self._ahead += self._world.wait()
        if boundary in self._world.kills:
            self._world.fault(boundary)
        elif self._world.troubles and self._chance.random() < 0.4:
            fault = self._chance.choice(self._world.troubles)
            self._world.fault(fault)
            self._tally.faults[fault] += fault != "none"
        if self._run(Fate(boundary, self._chance.choice((1, 1, 2)))):
            self._tally.kills[boundary] += 1
        self._world.fault("none")

    def _happens(self) -> None:
        """Something in the world: a new document, one that is amended (in its total, or only in what is licences and
        what is usage), a period that closes or opens."""
        what = self._chance.choice((*["new"] * 6, "amended", "shifted", "shifted", "closed", "open", "open"))
        if what == "new":
            fresh = len(self.source) + 1
            self.source[str(fresh)] = (1000 * fresh, 500)
        elif what in ("amended", "shifted"):
            number = self._chance.choice(list(self.source))
            licences, usage = self.source[number]
            self.source[number] = (licences + 1, usage) if what == "amended" else (licences + 100, usage - 100)
            self._tally.amended += 1
        else:
            self._world.period(closed=what == "closed")

    def _run(self, fate: Fate, *, retry: bool = False) -> bool:
        """Run the program in a process of its own; whether it was killed."""
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self._work(fate, retry=retry)
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        if os.WEXITSTATUS(status):
            self._tally.wrong.append("the program failed")
        return False

    def _work(self, fate: Fate, *, retry: bool) -> None:
        MortalDatabase.fate = fate
        with MortalDatabase(f"sqlite:///{self.folder}/books.sqlite") as database:
            desk = self._desk(database, fate)
            with database.lock(desk.books.name):
                fate.step = "pull"
                desk.pull(*(_invoice(number, *parts) for number, parts in self.source.items()), accept_unusual=True)
                fate.step = "prepare"
                desk.prepare()
                fate.step = "approve"
                if retry:
                    refused = [each for each in desk.deliveries() if each.state is DeliveryState.REJECTED]
                    approve(desk.place, desk.books, [each.delivery_id for each in refused], actor="jansen")
                desk.approve()
                fate.step = "deliver"
                with suppress(LedgerError), desk.ledger as ledger:
                    self._deliverer(desk.place, desk.books, ledger).run()

    def _desk(self, database: Database, fate: Fate) -> Desk:
        ledger = self._world.ledger(self.folder, fate)
        desk = Desk(database, self.folder, kind=ledger.name, ledger=ledger, on_change=self._on_change)
        # The clock moves only when the settling time is let pass, so that no slow machine lets it pass by itself.
        now = self._begun + timedelta(seconds=self._ahead)
        desk.place = msgspec.structs.replace(desk.place, clock=lambda: now)
        return desk

    def settle(self) -> None:
        """Leave the life in peace until everything has settled."""
        self._world.fault("none")
        self._world.period(closed=False)
        for _ in range(3):
            self._ahead += self._world.wait()
            self._run(Fate(), retry=True)

    def check(self) -> None:
        """Look at the books past the adapter, and at what our own database says of them."""
        tally = self._tally
        booked = self._world.booked()
        tally.lives += 1
        tally.entries += len(booked)
        tally.corrections += sum(is_correction(_purpose(each)) for each in booked)
        times = Counter(each.key for each in booked)
        firsts = Counter(each.document for each in booked if _purpose(each) == "invoice")
        tally.duplicates += sum(count - 1 for count in times.values()) + sum(count - 1 for count in firsts.values())
        tally.unbalanced += sum(1 for each in booked if sum(minor for _, minor in each.postings))
        with Database(f"sqlite:///{self.folder}/books.sqlite") as database:
            desk = self._desk(database, Fate())
            states, reasons = desk.states(), _last_reasons(desk)
            proof = desk.verify(ledger=False)
            tally.wrong += [str(each) for each in proof.problems]
        for number, parts in self.source.items():
            mine = [each for each in booked if each.number == number]
            self._check_document(number, parts, mine, states.get(number, "gone"), reasons.get(number, "no reason"))

    def _check_document(
        self, number: str, parts: tuple[int, int], booked: Sequence[Booked], state: str, reason: str
    ) -> None:
        """What was amended after it was posted is held for a person, unless it was corrected; or refused, when only the
        books remember it. Everything else has arrived."""
        sums: Counter[str] = Counter()
        for each in booked:
            sums.update(_summed(each))
        right = (sums[LICENCES], sums[USAGE]) == parts and sum(each.total for each in booked) == _total(parts)
        anything = ("posted", "held", "in delivery")
        allowed = anything if self._lost and booked else ("posted",) if right else ("held",)
        if not booked or state not in allowed:
            self._tally.losses += 1
            told = f"{dict(sums)} in the books, {parts} at the source"
            self._tally.wrong.append(f"invoice {number} is {state} with us ({self._on_change}): {reason}; {told}")

    def end(self) -> None:
        """Remove what the life left."""
        shutil.rmtree(self.folder)


def chaos(
    world: World,
    kills: int,
    seed: int,
    *,
    least: int = 0,
    deliverer: type[_Deliverer] = _Deliverer,
    lives: int | None = None,
    tries: int = TRIES_A_LIFE,
) -> Tally:
    """Kill until there were ``kills`` in all and ``least`` at every boundary, or (for a bad machine) for ``lives``
    lives or until something is wrong. A life is killed ``tries`` times at most."""
    chance, tally = random.Random(seed), Tally()
    wanted = (*world.boundaries, *world.kills)
    folder = Path(tempfile.mkdtemp())
    template = folder / "template.sqlite"
    with Database(f"sqlite:///{template}") as made:
        schema.upgrade(made)
    try:
        while _goes_on(tally, kills, least, wanted, lives):
            life = Life(world, chance, tally, template, deliverer)
            for attempt in range(tries):
                life.kill(_next(tally, wanted, chance))
                if attempt == tries // 2 and chance.random() < 0.5:
                    life.lose_database()
            life.settle()
            life.check()
            life.end()
    finally:
        shutil.rmtree(folder)
    return tally


def _goes_on(tally: Tally, kills: int, least: int, wanted: tuple[str, ...], lives: int | None) -> bool:
    if lives is not None:
        return tally.lives < lives and not (tally.duplicates or tally.losses or tally.wrong)
    return sum(tally.kills.values()) < kills or any(tally.kills[each] < least for each in wanted)


def _next(tally: Tally, wanted: tuple[str, ...], chance: random.Random) -> str:
    """A boundary at which few were killed so far."""
    few = sorted(wanted, key=lambda each: (tally.kills[each], chance.random()))
    return chance.choice(few[:6])


def _invoice(number: str, licences: int, usage: int) -> Any:
    return invoice(number, line(f"{licences / 100:.2f}"), line(f"{usage / 100:.2f}", kind="Usage Fee"))


def _total(parts: tuple[int, int]) -> int:
    return sum(minor + round(minor * 21 / 100) for minor in parts)


def _summed(booked: Booked) -> Counter[str]:
    sums: Counter[str] = Counter()
    for account, minor in booked.postings:
        sums[account] += minor
    return sums


def _last_reasons(desk: Desk) -> dict[str, str]:
    return {parse_entry_key(each.key).number: desk.reasons(each.delivery_id)[-1] for each in desk.deliveries()}


def _purpose(booked: Booked) -> str:
    return parse_entry_key(booked.key).purpose
