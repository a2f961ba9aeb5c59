"""Taking over a workbook: it is read and checked as a whole, and only then said what would change. Nothing is
written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Files
from pathlib import Path

import msgspec

from connector.errors import MappingFileError
from connector.mapping_files.layers import layers
from connector.mapping_files.loading import checked
from connector.mapping_files.problems import Noted, Problems
from connector.mapping_files.row_changes import RowChange
from connector.mapping_files.schemas import RULES
from connector.mapping_files.table import Row, Table, read_table
from connector.mapping_files.workbook_changes import Cells, changes
from connector.mapping_files.workbook_hidden import AGAIN
from connector.mapping_files.workbook_layout import NAMES_ROW, Sheet, as_table, sheets_of, source_of
from connector.mapping_files.workbook_mistakes import Mistake, WorkbookError, mistakes_of
from connector.mapping_files.workbook_reading import Content, Read, read_workbook
from connector.mapping_files.workbook_unmapped import FILE as UNMAPPED_FILE
from connector.mapping_files.workbook_unmapped import NAMES as UNMAPPED_NAMES
from connector.mapping_files.workbook_unmapped import NewRow, new_rows
from connector.mapping_files.writing import version_hash, written

_IN_UNMAPPED = {"account_id": "customer", "name": "customer_name"}
"""Columns of the sheet Unmapped that have another name than in the table."""
_TOLD = 50
"""So many changes of each side are told when two people edited."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a workbook brings: the files to write (those that change, canonical), every row that changes, and what is
    worth a look."""

    files: dict[str, bytes]
    changes: tuple[RowChange, ...]
    warnings: tuple[Mistake, ...]


def take(path: Path, files: Files[str, bytes], where: str, name: str) -> Taken:
    """What the workbook in ``path`` changes in the set ``name`` with the tables ``files``; ``where`` is its folder.

    Raises WorkbookError with every cell at fault, and MappingFileError when the workbook cannot be read, is that of
    another set, or was exported from other tables than these.
    """
    problems = Problems()
    read = read_workbook(path, problems)
    if read.origin.mapping != name:
        text = f"the workbook is of the mapping set '{read.origin.mapping}', and this is '{name}'"
        raise MappingFileError(text, hint="Choose the administration with -a, or another file.", where=str(path))
    sheets = sheets_of(files, where)
    taking = _Taking(read, sheets, problems)
    if read.origin.hash != version_hash(files):
        raise _changed_meanwhile(read, sheets, taking, str(path))
    return taking.result(files, path, where)


class _Taking:
    """One workbook being taken over."""

    def __init__(self, read: Read, sheets: Sequence[Sheet], problems: Problems) -> None:
        self._read, self._sheets, self._problems = read, sheets, problems
        self._new = self._rows_for_what_waits()
        self._at: dict[tuple[str, int], int] = {}
        self._bytes: dict[str, bytes] = {}
        self.tables: dict[str, Table | None] = {}
        for each in sheets:
            self._read_sheet(each)

    def result(self, files: Files[str, bytes], path: Path, where: str) -> Taken:
        """What changes; WorkbookError when anything is wrong."""
        problems = self._problems
        self._check_inherited()
        known = {(file, line, column) for file, line, column, _text in problems.noted_errors}
        checks = Problems()
        inherited = {file: content for file, content in files.items() if "/" in file}
        self._check_parent(files)
        if not any(not line for _file, line, _column in known):  # without a sheet, all that it holds would be missed
            checked({**inherited, **self._bytes}, where, checks)
        errors = [*problems.noted_errors, *(each for each in checks.noted_errors if each[:3] not in known)]
        mistakes = self._mistakes(errors, [*problems.noted_warnings, *checks.noted_warnings])
        wrong = sum(not each.warning for each in mistakes)
        if wrong:
            count = "one error" if wrong == 1 else f"{wrong} errors"
            lines = "".join(f"\n  {each}" for each in mistakes[:_TOLD] if not each.warning)
            lines += f"\n  ... and {wrong - _TOLD} more" if wrong > _TOLD else ""
            text = f"nothing was taken over, the workbook has {count}:{lines}"
            raise WorkbookError(text, mistakes=mistakes, title=self._read.origin.errors, where=str(path))
        found: list[RowChange] = []
        new: dict[str, bytes] = {}
        for sheet in self._sheets:
            table = self.tables.get(sheet.file)
            if table is None:
                continue
            changed, rows = changes(sheet.schema, _cells(sheet.own), _cells(table.rows))
            if changed:
                found += changed
                new[sheet.file] = _written(sheet, rows)
        return Taken(files=new, changes=tuple(found), warnings=tuple(each for each in mistakes if each.warning))

    def _rows_for_what_waits(self) -> list[NewRow]:
        content = self._read.unmapped
        missing = [name for name in UNMAPPED_NAMES if name not in content.columns] if content.columns else []
        for name in missing:
            self._problems.error(UNMAPPED_FILE, NAMES_ROW, name, "the column is missing")
        filled = [(at, dict(zip(content.header, cells, strict=True))) for at, cells in content.rows]
        return new_rows(filled, self._rules(), self._problems)

    def _rules(self) -> Iterator[tuple[str, str]]:
        """Name and direction of every rule, of those on disk and of the parents' too: no name is given again."""
        content = self._read.tables.get(RULES.file)
        for _at, cells in content.rows if content else ():
            named = dict(zip(content.header, cells, strict=True)) if content else {}
            yield named.get("id", ""), named.get("direction", "")
        for each in self._sheets:
            rows = (*each.own, *each.inherited) if each.file == RULES.file else ()
            yield from ((row.cells["id"], row.cells.get("direction", "")) for row in rows)

    def _read_sheet(self, sheet: Sheet) -> None:
        """A sheet as a table, with the rows for what waits at its end, unless it is one that is not there."""
        content = self._read.tables.get(sheet.file)
        new = [each for each in self._new if each.file == sheet.file]
        if content is None or (sheet.table is None and not content.rows and not new):
            return
        header, rows = _without_unused(sheet, content, {name for each in new for name in each.cells})
        last = max((at for at, _cells in rows), default=NAMES_ROW)
        for number, each in enumerate(new, start=last + 1):
            self._at[sheet.file, number] = each.at
            rows.append((number, [each.cells.get(name, "") for name in header]))
        self._bytes[sheet.file] = as_table(header, rows)
        # What is wrong with it is found when all are checked.
        self.tables[sheet.file] = read_table(sheet.schema, as_table(header, rows, breaks=True), Problems())

    def _check_inherited(self) -> None:
        """Rows that say they are inherited are those that are; another one was meant to be the set's own."""
        for sheet in self._sheets:
            content = self._read.tables.get(sheet.file)
            known = {(source_of(row), _frozen(row.cells)) for row in sheet.inherited}
            for source, (at, cells) in content.inherited if content else ():
                named = dict(zip(content.header, cells, strict=True)) if content else {}
                if (source, _frozen(named)) not in known:
                    text = (
                        f"the row is marked as one of '{source}', where it is not so; clear the cell to have your own"
                    )
                    self._problems.error(sheet.file, at, "from", f"{text} row, or change it in '{source}'")

    def _check_parent(self, files: Files[str, bytes]) -> None:
        settings = self._bytes.get("settings.csv", b"")
        before, after = (
            _parent({**files, "settings.csv": each}) for each in (files.get("settings.csv", b""), settings)
        )
        if before != after and settings:
            text = "the parent of a set is changed in settings.csv itself; then export the workbook anew"
            self._problems.error("settings.csv", 0, "value", text)

    def _mistakes(self, errors: Sequence[Noted], warnings: Sequence[Noted]) -> list[Mistake]:
        places = {file: (title, self._columns(file)) for file, title in self._read.origin.titles.items()}
        places = {UNMAPPED_FILE: (self._read.origin.unmapped, self._read.unmapped.columns), **places}
        errors, warnings = [self._placed(each) for each in errors], [self._placed(each) for each in warnings]
        contents = {**self._read.tables, UNMAPPED_FILE: self._read.unmapped}
        rows = {(file, at): cells for file, content in contents.items() for at, cells in content.rows}
        values = {
            (file, line, column): rows[file, line][contents[file].header.index(column)]
            for file, line, column, _text in (*errors, *warnings)
            if (file, line) in rows and column in contents[file].header
        }
        return mistakes_of(errors, warnings, places, values)

    def _columns(self, file: str) -> tuple[str, ...]:
        content = self._read.tables.get(file)
        return content.columns if content else ()

    def _placed(self, noted: Noted) -> Noted:
        """A problem where it is in the workbook: names of columns are in row 2, new rows on the sheet Unmapped."""
        file, line, column, text = noted
        if (file, line) in self._at:
            return UNMAPPED_FILE, self._at[file, line], _IN_UNMAPPED.get(column, column), text
        return (file, NAMES_ROW, column, text) if line == 1 and "/" not in file else noted


