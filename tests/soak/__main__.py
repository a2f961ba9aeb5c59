"""``make soak``: run the month, look at what came of it, and print the figures."""

from __future__ import annotations

import asyncio
import datetime
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import psycopg

from connector.service import queue_tables
from connector.store import schema
from connector.store.database import Database
from tests import postgres
from tests.soak.clock import Clock
from tests.soak.fleet import Fleet, cpu_seconds, machine_seconds
from tests.soak.judge import judged, read_logs
from tests.soak.served import Copaco
from tests.soak.town import DAYS, TODAY, Town


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a soak found. Seconds by the clock unless said otherwise; delays are from when an administration was due
    until a worker began with it."""

    administrations: int
    lines: int
    workers: int
    days: int
    minutes: float
    runs: int
    skipped: int
    killed: int
    overlaps: int
    wrong: int
    failed_jobs: int
    errors_told: int
    delay_median: float
    delay_p99: float
    delay_longest: float
    cpu_minutes_workers: float
    cpu_minutes_machine: float
    database_mb: int


@click.command()
@click.option("--administrations", default=200)
@click.option("--lines", default=1500, help="Purchase lines of each.")
@click.option("--workers", "sizes", default=(2, 4), multiple=True, help="How many workers; may be repeated.")
@click.option("--side-by-side", default=1, help="Jobs that each worker does at once.")
@click.option("--days", type=click.IntRange(2, len(DAYS)), default=len(DAYS), help="How many days, the last ones.")
@click.option("--day-seconds", default=30.0, help="How long a day of the month is.")
@click.option("--kill-every", default=45.0, help="Seconds from one kill to the next, about; 0: none.")
@click.option("--proven-every", default=1, help="Run verify and reconcile on one of so many; files are read of all.")
@click.option("--seed", default=1)
@click.option("--json", "as_json", is_flag=True)
def main(
    administrations: int,
    lines: int,
    sizes: tuple[int, ...],
    side_by_side: int,
    days: int,
    day_seconds: float,
    kill_every: float,
    proven_every: int,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """A month of many administrations in minutes, with workers that are killed."""
    town = Town(
        count=administrations,
        lines=lines,
        slow=max(1, administrations // 20),
        poisoned=max(1, administrations // 100),
    )
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="connector-soak-") as place, _database() as url:
            soak = Soak(town, Path(place), url, random.Random(seed), proven_every=proven_every, say=not as_json)
            found.append(soak.run(size, side_by_side, days, day_seconds=day_seconds, kill_every=kill_every))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
        for name in Figures.__struct_fields__:
            click.echo(f"{name.replace('_', ' '):<24}" + "".join(f"{getattr(each, name):>12}" for each in found))
    sys.exit(1 if any(each.overlaps or each.wrong for each in found) else 0)


class Soak:
    """One month of ``town``, in the folder ``place`` and the empty database of ``url``."""

    def __init__(
        self, town: Town, place: Path, url: str, chance: random.Random, *, proven_every: int, say: bool
    ) -> None:
        self._proven_every = proven_every
        self._town, self._place, self._url, self._chance, self._say = town, place, url, chance, say

    def run(self, workers: int, side_by_side: int, days: int, *, day_seconds: float, kill_every: float) -> Figures:
        """Run it, judge it."""
        folder = self._place / "office"
        folder.mkdir()
        fleet = Fleet(folder=folder, url=self._url, size=workers, side_by_side=side_by_side, chance=self._chance)
        with Copaco(self._town, self._place / "answers") as copaco:
            self._town.settle(folder, copaco.urls)
            self._begin()
            clock = Clock(self._url)
            with clock.open():
                begun, machine, used = time.monotonic(), machine_seconds(), cpu_seconds()
                fleet.fill()
                skipped, killed = self._month(clock, copaco, fleet, DAYS[-days:], day_seconds, kill_every)
                minutes, machine = (time.monotonic() - begun) / 60, (machine_seconds() - machine) / 60
                fleet.stop()
                used, size = cpu_seconds() - used, clock.size()
        logs = read_logs(fleet.all, time.time())
        wrong = [each for each in judged(self._town, folder, self._url, proven_every=self._proven_every) if each.wrong]
        overlaps = logs.overlaps()
        for each in wrong:
            click.echo(f"{each.name}: {each.wrong}", err=True)
        for one, other in overlaps:
            click.echo(f"overlap: {one} and {other}", err=True)
        return Figures(
            administrations=self._town.count,
            lines=self._town.lines,
            workers=workers,
            days=days,
            minutes=round(minutes, 1),
            runs=len(logs.late),
            skipped=skipped,
            killed=killed,
            overlaps=len(overlaps),
            wrong=len(wrong),
            failed_jobs=logs.failed,
            errors_told=logs.told,
            delay_median=_quantile(logs.late, 0.5),
            delay_p99=_quantile(logs.late, 0.99),
            delay_longest=_quantile(logs.late, 1),
            cpu_minutes_workers=round(used / 60, 1),
            cpu_minutes_machine=round(machine, 1),
            database_mb=size // 1_000_000,
        )

    def _begin(self) -> None:
        """Tables, and a timetable in which nobody is due: the soak says when."""
        with Database(self._url) as database:
            schema.upgrade(database, backup=False, now=datetime.datetime.now(datetime.UTC))
        asyncio.run(self._timetable())

    async def _timetable(self) -> None:
        plain = self._url.replace("postgresql+psycopg://", "postgresql://", 1)
        async with await psycopg.AsyncConnection.connect(plain) as connection:
            await connection.execute(f"SET search_path = {queue_tables.SCHEMA}")
            await queue_tables.ready(connection, where=self._url)
            async with connection.cursor() as cursor:
                row = "INSERT INTO timetable (administration, queued_at) VALUES (%s, %s)"
                moment = datetime.datetime.combine(TODAY, datetime.time(), tzinfo=datetime.UTC)
                await cursor.executemany(row, [(name, moment) for name in self._town.names])

    def _month(
        self,
        clock: Clock,
        copaco: Copaco,
        fleet: Fleet,
        days: Sequence[datetime.date],
        day_seconds: float,
        kill_every: float,
    ) -> tuple[int, int]:
        """Every day in turn, until nothing is left; how many were not queued because they waited, and the kills."""
        skipped = killed = 0
        next_kill = time.monotonic() + self._pause(kill_every)
        for day in days:
            ends = time.monotonic() + day_seconds
            copaco.today(day)
            begins = datetime.datetime.now(datetime.UTC)
            skipped += clock.day(self._town.names, begins=begins, seconds=day_seconds)
            while (now := time.monotonic()) < ends or (day == days[-1] and clock.left()):
                if kill_every and now >= next_kill:
                    fleet.kill_one()
                    killed, next_kill = killed + 1, now + self._pause(kill_every)
                time.sleep(0.2)
            if self._say:
                click.echo(f"{day}: {clock.left()} jobs wait, {killed} workers killed", err=True)
        return skipped, killed

    def _pause(self, about: float) -> float:
        return about * self._chance.uniform(0.5, 1.5)


def _quantile(ordered: tuple[float, ...], part: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 1) if ordered else 0.0


@contextmanager
def _database() -> Iterator[str]:
    """An empty database on a server of its own."""
    folder = postgres.new_folder()
    try:
        yield postgres.create_database(postgres.server_url(folder, owner=os.getpid()))
    finally:
        postgres.stop(folder)


if __name__ == "__main__":
    main()
