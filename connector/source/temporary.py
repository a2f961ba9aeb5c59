"""Bodies in temporary files, hashed while they are written."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.errors import SourceError


@contextmanager
def temporary_file(folder: Path | None) -> Iterator[Path]:
    """An empty file that only we can read, in ``folder`` or where the system has them; removed when the
    context is left.
    """
    try:
        handle, name = tempfile.mkstemp(prefix="answer-", suffix=".json", dir=folder)
    except OSError as error:
        raise _cannot_write(error, folder or Path(tempfile.gettempdir())) from None
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def keep(chunks: Iterable[bytes], body: Path) -> tuple[int, bytes]:
    """Write ``chunks`` to ``body``, replacing what an earlier attempt left; the size in bytes and the
    SHA-256.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with body.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
    except OSError as error:
        raise _cannot_write(error, body.parent) from None
    return size, digest.digest()


def _cannot_write(error: OSError, folder: Path) -> SourceError:
    return SourceError(
        f"The answer cannot be written: {error.strerror or 'unknown reason'}",
        where=str(folder),
        hint="Make room or name another folder for temporary files, then run the same command again; nothing is lost.",
    )
