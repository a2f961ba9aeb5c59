"""The sheets of a workbook: which rows and columns they show, and a table as the reader of tables sees a sheet.

Row 1 has titles, row 2 the names of the columns, the rows of the table begin in row 3.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Files

import msgspec

from connector.mapping_files.layers import layers, merged
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import PACKAGES, RULES, SCHEMAS, Schema
from connector.mapping_files.table import Row, Table, read_table

FORMAT = "1"
"""The version of the form of the workbook; another one cannot be read."""
HIDDEN = "_connector"
LISTS = "_lists"
NAMES_ROW = 2
FIRST_ROW = 3
FROM = "from"
"""The column that says from which set a row is inherited; only in sets with a parent."""
BREAK = "\N{LINE SEPARATOR}"
"""Stands for a line end within a cell while a sheet is checked, so that each of its rows is one line."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table as its sheet shows it. ``table`` is the set's own, ``None`` where it has none; ``inherited`` are the rows
    of its parents that count for it; ``columns`` begin with ``FROM`` in a set with a parent."""

    schema: Schema
    table: Table | None
    inherited: tuple[Row, ...]
    columns: tuple[str, ...]

    @property
    def file(self) -> str:
        """The file of the table."""
        return self.schema.file

    @property
    def own(self) -> tuple[Row, ...]:
        """The rows of the set itself."""
        return self.table.rows if self.table else ()

    @property
    def unused(self) -> frozenset[str]:
        """Columns that can be left out and are, of packages that are not used: they are there and out of sight."""
        return frozenset(PACKAGES) - frozenset(self.table.columns if self.table else ())


def source_of(row: Row) -> str:
    """The set that a row is inherited from, '' for one of the set itself."""
    return row.file.partition("/")[0] if "/" in row.file else ""


def sheets_of(files: Files[str, bytes], where: str) -> list[Sheet]:
    """The sheets of the set ``files``. MappingFileError when a table cannot be read as one: rows would get lost."""
    problems = Problems()
    line = layers(files)
    read = {
        file: [
            table
            for layer in line
            if file in layer.files
            and (table := read_table(schema, layer.files[file], problems, file=layer.shown(file))) is not None
        ]
        for file, schema in SCHEMAS.items()
    }
    for layer in line:
        for file in sorted(layer.files.keys() - SCHEMAS.keys()):
            problems.error(layer.shown(file), 0, "", "this is none of the tables of a mapping; take it out")
    problems.stop(where)
    declared = [row.cells["dimension"] for table in read["dimensions.csv"] for row in table.rows]
    return [_sheet(SCHEMAS[file], tables, declared, inherits=len(line) > 1) for file, tables in read.items()]


def _sheet(schema: Schema, tables: Sequence[Table], declared: Iterable[str], *, inherits: bool) -> Sheet:
    own = next((table for table in tables if "/" not in table.file), None)
    rows = merged(schema, tables, Problems()).rows if tables else ()
    names = dict.fromkeys(schema.names) | dict.fromkeys(column for table in tables for column in table.columns)
    if schema is RULES:
        names |= dict.fromkeys(
            f"dim_{dimension}" for dimension in declared if dimension and dimension == dimension.lower()
        )
    columns = sorted(names, key=schema.place)
    return Sheet(
        schema=schema,
        table=own,
        inherited=tuple(row for row in rows if source_of(row)),
        columns=(*([FROM] if inherits else []), *columns),
    )


def as_table(header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], *, breaks: bool = False) -> bytes:
    """Rows of a sheet, each with its number, as a table whose lines have the numbers of the rows; with ``breaks`` as
    one whose cells keep their line ends.

    The first line is Excel's 'sep=;', which takes the place of the titles.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    text.write("sep=;\n")
    writer.writerow([name.replace("\n", " ") for name in header])
    at = NAMES_ROW
    for number, cells in rows:
        text.write("\n" * (number - at - 1))
        writer.writerow(cells if breaks else [cell.replace("\n", BREAK) for cell in cells])
        at = number
    return text.getvalue().encode()


def numbered(sheet: Sheet) -> Iterator[tuple[int, Row]]:
    """The rows of a sheet with their numbers: the set's own, then those it inherits."""
    yield from enumerate((*sheet.own, *sheet.inherited), start=FIRST_ROW)
