"""Files that only the connector writes: locked, replaced as a whole, and sealed by their last line.

The seal holds a SHA-256 of all that stands before it and a count, so that a file that others have edited, or that
was cut off, is recognised and left as it is.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock
import msgspec

from connector.errors import LedgerError, LedgerRefused, LedgerUnavailable, OutcomeUnknown

LOCK_NAME = ".connector.lock"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LASTING = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST}


class SealForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a kind of file writes its seal, a line: ``before`` digest ``between`` count ``after``."""

    before: bytes
    between: bytes
    after: bytes = b""

    def line(self, digest: str, count: int) -> bytes:
        """The seal for content with this SHA-256 (hex) and ``count`` entries."""
        return b"%b%b%b%d%b\n" % (self.before, digest.encode(), self.between, count, self.after)


COMMENT_SEAL = SealForm(before=b"; connector-seal: sha256=", between=b" count=")
"""The seal of the plain-text ledgers, where a semicolon begins a comment."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a file without its seal, and the count that the seal names."""

    content: bytes
    count: int


def read_sealed(path: Path, form: SealForm) -> Sealed:
    """The content of ``path``, checked against its seal. Raises LedgerRefused when it was edited or cut off."""
    raw = path.read_bytes()
    start = raw.rfind(b"\n" + form.before) + 1
    pattern = b"%b([0-9a-f]{64})%b([0-9]+)%b\n" % tuple(map(re.escape, (form.before, form.between, form.after)))
    seal = re.fullmatch(pattern, raw[start:]) if start else None
    if seal is None:
        raise _spoiled(path, "does not end with the connector's seal: it is cut off, or others wrote at its end")
    content = raw[:start]
    if hashlib.sha256(content).hexdigest().encode() != seal[1]:
        raise _spoiled(path, "was changed after the connector wrote it: its seal does not fit its content")
    return Sealed(content=content, count=int(seal[2]))


def missing(path: Path, named_in: str) -> LedgerRefused:
    """The refusal for a file of ours that ``named_in`` names and that is gone."""
    return _spoiled(path, f"is missing, though {named_in} names it")


def _spoiled(path: Path, what: str) -> LedgerRefused:
    return LedgerRefused(
        f"the ledger file {path.name} {what}; nothing was written",
        hint=f"Put {path.name} back as the connector wrote it, from a backup or version control, "
        "then run the same command again. Entries of your own belong in a file of your own, beside the connector's.",
        where=str(path),
    )


def cannot_write(error: OSError, path: Path) -> LedgerError:
    """What to tell about ``error``, met before any file was replaced."""
    if error.errno in _FULL:
        return LedgerUnavailable(
            f"no room to write {path.name}: {_reason(error)}; nothing was written",
            hint=f"Make room on the disk that holds {path.parent}, then run the same command again.",
            where=str(path),
        )
    kind = LedgerRefused if error.errno in _LASTING else LedgerUnavailable
    return kind(
        f"cannot use {path.name}: {_reason(error)}; nothing was written",
        hint="Close programs that have the file open and check that the connector may read and write there; "
        "then run the same command again.",
        where=str(path),
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


@contextmanager
def locked(folder: Path, *, seconds: float) -> Iterator[None]:
    """Hold the operating system's lock on ``folder``, waiting at most ``seconds``.

    Raises LedgerUnavailable, LedgerRefused.
    """
    path = folder / LOCK_NAME
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=seconds)
    except filelock.Timeout:
        raise LedgerUnavailable(
            f"another run has held the ledger folder {folder} for more than {seconds:g} seconds",
            hint="Wait until the other run is finished, then run the same command again.",
            where=str(path),
        ) from None
    except NotImplementedError:
        raise LedgerRefused(
            f"the disk that holds {folder} cannot lock files",
            hint="Move the ledger folder to a local disk.",
            where=str(path),
        ) from None
    except OSError as error:
        raise cannot_write(error, path) from error
    try:
        yield
    finally:
        lock.release()


class Staging:
    """New contents for several files of one folder: all written beside the old ones first, then put in their place.

    A full disk shows while nothing has been replaced yet. What was not put in place is removed on leaving.
    Use under ``locked``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: list[str] = []

    def __enter__(self) -> Self:
        """Remove what a crash has left."""
        try:
            for leftover in self.folder.glob(".*.connector-tmp"):
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(error, self.folder) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not put in place."""
        for name in self._names:
            with suppress(OSError):
                self._temporary(name).unlink(missing_ok=True)

    def write(self, name: str, parts: Iterable[bytes], *, form: SealForm, count: int) -> None:
        """Write ``parts`` and their seal beside the file ``name``, down to the disk.

        Raises LedgerUnavailable, LedgerRefused.
        """
        target, state = self.folder / name, hashlib.sha256()
        self._names.append(name)
        try:
            with self._temporary(name).open("xb") as file:
                for part in parts:
                    state.update(part)
                    file.write(part)
                file.write(form.line(state.hexdigest(), count))
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                self._temporary(name).chmod(stat.S_IMODE(target.stat().st_mode))
        except OSError as error:
            raise cannot_write(error, target) from error

    def replace(self) -> dict[str, LedgerError]:
        """Put the files in place in the order they were written; the result tells which could not be, and why.

        Raises the reason when it was the first one, hence nothing was replaced, and OutcomeUnknown when the
        folder cannot be brought to the disk.
        """
        for position, name in enumerate(self._names):
            try:
                self._temporary(name).replace(self.folder / name)
            except OSError as error:
                reason = cannot_write(error, self.folder / name)
                if position == 0:
                    raise reason from error
                self._sync_folder()
                return dict.fromkeys(self._names[position:], reason)
        self._sync_folder()
        return {}

    def _temporary(self, name: str) -> Path:
        return self.folder / f".{name}.connector-tmp"

    def _sync_folder(self) -> None:
        if os.name != "posix":
            return  # elsewhere a folder cannot be opened, and renaming is brought to the disk by the system
        try:
            handle = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise OutcomeUnknown(
                f"the ledger files were replaced, but the disk did not confirm it: {_reason(error)}",
                where=str(self.folder),
            ) from error
