"""The canonical form of a mapping set: semicolons, UTF-8, LF, columns in their order, rows sorted by their key."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from collections.abc import Mapping as Files
from pathlib import Path

import msgspec

from connector.mapping_files.layers import layers
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import SCHEMAS, Schema
from connector.mapping_files.table import Row, Table, read_table


def canonical(files: Files[str, bytes]) -> dict[str, bytes]:
    """The tables of one set in canonical form, whose canonical form they are themselves; what the set inherits is left
    out. MappingFileError when one cannot be read.
    """
    own = {file: content for file, content in files.items() if "/" not in file}
    return {table.file: written(table.schema, table.columns, table.rows) for table in tables_of(own)}


def write(folder: Path, files: Files[str, bytes]) -> None:
    """Write the canonical form of ``files`` into ``folder``, each file replaced as a whole."""
    replace_files(folder, canonical(files))


def replace_files(folder: Path, files: Files[str, bytes]) -> None:
    """Write ``files`` as they are into ``folder``: all are written beside the old ones before the first is replaced, so
    that a full disk leaves the old ones."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = {file: folder / f".{file}.new" for file in files}
    try:
        for file, content in files.items():
            unfinished[file].write_bytes(content)
        for file, draft in unfinished.items():
            draft.replace(folder / file)
    finally:
        for draft in unfinished.values():
            draft.unlink(missing_ok=True)


def version_hash(files: Files[str, bytes]) -> str:
    """SHA-256, as hex, of what the tables say, those of parents too: the same whatever their encoding, separators,
    order of rows and columns, spelling of dates and numbers, and blank columns.
    """
    said = [
        [table.file, [sorted((k, v) for k, v in row.cells.items() if v) for row in _sorted(table.schema, table.rows)]]
        for table in tables_of(files)
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def tables_of(files: Files[str, bytes]) -> list[Table]:
    """Every table of the set and its parents by itself."""
    problems = Problems()
    read = [
        read_table(schema, layer.files[file], problems, file=layer.shown(file))
        for layer in layers(files)
        for file, schema in SCHEMAS.items()
        if file in layer.files
    ]
    problems.stop("mapping")
    return [table for table in read if table]


def _sorted(schema: Schema, rows: Iterable[Row]) -> list[Row]:
    # The whole row comes after the key, so that even rows with one key have one order.
    def place(row: Row) -> tuple[list[str], list[tuple[str, str]]]:
        return [row.cells.get(column, "") for column in schema.key], sorted(row.cells.items())

    return sorted(rows, key=place)


def written(schema: Schema, names: Iterable[str], rows: Iterable[Row]) -> bytes:
    """A table as it is written: semicolons, UTF-8, LF, columns in their order, rows sorted by their key."""
    columns = sorted(names, key=schema.place)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.cells.get(column, "") for column in columns] for row in _sorted(schema, rows))
    return text.getvalue().encode()