def _without_unused(sheet: Sheet, content: Content, filled: set[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and rows without the columns that the table does not have and nobody filled."""
    had = {*sheet.schema.required, *(sheet.table.columns if sheet.table else ()), *filled}
    used = [
        place
        for place, name in enumerate(content.header)
        if name in had or sheet.schema.column(name) is None or any(cells[place] for _at, cells in content.rows)
    ]
    header = [content.header[place] for place in used]
    return header, [(at, [cells[place] for place in used]) for at, cells in content.rows]


def _cells(rows: Sequence[Row]) -> Iterator[Cells]:
    yield from (row.cells for row in rows)


def _frozen(cells: Cells) -> frozenset[tuple[str, str]]:
    return frozenset((name, cell) for name, cell in cells.items() if cell)


def _parent(files: Files[str, bytes]) -> str:
    line = layers(files)
    return line[1].name if len(line) > 1 else ""


def _written(sheet: Sheet, rows: Sequence[Cells]) -> bytes:
    """A table in canonical form, with the columns it had and those that are filled now."""
    had = sheet.table.columns if sheet.table else sheet.schema.required
    columns = dict.fromkeys((*had, *(name for cells in rows for name in cells)))
    return written(sheet.schema, columns, [Row(file=sheet.file, line=0, cells=cells) for cells in rows])


def _changed_meanwhile(read: Read, sheets: Sequence[Sheet], taking: _Taking, where: str) -> MappingFileError:
    """Two people edited: what each of them changed since the export."""
    on_disk, in_workbook = [], []
    for sheet in sheets:
        base = read.origin.rows.get(sheet.file, [])
        on_disk += changes(sheet.schema, base, _cells(sheet.own))[0]
        table = taking.tables.get(sheet.file)
        in_workbook += changes(sheet.schema, base, _cells(table.rows) if table else base)[0]
    told = _listed(on_disk) or "\n  nothing in the set itself: the tables of a parent were changed"
    text = (
        "the tables were changed since this workbook was exported, and nothing was taken over."
        f"\nChanged in the tables:{told}\nChanged in the workbook:{_listed(in_workbook) or f'{chr(10)}  nothing'}"
    )
    return MappingFileError(text, hint=AGAIN, where=where)


def _listed(found: Sequence[RowChange]) -> str:
    more = f"\n  ... and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return "".join(f"\n  {each}" for each in found[:_TOLD]) + more
