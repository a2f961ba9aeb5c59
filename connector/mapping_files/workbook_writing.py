"""Writing the workbook of a mapping set: a sheet per table, what waits, what is wrong, and what it was made from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Files

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.worksheet import Worksheet

from connector import texts
from connector.domain.waiting import Waiting
from connector.errors import MappingFileError
from connector.mapping_files.columns import Column, Kind
from connector.mapping_files.loading import checked
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Row
from connector.mapping_files.workbook_cells import LONGEST
from connector.mapping_files.workbook_hidden import Origin, kept, write_origin
from connector.mapping_files.workbook_layout import (
    FIRST_ROW,
    FORMAT,
    FROM,
    LISTS,
    Sheet,
    as_table,
    numbered,
    sheets_of,
    source_of,
)
from connector.mapping_files.workbook_lists import Lists
from connector.mapping_files.workbook_mistakes import Mistake, mistakes_of, write_mistakes
from connector.mapping_files.workbook_styles import FREE, GREY, ID, add_styles, finish, head, protect, put
from connector.mapping_files.workbook_texts import (
    ERRORS,
    FROM_MEANING,
    UNMAPPED,
    column_note,
    column_title,
    sheet_titles,
)
from connector.mapping_files.workbook_unmapped import write_unmapped
from connector.mapping_files.writing import version_hash
from connector.texts import _

BLANK_ROWS = 500
"""Rows below those of a table, for new ones."""


def workbook(
    files: Files[str, bytes], waiting: Iterable[Waiting], where: str, name: str, *, blank_rows: int = BLANK_ROWS
) -> bytes:
    """The workbook of the set ``name`` with the tables ``files`` (as ``read_folder`` gives them), in the language of
    the reader.

    ``where`` is told in errors; each table has ``blank_rows`` for new rows. Raises MappingFileError when a table cannot
    be read as one.
    """
    sheets, titles = sheets_of(files, where), sheet_titles()
    _check_lengths(sheets, where)
    book = Workbook()
    del book[book.sheetnames[0]]
    add_styles(book)
    pages = {each.file: book.create_sheet(titles[each.file]) for each in sheets}
    unmapped, wrong = book.create_sheet(_(UNMAPPED), 0), book.create_sheet(_(ERRORS), 1)
    lists = Lists(book.create_sheet(LISTS), sheets)
    for each in sheets:
        _write_table(pages[each.file], each, lists, blank_rows)
    write_unmapped(unmapped, waiting, lists)
    write_mistakes(wrong, _mistakes(files, sheets, titles, where))
    book[LISTS].sheet_state = "hidden"
    protect(book[LISTS])
    origin = Origin(
        format=FORMAT,
        language=texts.language(),
        mapping=name,
        hash=version_hash(files),
        titles=titles,
        unmapped=unmapped.title,
        errors=wrong.title,
        rows=kept(sheets),
    )
    write_origin(book, origin)
    book.security = WorkbookProtection(lockStructure=True)
    book.properties.creator = "Copaco connector"
    book.properties.title = name
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _check_lengths(sheets: Sequence[Sheet], where: str) -> None:
    problems = Problems()
    for sheet in sheets:
        for row in (*sheet.own, *sheet.inherited):
            for column, cell in row.cells.items():
                if len(cell) > LONGEST // 2:  # written, some signs take more room
                    problems.error(row.file, row.line, column, f"the cell has {len(cell)} signs: too long for a sheet")
    problems.stop(where)


def _write_table(page: Worksheet, sheet: Sheet, lists: Lists, blank_rows: int) -> None:
    columns = [sheet.schema.column(name) or Column(name=name, meaning=FROM_MEANING) for name in sheet.columns]
    head(page, [(each.name, column_title(sheet.schema, each.name), column_note(each)) for each in columns])
    last = FIRST_ROW - 1
    for last, row in numbered(sheet):
        source = source_of(row)
        for at, column in enumerate(columns, start=1):
            text = source if column.name == FROM else row.cells.get(column.name, "")
            put(page, last, at, text, GREY if source else _style(sheet, column, text))
    for row_number in range(last + 1, last + 1 + blank_rows):
        for at, column in enumerate(columns, start=1):
            page.cell(row_number, at).style = GREY if column.name == FROM else FREE
    last += blank_rows
    for at, column in enumerate(columns, start=1):
        if column.name != FROM:
            lists.offer(page, column, at, last)
    frozen = 1 + sheet.columns.index(_first_id(sheet))
    finish(page, last_row=last, columns=len(columns), frozen=frozen)
    for at, column in enumerate(columns, start=1):
        page.column_dimensions[get_column_letter(at)].hidden = column.name in sheet.unused


def _first_id(sheet: Sheet) -> str:
    return next(name for name in sheet.schema.key if name in sheet.columns)


def _style(sheet: Sheet, column: Column, text: str) -> str:
    """What names a row is locked; everything else of it can be changed."""
    if column.name == FROM:
        return GREY
    names_row = column.name in sheet.schema.key and column.kind is Kind.IDENTIFIER and text
    return ID if names_row else FREE


def _mistakes(files: Files[str, bytes], sheets: Sequence[Sheet], titles: Files[str, str], where: str) -> list[Mistake]:
    """What is wrong with the tables, at its place in the workbook."""
    problems = Problems()
    shown = {file: content for file, content in files.items() if "/" in file}
    shown |= {each.file: as_table(each.table.columns, _own(each, each.table.columns)) for each in sheets if each.table}
    try:
        checked(shown, where, problems)
    except MappingFileError as wrong:
        problems.error("settings.csv", 0, "", wrong.message)
    values = {
        (each.file, number, column): cell
        for each in sheets
        for number, row in enumerate(each.own, start=FIRST_ROW)
        for column, cell in row.cells.items()
    }
    places = {each.file: (titles[each.file], each.columns) for each in sheets}
    return mistakes_of(problems.noted_errors, problems.noted_warnings, places, values)


def _own(sheet: Sheet, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    rows: tuple[Row, ...] = sheet.own
    yield from ((number, [row.cells[column] for column in columns]) for number, row in enumerate(rows, start=FIRST_ROW))
