"""Many rows at once arrive as they were given, on both databases and by both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from connector.errors import GuardError
from connector.store import bulk, tables
from connector.store.database import Database

HARD = ["", "\\N", "\\.", "tab\there", "line\nend", "\r\n", "back\\slash", "quote'\"", "NULL", "é€😀", "x" * 1_000_000]
COLUMNS = ("administration_id", "version_id", "line_no", *tables.LINE_COLUMNS[3:])


def _line(number: int, **values: Any) -> tuple[Any, ...]:
    plain = dict.fromkeys(COLUMNS, None) | dict.fromkeys(
        [column.name for column in tables.line.columns if not column.nullable], 0
    )
    plain["received"] = "[]"
    return tuple((plain | {"administration_id": 1, "version_id": 1, "line_no": number} | values).values())


def _lines(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        listed = [tables.line.c[name] for name in COLUMNS]
        return [tuple(row) for row in connection.execute(select(*listed).order_by(tables.line.c.line_no))]


def test_every_row_arrives(database: Database) -> None:
    start = 0
    everything = []
    for count in (1, bulk.COPY_FROM_ROWS - 1, bulk.COPY_FROM_ROWS, 3 * bulk.COPY_FROM_ROWS):
        some = [
            _line(number, net_minor=(-1) ** number * (2**63 - 1 - number), received=HARD[number % 10], drift="1.10")
            for number in range(start, start + count)
        ]
        with database.transaction() as connection:
            bulk.insert(connection, tables.line, COLUMNS, some)
        start += count
        everything += some
    assert _lines(database) == everything


def test_hard_texts_arrive_as_they_are(database: Database) -> None:
    few = [_line(number, received=hard) for number, hard in enumerate(HARD)]
    many = [_line(len(HARD) + number, received=HARD[number % len(HARD)]) for number in range(bulk.COPY_FROM_ROWS)]
    with database.transaction() as connection:
        bulk.insert(connection, "line", COLUMNS, few)
        bulk.insert(connection, "line", COLUMNS, many)
    assert _lines(database) == few + many


@pytest.mark.parametrize("count", [1, bulk.COPY_FROM_ROWS])
def test_bytes_booleans_dates_and_nothing_arrive(database: Database, count: int) -> None:
    names = [column.name for column in tables.fetch.columns]
    values = dict.fromkeys(names, None) | {
        "administration_id": 1,
        "source": "http",
        "endpoint": "invoices",
        "window_start": "2024-02-29",
        "show_detail": 1,
        "url": "https://example.test/",
        "requested_at": "2024-03-01T00:00:00.000000+00:00",
        "seconds": "0.25",
        "attempts": 1,
        "status": 200,
        "headers": "{}",
        "size": 2**40,
        "sha256": bytes(range(32)),
        "invoices": 0,
        "envelope": b"\x00\\x00\n\t\xff",
    }
    with database.transaction() as connection:
        columns = ["administration_id", "name", "country", "currency", "created_at"]
        bulk.insert(connection, "administration", columns, [(1, "acme", "NL", "EUR", "2024-01-01T00:00:00+00:00")])
        bulk.insert(connection, "fetch", names, [tuple((values | {"fetch_id": n}).values()) for n in range(count)])
    with database.reading() as connection:
        found = connection.execute(select(tables.fetch)).mappings().all()
    assert len(found) == count
    assert {(row["show_detail"], row["envelope"], row["sha256"], row["window_end"]) for row in found} == {
        (True, values["envelope"], values["sha256"], None)
    }
    assert {row["window_start"].isoformat() for row in found} == {"2024-02-29"}


def test_the_order_of_the_columns_is_the_callers(database: Database) -> None:
    backwards = tuple(reversed(COLUMNS))
    given_rows = [_line(number, received=str(number)) for number in range(2 * bulk.COPY_FROM_ROWS)]
    with database.transaction() as connection:
        bulk.insert(connection, "line", backwards, [row[::-1] for row in given_rows])
    assert _lines(database) == given_rows


def test_two_loads_in_one_transaction_and_one_after_a_failure(database: Database) -> None:
    many = [_line(number) for number in range(2 * bulk.COPY_FROM_ROWS)]
    half = len(many) // 2
    with pytest.raises(GuardError), database.transaction() as connection:
        bulk.insert(connection, "line", COLUMNS, [*many, many[0]])
    with database.transaction() as connection:
        bulk.insert(connection, "line", COLUMNS, many[:half])
        bulk.insert(connection, "line", COLUMNS, many[half:])
        bulk.insert(connection, "line", COLUMNS, [])
    assert _lines(database) == many


@pytest.mark.parametrize("count", [2, 2 * bulk.COPY_FROM_ROWS])
def test_one_refused_row_refuses_all(database: Database, count: int) -> None:
    many = [_line(number) for number in range(count - 1)]
    with pytest.raises(GuardError, match="refuses a row"), database.transaction() as connection:
        bulk.insert(connection, "line", COLUMNS, [*many, many[0]])
    assert _lines(database) == []


def test_copy_works_under_row_level_security(postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        connection.execute(text("ALTER TABLE line ENABLE ROW LEVEL SECURITY"))
        connection.execute(text("ALTER TABLE line FORCE ROW LEVEL SECURITY"))
        connection.execute(text("CREATE POLICY one ON line USING (administration_id = 1)"))
    many = [_line(number) for number in range(bulk.COPY_FROM_ROWS)]
    with postgresql.transaction() as connection:
        bulk.insert(connection, "line", COLUMNS, many)
    assert _lines(postgresql) == many


TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


def test_any_values_arrive(database: Database) -> None:
    """Not a parameter of the database: PostgreSQL keeps no NUL in a text, and nobody keeps half a character."""
    integers = st.integers(-(2**63), 2**63 - 1)
    some = st.tuples(integers, TEXT, st.none() | st.dates().map(lambda day: day.isoformat()))

    @given(st.lists(some, min_size=1, max_size=5), st.booleans())
    def arrive(values: list[tuple[int, str, str | None]], copied: bool) -> None:
        given_rows = [
            _line(number, net_minor=minor, received=received, start_date=day)
            for number, (minor, received, day) in enumerate(values)
        ]
        with database.transaction() as connection:
            if copied and database.kind == "postgresql":
                bulk._copy(connection, "line", COLUMNS, given_rows)
            else:
                bulk.insert(connection, "line", COLUMNS, given_rows)
            columns = (tables.line.c.net_minor, tables.line.c.received, tables.line.c.start_date)
            found = [
                (minor, received, day and day.isoformat())
                for minor, received, day in connection.execute(select(*columns).order_by(tables.line.c.line_no))
            ]
            connection.rollback()
        assert found == values

    arrive()


def test_lines_are_append_only_also_in_bulk(database: Database) -> None:
    with database.transaction() as connection:
        bulk.insert(connection, "line", COLUMNS, [_line(1)])
    with pytest.raises(GuardError, match="line is append-only"), database.transaction() as connection:
        connection.execute(delete(tables.line))


def test_rows_that_are_there_already_are_left_as_they_are_only_where_that_is_asked_for(database: Database) -> None:
    for count in (2, 2 * bulk.COPY_FROM_ROWS):
        rows = [(count, 1, "2026-01-01", number, 7) for number in range(count)]
        columns = tuple(column.name for column in tables.decided.columns)
        with database.transaction() as connection:
            bulk.insert(connection, tables.decided, columns, rows[: count // 2])
        with database.transaction() as connection:
            other = [(*row[:4], 8) for row in rows]
            bulk.insert(connection, tables.decided, columns, other, known_too=True)
        with pytest.raises(GuardError), database.transaction() as connection:
            bulk.insert(connection, tables.decided, columns, rows)
        mine = tables.decided.c.administration_id == count
        with database.reading() as connection:
            kept = connection.execute(select(tables.decided.c.decision_id).where(mine)).scalars().all()
        assert sorted(kept) == [7] * (count // 2) + [8] * (count // 2)
