"""Registers kept: versions only where something changed, what vanished and came back, and bytes that verify."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.register import Listed
from connector.engine.registers import RegisterReport, keep
from connector.errors import PauseError, SourceFormatError
from connector.source.base import Endpoint
from connector.source.register import RegisterEnvelope
from connector.store import fetches, registers, tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, answer
from tests.engine.tampering import rows, unguard

SUBSCRIPTIONS = Endpoint.CUSTOMER_SUBSCRIPTIONS


def came(
    desk: Desk, body: Any, *, accept_unusual: bool = False, no_data: bool = False, source: str = "copaco"
) -> RegisterReport:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = answer(text, desk.folder, endpoint=SUBSCRIPTIONS, window=None, requested_at=desk.now, no_data=no_data)
    return keep(desk.place, desk.books, RegisterEnvelope(given.body), given, source, accept_unusual=accept_unusual)


def subscription(number: int, quantity: int = 5, **more: Any) -> dict[str, Any]:
    return {"SubscriptionID": f"s-{number}", "AccountID": "A-1", "Quantity": quantity, "Colour": "blue", **more}


def listed(desk: Desk) -> dict[str, Listed]:
    with desk.database.reading() as connection:
        return {each.entry.key: each for each in registers.listed(connection, desk.books.id, SUBSCRIPTIONS.value)}


def test_a_new_version_only_where_something_changed(desk: Desk) -> None:
    first = came(desk, {"List": [subscription(1), subscription(2)], "Made": "today"})
    assert (first.entries, first.new, first.new_fields) == (2, 2, ("Made", "[].Colour"))
    again = came(desk, {"List": [subscription(1), subscription(2)], "Made": "today"})
    assert (again.entries, again.unchanged, again.new) == (2, 2, 0)
    turned = came(desk, [dict(reversed(subscription(2).items())), subscription(1)])
    assert (turned.unchanged, turned.new, turned.changed) == (2, 0, 0)
    desk.wait(60)
    more = came(desk, [subscription(1, 7), subscription(2), subscription(2)])
    assert (more.changed, more.unchanged, more.repeated) == (1, 1, 1)
    found = listed(desk)
    assert (found["s-1"].version_no, found["s-1"].entry.quantity, found["s-1"].changed_at) == (2, Decimal(7), desk.now)
    assert (found["s-2"].version_no, found["s-2"].entry.others) == (1, (("Colour", '"blue"'),))
    with desk.database.reading() as connection:
        history = registers.history(connection, desk.books.id, found["s-1"].entry_id)
        assert registers.last_asked(connection, desk.books.id, SUBSCRIPTIONS.value) == desk.now
        assert registers.last_asked(connection, desk.books.id, "products") is None
    assert [str(each.entry.quantity) for each in history] == ["5", "7"]
    assert desk.verify().problems == []


def test_what_is_missing_is_gone_until_it_comes_back(desk: Desk) -> None:
    both = [subscription(1), subscription(2)]
    came(desk, both)
    assert came(desk, both[:1]).vanished == 1
    assert listed(desk)["s-2"].gone_since == desk.now
    assert came(desk, both[:1]).vanished == 0
    back = came(desk, both)
    assert (back.returned, back.unchanged) == (1, 2)
    assert listed(desk)["s-2"].gone_since is None
    assert came(desk, [both[0], subscription(2, 9)]).changed == 1


def test_saved_answers_that_are_taken_again_change_nothing(desk: Desk) -> None:
    old, new = [subscription(1, 5)], [subscription(1, 6)]
    for body in (old, new):
        came(desk, body, source="files")
    before = desk.rows()[tables.register_version.name]
    for body in (old, new, old):
        assert came(desk, body, source="files").unchanged == 1
    assert desk.rows()[tables.register_version.name] == before
    assert listed(desk)["s-1"].entry.quantity == 6
    assert came(desk, new).unchanged == 1
    assert came(desk, old).changed == 1, "the source itself is believed: it went back"


def test_an_empty_answer_where_there_were_entries_waits_for_a_person(desk: Desk) -> None:
    assert came(desk, {"List": []}).entries == 0
    came(desk, [subscription(1)])
    before = desk.rows()
    for body, no_data in (([], False), (b"no data", True)):
        with pytest.raises(PauseError, match="empty, where it had 1"):
            came(desk, body, no_data=no_data)
    with pytest.raises(PauseError, match="never before were there more than 1"):
        came(desk, [subscription(number) for number in range(60)])
    assert desk.rows() == before
    assert came(desk, b"no data", no_data=True, accept_unusual=True).vanished == 1
    assert desk.verify().problems == []


def test_nothing_is_kept_of_an_answer_that_is_wrong_at_its_end(desk: Desk) -> None:
    before = desk.rows()
    with pytest.raises(SourceFormatError):
        came(desk, json.dumps([subscription(1)]).encode() + b"x")
    with pytest.raises(SourceFormatError, match="Entry 1 of customer-subscriptions cannot be read"):
        came(desk, [{"AccountID": "A", "Subscriptions": [1]}])
    assert desk.rows() == before


def test_bodies_are_rebuilt_byte_for_byte(desk: Desk) -> None:
    text = json.dumps({"Made": 1, "Each": [{"AccountID": "A", "Subscriptions": [subscription(1)]}]}, indent=3).encode()
    came(desk, text)
    came(desk, text)
    with desk.database.reading() as connection:
        for number in (1, 2):
            assert b"".join(fetches.body(connection, desk.books.id, number)) == text
    assert [each.same_as for each in desk.all(tables.fetch)] == [None, 1]


def test_a_changed_row_is_found(quick: Seat) -> None:
    desk = quick()
    came(desk, [subscription(1)])
    unguard(desk.database)
    (row,) = rows(desk.database, tables.register_version)
    with desk.database.transaction() as connection:
        connection.execute(tables.register_version.update().values(known=row["known"].replace('"5"', '"6"')))  # type: ignore[attr-defined]
    assert [each.message for each in desk.verify().problems] == ["its fields were changed"]
    came(desk, [subscription(2)])
    one, other = rows(desk.database, tables.register_version)
    with desk.database.transaction() as connection:
        wrong = {name: other[name] for name in ("known", "others", "content")}
        connection.execute(
            tables.register_version.update().where(tables.register_version.c.register_version_id == 1).values(wrong)
        )
    assert [each.message for each in desk.verify().problems] == ["it differs from the raw bytes"]
    with desk.database.transaction() as connection:
        connection.execute(tables.slice_.update().where(tables.slice_.c.slice_id == 1).values(body=b"x"))
    assert any("its raw bytes cannot be read" in each.message for each in desk.verify().problems)
    assert one["register_entry_id"] != other["register_entry_id"]
