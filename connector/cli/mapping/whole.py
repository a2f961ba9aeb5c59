"""Files that a command writes for a person: as a whole or not at all, and never over another one unasked."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from connector.cli.options import Face
from connector.customer_papers.folder import write_whole
from connector.texts import _

__all__ = ("free_name", "write_asked", "write_whole")


def write_asked(face: Face, file: Path, content: bytes, *, yes: bool) -> bool:
    """Write ``file``, after asking when it is there already; whether it was written."""
    agreed = may_write(face, file, yes=yes)
    if agreed:
        write_whole(file, content)
    return agreed


def may_write(face: Face, file: Path, *, yes: bool) -> bool:
    """Whether ``file`` may be written: nothing is there yet, or a person agrees that it is replaced."""
    if file.exists() and not face.out.confirm(_("{file} is there already. Replace it?").format(file=file), yes=yes):
        face.out.text(_("Nothing was changed."))
        return False
    return True


def free_name(file: Path) -> Path:
    """``file``, or the same name with the first number behind it that no file has."""
    names = (file.with_stem(f"{file.stem}-{number}") for number in count(2))
    return file if not file.exists() else next(name for name in names if not name.exists())
