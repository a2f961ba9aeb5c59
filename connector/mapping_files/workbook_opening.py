"""Opening a workbook that somebody saved: only one that can be read whole, has no programs in it, and is no bomb."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl import Workbook
from openpyxl.xml import DEFUSEDXML

from connector.errors import MappingFileError
from connector.mapping_files.workbook_hidden import AGAIN

assert DEFUSEDXML, "defusedxml is a dependency, and with it openpyxl expands no entities"

_LARGEST_FILE = 100_000_000
_LARGEST_SHEET = 1_000_000_000
"""Bytes of one sheet unpacked; it is read as a stream."""
_LARGEST_PART = 100_000_000
"""Bytes of any other part unpacked, which is held in memory."""
_MOST_PARTS = 5_000
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = "Save it as 'Excel workbook (.xlsx)' and run the same command again."
_MADE_HALF = "Save or copy the file once more, as a whole, and run the same command again."


@contextmanager
def opened(path: Path, *, streaming: bool = True) -> Iterator[Workbook]:
    """The workbook in ``path``, with formulas as formulas. MappingFileError when it is none that can be taken."""
    check_file(path)
    with ExitStack() as stack:
        with readable(path):
            file = stack.enter_context(path.open("rb"))
            book = openpyxl.load_workbook(file, read_only=streaming, keep_links=False)
            stack.callback(book.close)
        yield book


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Reading within it that fails says that the file is damaged: openpyxl has no exception of its own for that."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what it does not keep, such as extensions of drop-downs
            yield
    except (MappingFileError, MemoryError):
        raise
    except OSError as wrong:
        raise MappingFileError(
            f"the workbook cannot be read: {wrong.strerror or wrong}", hint=_MADE_HALF, where=str(path)
        ) from wrong
    except Exception as wrong:
        raise MappingFileError(
            f"the workbook is damaged and cannot be read ({_short(wrong)})", hint=_MADE_HALF, where=str(path)
        ) from wrong


def check_file(path: Path) -> None:
    """MappingFileError unless ``path`` is a workbook without programs, whose parts have a reasonable size."""
    where = str(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            beginning = file.read(8)
            rest = file.read(1_000_000) if beginning == _OLE else b""
    except OSError as wrong:
        raise MappingFileError(
            f"the workbook cannot be read: {wrong.strerror}", hint="Check the name of the file.", where=where
        ) from wrong
    if beginning == _OLE:
        if _ENCRYPTED in rest:
            raise MappingFileError(
                "the workbook has a password", hint="Save it without one and run the same command again.", where=where
            )
        raise MappingFileError("this is a workbook in the old form (.xls)", hint=_SAVE_AS, where=where)
    if size > _LARGEST_FILE:
        raise MappingFileError(f"the file has {size:,} bytes, far more than tables need", hint=AGAIN, where=where)
    if not beginning.startswith(b"PK"):
        raise MappingFileError("this is no workbook", hint=_SAVE_AS, where=where)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive.infolist(), where)
            if "mimetype" in archive.namelist():
                raise MappingFileError("this is a workbook of another kind (.ods)", hint=_SAVE_AS, where=where)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as wrong:
        raise MappingFileError(
            "the workbook is not whole, as after a copy or save that was cut short", hint=_MADE_HALF, where=where
        ) from wrong


def _check_parts(parts: list[zipfile.ZipInfo], where: str) -> None:
    if any(part.filename.casefold().endswith("vbaproject.bin") for part in parts):
        raise MappingFileError("the workbook holds macros, which are never taken", hint=_SAVE_AS, where=where)
    if len({part.filename for part in parts}) != len(parts) or len(parts) > _MOST_PARTS:
        raise MappingFileError("the workbook is built in an unusual way", hint=AGAIN, where=where)
    for part in parts:
        sheet = part.filename.startswith("xl/worksheets/")
        if part.file_size > (_LARGEST_SHEET if sheet else _LARGEST_PART) or _inflates(part):
            raise MappingFileError(
                f"{part.filename} in the workbook unpacks to {part.file_size:,} bytes, far more than tables need",
                hint=AGAIN,
                where=where,
            )


def _inflates(part: zipfile.ZipInfo) -> bool:
    """Whether a large part is nearly nothing when packed: real sheets pack to a fiftieth at best."""
    return part.file_size > 20_000_000 and part.file_size > 400 * max(part.compress_size, 1)


def _short(wrong: Any) -> str:
    text = f"{type(wrong).__name__}: {wrong}".replace("\n", " ")
    return text if len(text) <= 120 else f"{text[:120]}..."
