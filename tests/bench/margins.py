"""What margins cost: both sides of a sale met row by row, beside loading them, and whether memory stays flat.

Ratios within one run; the CPU of a PostgreSQL server is not in them. Purchases and customer specifications are loaded
by the connector itself; then the command, in processes of its own, sums the margins per vendor, and writes every row to
a CSV. That both sides met to the cent is checked with the sandbox's own figures.

Run as a module it is one of these processes: what to do, and a job.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from connector import cli, config
from connector.app import Connector
from connector.domain.money import from_minor
from connector.engine import run as runs
from connector.sandbox import bench_world, truths
from connector.source.base import Endpoint
from connector.source.windows import month_windows
from tests import postgres
from tests.bench import ours
from tests.bench.job import FIRST_DAY, TODAY, Job, measured, python
from tests.bench.served import job_for, served

SIDES = (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS)
SMALL = 10_000
"""Lines a side of the smaller run, whose memory the larger one is compared with."""
MOST_MORE_MB = 40
"""The database keeps up to 32 MB of its pages at hand, which a small store does not fill."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """CPU and wall seconds of a process, and its peak memory in MB; ``total`` is what the report adds up to."""

    cpu: float
    seconds: float
    peak_mb: float
    total: dict[str, Any] = {}


class Margins(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for ``lines`` a side."""

    lines: int
    database: str
    load: Cost
    summed: Cost
    written: Cost

    def per_line(self, cost: Cost) -> float:
        """CPU microseconds per line, of both sides together."""
        return cost.cpu / (2 * self.lines) * 1e6


def margins(lines: int, folder: Path, server: str = "") -> Margins:
    """Load ``lines`` lines a side and compare them, on SQLite or on the PostgreSQL ``server``. AssertionError when a
    cent or a row is lost.
    """
    url = postgres.create_database(server) if server else ""
    try:
        return _margins(lines, folder, url)
    finally:
        if server:
            postgres.drop_database(url)


def _margins(lines: int, folder: Path, database_url: str) -> Margins:
    with served(lines, folder / "answers") as url:
        job = job_for(url, folder / "margins")
        ours.set_up(job, database_url)
        load = _process("load", job)
    found = Margins(
        lines=lines,
        database="PostgreSQL" if database_url else "SQLite",
        load=load,
        summed=_process("summed", job),
        written=_process("written", job),
    )
    cost, sale = (_true_net(lines, side) for side in SIDES)
    with (folder / "margins" / "rows.csv").open("rb") as rows:
        assert sum(1 for _ in rows) - 1 == lines, "every row is written, below its titles"
    for each in (found.summed, found.written):
        assert (each.total["rows"], each.total["unsold_lines"], each.total["unbought_lines"]) == (lines, 0, 0)
        assert (each.total["cost"], each.total["sale"]) == (cost, sale)
    shutil.rmtree(folder)
    return found


def _true_net(lines: int, side: Endpoint) -> str:
    world = bench_world(lines)
    return f"{from_minor(sum(each.true.net for each in truths(world, world.resellers[0], side.value))):f}"


def _process(what: str, job: Job) -> Cost:
    said = python("-m", "tests.bench.margins", what, msgspec.json.encode(job).decode())
    return msgspec.json.decode(said.strip().rpartition("\n")[2], type=Cost)


def _load(job: Job) -> Cost:
    """Fetch and keep both sides; nothing is prepared."""
    settings = config.load(Path(job.folder) / "connector.toml", environ={})
    (administration,) = settings.administrations
    windows = [(side, window) for side in SIDES for window in month_windows(FIRST_DAY, TODAY)]
    with Connector(settings, actor="bench", today=TODAY) as connector:
        connector.database.name  # noqa: B018 - opened, and its schema checked, before the time runs
        with measured() as watch, connector.asked(administration, windows) as wanted:
            run = connector.run(administration)
            runs.pull_only(run, wanted, runs.RunReport(administration=run.books.name))
    return Cost(cpu=watch.cpu, seconds=watch.seconds, peak_mb=watch.peak_mb)


def _command(job: Job, *arguments: str) -> Cost:
    """The command itself, in its working folder."""
    os.chdir(job.folder)
    said = io.StringIO()
    with measured() as watch, contextlib.redirect_stdout(said):
        code = cli.run(["report", "margin", "--json", *arguments])
    assert code == 0, said.getvalue()
    (found,) = msgspec.json.decode(said.getvalue())["administrations"]
    return Cost(cpu=watch.cpu, seconds=watch.seconds, peak_mb=watch.peak_mb, total=found["total"])


def shown(small: Margins, large: Margins) -> Iterator[str]:
    """The table of it, line by line."""
    yield f"Margins of {large.lines:,} lines a side on {large.database}, CPU microseconds per line of both sides"
    for name, cost in (("loading both sides", large.load), ("margins per vendor", large.summed),
                       ("every row to a CSV", large.written)):  # fmt: skip
        yield f"  {name:<42}{large.per_line(cost):>9.2f}   ({cost.seconds:.1f} s, {cost.peak_mb:.0f} MB)"
    yield ""
    for name, cost, before in (("margins against loading", large.summed, small.summed),
                               ("rows against loading", large.written, small.written)):  # fmt: skip
        yield _target(name, cost.cpu / large.load.cpu, "x", 1)
        yield _target(f"more memory than {small.lines:,} lines", cost.peak_mb - before.peak_mb, "MB", MOST_MORE_MB)


def _target(name: str, value: float, unit: str, most: float) -> str:
    return f"  {name:<42}{value:>9.2f} {unit:<3} {f'at most {most}':<18}{'met' if value <= most else 'MISSED'}"


def main() -> None:
    """One process."""
    what, job = sys.argv[1], msgspec.json.decode(sys.argv[2], type=Job)
    if what == "load":
        cost = _load(job)
    elif what == "summed":
        cost = _command(job, "--by", "vendor")
    else:
        cost = _command(job, "--by", "line", "--output", "rows.csv")
    sys.stdout.write(f"\n{msgspec.json.encode(cost).decode()}\n")


if __name__ == "__main__":
    main()
