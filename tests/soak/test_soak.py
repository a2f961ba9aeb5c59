"""The soak sees what it looks for, and a small one is clean."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.fleet import Worker
from tests.soak.judge import read_logs

ROOT = Path(__file__).parents[2]
BEGUN = datetime.datetime(2024, 3, 1, 6, tzinfo=datetime.UTC)


def worker(log: Path, *told: tuple[float, str, str], killed: float | None = None) -> Worker:
    """A worker that told, of one administration, at these seconds, in these runs, this; or was killed."""
    lines = [
        {
            "time": (BEGUN + datetime.timedelta(seconds=at)).isoformat(timespec="milliseconds"),
            "level": "info",
            "run": run,
            "administration": "acme",
            "message": message,
        }
        for at, run, message in told
    ]
    log.write_text("".join(f"{json.dumps(each)}\n" for each in lines), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.DEVNULL)
    process.wait()
    killed_at = None if killed is None else BEGUN.timestamp() + killed
    return Worker(process=process, log=log, file=log.open("rb"), killed_at=killed_at)


@pytest.mark.parametrize(
    ("second", "overlaps"),
    [
        ([(5.0, "two", "begun"), (9.0, "two", "3 posted")], 1),
        ([(10.5, "two", "begun"), (12.0, "two", "3 posted")], 0),
        # It came second, saw it, and did nothing.
        ([(5.0, "two", "begun"), (5.1, "two", "another run works on the administration 'acme'; tried again")], 0),
    ],
)
def test_two_jobs_of_one_administration_at_once_are_seen(
    second: list[tuple[float, str, str]], overlaps: int, tmp_path: Path
) -> None:
    first = worker(tmp_path / "1", (0.0, "one", "begun"), (10.0, "one", "4 now ready"))
    workers = [first, worker(tmp_path / "2", *second)]
    for each in workers:
        each.file.close()
    assert len(read_logs(workers, now=BEGUN.timestamp() + 100).overlaps()) == overlaps


@pytest.mark.parametrize(("killed", "overlaps"), [(4.0, 0), (6.0, 1)])
def test_a_job_that_was_killed_lasts_until_then(killed: float, overlaps: int, tmp_path: Path) -> None:
    dead = worker(tmp_path / "1", (0.0, "one", "begun"), killed=killed)
    next_one = worker(tmp_path / "2", (5.0, "two", "begun"), (9.0, "two", "3 posted"))
    for each in (dead, next_one):
        each.file.close()
    assert len(read_logs([dead, next_one], now=BEGUN.timestamp() + 100).overlaps()) == overlaps


@pytest.mark.long
def test_a_small_soak_is_clean() -> None:
    command = [sys.executable, "-m", "tests.soak", "--administrations", "8", "--lines", "60", "--workers", "2"]
    done = subprocess.run(
        [*command, "--days", "4", "--day-seconds", "8", "--kill-every", "12", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (figures,) = json.loads(done.stdout)
    assert (figures["overlaps"], figures["wrong"]) == (0, 0)
    assert figures["killed"]
