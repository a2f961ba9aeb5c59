"""The hidden sheet: what a workbook was made from, so that it comes back to the tables it left."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping as Files
from collections.abc import Sequence

import msgspec
from openpyxl import Workbook

from connector.errors import MappingFileError
from connector.mapping_files.workbook_layout import FORMAT, HIDDEN, Sheet
from connector.mapping_files.workbook_styles import GREY, protect, put

_PIECE = 30_000
"""Signs of a cell; what is longer goes on in the next one."""
_LARGEST = 256_000_000
"""Bytes that the rows kept may have; tables are far smaller."""
Kept = dict[str, list[dict[str, str]]]
"""Rows by file, with their filled cells."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a workbook was made from: ``hash`` is that of the tables (``version_hash``), ``titles`` names the sheet of
    each table, ``unmapped`` and ``errors`` the other two, and ``rows`` are the rows as they were, without what they
    inherit."""

    format: str
    language: str
    mapping: str
    hash: str
    titles: dict[str, str]
    unmapped: str
    errors: str
    rows: Kept


def kept(sheets: Sequence[Sheet]) -> Kept:
    """The set's own rows by file, with their filled cells."""
    return {each.file: [{name: cell for name, cell in row.cells.items() if cell} for row in each.own]
            for each in sheets}  # fmt: skip


def write_origin(book: Workbook, origin: Origin) -> None:
    """Add the hidden sheet."""
    sheet = book.create_sheet(HIDDEN)
    sheet.sheet_state = "hidden"
    put(sheet, 1, 1, "format", GREY)
    put(sheet, 1, 2, FORMAT, GREY)
    packed = base64.b64encode(zlib.compress(msgspec.json.encode(origin), 9)).decode()
    for number, start in enumerate(range(0, len(packed), _PIECE)):
        put(sheet, 2 + number, 1, "origin", GREY)
        put(sheet, 2 + number, 2, packed[start : start + _PIECE], GREY)
    protect(sheet)


def read_origin(cells: Files[tuple[int, int], str], where: str) -> Origin:
    """What the hidden sheet with ``cells`` (row, column → text) says. MappingFileError when that is not ours."""
    found = cells.get((1, 2), "")
    if cells.get((1, 1)) != "format" or not found:
        raise MappingFileError("the hidden sheet of the workbook was changed", hint=AGAIN, where=where)
    if found != FORMAT:
        raise MappingFileError(
            f"the workbook has form {found}, and this version of the connector reads form {FORMAT}",
            hint=AGAIN,
            where=where,
        )
    pieces, row = [], 2
    while cells.get((row, 1)) == "origin":
        pieces.append(cells.get((row, 2), ""))
        row += 1
    try:
        unpacking = zlib.decompressobj()
        packed = base64.b64decode("".join(pieces), validate=True)
        text = unpacking.decompress(packed, _LARGEST)
        return msgspec.json.decode(text, type=Origin)
    except (ValueError, zlib.error, msgspec.MsgspecError) as wrong:
        raise MappingFileError("the hidden sheet of the workbook was changed", hint=AGAIN, where=where) from wrong


AGAIN = "Export the workbook anew with 'connector mapping export', and fill in the changes there."
