"""A command on a terminal of its own, of a given width: what a person sees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click


def seen(
    folder: Path, columns: int, *arguments: str, given: str = "", environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code, and all that stands on the terminal at the end, without colours; ``given`` is typed."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTOR_", "COPACO_"))}
    kept |= {"COLUMNS": str(columns), "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environ or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "connector", *arguments],
        cwd=folder,
        env=kept,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, given.encode())
    told = b""
    while part := _read(ours):
        told += part
    os.close(ours)
    return process.wait(timeout=60), click.unstyle(told.decode()).replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so at the end
        return b""
