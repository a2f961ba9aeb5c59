"""A folder of papers: safe names, files written as a whole, and never one replaced that somebody else changed."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Self

import msgspec

from connector.customer_papers.books import stored
from connector.errors import ConnectorError

LIST = ".connector-papers.json"
"""What was written in a folder, by file name: its hash and the amounts in it."""
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 60


class Fate(Enum):
    """What became of a file: written anew, replaced by another content, the same as before, or left alone because
    somebody else changed it."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    LEFT = "changed by others"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was written: SHA-256 of its bytes as hex, and the amounts in it in minor units."""

    sha256: str
    net: int
    vat: int


_records = msgspec.json.Decoder(dict[str, Record])


class PapersError(ConnectorError):
    """A folder of papers cannot be used."""

    exit_code = 3
    default_hint = "Give another folder, or mend what is named."


class Folder:
    """A folder to write papers into; a context, which at its end writes down what was written. With ``overwrite`` also
    files that others changed are replaced."""

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path, self._overwrite = path, overwrite
        self._records = records(path)

    def put(self, name: str, content: bytes, *, net: int = 0, vat: int = 0) -> Fate:
        """Write a file as a whole or not at all, and remember the amounts in it; what became of it."""
        file, made = self.path / name, hashlib.sha256(content).hexdigest()
        there = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""
        known = self._records.get(name)
        if there not in ("", made) and not self._overwrite and (known is None or known.sha256 != there):
            return Fate.LEFT
        if there != made:
            write_whole(file, content)
        self._records[name] = Record(sha256=made, net=net, vat=vat)
        return Fate.UNCHANGED if there == made else Fate.REPLACED if there else Fate.WRITTEN

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        content = msgspec.json.format(msgspec.json.encode(dict(sorted(self._records.items()))))
        write_whole(self.path / LIST, content)

    def left_over(self, period: str, names: Iterable[str]) -> list[str]:
        """Files of the month that an earlier run wrote, which still lie here and are not among ``names``."""
        known = set(names)
        return [
            each
            for each in sorted(self._records)
            if each.startswith(f"{period}_") and each not in known and (self.path / each).exists()
        ]

    def zipped(self, name: str, files: Iterable[str]) -> Fate:
        """Write ``files`` of this folder together as a ZIP file."""
        draft = self.path / f".{name}.new"
        try:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
                for each in files:
                    archive.writestr(stored(each), (self.path / each).read_bytes())
            return self.put(name, draft.read_bytes())
        finally:
            draft.unlink(missing_ok=True)


def records(path: Path) -> dict[str, Record]:
    """What was written in the folder ``path``. PapersError when the list cannot be read."""
    try:
        return _records.decode((path / LIST).read_bytes())
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise PapersError(
            f"the list of what was written is damaged: {error}",
            where=str(path / LIST),
            hint="Remove that file; files that differ from what is written now are then left alone.",
        ) from error


def write_whole(file: Path, content: bytes) -> None:
    """Write ``file`` as a whole or not at all."""
    with drafted(file) as draft:
        draft.write_bytes(content)


@contextmanager
def drafted(file: Path) -> Iterator[Path]:
    """Where ``file`` is written first: it takes the place of ``file`` at the end, or goes when anything fails. An
    OSError about it names ``file``, since nobody asked for another one.
    """
    draft = file.with_name(f".{file.name}.new")
    try:
        yield draft
        draft.replace(file)
    except OSError as error:
        # A disk that is full names no file at all.
        if error.filename is None or os.fspath(error.filename) == str(draft):
            raise OSError(error.errno, error.strerror, str(file)) from error
        raise
    finally:
        with suppress(OSError):  # the folder may not be there
            draft.unlink(missing_ok=True)


def file_name(period: str, name: str, customer: str, currency: str = "EUR") -> str:
    """The name of a customer's file without its ending: safe on every system, its own for every customer.

    >>> file_name("2026-01", "Café 'De/Zon' B.V.", "6c1f0b52-7d1a")
    '2026-01_Cafe-De-Zon-B.V_6c1f0b52-7d1a'
    """
    words = _safe(name)[:_LONGEST].strip("-._")
    account = _safe(customer)
    if account != customer or len(account) > _LONGEST or customer != customer.lower() or not customer:
        # Two customers must not share a file, not even where capitals do not count.
        mark = hashlib.sha256(f"{customer}\n{'' if customer else name}".encode()).hexdigest()[:12]
        account = f"{account[:20]}-{mark}".strip("-._")
    parts = [period, words, account, *([currency] if currency != "EUR" else [])]
    return "_".join(part for part in parts if part)


def _safe(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"-{2,}", "-", _UNSAFE.sub("-", letters)).strip("-._")
