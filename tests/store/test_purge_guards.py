"""Rows go by a purge that names them, in its own transaction, and in no other way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, Table, delete, select, text

from connector.errors import GuardError
from connector.store import tables
from connector.store.database import Database
from connector.store.purge_guards import PURGEABLE, arriving
from tests.store import rows


def _put(connection: Connection, table: Table, **values: Any) -> None:
    connection.execute(table.insert(), [rows.row(table, **values)])


def _close(connection: Connection, purge_id: int) -> None:
    _put(connection, tables.purge, purge_id=purge_id)
    connection.execute(delete(tables.purge_open).where(tables.purge_open.c.administration_id == 1))


@pytest.fixture
def filled(database: Database) -> Database:
    """One row in every table; the document in it is another's, not that of the purge in it."""
    with database.transaction() as connection:
        rows.fill(connection)
        _put(connection, tables.invoice, invoice_id=2, number="other")
        _put(connection, tables.invoice_version, invoice_id=2, version_id=2)
        _put(connection, tables.line, version_id=2)
    return database


def _refused(database: Database, *statements: Any) -> str:
    with pytest.raises(GuardError) as refusal:
        _run(database, *statements)
    return refusal.value.message


def _run(database: Database, *statements: Any) -> None:
    with database.transaction() as connection:
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


def _lines(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(select(tables.line.c.version_id).order_by(tables.line.c.version_id)))


def test_what_a_purge_names_goes_and_nothing_beside_it(filled: Database) -> None:
    line = tables.line
    opening = tables.purge_open.insert().values(rows.row(tables.purge_open, purge_id=2))
    naming = tables.purged_document.insert().values(rows.row(tables.purged_document, purge_id=2, invoice_id=2))
    named, neighbour = (delete(line).where(line.c.version_id == number) for number in (2, 1))
    assert _refused(filled, named) == "line is append-only"  # before
    with filled.transaction() as connection:
        connection.execute(opening)
        connection.execute(naming)
        connection.execute(named)
        _close(connection, 2)
    assert _lines(filled) == [1]
    assert _refused(filled, neighbour) == "line is append-only"  # after
    for statement in (neighbour, delete(line)):  # within: the neighbour of what is named
        again = [tables.purge_open.insert().values(rows.row(tables.purge_open, purge_id=3)), statement]
        assert _refused(filled, *again) == "line is append-only"
    assert _lines(filled) == [1]


def test_each_table_that_a_purge_reaches_is_guarded_row_by_row(filled: Database) -> None:
    """An open purge that names nothing lets nothing go, but what documents share, examples of fields and registers."""
    shared = {"combination", "subscription", "charge", "decided", "decision", "field_note"}
    shared |= {"register_version", "register_sighting", "register_entry"}
    opening = tables.purge_open.insert().values(rows.row(tables.purge_open, purge_id=2))
    for name in PURGEABLE:
        if name not in shared:
            message = _refused(filled, opening, f'DELETE FROM "{name}"')
            assert message == f"{name} is append-only" or "refuses a row" in message, name


def test_everything_of_a_named_document_can_go(filled: Database) -> None:
    with filled.transaction() as connection:
        _put(connection, tables.purge_open, purge_id=2)
        _put(connection, tables.purged_document, purge_id=2, invoice_id=2)
        connection.execute(delete(tables.line).where(tables.line.c.version_id == 2))
        connection.execute(delete(tables.invoice_version).where(tables.invoice_version.c.version_id == 2))
        _close(connection, 2)
    with filled.reading() as connection:
        assert list(connection.scalars(select(tables.invoice_version.c.version_id))) == [1]


def test_a_purge_that_is_not_closed_is_not_committed(filled: Database) -> None:
    line = tables.line
    opening = tables.purge_open.insert().values(rows.row(tables.purge_open, purge_id=2))
    naming = tables.purged_document.insert().values(rows.row(tables.purged_document, purge_id=2, invoice_id=2))
    assert "refuses a row" in _refused(filled, opening, naming, delete(line).where(line.c.version_id == 2))
    assert _refused(filled, opening, delete(tables.purge_open)) == "this purge is not written"
    assert _lines(filled) == [1, 2]


