"""What operators install: the unit of systemd and the container file fit the command."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from connector.cli import root
from connector.errors import MappingFileError, SettingsError, StoreError

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNITS = {"serve": "connector.service", "worker": "connector-worker@.service"}
CONTAINER = (PACKAGING / "Containerfile").read_text(encoding="utf-8")


@pytest.fixture(params=UNITS)
def command(request: pytest.FixtureRequest) -> str:
    """Each command that has a unit."""
    name: str = request.param
    return name


@pytest.fixture
def text(command: str) -> str:
    """The unit of a command."""
    return (PACKAGING / UNITS[command]).read_text(encoding="utf-8")


@pytest.mark.needs_systemd
def test_systemd_accepts_the_unit(command: str, text: str, tmp_path: Path) -> None:
    unit = tmp_path / UNITS[command]
    unit.write_text(text.replace("/opt/connector/bin/connector", "/bin/true"), encoding="utf-8")  # it must be there
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_starts_the_command_and_leaves_to_a_person_what_needs_one(command: str, text: str) -> None:
    (started,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
    program, *arguments = shlex.split(started)
    assert program.endswith("/connector")
    with root.make_context("connector", arguments) as context:
        assert root.resolve_command(context, arguments)[0] == command
    (kept,) = re.findall(r"^RestartPreventExitStatus=(.+)$", text, re.MULTILINE)
    assert {SettingsError.exit_code, MappingFileError.exit_code} <= set(map(int, kept.split()))
    assert StoreError.exit_code not in set(map(int, kept.split())), "a database may come up later than the service"


def test_the_unit_lets_the_service_do_little(text: str) -> None:
    settings = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    assert (settings["User"], settings["UMask"], settings["StateDirectoryMode"]) == ("connector", "0077", "0750")
    assert (settings["NoNewPrivileges"], settings["CapabilityBoundingSet"]) == ("yes", "")
    assert (settings["ProtectSystem"], settings["ProtectHome"], settings["PrivateTmp"]) == ("strict", "yes", "yes")


def test_the_container_starts_the_command_as_nobody_special() -> None:
    assert 'ENTRYPOINT ["connector"]' in CONTAINER
    assert 'CMD ["serve", "--json"]' in CONTAINER
    assert re.search(r"^USER [1-9]", CONTAINER, re.MULTILINE)
    assert "--require-hashes -r requirements/run.txt" in CONTAINER
