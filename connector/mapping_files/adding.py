"""Adding rows to the working files of a mapping set: all or nothing, and never over a row that is there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from connector.errors import MappingFileError
from connector.mapping_files.loading import load_bytes, read_tables, source_bytes
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Row
from connector.mapping_files.writing import table_bytes, write

Cells = Mapping[str, str]
_PLAIN = re.compile(r"[+-]?\d*(\.\d+)?")
"""A sign, or an amount: no formula."""


def add_rows(folder: Path, rows: Mapping[str, Sequence[Cells]]) -> None:
    """Add ``rows`` (by file name) to the tables in ``folder``; the files that get any are written in canonical form.

    MappingFileError, and nothing is written, when a row with such a key is there already, when the tables cannot be
    used as they are, or could not be used with the rows.
    """
    before = source_bytes(folder)
    after = with_rows(before, rows, str(folder))
    load_bytes(after, str(folder))
    if source_bytes(folder) != before:
        raise MappingFileError(
            "the tables were changed by somebody else meanwhile; nothing was added",
            hint="Look at them and run the same command again.",
            where=str(folder),
        )
    write(folder, after, only=rows.keys())


def with_rows(files: Mapping[str, bytes], rows: Mapping[str, Sequence[Cells]], where: str) -> dict[str, bytes]:
    """The tables with ``rows`` added. MappingFileError when a key is there already or a table cannot be read."""
    problems = Problems()
    tables = read_tables(files, problems)
    problems.stop(where)
    result = dict(files)
    for file, more in rows.items():
        table = tables[file]
        assert table is not None, "a table that is missing is a problem"
        key = table.schema.key
        known = {tuple(row.cells.get(column, "") for column in key): row.line for row in table.rows}
        for cells in more:
            mine = tuple(cells.get(column, "") for column in key)
            if mine in known:
                place = f" on line {known[mine]}" if known[mine] else ""
                problems.error(file, 0, "", f"there is a row {' '.join(mine)} already{place}; it was not touched")
            known[mine] = 0
        columns = [*table.columns, *(each for each in _filled(more) if each not in table.columns)]
        added = [
            Row(line=0, cells={column: each.cells.get(column, "") for column in columns})
            for each in (*table.rows, *(Row(line=0, cells=dict(cells)) for cells in more))
        ]
        result[file] = table_bytes(msgspec.structs.replace(table, columns=tuple(columns), rows=tuple(added)))
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
