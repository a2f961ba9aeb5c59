"""A working folder, and the command line run in this process or, as installed, in another."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector import log, texts
from connector.cli import run
from tests.commands import command


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Connector = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


@pytest.fixture
def connector(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Connector]:
    """Run a command line in this process."""

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        told = capsys.readouterr()
        return Ran(code=code, out=told.out, err=told.err)

    root = logging.getLogger()
    level, levels = root.level, {name: logging.getLogger(name).level for name in log.QUIET}
    yield ran
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    texts.use("en")


@pytest.fixture
def installed(folder: Path) -> Connector:
    """Run the installed command in a process of its own."""

    def ran(*arguments: str, stdin: str | None = None, environ: Mapping[str, str] | None = None) -> Ran:
        code, out, err = command(arguments, folder, os.environ | (environ or {}), stdin or "")
        return Ran(code=code, out=out, err=err)

    return ran
