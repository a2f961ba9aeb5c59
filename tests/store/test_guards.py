"""The database itself refuses what would spoil the books."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text

from connector.domain.delivery import TRANSITIONS, DeliveryState
from connector.errors import GuardError
from connector.store import bulk, tables
from connector.store.database import Database
from tests.store import rows

REPLACED = sorted({*tables.APPEND_ONLY, "delivery", "backfill"} - {"delivery_transition"})


def _entry(connection: Connection, amounts: list[tuple[str, int]], *, postings: int) -> None:
    """A second entry, with these postings (currency, minor) and a seal."""
    connection.execute(tables.entry.insert(), [rows.row(tables.entry, entry_id=2)])
    for number, (currency, minor) in enumerate(amounts, start=1):
        values = rows.row(tables.posting, entry_id=2, posting_no=number, minor=minor, currency=currency)
        connection.execute(tables.posting.insert(), [values])
    connection.execute(tables.entry_seal.insert(), [rows.row(tables.entry_seal, entry_id=2, postings=postings)])


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with one row in every table."""
    with database.transaction() as connection:
        rows.fill(connection)
    return database


def _refused(database: Database, statement: Any, values: Any = None) -> str:
    with pytest.raises(GuardError) as refusal, database.transaction() as connection:
        connection.execute(statement, values)
    return refusal.value.message


def _everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.reading() as connection:
        return rows.contents(connection)


def test_the_sample_has_a_row_in_every_table(filled: Database) -> None:
    assert [name for name, found in _everything(filled).items() if not found] == ["purge_open"]


def test_facts_are_never_updated_or_deleted(filled: Database) -> None:
    before = _everything(filled)
    for name in tables.APPEND_ONLY:
        column = list(tables.metadata.tables[name].columns)[-1].name
        for statement in (f'UPDATE "{name}" SET "{column}" = "{column}"', f'DELETE FROM "{name}"'):
            assert _refused(filled, text(statement)) == f"{name} is append-only", statement
    assert _everything(filled) == before


def test_every_table_is_either_append_only_or_has_its_own_guard() -> None:
    assert set(tables.metadata.tables) == {*tables.APPEND_ONLY, "delivery", "backfill", "last_run", "purge_open"}


def test_work_is_never_deleted(filled: Database) -> None:
    for name in ("delivery", "backfill", "last_run"):
        assert _refused(filled, text(f"DELETE FROM {name}")) == f"{name} is append-only"


def test_postgresql_refuses_to_truncate(postgresql: Database) -> None:
    for name in tables.metadata.tables:
        assert _refused(postgresql, text(f'TRUNCATE "{name}" CASCADE')).endswith("is append-only"), name


def test_sqlite_refuses_every_way_to_replace_a_row(sqlite: Database) -> None:
    with sqlite.transaction() as connection:
        rows.fill(connection)
    before = _everything(sqlite)
    for name in REPLACED:
        for action in ("INSERT OR REPLACE INTO", "REPLACE INTO"):
            _refused(sqlite, text(f'{action} "{name}" SELECT * FROM "{name}"'))
        for how in ("IGNORE", "REPLACE", "FAIL"):
            _refused(sqlite, text(f'UPDATE OR {how} "{name}" SET administration_id = 1'))
    assert _everything(sqlite) == before


def test_an_upsert_cannot_change_a_fact(filled: Database) -> None:
    values = rows.row(tables.receipt)
    listed = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    # A moment is written by hand here, since the statement is text.
    values["at"] = values["at"].isoformat(timespec="microseconds")
    upsert = (
        f"INSERT INTO receipt ({listed}) VALUES ({marks})"
        " ON CONFLICT (administration_id, delivery_id) DO UPDATE SET total_minor = 9"
    )
    assert _refused(filled, text(upsert), values) == "receipt is append-only"


def test_an_unbalanced_entry_is_not_sealed(filled: Database) -> None:
    before = _everything(filled)
    incomplete = "an entry needs at least two postings, as many as its seal says"
    balanced = [("EUR", 5), ("EUR", -5)]
    for amounts, postings, message in (
        ([("EUR", 5), ("EUR", -4)], 2, "the entry is not balanced"),
        ([("EUR", 5), ("USD", -5)], 2, "the entry is not balanced"),
        ([("EUR", 0)], 1, incomplete),
        ([], 0, incomplete),
        (balanced, 1, incomplete),
        (balanced, 3, incomplete),
    ):
        with pytest.raises(GuardError) as refusal, filled.transaction() as connection:
            _entry(connection, amounts, postings=postings)
        assert refusal.value.message == message, amounts
    assert _everything(filled) == before


