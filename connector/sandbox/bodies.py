"""Bodies of answers in bytes: made on the fly, or once into a file and served from there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from connector.sandbox.answers import Question, answer_text

CHUNK_BYTES = 64 * 1024


class Body(NamedTuple):
    """Bytes to send; ``length`` is None where only the end will tell."""

    chunks: Iterable[bytes]
    length: int | None


def body_of(content: bytes) -> Body:
    """Return a short body that is already there."""
    return Body([content], len(content))


def streamed(pieces: Iterable[str], *, encoding: str = "utf-8") -> Body:
    """Return a body that is made while it is sent, in chunks of about 64 KiB."""
    return Body(_gathered(pieces, encoding), None)


def _gathered(pieces: Iterable[str], encoding: str) -> Iterator[bytes]:
    waiting: list[str] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= CHUNK_BYTES:
            yield "".join(waiting).encode(encoding, "replace")
            waiting, length = [], 0
    if waiting:
        yield "".join(waiting).encode(encoding, "replace")


def cached(folder: Path, question: Question) -> Body:
    """Return the sound answer from its file, which is written at the first request for it."""
    path = folder / f"{question.fingerprint()}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "wb") as part:
            part.writelines(streamed(answer_text(question)).chunks)
        Path(name).replace(path)
    return Body(_read(path), path.stat().st_size)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def in_small_chunks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut chunks into pieces of at most a size."""
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]
