"""A short run of ``make chaos``; the whole one prints its figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.chaos.boundaries import BOUNDARIES
from tests.chaos.lives import SERVER_KILLS

ROOT = Path(__file__).parents[2]


def chaos(*arguments: str) -> Any:
    """Run it in a program of its own, since it forks; the tally."""
    command = [sys.executable, "-m", "tests.chaos", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False)
    assert done.stdout, done.stderr.decode()
    return msgspec.json.decode(done.stdout)


def test_killed_at_every_boundary_each_entry_arrives_once() -> None:
    tally = chaos("--kills", "40", "--least", "1", "--seed", "7")
    assert {boundary for boundary, count in tally["kills"].items() if count} == {*BOUNDARIES, *SERVER_KILLS}
    assert tally["entries"] > 20
    assert (tally["duplicates"], tally["losses"], tally["unbalanced"], tally["wrong"]) == (0, 0, 0, [])


@pytest.mark.parametrize("bad", ["NoIntent", "NoLookUp", "NoSettling"])
def test_a_machine_with_one_thing_wrong_is_caught(bad: str) -> None:
    tally = chaos("--bad", bad)
    assert tally["duplicates"] or tally["losses"]
