"""``docs/security.md`` beside the code: every place and every proof that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
PLACES = re.compile(r"`((?:connector|packaging|requirements|tools|tests)/[\w./-]+|setup\.cfg)(?:::(\w+))?`")


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def rows() -> list[list[str]]:
    """The protections: what holds, where, and the proof."""
    found = re.findall(r"^\| (?!What |---)(.+) \|$", PAGE.partition("\n## Who may attack\n")[2], flags=re.MULTILINE)
    return [each.split(" | ") for each in found]


def test_every_module_and_test_that_is_named_exists() -> None:
    named = PLACES.findall(PAGE)
    assert len(named) > 60
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or (name and name not in functions_of(file))
    ]
    assert missing == []


def test_every_protection_names_its_place_and_its_proof_or_says_that_it_has_none() -> None:
    found = rows()
    assert len(found) > 25
    for what, where, proof in found:
        assert PLACES.search(where), what
        assert "`tests/" in proof or proof == "none of its own", what


def test_every_attacker_is_told_what_does_not_hold() -> None:
    attackers = re.split(r"^### ", PAGE.partition("\n## Who may attack\n")[2].partition("\n## ")[0], flags=re.MULTILINE)
    assert len(attackers) > 7
    assert [each.splitlines()[0] for each in attackers[1:] if "**What does not hold:**" not in each] == []
