"""How the command is called from where the reader stands: by its name on the path, else by the way to its file."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

FARTHEST = 3
"""Folders up; beyond them the whole path is easier to read."""


def called() -> str:
    """The word to begin a command line with."""
    ours = _installed()
    on_path = shutil.which("connector")
    if ours is None or (on_path is not None and Path(on_path).resolve() == ours.resolve()):
        return "connector"
    try:
        near = os.path.relpath(ours)
    except ValueError:  # another drive
        return str(ours)
    return str(ours) if Path(near).parts.count("..") > FARTHEST else near


def _installed() -> Path | None:
    """The file that runs, or that lies beside the Python which runs us."""
    given = Path(sys.argv[0])
    beside = Path(sys.executable).with_name("connector.exe" if os.name == "nt" else "connector")
    return next((each for each in (given, beside) if each.stem == "connector" and each.is_file()), None)
