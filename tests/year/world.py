"""An office with several administrations, the APIs and ledgers around it, and what can be done to each of them."""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import select

from connector.sandbox import RESELLER_BE, RESELLER_NL, DocumentTruth, Sandbox, demo_world, truths
from connector.store import tables
from tests import postgres
from tests.chaos.worlds import Server
from tests.journeys.office import Office
from tests.year.clock import ROOT, Timekeeper
from tests.year.ledger import POISON

ZONE = ZoneInfo("Europe/Amsterdam")
RESELLERS = {"plain": RESELLER_NL, "bean": RESELLER_BE, "http": RESELLER_NL, "poor": RESELLER_BE}
"""The administrations: ledger files of two kinds, bookkeeping software, and one that has no luck."""
DISK = 256 * 1024 * 1024
_KEY = re.compile(rb"connector-key: \"?([^\s\"]+)")


class World:
    """The office in ``folder``, with the documents of ``months`` up to ``last``, on the day ``first``. A context.

    ``server`` is the folder of a PostgreSQL server of its own; without it the database is SQLite's.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        first: datetime.datetime,
        last: datetime.date,
        months: int,
        names: Sequence[str] = tuple(RESELLERS),
        cron: tuple[str, ...],
        server: Path | None = None,
    ) -> None:
        self.folder, self.server = folder, server
        self.worlds = {
            name: demo_world(last, seed=seed + number, months=months, customers=3)
            for number, name in enumerate(RESELLERS)
            if name in names
        }
        self._first, self._cron = first, cron
        self._stack = ExitStack()
        self._told = folder / "stderr"
        self.office = Office(folder=folder / "disk")
        self.kills: Counter[str] = Counter()

    def __enter__(self) -> Self:
        with self._stack:
            self._begin()
            self._stack = self._stack.pop_all()
        return self

    def _begin(self) -> None:
        self.office.folder.mkdir()
        self.small_disk = self._mounted()
        self.keeper = Timekeeper(self.folder, self._first)
        self._stack.callback(self.keeper.close)
        self.bookkeeper = self._stack.enter_context(Server())
        self._stack.callback(self._wake_bookkeeper)
        self.sandboxes = {
            name: self._stack.enter_context(Sandbox(world, today=self.today)) for name, world in self.worlds.items()
        }
        if self.server is not None:
            self.office.url = postgres.create_database(postgres.server_url(self.server, owner=os.getpid()))
        self._set_up()

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _mounted(self) -> bool:
        """Whether the office lies on a disk of its own, which can be filled."""
        place = self.office.folder
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)]
        done = bool(shutil.which("mount")) and subprocess.run(mount, check=False, capture_output=True).returncode == 0
        if done:
            self._stack.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
        return done

    def _set_up(self) -> None:
        office = self.office
        site = self.folder / "site" / "year_books-1.0.dist-info"
        site.mkdir(parents=True)
        (site / "METADATA").write_text("Metadata-Version: 2.1\nName: year-books\nVersion: 1.0\n", encoding="utf-8")
        (site / "entry_points.txt").write_text("[connector.ledgers]\nyear = tests.year.ledger:PoisonedLedger\n")
        path = os.pathsep.join([str(site.parent), str(ROOT)])
        office.environment |= {"PYTHONPATH": path, "TZ": "Europe/Amsterdam", "CONNECTOR_LOG": "log"}
        if office.url:
            office.run("db", "upgrade")
        for name in self.worlds:
            office.set_up(RESELLERS[name], self.sandboxes[name].url, name=name, auto_post='"all"')
        office.change('kind = "hledger"\nfolder = "books/bean"', 'kind = "beancount"\nfolder = "books/bean"')
        office.change(
            'kind = "hledger"\nfolder = "books/http"',
            f'kind = "year"\nurl = "{self.bookkeeper.url}"\nclosed_until = 2023-12-31',
        )
        office.toml += f"\n[schedule]\ncron = {json.dumps(list(self._cron))}\n"

    @property
    def today(self) -> datetime.date:
        """The day it is in the office."""
        return self.keeper.now.astimezone(ZONE).date()

    def start(self) -> None:
        """Start a service."""
        arguments = ["serve", "--json", "--today", (self.keeper.now + self.keeper.ahead).astimezone(ZONE).date()]
        environment = self.office._environment()
        self.keeper.start([str(each) for each in arguments], self.office.folder, environment, self._told)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End the service that was started first."""
        self.kills[signal.Signals(number).name] += 1
        return self.keeper.end(self.keeper.processes[0], number)

    def pass_on(self) -> None:
        """What follows from the time: the days of the APIs, and what the bookkeeping server had put off."""
        for each in self.sandboxes.values():
            each.today = self.today
        if not self._stopped:
            self.bookkeeper.tell("settle")

    # What can be done to it

    _stopped = False

    def stop_bookkeeper(self) -> None:
        """It answers nobody."""
        os.kill(self.bookkeeper._process.pid, signal.SIGSTOP)
        self._stopped = True

    def _wake_bookkeeper(self) -> None:
        os.kill(self.bookkeeper._process.pid, signal.SIGCONT)
        self._stopped = False

    wake_bookkeeper = _wake_bookkeeper

    def fill_disk(self) -> None:
        """Take the room of the disk, so that next to nothing is left."""
        free = shutil.disk_usage(self.office.folder).free
        with (self.office.folder / "ballast").open("wb") as ballast:
            for _ in range((free - 8192) // 1_000_000 + 1):
                try:
                    ballast.write(bytes(1_000_000))
                    ballast.flush()
                except OSError:
                    break

    def empty_disk(self) -> None:
        """Give the room back."""
        (self.office.folder / "ballast").unlink()

    def take_database(self) -> None:
        """Stop PostgreSQL, or hold the SQLite database as another program would."""
        if self.server is not None:
            postgres.halt(self.server)
            return
        self._other = sqlite3.connect(self.office.folder / "connector.db", isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")

    def give_database(self) -> None:
        """Start PostgreSQL again, or let the SQLite database go."""
        if self.server is not None:
            postgres.resume(self.server)
            return
        self._other.execute("ROLLBACK")
        self._other.close()

    def break_sessions(self) -> None:
        """End every session of PostgreSQL, as an administrator may."""
        import psycopg

        with psycopg.connect(self.office.url.replace("+psycopg", ""), autocommit=True) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid()"
            )

    def poison(self) -> None:
        """Let the bookkeeping software's adapter fail on the next document that it meets."""
        (self.office.folder / POISON).touch()

    def cure(self) -> None:
        """Let it work again."""
        (self.office.folder / POISON).unlink()

    def reload(self, words: str) -> None:
        """Have the settings read anew, until the log says ``words``."""
        before = self._count(words)
        os.kill(self.keeper.processes[0].started.pid, signal.SIGHUP)
        for _ in range(600):
            if self._count(words) > before:
                return
            time.sleep(0.05)
        raise AssertionError(f"the service does not say '{words}'")

    def book_twice(self) -> None:
        """Book the first entry of the bookkeeping software a second time, past the service."""
        entry = {name: each for name, each in self.bookkeeper.tell("books")["entries"][0].items() if name != "id"}
        request = urllib.request.Request(
            f"{self.bookkeeper.url}/entries",
            data=json.dumps({"entries": [entry]}).encode(),
            headers={"X-Session": "0", "X-Sender": "0"},
            method="POST",
        )
        urllib.request.urlopen(request, timeout=10).close()

    def lose_ledger_files(self) -> None:
        """Remove what the service wrote for one administration."""
        for file in (self.office.folder / "books" / "plain").glob("2024-*.journal"):
            file.unlink()

    # What became of it

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines of the log, and those that went to stderr."""
        for file in (self.office.folder / "log", self._told):
            for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
                if not line:
                    continue
                try:
                    yield json.loads(line)
                except ValueError:  # what a kill or a full disk left of one
                    yield {"level": "part", "message": line}

    def last_words(self) -> str:
        """What went to stderr last."""
        return self._told.read_text(encoding="utf-8")[-2000:]

    def _count(self, words: str) -> int:
        return sum(words in each["message"] for each in self.lines())

    def told(self, level: str = "error") -> Counter[str]:
        """How many lines of this level there are, by administration; '' is what concerns the service."""
        return Counter(each.get("administration", "") for each in self.lines() if each["level"] == level)

    def ran(self) -> Counter[str]:
        """How many runs came to their end, by administration."""
        return Counter(each.get("administration", "") for each in self.lines() if "now ready" in each["message"])

    def days(self) -> dict[str, Counter[datetime.date]]:
        """On which days, on the clock of the office, how many answers of each administration's API were kept."""
        fetch, administration = tables.fetch, tables.administration
        joined = fetch.join(administration, administration.c.administration_id == fetch.c.administration_id)
        found: dict[str, Counter[datetime.date]] = {name: Counter() for name in self.worlds}
        with self.office.database as database, database.reading() as connection:
            for name, at in connection.execute(select(administration.c.name, fetch.c.requested_at).select_from(joined)):
                found[name][at.astimezone(ZONE).date()] += 1
        return found

    def truth(self, name: str) -> dict[str, DocumentTruth]:
        """What the API of an administration has served until now, by number."""
        found = truths(self.worlds[name], RESELLERS[name], "invoices")
        return {each.number: each for each in found if each.date <= self.today}

    def keys(self, name: str) -> Counter[str]:
        """How often each key stands in the ledger of an administration, past the adapters."""
        if name == "http":
            return Counter(each["key"] for each in self.bookkeeper.tell("books")["entries"])
        found: Counter[str] = Counter()
        for file in (self.office.folder / "books" / name).iterdir():
            if file.suffix in (".journal", ".beancount"):
                found.update(key.decode() for key in _KEY.findall(file.read_bytes()))
        return found
