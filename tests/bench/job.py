"""What every contestant is given and gives back, and how its time is taken.

A contestant is a module: it reads a ``Job`` from its first argument, does the work inside ``measured``, and prints an
``Outcome``. Time runs after the imports and before the figures are read back.
"""

from __future__ import annotations

import datetime
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
RESELLER = "nl"
ADMINISTRATION = "bench"
TODAY = datetime.date(2025, 2, 1)
"""The sandbox's day: the last invoice of its world was made in January 2025."""
FIRST_DAY = datetime.date(2024, 1, 1)


class Figures(msgspec.Struct, frozen=True):
    """Lines, and their net amounts and VAT in cents."""

    lines: int = 0
    net: int = 0
    vat: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(self.lines + other.lines, self.net + other.net, self.vat + other.vat)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The work: the purchase invoices of ``windows`` (inclusive creation dates) from ``base_url`` into ``folder``."""

    base_url: str
    key: str
    windows: tuple[tuple[datetime.date, datetime.date], ...]
    folder: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a contestant did: wall and CPU seconds, peak memory in MB, and what it holds afterwards.

    ``documents`` are the figures kept per document number; ``stages`` the CPU seconds of parts of the job.
    """

    seconds: float
    cpu: float
    peak_mb: float
    documents: dict[str, Figures]
    stages: dict[str, float] = {}

    @property
    def total(self) -> Figures:
        """All documents together."""
        return sum(self.documents.values(), Figures())


class Watch:
    """Wall and CPU seconds, and the peak memory of this process in MB (imports included)."""

    seconds = cpu = peak_mb = 0.0


@contextmanager
def measured() -> Iterator[Watch]:
    """Take the time of a block, CPU of all threads and of waited-for children included."""
    watch = Watch()
    wall, cpu = time.perf_counter(), _cpu()
    yield watch
    watch.seconds, watch.cpu = time.perf_counter() - wall, _cpu() - cpu
    watch.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def contestant(work: Callable[[Job], Outcome]) -> None:
    """The ``main`` of a contestant."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    outcome = work(job)
    sys.stdout.write(f"\n{msgspec.json.encode(outcome).decode()}\n")


def compete(module: str, job: Job) -> Outcome:
    """Run a contestant in a fresh process of its own. RuntimeError with what it said when it fails."""
    said = python("-m", f"tests.bench.{module}", msgspec.json.encode(job).decode())
    return msgspec.json.decode(said.strip().rpartition("\n")[2], type=Outcome)


def python(*arguments: str, cwd: Path = ROOT, stdin: str = "") -> str:
    """What ``python ARGUMENTS`` prints. RuntimeError with what it said when it fails."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    settings |= {"PYTHONPATH": str(ROOT), "RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=settings, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"python {' '.join(arguments)[:200]} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout
