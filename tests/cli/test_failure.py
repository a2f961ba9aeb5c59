"""How commands end: codes, messages for people and for programs, and no secret or traceback shown."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from connector.cli import failure
from connector.cli.failure import ending
from connector.config import Secret, WrongSettings
from connector.config.table import Problem
from connector.errors import ConnectorError, SourceUnavailable
from tests.cli.conftest import Connector

Fails = Callable[[BaseException], tuple[int, str, str]]


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fails:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(error: BaseException) -> None:
        raise error

    def failed(error: BaseException) -> tuple[int, str, str]:
        with ending(()) as end:
            fail(error)
        told = capsys.readouterr()
        return end.code, told.out, told.err

    return failed


def kinds(of: type[ConnectorError] = ConnectorError) -> list[type[ConnectorError]]:
    return [of, *(kind for inner in of.__subclasses__() for kind in kinds(inner))]


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind is not WrongSettings])
def test_every_error_says_what_where_and_what_next(kind: type[ConnectorError], fails: Fails) -> None:
    code, out, err = fails(kind("it went wrong", where="here"))
    assert code == kind.exit_code
    assert out == ""
    assert "Error: here: it went wrong\n" in err
    assert re.search(r"^Next: \S.*\.$", err, re.MULTILINE)


def test_an_error_for_programs(connector: Connector, folder: Path) -> None:
    ran = connector("db", "check", "--json")
    assert ran.code == 5
    assert ran.json["error"]["kind"] == "SchemaError"
    assert ran.json["error"]["exit_code"] == 5
    assert ran.json["error"]["recovery"] == "stop"
    assert "connector db upgrade" in ran.json["error"]["hint"]
    assert ran.err == ""


def test_every_wrong_setting_is_shown(fails: Fails) -> None:
    error = WrongSettings([Problem(where="a:1", message="x"), Problem(where="a:2", message="y")], where="a")
    code, _, err = fails(error)
    assert code == 3
    assert err.startswith("Error: a: 2 settings are wrong:\n  a:1: x\n  a:2: y\nNext: ")


def test_a_defect_is_reported_without_traceback_and_secrets(fails: Fails, tmp_path: Path) -> None:
    secret = Secret("very-secret-key").reveal()
    code, out, err = fails(ValueError(f"broken {secret}"))
    assert (code, out) == (failure.DEFECT, "")
    assert "Traceback" not in err
    assert secret not in err
    (report,) = tmp_path.glob("connector-defect-*.txt")
    assert str(report) in err
    text = report.read_text(encoding="utf-8")
    assert "ValueError: broken ***" in text
    assert "Traceback" in text
    assert secret not in text
    if os.name == "posix":
        assert report.stat().st_mode & 0o077 == 0


def test_developers_may_see_the_traceback(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_DEBUG", "1")
    assert "Traceback" in fails(AssertionError("broken"))[2]


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (click.Abort(), 130, "a question was not answered"),
        (click.UsageError("no such thing"), 2, "no such thing"),
        (OSError(28, "No space left on device", "books/2024-01.journal"), 74, "books/2024-01.journal cannot be read"),
        (PermissionError(13, "Permission denied"), 74, "the output cannot be read or written: Permission denied"),
    ],
)
def test_other_endings(error: BaseException, code: int, told: str, fails: Fails) -> None:
    ended, _, err = fails(error)
    assert ended == code
    assert told in err


def test_signs_that_steer_a_terminal_are_not_shown(fails: Fails) -> None:
    _, _, err = fails(SourceUnavailable("answer \x1b[31mred\x07\u202e", where="x\ny"))
    assert "\x1b" not in err
    assert "\x07" not in err
    assert "\u202e" not in err


@pytest.mark.parametrize("arguments", ["sandbox --list-faults", "--help", "sandbox --help"])
def test_whoever_stops_reading_is_not_bothered(folder: Path, arguments: str) -> None:
    command = f"sleep 0.3; {sys.executable} -m connector {arguments}; echo $? >&2"
    done = subprocess.run(
        ["/bin/sh", "-c", f"( {command} ) | true"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "141"


def test_an_interrupted_command_is_no_unanswered_question(folder: Path) -> None:
    started = [sys.executable, "-m", "connector", "sandbox", "--port", "0"]
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        served.stdout.readline()
        served.send_signal(signal.SIGINT)
        try:
            told = served.communicate(timeout=60)[1]
        finally:
            served.kill()  # or a signal that is not heard blocks the tests for ever
    assert served.returncode in (0, 130)
    assert "not answered" not in told


def test_a_full_disk_is_said_and_not_a_defect(folder: Path) -> None:
    # A limit on the size of files fails as a full disk does, and needs no disk.
    command = f"ulimit -f 0; {sys.executable} -m connector sandbox --list-faults > kept"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == failure.OUTPUT
    assert "the output cannot be read or written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
