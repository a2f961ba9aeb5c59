"""What is found at the end of a soak: by the logs of the workers, the ledger files, and the program's own proofs."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector import config
from connector.app import Connector
from connector.config import Settings
from tests.soak.fleet import Worker
from tests.soak.town import TODAY, Town

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \* \((?P<number>[^)]+)\)", re.MULTILINE)
_OWED = re.compile(r"^ +liabilities:1600\b.* EUR (?P<amount>-?\d+\.\d\d)$", re.MULTILINE)
_LATE = re.compile(r"taken (-?[\d.]+) s after it was due")
_BUSY = "another run works on the administration"


@dataclass(frozen=True, kw_only=True)
class Worked:
    """One job as its worker told of it: seconds since 1970 from its first word to its last, or until it was killed."""

    administration: str
    begun: float
    ended: float
    busy: bool


@dataclass(frozen=True, kw_only=True)
class Logs:
    """What the logs tell: the jobs, by how many seconds each run began late, and how many errors were told."""

    jobs: tuple[Worked, ...]
    late: tuple[float, ...]
    told: int
    failed: int

    def overlaps(self) -> list[tuple[Worked, Worked]]:
        """Two jobs that worked on one administration at once."""
        found, last = [], dict[str, Worked]()
        for job in sorted(self.jobs, key=lambda each: each.begun):
            before = last.get(job.administration)
            if job.busy:  # it saw that it came second, and did nothing
                continue
            if before is not None and job.begun < before.ended:
                found.append((before, job))
            if before is None or job.ended > before.ended:
                last[job.administration] = job
        return found


def read_logs(workers: Sequence[Worker], now: float) -> Logs:
    """What the workers told."""
    jobs, late, told, failed = list[Worked](), list[float](), 0, 0
    for worker in workers:
        lines = [each for each in _lines(worker.log) if "run" in each]
        for run in _by_run(lines).values():
            begun, ended = (_seconds(run[place]) for place in (0, -1))
            texts = [each["message"] for each in run]
            late += [float(found[1]) for text in texts if (found := _LATE.search(text))]
            told += sum(each["level"] == "error" for each in run)
            failed += sum("Next: " in text or text == "failed again, as told before" for text in texts)
            if "begun" not in texts:
                continue
            if texts[-1] == "begun":
                ended = worker.killed_at or now
            busy = any(_BUSY in text for text in texts)
            jobs.append(Worked(administration=run[0]["administration"], begun=begun, ended=ended, busy=busy))
    return Logs(jobs=tuple(jobs), late=tuple(sorted(late)), told=told, failed=failed)


def _by_run(lines: Sequence[dict[str, str]]) -> dict[tuple[str, str], list[dict[str, str]]]:
    runs: dict[tuple[str, str], list[dict[str, str]]] = {}
    for place, each in enumerate(lines):
        # What is told before a run has its own number belongs to nobody else.
        key = (each["run"], each.get("administration", "") if "administration" in each else str(place))
        runs.setdefault(key, []).append(each)
    return runs


def _lines(log: Path) -> Iterator[dict[str, str]]:
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # the last line of one that was killed
            yield {"level": "error", "message": line}


def _seconds(line: dict[str, str]) -> float:
    return datetime.datetime.fromisoformat(line["time"]).timestamp()


@dataclass(frozen=True, kw_only=True)
class Books:
    """What became of one administration: what is wrong with it, '' for nothing."""

    name: str
    wrong: str


def judged(town: Town, folder: Path, url: str, *, proven_every: int = 1) -> Iterator[Books]:
    """Every administration beside the truth, and one of ``proven_every`` with the program's own proofs."""
    settings = config.load(folder / "connector.toml", environ={"CONNECTOR_DATABASE_URL": url})
    for place, name in enumerate(town.names):
        expected = town.truth(name) if name in town.sound_names else (0, 0)
        yield Books(name=name, wrong=_wrong(settings, folder, name, expected, prove=place % proven_every == 0))


def _wrong(settings: Settings, folder: Path, name: str, expected: tuple[int, int], *, prove: bool) -> str:
    booked = _booked(folder / "books" / name)
    numbers = [number for number, _ in booked]
    if len(set(numbers)) < len(numbers):
        return f"booked twice: {sorted({each for each in numbers if numbers.count(each) > 1})}"
    if (len(booked), sum(minor for _, minor in booked)) != expected:
        return f"booked {len(booked)} invoices of {sum(minor for _, minor in booked)}, not {expected}"
    if not expected[0] or not prove:
        return ""
    (administration,) = settings.select((name,))
    with Connector(settings, actor="soak", today=TODAY) as connector:
        if not connector.verify(administration).holds:
            return "verify finds a difference"
        if not connector.reconcile(administration).agrees:
            return "reconcile finds a difference"
    return ""


def _booked(books: Path) -> list[tuple[str, int]]:
    """The invoices in ledger files, read past the program: number, and what is owed in minor units."""
    found = []
    for file in books.glob("2*.journal"):
        for text in file.read_text(encoding="utf-8").split("\n\n"):
            if entry := _ENTRY.search(text):
                owed = sum(int(each["amount"].replace(".", "")) for each in _OWED.finditer(text))
                found.append((entry["number"], -owed))
    return found
