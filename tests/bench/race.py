"""One size: the gate, then every contestant in turn, several times."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests import postgres
from tests.bench import gate, ours
from tests.bench.job import Figures, Job, Outcome, compete, python
from tests.bench.served import alter, job_for, served, truth

CONTESTANTS = ("ours", "bare", "load_dlt")
STATUS_RUNS = 5


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Lines a second by the clock, and what stands behind it: wall and CPU seconds, memory in MB."""

    lines: int
    seconds: float
    cpu: float
    peak_mb: float
    runs: int
    stages: dict[str, float] = {}

    @property
    def per_second(self) -> float:
        """Lines per second by the clock."""
        return self.lines / self.seconds

    @property
    def cpu_per_line(self) -> float:
        """CPU microseconds per line."""
        return self.cpu / self.lines * 1e6


class Race(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for one size. ``lost`` says what the gate found; then nothing else counts.

    ``altered`` are the lines that had changed in the answers for the speed 'changed'; ``status`` the wall seconds of
    the command, start of Python included.
    """

    lines: int
    lost: tuple[str, ...] = ()
    speeds: dict[str, Speed] = {}
    altered: int = 0
    status: float = 0.0


class Track:
    """Where one size is raced: a folder for everything that is written, and the address that is asked."""

    def __init__(self, lines: int, folder: Path, url: str, truth_: dict[str, Figures]) -> None:
        self.lines, self.url, self.truth = lines, url, truth_
        self._folder, self._laps = folder, 0

    def lap(self, contestant: str, *, database_url: str = "") -> tuple[Job, Outcome]:
        """Run a contestant once, from nothing."""
        self._laps += 1
        job = job_for(self.url, self._folder / f"{self._laps}-{contestant}")
        if contestant == "ours":
            ours.set_up(job, database_url)
        return job, compete(contestant, job)

    def again(self, job: Job) -> Outcome:
        """Run ours once more in the folder of an earlier lap."""
        return compete("ours", job)

    def clear(self, job: Job) -> None:
        """Remove what a lap left."""
        shutil.rmtree(job.folder)


def race(
    lines: int, folder: Path, *, runs: int, contestants: Iterable[str] = CONTESTANTS, with_postgres: bool = True
) -> Race:
    """Race ``lines`` lines; the middle of ``runs`` runs by the clock counts."""
    cache, contestants = folder / "answers", tuple(contestants)
    true = truth(lines)
    with served(lines, cache) as url:
        track = Track(lines, folder, url, true)
        job, outcome = track.lap("ours")
        other, by_bare = track.lap("bare")
        lost = _lost(track, job, outcome, other)
        track.clear(other)
        if lost:
            return Race(lines=lines, lost=tuple(lost))
        laps: dict[str, list[Outcome]] = {name: [] for name in contestants}
        if runs == 1:  # the long size: what the gate saw is the run that counts
            laps |= {"ours": [outcome], "bare": [by_bare]}
        for lap in range(runs):
            # Forwards and backwards in turn, so that nobody always follows the same one.
            for name in contestants if lap % 2 == 0 else reversed(contestants):
                if len(laps[name]) == runs:
                    continue
                fresh, outcome = track.lap(name)
                track.clear(fresh)
                lost = gate.lost_in_store(true, outcome.documents)
                if lost:
                    return Race(lines=lines, lost=(f"{name}: {lost[0]}",))
                laps[name].append(outcome)
        speeds = {name: _middle(lines, outcomes) for name, outcomes in laps.items()}
        speeds["unchanged"] = _middle(lines, [track.again(job) for _ in range(runs)])
        status = _status(job)
        altered = alter(cache, lines // 100)
        after = track.again(job)
        assert after.documents.keys() == true.keys()
        assert gate.lost_in_store(true, after.documents), "the altered lines were not noticed"
        speeds["changed"] = _middle(lines, [after])
    if with_postgres:
        speeds["postgres"] = _on_postgres(lines, folder, runs)
    return Race(lines=lines, speeds=speeds, altered=altered, status=status)


def _lost(track: Track, job: Job, outcome: Outcome, other: Job) -> list[str]:
    """What the whole of ours lost, to the cent; ``other`` is what the bare loop made of the same answers."""
    books = gate.booked(Path(job.folder))
    python("-m", "connector", "verify", cwd=Path(job.folder))
    bare = gate.booked(Path(other.folder))
    return [
        *gate.lost_in_store(track.truth, outcome.documents),
        *gate.lost_in_books(track.truth, books),
        *gate.lost_between(gate.totals(books), gate.totals(bare)),
    ]


def _middle(lines: int, outcomes: list[Outcome]) -> Speed:
    """The run in the middle by the clock (of two the better), with the highest memory of all."""
    chosen = sorted(outcomes, key=lambda each: each.seconds)[(len(outcomes) - 1) // 2]
    return Speed(
        lines=lines,
        seconds=chosen.seconds,
        cpu=statistics.median_low([each.cpu for each in outcomes]),
        peak_mb=max(each.peak_mb for each in outcomes),
        runs=len(outcomes),
        stages=chosen.stages,
    )


def _status(job: Job) -> float:
    times = []
    for _ in range(STATUS_RUNS):
        begun = time.perf_counter()
        python("-m", "connector", "status", cwd=Path(job.folder))
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _on_postgres(lines: int, folder: Path, runs: int) -> Speed:
    with served(lines, folder / "answers-for-postgres") as url, postgres_server() as server:
        track = Track(lines, folder / "postgres", url, {})
        outcomes = []
        for _ in range(runs):
            database = postgres.create_database(server)
            job, outcome = track.lap("ours", database_url=database)
            outcomes.append(outcome)
            postgres.drop_database(database)
            track.clear(job)
        return _middle(lines, outcomes)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL of our own, which ends with the block."""
    place = postgres.new_folder()
    try:
        yield postgres.server_url(place, owner=os.getpid())
    finally:
        postgres.stop(place)