def test_a_balanced_entry_in_two_currencies_is_sealed(filled: Database) -> None:
    with filled.transaction() as connection:
        _entry(connection, [("EUR", 5), ("USD", 7), ("EUR", -5), ("USD", -7)], postings=4)
    with filled.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.entry_seal)) == 2


def test_an_entry_without_its_seal_cannot_be_committed(filled: Database) -> None:
    before = _everything(filled)
    with pytest.raises(GuardError, match="refuses a row"), filled.transaction() as connection:
        connection.execute(tables.entry.insert(), [rows.row(tables.entry, entry_id=2)])
    assert _everything(filled) == before


def test_nothing_is_added_to_a_sealed_entry(filled: Database) -> None:
    for table, count in itertools.product((tables.posting, tables.posting_decision), (1, 2 * bulk.COPY_FROM_ROWS)):
        values = [tuple(rows.row(table, posting_no=number).values()) for number in range(10, 10 + count)]
        with pytest.raises(GuardError, match="the entry is sealed"), filled.transaction() as connection:
            bulk.insert(connection, table, [column.name for column in table.columns], values)


def test_the_database_knows_the_transitions_of_the_domain(database: Database) -> None:
    known = tables.delivery_transition
    with database.reading() as connection:
        found = {(before, after) for before, after in connection.execute(select(known.c.before, known.c.after))}
    assert found == {(before.value, after.value) for before, step in TRANSITIONS.items() for after in step}


# A path from 'ready' to each state, along the table of transitions.
PATHS: dict[DeliveryState, list[DeliveryState]] = {DeliveryState.READY: []}
for _ in DeliveryState:
    for _state, _path in list(PATHS.items()):
        for _after in TRANSITIONS[_state]:
            PATHS.setdefault(_after, [*_path, _after])


def test_a_delivery_goes_only_where_the_table_says(filled: Database) -> None:
    delivery = tables.delivery
    for number, (before, path) in enumerate(PATHS.items(), start=2):
        with filled.transaction() as connection:
            values = rows.row(delivery, delivery_id=number, ledger=f"{number}", entry_key=f"{number}")
            connection.execute(delivery.insert(), [values])
        for state in path:
            with filled.transaction() as connection:
                connection.execute(delivery.update().where(delivery.c.delivery_id == number).values(state=state.value))
        for after in DeliveryState:
            if after not in TRANSITIONS[before]:
                step = delivery.update().where(delivery.c.delivery_id == number).values(state=after.value)
                assert _refused(filled, step) == "a delivery cannot go from this state to that", (before, after)
    assert set(PATHS) == set(DeliveryState)


def test_only_the_state_of_a_delivery_changes(filled: Database) -> None:
    delivery = tables.delivery
    others = [column.name for column in delivery.columns if column.name not in {"state", "changed_at"}]
    for name in others:
        changed = "other" if name in {"ledger", "entry_key"} else 2
        message = _refused(filled, delivery.update().values({"state": "queued", name: changed}))
        assert message == "only the state of a delivery may change", name


def test_a_delivery_begins_as_ready(filled: Database) -> None:
    for state in set(DeliveryState) - {DeliveryState.READY}:
        values = rows.row(tables.delivery, delivery_id=2, ledger="other", state=state.value)
        assert _refused(filled, tables.delivery.insert(), [values]) == "a delivery begins as 'ready'", state


def test_a_document_revision_is_delivered_once_per_ledger(filled: Database) -> None:
    delivery = tables.delivery
    with filled.transaction() as connection:
        _entry(connection, [("EUR", 5), ("EUR", -5)], postings=2)
    again = rows.row(delivery, delivery_id=2, entry_id=2)
    named = {"sqlite": "delivery.ledger, delivery.entry_key", "postgresql": "uq_delivery_live"}
    assert named[filled.kind] in _refused(filled, delivery.insert(), [again])
    with filled.transaction() as connection:
        connection.execute(delivery.update().values(state="cancelled"))
        connection.execute(delivery.insert(), [again])
    with filled.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(delivery)) == 2


def test_a_backfill_is_finished_once(filled: Database) -> None:
    backfill = tables.backfill
    message = "a backfill can only be finished, once"
    for name in ("first_day", "last_day", "started_at"):
        other = rows.row(backfill)[name].replace(year=2001)
        assert _refused(filled, backfill.update().values({"finished_at": rows.MOMENT, name: other})) == message
    assert _refused(filled, backfill.update().values(actor="x")) == message
    with filled.transaction() as connection:
        connection.execute(backfill.update().values(finished_at=rows.MOMENT))
    for finished in (None, rows.MOMENT):
        assert _refused(filled, backfill.update().values(finished_at=finished)) == message
