"""Adding rows to the working files of a mapping set: all or nothing, and never over a row that is there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from connector.errors import MappingFileError
from connector.mapping_files.layers import identity, read_folder
from connector.mapping_files.loading import load_bytes, read_tables
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import SCHEMAS
from connector.mapping_files.table import Row, read_table
from connector.mapping_files.writing import replace_files, written

Cells = Mapping[str, str]
_PLAIN = re.compile(r"[+-]?\d*(\.\d+)?")
"""A sign, or an amount: no formula."""


def add_rows(folder: Path, rows: Mapping[str, Sequence[Cells]]) -> None:
    """Add ``rows`` (by file name) to the tables in ``folder``; the files that get any are written in canonical form.

    MappingFileError, and nothing is written, when a row with such a key is there already, when the tables cannot be
    used as they are, or could not be used with the rows.
    """
    before = read_folder(folder)
    after = with_rows(before, rows, str(folder))
    load_bytes(after, str(folder))
    if read_folder(folder) != before:
        raise MappingFileError(
            "the tables were changed by somebody else meanwhile; nothing was added",
            hint="Look at them and run the same command again.",
            where=str(folder),
        )
    replace_files(folder, {file: after[file] for file in rows})


def with_rows(files: Mapping[str, bytes], rows: Mapping[str, Sequence[Cells]], where: str) -> dict[str, bytes]:
    """The tables with ``rows`` added to those of the set itself. MappingFileError when a row of that key is there
    already, also in a parent, or a table cannot be read."""
    problems = Problems()
    inherited = read_tables(files, problems)
    problems.stop(where)
    result = dict(files)
    for file, more in rows.items():
        schema, table = SCHEMAS[file], inherited[file]
        new = [Row(file=file, line=0, cells=dict(cells)) for cells in more]
        known = {identity(schema, row): row for row in (table.rows if table else ())}
        for row in new:
            first = known.setdefault(identity(schema, row), row)
            if first is not row:
                place = f" on line {first.line} of {first.file}" if first.line else ""
                named = row.cells.get("id") or " ".join(row.cells.get(column, "") for column in schema.key)
                problems.error(file, 0, "", f"there is a row {named} already{place}; it was not touched")
        own = read_table(schema, files[file], problems) if file in files else None
        columns = [*(own.columns if own else schema.required)]
        columns += [each for each in _filled(more) if each not in columns]
        result[file] = written(schema, columns, [*(own.rows if own else ()), *new])
    problems.stop(where)
    return result


def _filled(rows: Sequence[Cells]) -> list[str]:
    return list(dict.fromkeys(column for cells in rows for column, value in cells.items() if value))


def listed(columns: Sequence[str], rows: Sequence[Cells]) -> bytes:
    """Rows as a CSV for a spreadsheet: UTF-8 with a byte-order mark, semicolons. A cell that a spreadsheet would take
    for a formula has an apostrophe before it; a sign alone is none.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_no_formula(cells.get(column, "")) for column in columns] for cells in rows)
    return text.getvalue().encode("utf-8-sig")


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _PLAIN.fullmatch(cell) else cell
