"""What people were told of although no database could keep it: in a file beside the settings.

All processes that work with these settings share it, so that of many workers one tells, and one that was started anew
tells that it is over.
"""

from __future__ import annotations

import datetime
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import msgspec

_log = logging.getLogger(__name__)
NAME = ".connector-told.json"
_WAIT_SECONDS = 30
"""Longer than it takes one address to be told."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one address was told of: ``text``, by which process, and when that last said that it is still so (UTC)."""

    address: str
    what: str
    text: str
    by: str
    at: datetime.datetime


Told = dict[tuple[str, str], Entry]
"""What was told, by the address (its reference) and a name for what it is about."""


class Remembered:
    """What was told, kept in the folder of the settings; where nothing can be written, by this process alone."""

    def __init__(self) -> None:
        self._guard, self._here = threading.Lock(), Told()

    def anything(self, folder: Path) -> bool:
        """Whether anything may have been told that is not over; quick."""
        return bool(self._here) or (folder / NAME).exists()

    @contextmanager
    def opened(self, folder: Path) -> Iterator[Told | None]:
        """What was told, to be changed; ``None`` while another process tells. Tell inside, and note it then: what was
        not noted when a process is killed is told by the next."""
        lock = filelock.FileLock(folder / f"{NAME}.lock", timeout=_WAIT_SECONDS, mode=0o600)
        with self._guard:
            try:
                lock.acquire()
            except filelock.Timeout:
                yield None
                return
            except (OSError, NotImplementedError) as error:
                _log.debug("%s cannot be locked, this process remembers alone: %s", folder / NAME, error)
                yield self._here
                return
            try:
                told = _read(folder / NAME) | self._here
                before = dict(told)
                yield told
                if told != before or self._here:
                    self._here = Told() if _written(folder / NAME, told) else told
            finally:
                lock.release()


def _read(file: Path) -> Told:
    """What stands in ``file``; nothing where it is not there, or others have written into it."""
    try:
        entries = msgspec.json.decode(file.read_bytes(), type=list[Entry])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Told()
    return {(each.address, each.what): each for each in entries if each.at.tzinfo is not None}


def _written(file: Path, told: Told) -> bool:
    beside = file.with_name(f"{NAME}.new")
    try:
        if not told:
            file.unlink(missing_ok=True)
            return True
        with suppress(FileNotFoundError):
            beside.unlink()
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
            writing.write(msgspec.json.encode(list(told.values())))
        beside.replace(file)
    except OSError as error:
        _log.debug("%s cannot be written, this process remembers alone: %s", file, error)
        return False
    return True
