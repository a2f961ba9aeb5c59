"""The printed total: a person's figure from the PDF confirms a document or holds it, and is proved like all cents."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from connector.engine import look
from connector.engine.approval import approve, keep_back
from connector.engine.printed import Compared, enter, on_paper
from connector.errors import BusyError
from connector.source.base import Endpoint
from connector.store import tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import customer, invoice, line
from tests.engine.tampering import changed, deleted, rows, unguard
from tests.ledgers.faults import Fault, FaultyLedger

CONFIRMED, DIFFERS = "PRINTED-TOTAL-CONFIRMED", "PRINTED-TOTAL-DIFFERS"


def read(desk: Desk, gross: int, number: str = "1", actor: str = "Eva") -> Compared:
    """Enter what is on the PDF."""
    (standing,) = on_paper(desk.place, desk.books, number)
    return enter(desk.place, desk.books, standing, gross, actor=actor)


def test_an_equal_total_confirms_and_says_who_looked(desk: Desk) -> None:
    desk.pull(invoice("1"))
    compared = read(desk, 12_100)
    assert (compared.total, compared.difference) == (12_100, 0)
    desk.post()
    assert desk.states() == {"1": "posted"}
    values = dict(desk.findings("1")[CONFIRMED].values)
    assert values == {"printed": "121.00", "total": "121.00", "actor": "Eva", "day": "2024-04-02"}
    assert desk.verify().problems == []
    assert desk.replay().problems == []


def test_a_different_total_holds_with_the_euros_until_it_is_entered_right(desk: Desk) -> None:
    desk.pull(invoice("1"))
    assert read(desk, 12_000).difference == 100
    desk.post()
    assert desk.states() == {"1": "held"}
    assert desk.findings("1")[DIFFERS].minor == 100
    (held,) = look.standings(desk.place, desk.books)
    assert held.reasons == (DIFFERS,)
    read(desk, 12_100, actor="Jan")
    desk.post()
    assert desk.states() == {"1": "posted"}
    assert desk.findings("1").keys() == {CONFIRMED, "SENDER-NEW"}
    assert len(desk.all(tables.printed_total)) == 2, "what was entered first stays"
    assert desk.verify().problems == []


def test_the_total_that_the_document_states_is_the_one_that_counts(desk: Desk) -> None:
    desk.pull(invoice("1", Totals={"Gross": Decimal("121.01")}))
    assert read(desk, 12_101).difference == 0
    desk.prepare()
    assert CONFIRMED in desk.findings("1")


@pytest.mark.parametrize("settled", ["ready", "queued", "held"])
def test_what_was_not_sent_yet_is_held_after_all(desk: Desk, settled: str) -> None:
    desk.set(auto_post="off")
    desk.pull(invoice("1"))
    desk.prepare()
    if settled == "queued":
        approve(desk.place, desk.books, [1], actor="jansen")
    if settled == "held":
        keep_back(desk.place, desk.books, [1], actor="jansen", reason="wait")
    read(desk, 12_100)
    desk.prepare()
    before = desk.rows()
    assert desk.prepare().unchanged == 1
    assert desk.rows() == before, "the same outcome is not written twice"
    read(desk, 1)
    desk.post()
    assert DIFFERS in desk.findings("1")
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.post()
    assert desk.states() == {"1": "held"}
    assert desk.verify().problems == []


def test_what_is_booked_stays_and_is_told_once(desk: Desk) -> None:
    desk.pull(invoice("1"))
    desk.post()
    desk.wait(60)
    read(desk, 12_000)
    desk.wait(60)
    assert desk.prepare().unchanged == 1, "nothing new is ready"
    assert desk.states() == {"1": "posted"}
    assert desk.findings("1")[DIFFERS].minor == 100
    assert desk.verify().problems == []
    desk.mapping = mapping_files(drop=["P050"])
    desk.wait(60)
    before = desk.rows()
    desk.prepare()
    assert desk.rows() == before | {"mapping_version": before["mapping_version"] + 1}


def test_what_a_person_gave_up_does_not_come_back_by_it(desk: Desk) -> None:
    desk.set(auto_post="off")
    desk.pull(invoice("1"))
    desk.prepare()
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.REJECTS]))
    keep_back(desk.place, desk.books, [1], actor="jansen", reason="booked by hand")
    read(desk, 12_100)
    assert desk.prepare().unchanged == 1
    assert desk.delivery_states() == ["cancelled"]


def test_the_paper_belongs_to_every_version(desk: Desk) -> None:
    desk.pull(invoice("1", line("90.00")))
    read(desk, 12_100)
    desk.prepare()
    assert desk.states() == {"1": "held"}
    desk.pull(invoice("1"))
    desk.prepare()
    assert desk.states() == {"1": "ready"}


def test_a_specification_has_no_paper(desk: Desk) -> None:
    desk.pull(invoice("7", customers=[customer("A-1", [line()])]), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    assert on_paper(desk.place, desk.books, "7") == []


def test_nothing_is_entered_while_a_run_works(desk: Desk) -> None:
    desk.pull(invoice("1"))
    with desk.database.lock("acme"), pytest.raises(BusyError):
        read(desk, 12_100)
    assert desk.all(tables.printed_total) == []


CHANGES: dict[str, object] = {
    "invoice_id": 2,
    "gross_minor": 12_101,
    "actor": "Jan",
    "at": datetime.datetime(2024, 4, 2, 9, 1, tzinfo=datetime.UTC),
    "digest": b"d" * 32,
}


def booked(desk: Desk) -> Desk:
    desk.pull(invoice("1"), invoice("2", line("50.00")))
    read(desk, 12_100)
    read(desk, 6_050, "2")
    desk.post()
    assert set(desk.states().values()) == {"posted"}
    assert desk.verify().problems == []
    unguard(desk.database)
    return desk


def test_a_changed_figure_is_noticed(desk: Desk) -> None:
    booked(desk)
    assert {*CHANGES, "administration_id", "printed_total_id"} == {each.name for each in tables.printed_total.columns}
    row = rows(desk.database, tables.printed_total)[0]
    for name, value in CHANGES.items():
        with changed(desk.database, tables.printed_total.c[name], row, value):
            assert desk.verify().problems, name
    assert desk.verify().problems == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_figure_is_noticed(quick: Seat, number: int) -> None:
    desk = booked(quick())
    with deleted(desk.database, f"DELETE FROM printed_total WHERE printed_total_id = {number}"):
        assert desk.verify().problems
    with deleted(desk.database, f"UPDATE printed_total SET printed_total_id = 9 WHERE printed_total_id = {number}"):
        assert any("before it is missing" in each.message for each in desk.verify().problems)
