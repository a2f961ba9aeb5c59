"""The canonical form of a mapping set: semicolons, UTF-8, LF, columns in their order, rows sorted by their key."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection
from collections.abc import Mapping as Files
from pathlib import Path

import msgspec

from connector.mapping_files.loading import read_tables
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Row, Table


def canonical(files: Files[str, bytes]) -> dict[str, bytes]:
    """The tables in canonical form, whose canonical form they are themselves. MappingFileError when one
    cannot be read.
    """
    return {table.schema.file: table_bytes(table) for table in _tables(files)}


def write(folder: Path, files: Files[str, bytes], *, only: Collection[str] | None = None) -> None:
    """Write the canonical form of ``files`` into ``folder``, each replaced as a whole; with ``only`` just these."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in canonical(files).items():
        if only is not None and file not in only:
            continue
        unfinished = folder / f".{file}.new"
        unfinished.write_bytes(content)
        unfinished.replace(folder / file)


def version_hash(files: Files[str, bytes]) -> str:
    """SHA-256, as hex, of what the tables say: the same whatever their encoding, separators, order of rows
    and columns, and blank columns.
    """
    said = [
        [table.schema.file, [sorted((k, v) for k, v in row.cells.items() if v) for row in _sorted(table)]]
        for table in _tables(files)
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _tables(files: Files[str, bytes]) -> list[Table]:
    problems = Problems()
    tables = read_tables(files, problems)
    problems.stop("mapping")
    return [table for table in tables.values() if table]


def _sorted(table: Table) -> list[Row]:
    # The whole row comes after the key, so that even rows with one key have one order.
    def place(row: Row) -> tuple[list[str], list[tuple[str, str]]]:
        return [row.cells.get(column, "") for column in table.schema.key], sorted(row.cells.items())

    return sorted(table.rows, key=place)


def table_bytes(table: Table) -> bytes:
    """A table in canonical form."""
    columns = sorted(table.columns, key=table.schema.place)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.cells[column] for column in columns] for row in _sorted(table))
    return text.getvalue().encode()
