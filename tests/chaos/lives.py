"""Lives of an administration, each with a bookkeeping server of its own, killed again and again.

Halfway some lose their database. After so many kills a life is left in peace until everything has settled; then its
books are looked at, past the adapter: every document once, none lost, all in balance, and ``verify`` agrees.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from connector.domain.delivery import DeliveryState
from connector.engine.approval import approve
from connector.engine.deliver import _Deliverer
from connector.errors import LedgerError
from connector.ledgers.base import Setup
from connector.store import schema
from connector.store.database import Database
from tests.chaos.bookkeeper import FAULTS
from tests.chaos.boundaries import BOUNDARIES, Fate, MortalDatabase, MortalLedger
from tests.chaos.ledger import SETTLING_SECONDS
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import invoice, line

ROOT = Path(__file__).parents[2]
TRIES_A_LIFE = 40
SERVER_KILLS = ("killed on arrival", "killed, then booked", "killed when booked")
TROUBLES = tuple(each for each in FAULTS if each not in SERVER_KILLS)
CLOSED, OPEN = "2024-03-31", ""
CHART = mapping_files().mapping.chart


class Tally(msgspec.Struct, kw_only=True):
    """What was done and what was found wrong: ``kills`` by boundary, ``faults`` by kind, ``wrong`` in words."""

    kills: Counter[str] = msgspec.field(default_factory=Counter)
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    lives: int = 0
    lost: int = 0
    entries: int = 0
    amended: int = 0
    duplicates: int = 0
    losses: int = 0
    unbalanced: int = 0
    wrong: list[str] = msgspec.field(default_factory=list)


class Server:
    """The bookkeeping server, in a process of its own. A context."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.chaos.bookkeeper"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def tell(self, path: str, **told: Any) -> Any:
        """Ask past the adapter."""
        request = urllib.request.Request(f"{self.url}/{path}", data=json.dumps(told).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


class Life:
    """One administration with four documents and more to come. ``deliverer`` is the machine under test."""

    def __init__(
        self, server: Server, chance: random.Random, tally: Tally, template: Path, deliverer: type[_Deliverer]
    ) -> None:
        self._server, self._chance, self._tally, self._deliverer = server, chance, tally, deliverer
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        shutil.copyfile(template, self.folder / "books.sqlite")
        self.source = {str(number): 1000 * number for number in range(1, 5)}
        self._template, self._lost = template, False
        self._server.tell("begin")

    def lose_database(self) -> None:
        """Begin with an empty database, as after a disk has died; that takes longer than a ledger's settling time."""
        time.sleep(SETTLING_SECONDS)
        for file in self.folder.glob("books.sqlite*"):
            file.unlink()
        shutil.copyfile(self._template, self.folder / "books.sqlite")
        self._lost = True
        self._tally.lost += 1

    def kill(self, boundary: str) -> None:
        """Let the program work until it dies at ``boundary``, or to the end when it does not come by."""
        self._happens()
        if boundary in SERVER_KILLS:
            self._server.tell("fault", fault=boundary)
        elif self._chance.random() < 0.4:
            fault = self._chance.choice(TROUBLES)
            self._server.tell("fault", fault=fault)
            self._tally.faults[fault] += fault != "none"
        if self._run(Fate(boundary, self._chance.choice((1, 1, 2)))):
            self._tally.kills[boundary] += 1
        self._server.tell("fault", fault="none")

    def _happens(self) -> None:
        """Something in the world: a new document, one that is amended, a period that closes or opens."""
        what = self._chance.choice((*["new"] * 6, "amended", "closed", "open", "open"))
        if what == "new":
            number = len(self.source) + 1
            self.source[str(number)] = 1000 * number
        elif what == "amended":
            number = int(self._chance.choice(list(self.source)))
            self.source[str(number)] += 1
            self._tally.amended += 1
        else:
            self._server.tell("fault", closed_until=CLOSED if what == "closed" else OPEN)

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
        MortalDatabase.fate = MortalLedger.fate = fate
        with MortalDatabase(f"sqlite:///{self.folder}/books.sqlite") as database:
            desk = self._desk(database)
            with database.lock(desk.books.name):
                fate.step = "pull"
                desk.pull(*(_invoice(number, cents) for number, cents in self.source.items()), accept_unusual=True)
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

    def _desk(self, database: Database) -> Desk:
        setup = Setup(name="bookkeeper", chart=CHART, settings={"url": self._server.url}, folder=self.folder)
        desk = Desk(database, self.folder, kind="bookkeeper", ledger=MortalLedger(setup))
        desk.place = msgspec.structs.replace(desk.place, clock=lambda: datetime.now(UTC))
        return desk

    def settle(self) -> None:
        """Leave the life in peace until everything has settled."""
        self._server.tell("fault", fault="none", closed_until=OPEN)
        for _ in range(3):
            time.sleep(SETTLING_SECONDS)
            self._run(Fate(), retry=True)

    def check(self) -> None:
        """Look at the books past the adapter, and at what our own database says of them."""
        tally = self._tally
        booked = self._server.tell("books")["entries"]
        tally.lives += 1
        tally.entries += len(booked)
        times = Counter(each["document"] for each in booked)
        tally.duplicates += sum(count - 1 for count in times.values())
        tally.unbalanced += sum(1 for each in booked if sum(minor for _, minor in each["postings"]))
        totals = {each["number"]: each["total"] for each in booked}
        with Database(f"sqlite:///{self.folder}/books.sqlite") as database:
            desk = self._desk(database)
            states = desk.states()
            proof = desk.verify(ledger=False)
            tally.wrong += [str(each) for each in proof.problems]
        for number, cents in self.source.items():
            right = totals.get(number) == cents + round(cents * 21 / 100)
            state = states.get(number, "gone")
            # What was amended after it was posted is held for a person, or refused when only the books remember it;
            # everything else has arrived.
            otherwise = ("held", "in delivery") if self._lost else ("held",)
            if number not in totals or state not in (("posted",) if right else otherwise):
                tally.losses += 1
                tally.wrong.append(f"invoice {number} is {state} with us and {totals.get(number)} in the books")

    def end(self) -> None:
        """Remove what the life left."""
        shutil.rmtree(self.folder)


def chaos(
    kills: int, seed: int, *, least: int = 0, deliverer: type[_Deliverer] = _Deliverer, lives: int | None = None
) -> Tally:
    """Kill until there were ``kills`` in all and ``least`` at every boundary, or (for a bad machine) for ``lives``
    lives or until something is wrong."""
    chance, tally = random.Random(seed), Tally()
    wanted = (*BOUNDARIES, *SERVER_KILLS)
    folder = Path(tempfile.mkdtemp())
    template = folder / "template.sqlite"
    with Database(f"sqlite:///{template}") as made:
        schema.upgrade(made)
    try:
        with Server() as server:
            while _goes_on(tally, kills, least, wanted, lives):
                life = Life(server, chance, tally, template, deliverer)
                for attempt in range(TRIES_A_LIFE):
                    life.kill(_next(tally, wanted, chance))
                    if attempt == TRIES_A_LIFE // 2 and chance.random() < 0.5:
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


def _invoice(number: str, cents: int) -> Any:
    return invoice(number, line(f"{cents / 100:.2f}"))
