"""The bill of materials: all that is installed for users and nothing else, with hashes and licences."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

import connector

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("bill") / "deep" / "bill.json"
    subprocess.run([sys.executable, str(ROOT / "tools" / "sbom.py"), str(file)], check=True, capture_output=True)
    return json.loads(file.read_text(encoding="utf-8"))


def test_it_is_the_lock_of_what_runs_with_every_hash(bill: Any) -> None:
    listed = [(each["name"], each["version"]) for each in bill["components"]]
    assert sorted(listed) == sorted(re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, flags=re.MULTILINE))
    hashes = [
        one["content"]
        for each in bill["components"]
        for reference in each["externalReferences"]
        for one in reference["hashes"]
    ]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", LOCK))
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", connector.__version__)


def _is_here(name: str, wanted: str) -> bool:
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        return False


def test_what_is_installed_tells_its_licence_and_what_is_not_is_not_guessed(bill: Any) -> None:
    told = {(each["name"], each["version"]): bool(each.get("licenses")) for each in bill["components"]}
    assert told == {each: _is_here(*each) for each in told}
    licences = {
        each["name"]: each["licenses"] for each in bill["components"] if each["name"] in ("requests", "sqlalchemy")
    }
    assert [next(iter(each[0].values()))["id"] for each in licences.values()] == ["Apache-2.0", "MIT"]


def test_it_tells_what_needs_what(bill: Any) -> None:
    needs = {each["ref"].partition("@")[0]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert any(each.startswith("pkg:pypi/requests@") for each in needs["copaco-connector"])
    assert any(each.startswith("pkg:pypi/urllib3@") for each in needs["pkg:pypi/requests"])
    assert not any(each.startswith("pkg:pypi/urllib3@") for each in needs["copaco-connector"])
    reached, left = {"copaco-connector"}, ["copaco-connector"]
    while left:
        found = {each.partition("@")[0] for each in needs[left.pop()]} - reached
        reached |= found
        left += found
    assert set(needs) - reached == set()
