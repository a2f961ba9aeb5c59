"""A stretch of time of a service, with what goes wrong in it, and what must be so at its end."""

from __future__ import annotations

import datetime
import heapq
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.domain.document import parse_entry_key
from tests.year.world import ZONE, World

EVERYBODY = "*"
"""As an administration: one line, whichever of them it names."""


@dataclass(kw_only=True)
class Incident:
    """Something that goes wrong and is over again.

    ``told`` is how many errors are told of it, by administration ('' for the service itself); of administrations that
    it does not name nothing is said.
    """

    title: str
    told: Mapping[str, int]
    before: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)


@dataclass(kw_only=True)
class Outcome:
    """What a life came to."""

    incidents: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    posted: int = 0
    held: int = 0
    duplicates: int = 0
    losses: int = 0
    runs: int = 0
    errors: int = 0
    leaps: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        ends = ", ".join(f"{count} by {name}" for name, count in sorted(self.ends.items()))
        lines = [
            f"{self.runs} runs, {self.leaps} leaps of the clock, {self.seconds:.0f} s; ended {ends}",
            *(f"  {each}" for each in self.incidents),
            *(f"  not tried: {each}" for each in self.not_tried),
            f"{self.posted} documents posted, {self.held} held as seeded; {self.errors} errors told",
            f"{self.duplicates} duplicates, {self.losses} losses",
            *(f"wrong: {each}" for each in self.wrong),
        ]
        return "\n".join(lines)


