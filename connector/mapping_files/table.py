"""Reading a table: bytes to rows of text cells, strictly. What a cell means is read by ``cells``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from connector.mapping_files.problems import Problems, nearest
from connector.mapping_files.schemas import Schema

_SEPARATOR = re.compile(r'"?sep=(.)"?[ ;,]*\n', re.IGNORECASE)
"""The first line by which Excel knows the separator; it is no row."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not blank: the line it begins on (header = 1) and its cells without surrounding spaces."""

    line: int
    cells: dict[str, str]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table as read. ``columns`` are in the order of the file."""

    schema: Schema
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(schema: Schema, content: bytes, problems: Problems) -> Table | None:
    """The table in ``content``, or ``None`` when it cannot be read as one; what is wrong is added to ``problems``.

    UTF-8 with or without BOM (Windows-1252 with a warning), semicolon or comma or what Excel's line 'sep=;' says, any
    line end. Blank rows are
    skipped; column names may be in capitals.
    """
    text = _decoded(schema, content, problems)
    if text is None:
        return None
    told = _SEPARATOR.match(text)
    delimiter = told[1] if told else ";" if ";" in text.lstrip().partition("\n")[0] else ","
    if delimiter == "\t" or "\t" in text.lstrip().partition("\n")[0]:
        problems.error(schema.file, 1, "", "the cells are separated by tabs; save it as 'CSV UTF-8', with semicolons")
        return None
    records = list(_records(schema, text, problems, delimiter, skip=1 if told else 0))
    if not records:
        problems.error(
            schema.file, 0, "", f"the file is empty; it needs at least the header {';'.join(schema.columns)}"
        )
        return None
    header = [name.strip().lower() for name in records[0][1]]
    while header and not header[-1]:
        header.pop()
    if not _header_is_right(schema, header, problems):
        return None
    rows = tuple(row for line, cells in records[1:] if (row := _row(schema, header, line, cells, problems)))
    return Table(schema=schema, columns=tuple(header), rows=rows)


def _decoded(schema: Schema, content: bytes, problems: Problems) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            text = "\0"
        else:
            problems.warning(schema.file, line, "", "not UTF-8, read as Windows-1252; save it as 'CSV UTF-8'")
    if "\0" in text:
        problems.error(schema.file, 0, "", "the file is no readable text; save it as 'CSV UTF-8' and try again")
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _records(
    schema: Schema, text: str, problems: Problems, delimiter: str, *, skip: int
) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with the line on which it begins; the first ``skip`` lines are none."""
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if line > skip and any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as wrong:
        problems.error(schema.file, line, "", f"the row cannot be read ({wrong}); look for a stray quotation mark")


def _header_is_right(schema: Schema, header: list[str], problems: Problems) -> bool:
    wrong = False
    missing = [column for column in schema.required if column not in header]
    for place, column in enumerate(header, start=1):
        if not column:
            problems.error(schema.file, 1, "", f"column {place} has no name")
        elif not schema.allows(column):
            hint = nearest(column, missing) or nearest(column, schema.columns)
            problems.error(schema.file, 1, column, f"the table has no such column{hint}")
        elif column in header[: place - 1]:
            problems.error(schema.file, 1, column, "the column is there twice")
        else:
            continue
        wrong = True
    for column in missing:
        problems.error(schema.file, 1, column, "the column is missing")
    return not wrong and not missing


def _row(schema: Schema, header: list[str], line: int, cells: list[str], problems: Problems) -> Row | None:
    while len(cells) > len(header) and not cells[-1]:
        cells.pop()
    if len(cells) != len(header):
        text = f"the row has {len(cells)} cells where the header has {len(header)}"
        problems.error(schema.file, line, "", f"{text}; look for a missing or an extra separator")
        return None
    return Row(line=line, cells=dict(zip(header, cells, strict=True)))
