"""An office: a working folder in which the installed command is run, as a person or a script would."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from connector.sandbox import Reseller
from connector.store import tables
from connector.store.database import Database
from tests.commands import command

TODAY = datetime.date(2025, 2, 1)
"""The day it is in the sandbox and, by --today, for the command: November, December and January are billed."""
UNHURRIED = {
    "pause_seconds": "0",
    "attempts": "2",
    "backoff_seconds": "0.01",
    "longest_backoff_seconds": "0.02",
    "unsettled": '"trust"',
}
"""Settings of the source under which a test does not wait, neither for time to pass nor for a person."""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"connector {' '.join(self.arguments)} ended with {self.code}\n{self.out}\n{self.err}"


@dataclass
class Office:
    """A working folder. ``url`` names a PostgreSQL database; '' is SQLite in the folder."""

    folder: Path
    url: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, code: int | None = 0, today: datetime.date | None = TODAY, given: str = "") -> Done:
        """Run a command to its end; it must end with ``code`` (``None``: any) and without a traceback."""
        day = ("--today", today.isoformat()) if today else ()
        ended, out, err = command([*arguments, *day], self.folder, self._environment(), given)
        done = Done(arguments=arguments, code=ended, out=out, err=err)
        assert "Traceback" not in out + err, done
        assert code is None or done.code == code, done
        return done

    def start(self, *arguments: str, today: datetime.date | None = TODAY, **more: Any) -> subprocess.Popen[str]:
        """Start a command and leave it to run."""
        day = ("--today", today.isoformat()) if today else ()
        return subprocess.Popen(
            [sys.executable, "-m", "connector", *arguments, *day],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTOR_", "COPACO_"))}
        root = str(Path(__file__).resolve().parents[2])
        ours = {"PYTHONPATH": root, "LC_ALL": "C.UTF-8", "COLUMNS": "120", "PYTHONWARNINGS": "error"}
        return {**kept, **ours, **self.address, **self.environment}

    @property
    def address(self) -> dict[str, str]:
        """The variable that names the database, where it is not the file in the folder."""
        return {"CONNECTOR_DATABASE_URL": self.url} if self.url else {}

    def asked(self, *arguments: str, code: int = 0) -> Any:
        """The JSON document of a command."""
        return self.run(*arguments, "--json", code=code).json

    def set_up(self, reseller: Reseller, url: str, *, name: str = "acme", **settings: str) -> None:
        """``connector init`` for a reseller of the sandbox; ``settings`` are those of its administration."""
        self.run(
            *("init", "--yes", "--name", name, "--country", reseller.party.country_code),
            *("--company-name", reseller.party.company_name, "--vat-number", reseller.party.vat_number),
            *("--base-url", url, "--key-stdin"),
            given=f"{reseller.keys[0].secret}\n",
        )
        lines = "".join(f"{key} = {value}\n" for key, value in UNHURRIED.items())
        self.change("[ledger]", "[ledger]")
        self.change(f"\n[administrations.{name}.ledger]", f"{lines}\n[administrations.{name}.ledger]")
        for key, value in settings.items():
            self.set(key, value, name=name)

    def set(self, key: str, value: str, *, name: str = "acme") -> None:
        """Set a setting of an administration, written as in TOML."""
        before, head, after = self.toml.partition(f"[administrations.{name}]\n")
        table, rest = after.split("\n\n", 1)
        kept = [line for line in table.splitlines() if not line.startswith(f"{key} ")]
        self.toml = f"{before}{head}{chr(10).join([*kept, f'{key} = {value}'])}\n\n{rest}"

    @property
    def toml(self) -> str:
        """The settings file."""
        return (self.folder / "connector.toml").read_text(encoding="utf-8")

    @toml.setter
    def toml(self, text: str) -> None:
        (self.folder / "connector.toml").write_text(text, encoding="utf-8")

    def change(self, before: str, after: str, *, file: str = "connector.toml") -> None:
        """Replace a text in a file of the folder."""
        path = self.folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")

    def add_row(self, file: str, row: str, *, mapping: str = "nl") -> None:
        """Add a row to a mapping table."""
        path = self.folder / "mappings" / mapping / file
        path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n{row}\n", encoding="utf-8")

    def accept(self, comment: str = "changed") -> Any:
        """Take the tables on disk as the version in force."""
        return self.asked("mapping", "accept", "--yes", "--comment", comment)["mappings"][0]

    @property
    def database(self) -> Database:
        """The database, for looking past the command."""
        return Database(self.url or f"sqlite:///{self.folder / 'connector.db'}").of_all()

    def rows(self) -> dict[str, int]:
        """How many rows each table holds."""
        with self.database as database, database.reading() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in tables.metadata.sorted_tables
            }

    def fingerprints(self) -> dict[str, str]:
        """What each entry does to the books, by the number of its document."""
        entry = tables.entry
        with self.database as database, database.reading() as connection:
            rows = connection.execute(select(entry.c.number, entry.c.fingerprint))
            return {number: fingerprint for number, fingerprint in rows}  # noqa: C416 - a row is no pair for mypy

    def added(self, work: Callable[[], object]) -> dict[str, int]:
        """The rows that ``work`` added, per table that changed."""
        before = self.rows()
        work()
        return {name: count - before[name] for name, count in self.rows().items() if count != before[name]}

    def ledger(self) -> dict[str, str]:
        """The SHA-256 of every ledger file."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.folder / "books").rglob("*"))
            if path.is_file()
        }

    def states(self, **filters: str) -> dict[str, list[str]]:
        """The numbers of the documents by state, purchases unless ``direction`` says otherwise."""
        given = {"direction": "purchase"} | filters
        options = [part for name, value in given.items() for part in (f"--{name}", value)]
        found: dict[str, list[str]] = {}
        for each in self.asked("invoices", "list", *options)["invoices"]:
            found.setdefault(each["state"], []).append(each["number"])
        return found

    def document(self, number: str) -> Any:
        """The purchase with this number, with everything that is known of it."""
        return next(
            each for each in self.asked("invoices", "show", number)["invoices"] if each["direction"] == "purchase"
        )

    def proves(self) -> None:
        """``verify`` and ``replay`` find nothing."""
        assert all(each["holds"] for each in self.asked("verify")["administrations"])
        assert all(each["same"] for each in self.asked("replay")["administrations"])


def told(done: Done, *words: str) -> None:
    """The command said what is wrong and what to do next, once, on stderr."""
    assert done.err.count("Error: ") == 1, done
    assert "Next: " in done.err, done
    for word in words:
        assert word in done.err, done


def posted(runs: Sequence[Mapping[str, Any]]) -> int:
    """How many entries the runs of a sync posted."""
    return sum(run["delivered"]["posted"] for run in runs)