def test_a_purge_is_opened_once_and_nothing_is_added_to_it_afterwards(filled: Database) -> None:
    assert _refused(filled, tables.purge_open.insert().values(rows.row(tables.purge_open))) == "this purge is done"
    for table in (tables.purge, tables.purged_document, tables.purged_entry, tables.purged_rows):
        more = {"invoice_id": 2, "purge_id": 1, "entry_no": 2, "table_name": "y"}
        values = {name: value for name, value in more.items() if name in table.c}
        assert _refused(filled, table.insert().values(rows.row(table, **values))) == "this purge is not open"


def test_an_open_purge_opens_nothing_for_another_connection(postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        rows.fill(connection)
        _put(connection, tables.invoice, invoice_id=2, number="other")
        _put(connection, tables.invoice_version, invoice_id=2, version_id=2)
        _put(connection, tables.line, version_id=2)
    with postgresql.transaction() as connection:
        _put(connection, tables.purge_open, purge_id=2)
        _put(connection, tables.purged_document, purge_id=2, invoice_id=2)
        assert _refused(postgresql, "DELETE FROM line WHERE administration_id = 1") == "line is append-only"
        connection.execute(delete(tables.line).where(tables.line.c.version_id == 2))
        _close(connection, 2)
    assert _lines(postgresql) == [1]


def test_what_is_kept_of_purges_arrives_in_another_database(postgresql: Database) -> None:
    """As a move brings it: the guard is away within the transaction alone."""
    with postgresql.transaction() as connection:
        for statement in arriving(on=True):
            connection.execute(text(statement))
        for table in (tables.administration, tables.invoice, tables.purge, tables.purged_document):
            _put(connection, table)
        for statement in arriving(on=False):
            connection.execute(text(statement))
    again = tables.purged_rows.insert().values(rows.row(tables.purged_rows))
    assert _refused(postgresql, again) == "this purge is not open"


def test_a_slice_that_an_earlier_purge_named_goes_in_a_later_one(filled: Database) -> None:
    stored = tables.slice_
    hashes = {number: bytes([number]) * 32 for number in (7, 8)}
    with filled.transaction() as connection:
        for number, sha256 in hashes.items():
            _put(connection, stored, slice_id=number, sha256=sha256)
        _put(connection, tables.purged_slice, purge_id=1, sha256=hashes[7])
    _only_7_goes_while_a_purge_is_open(filled, stored, stored.c.slice_id)


def test_an_example_that_names_no_document_goes_while_a_purge_is_open(filled: Database) -> None:
    """Of an answer as a whole, a consolidated invoice or a register: it is written again without the example."""
    with filled.transaction() as connection:
        for number, name in ((7, ""), (8, "9")):
            _put(connection, tables.drift, drift_id=number, path=f"path {number}", number=name)
    _only_7_goes_while_a_purge_is_open(filled, tables.drift, tables.drift.c.drift_id)


def _only_7_goes_while_a_purge_is_open(filled: Database, table: Table, column: ColumnElement[int]) -> None:
    """Of the rows 7 and 8; and neither without a purge."""
    opening = tables.purge_open.insert().values(rows.row(tables.purge_open, purge_id=2))
    seven, eight = (delete(table).where(column == number) for number in (7, 8))
    assert _refused(filled, seven) == f"{table.name} is append-only"
    assert _refused(filled, opening, eight) == f"{table.name} is append-only"
    with filled.transaction() as connection:
        connection.execute(opening)
        connection.execute(seven)
        _close(connection, 2)
    with filled.reading() as connection:
        assert set(connection.scalars(select(column))) & {7, 8} == {8}
