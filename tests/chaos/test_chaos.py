"""A short run of ``make chaos``; the whole one prints its figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.chaos.boundaries import BOUNDARIES
from tests.chaos.worlds import ROOT, SERVER_KILLS
from tests.ledgers.test_tryton import run_folder, seed

__all__ = ("run_folder", "seed")


def started(*arguments: str) -> subprocess.Popen[bytes]:
    """Start it in a program of its own, since it forks."""
    command = [sys.executable, "-m", "tests.chaos", "--json", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def tally_of(process: subprocess.Popen[bytes]) -> Any:
    """What it found."""
    out, err = process.communicate(timeout=300)
    assert out, err.decode()
    return msgspec.json.decode(out)


def nothing_wrong(tally: Any) -> None:
    assert (tally["duplicates"], tally["losses"], tally["unbalanced"], tally["wrong"]) == (0, 0, 0, [])


def test_killed_at_every_boundary_each_entry_arrives_once() -> None:
    tally = tally_of(started("--kills", "40", "--least", "1", "--seed", "7", "--tryton-kills", "0"))["bookkeeping"]
    assert {boundary for boundary, count in tally["kills"].items() if count} == {*BOUNDARIES, *SERVER_KILLS}
    assert tally["entries"] > 20
    nothing_wrong(tally)


@pytest.mark.usefixtures("seed")
def test_killed_while_it_works_with_tryton_each_entry_arrives_once(postgres_url: str, run_folder: Path) -> None:
    given = ("--postgres", postgres_url, "--folder", str(run_folder))
    tally = tally_of(started("--kills", "0", "--tryton-kills", "6", "--seed", "7", *given))["tryton"]
    assert sum(tally["kills"].values()) >= 6
    assert tally["entries"] >= 4
    nothing_wrong(tally)


def test_machines_with_one_thing_wrong_are_caught() -> None:
    """Side by side: most of their time they wait."""
    machines = {bad: started("--bad", bad) for bad in ("NoIntent", "NoLookUp", "NoSettling")}
    for bad, process in machines.items():
        tally = tally_of(process)
        assert tally["duplicates"] or tally["losses"], bad