class Life:
    """Lives ``world`` through until it is ``until``; what happens meanwhile is told beforehand."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.outcome = Outcome()
        self._events: list[tuple[datetime.datetime, int, Callable[[], object]]] = []
        self._number = itertools.count()
        self._amid: Callable[[], object] | None = None
        self._begun = world.today
        self._away: list[tuple[datetime.date, datetime.date]] = []

    def at(self, when: datetime.datetime, act: Callable[[], object]) -> None:
        """Do something at a moment."""
        heapq.heappush(self._events, (when, next(self._number), act))

    def amid(self, when: datetime.datetime, act: Callable[[], object]) -> None:
        """Do something in the middle of the first run after a moment."""

        def arm() -> None:
            self._amid = act

        self.at(when, arm)

    def incident(
        self,
        title: str,
        begin: datetime.datetime,
        end: datetime.datetime,
        start: Callable[[], object],
        stop: Callable[[], object],
        **told: int,
    ) -> None:
        """Something goes wrong from ``begin`` to ``end``; ``told`` as in ``Incident``, with ``service`` for '' and
        ``everybody`` for one line whichever it names."""
        names = {"service": "", "everybody": EVERYBODY}
        new = Incident(title=title, told={names.get(name, name): count for name, count in told.items()})

        def opening() -> None:
            new.before, new.ran = self.world.told(), self.world.ran()
            start()

        def closing() -> None:
            stop()
            self._look_at(new)

        self._away.append((begin.astimezone(ZONE).date(), end.astimezone(ZONE).date()))
        self.at(begin, opening)
        self.at(end, closing)

    def _look_at(self, incident: Incident) -> None:
        told = self.world.told() - incident.before
        ran = self.world.ran() - incident.ran
        self.outcome.incidents.append(
            f"{incident.title}: {sum(told.values())} told, {sum(ran.values())} runs went well"
        )
        for name, count in incident.told.items():
            found = sum(told.values()) if name == EVERYBODY else told[name]
            if found != count:
                self.outcome.wrong.append(
                    f"{incident.title}: {found} errors told of '{name}', expected {count}: {told}"
                )
        if EVERYBODY not in incident.told and (
            idle := [each for each in self.world.worlds if not (ran[each] or told[each])]
        ):
            idle = [each for each in idle if each != "poor"]
            if idle:
                self.outcome.wrong.append(f"{incident.title}: {', '.join(idle)} did not go on")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the service and start it again."""
        self.world.end(number)
        self.world.start()

    def kill_later(self) -> None:
        """Kill the service a moment from now, whatever it is doing then."""
        time.sleep(self.chance.uniform(0.0, 0.5))
        self.stop(signal.SIGKILL)

    def live(self, until: datetime.datetime) -> None:
        """Let the time pass."""
        begun, keeper = time.monotonic(), self.world.keeper
        self.world.pass_on()
        self.world.start()
        while keeper.now < until:
            due = keeper.settle()
            if due is None:
                self._revive()
                continue
            self._leap(min([due, until, *(each[0] for each in self._events[:1])]))
        keeper.settle()
        while keeper.processes:
            if (code := self.world.end()) != 0:
                self.outcome.wrong.append(f"the service ended with {code} when it was told to stop")
        self.outcome.seconds += time.monotonic() - begun

    def _leap(self, to: datetime.datetime) -> None:
        keeper = self.world.keeper
        keeper.now = max(to, keeper.now)
        self.world.pass_on()
        acted = False
        while self._events and self._events[0][0] <= keeper.now:
            heapq.heappop(self._events)[2]()
            acted = True
        keeper.leap(keeper.now)
        if self._amid is not None and not acted:
            act, self._amid = self._amid, None
            time.sleep(self.chance.uniform(0.02, 0.3))
            act()

    def _revive(self) -> None:
        """Start anew what was killed; nothing else may have ended it."""
        for each in [each for each in self.world.keeper.processes if each.ended]:
            code = self.world.keeper.end(each)
            self.world.kills["SIGKILL by the ledger"] += 1
            assert code == -signal.SIGKILL, f"the service ended by itself with {code}: {self.world.last_words()}"
            self.world.start()

    def judge(self) -> Outcome:
        """Look at the books, past the adapters and as the commands tell."""
        outcome, world = self.outcome, self.world
        outcome.ends, outcome.leaps = world.kills, world.keeper.leaps
        outcome.runs, outcome.errors = sum(world.ran().values()), sum(world.told().values())
        today = world.today
        for command, good in (("verify", "holds"), ("replay", "same"), ("reconcile", "")):
            done = world.office.run(command, "--json", today=today, code=None)
            for each in done.json.get("administrations", []):
                if not (each[good] if good else each["deviations"] == []):
                    outcome.wrong.append(f"{command}: {each}")
            if done.code:
                outcome.wrong.append(f"{command} ended with {done.code}: {done.err[-1000:]}")
        for name in self.world.worlds:
            self._judge(name, today)
        self._look_at_days()
        return outcome

    def _look_at_days(self) -> None:
        """Every day has its run, those on which summer time begins and ends too; but for a day on which something is
        away, and for the one without luck."""
        last = self.world.today
        for name, found in self.world.days().items():
            day = self._begun
            while name != "poor" and day < last:
                if not found[day] and not any(first <= day <= after for first, after in self._away):
                    self.outcome.wrong.append(f"{name}: no run on {day}")
                day += datetime.timedelta(days=1)

    def _judge(self, name: str, today: datetime.date) -> None:
        outcome, truth = self.outcome, self.world.truth(name)
        listed = self.world.office.run("invoices", "list", "-a", name, "--direction", "purchase", "--json", today=today)
        known: dict[str, Any] = {each["number"]: each for each in listed.json["invoices"]}
        keys = self.world.keys(name)
        invoices = Counter(
            parse_entry_key(key).number
            for key in keys.elements()
            if parse_entry_key(key).direction.value == "purchase" and parse_entry_key(key).purpose == "invoice"
        )
        outcome.duplicates += sum(count - 1 for count in keys.values()) + sum(count - 1 for count in invoices.values())
        for number, each in truth.items():
            expected = "held" if each.expected == "hold" else "posted"
            state = known[number]["state"] if number in known else "absent"
            there = invoices[number] == (expected == "posted")
            if state != expected or not there:
                outcome.losses += 1
                outcome.wrong.append(f"{name}: {number} of {each.date} is {state}, expected {expected}")
            elif expected == "posted" and (net := Decimal(known[number]["net"])) * 100 != each.true.net:
                outcome.wrong.append(f"{name}: {number} is {net} net, expected {each.true.net} cents")
            outcome.posted += expected == "posted"
            outcome.held += expected == "held"
        if name == "http":
            booked = {each["number"]: each["total"] for each in self.world.bookkeeper.tell("books")["entries"]}
            right = {each.number: each.true.gross for each in truth.values() if each.expected != "hold"}
            if booked != right:
                outcome.wrong.append(f"{name}: totals differ: {booked.items() ^ right.items()}")
        for number in known.keys() - truth.keys() | invoices.keys() - truth.keys():
            outcome.wrong.append(f"{name}: {number} is nothing that was served")
