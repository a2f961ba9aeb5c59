"""A command on a terminal of its own, of a given width: what a person sees."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Mapping
from pathlib import Path

import click

from tests.commands import begun, ended


def seen(
    folder: Path, columns: int, *arguments: str, given: str = "", environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code, and all that stands on the terminal at the end, without colours; ``given`` is typed."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTOR_", "COPACO_"))}
    kept |= {"COLUMNS": str(columns), "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environ or {})}
    process = begun(arguments, folder, kept, [Path(os.ttyname(theirs))] * 3)
    os.write(ours, given.encode())
    told: list[bytes] = []
    reader = threading.Thread(target=lambda: told.extend(iter(lambda: _read(ours), b"")))
    reader.start()
    code = ended(process)
    os.close(theirs)
    reader.join()
    os.close(ours)
    return code, click.unstyle(b"".join(told).decode()).replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so at the end
        return b""
