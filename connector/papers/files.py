"""The papers in files, folders and mail: what looks like an invoice of Copaco is taken, the rest is named."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from connector.domain.paper import Paper
from connector.errors import PaperFileError
from connector.papers import mail, reading

_SENDERS = ("copaco.cloud", "copaco.com", "copaco.nl", "copaco.be")
_MAIL = (".eml", ".mbox")
_NAME = "copaco"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked at. ``paper`` is ``None`` when it was left out, for the reason ``left_out``.

    ``where`` says in which file it was found, ``sender`` is the mail address that it came from.
    """

    name: str
    where: str
    sender: str = ""
    content: bytes = b""
    paper: Paper | None = None
    left_out: str = ""

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.content).digest()


def papers_in(paths: Iterable[Path], read: Callable[[bytes], Paper | None] = reading.read) -> Iterator[Found]:
    """Every file of ``paths`` (files, folders with all below them, mail), in order of name.

    A file that is named itself is taken whosever invoice it is; in folders and mail only Copaco's are. What is hidden
    in a folder, behind a name that begins with a point, belongs to programs and is not looked at. Raises PaperFileError
    for a path that is not there or cannot be read.
    """
    for path in paths:
        if path.is_dir():
            for each in sorted(_seen_below(path)):
                yield from _in_file(each, read, named=False)
        else:
            yield from _in_file(path, read, named=True)


def _seen_below(folder: Path) -> Iterator[Path]:
    """Every file below ``folder`` that is not hidden and lies in no hidden folder."""

    def fail(wrong: OSError) -> None:
        raise PaperFileError(f"the folder cannot be read: {wrong.strerror}", where=str(wrong.filename)) from wrong

    for place, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [each for each in folders if not each.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith(".") and Path(place, name).is_file())


def _in_file(path: Path, read: Callable[[bytes], Paper | None], *, named: bool) -> Iterator[Found]:
    try:
        with path.open("rb") as file:
            start = file.read(64)
            file.seek(0)
            mailbox = mail.is_mailbox(start)
            if mailbox or path.suffix.lower() in _MAIL:
                for each in mail.attachments(file, mailbox=mailbox):
                    yield _looked_at(each.name, str(path), each.sender, each.content, read, named=False)
                return
            content = file.read(reading.LARGEST + 1)
    except OSError as wrong:
        raise PaperFileError(f"the file cannot be read: {wrong.strerror}", where=str(path)) from wrong
    whole = None if len(content) > reading.LARGEST else content
    yield _looked_at(path.name, str(path), "", whole, read, named=named)


def _looked_at(
    name: str, where: str, sender: str, content: bytes | None, read: Callable[[bytes], Paper | None], *, named: bool
) -> Found:
    if content is None:
        return Found(name=name, where=where, sender=sender, left_out="too large")
    paper = read(content)
    if paper is None:
        return Found(name=name, where=where, sender=sender, left_out="no invoice")
    if not named and not _of_copaco(sender, paper):
        return Found(name=name, where=where, sender=sender, left_out="not of Copaco")
    return Found(name=name, where=where, sender=sender, content=content, paper=paper)


def _of_copaco(sender: str, paper: Paper) -> bool:
    domain = sender.rpartition("@")[2]
    known = any(domain == each or domain.endswith(f".{each}") for each in _SENDERS)
    return known or _NAME in paper.seller_name.lower()
