"""What a purge takes along, and what it lets stand: documents changed after posting, and months beside purged ones."""

from __future__ import annotations

import pytest

from connector.engine import retention
from connector.engine.purge import Order, planned
from connector.errors import RetentionError
from connector.store import tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import invoice, line
from tests.engine.test_purge import LONG_AGO, NOW, new, removed


def _changed_after_posting(desk: Desk, net: str = "120.00") -> Desk:
    desk.now = NOW
    desk.pull(invoice("1", line("100.00"), date=LONG_AGO), *new(), window=None)
    desk.post()
    desk.pull(invoice("1", line(net), date=LONG_AGO), *new(), window=None)
    return desk


def test_a_document_that_was_changed_after_posting_does_not_keep_its_year_for_ever(seat: Seat) -> None:
    desk = _changed_after_posting(seat(today=NOW.date()))
    with pytest.raises(RetentionError, match=r"purchase 1 \(held\)"):  # it was not even looked at
        removed(desk)
    desk.prepare()
    assert desk.states()["1"] == "held"
    seen = retention.overview(desk.place, desk.books, 7)
    assert [(each.year, each.unfinished, each.changed) for each in seen.years] == [(2016, 0, 1), (2026, 0, 0)]
    assert seen.ready == 2016
    plan = planned(desk.place, desk.books, Order(until=2018, years_kept=7, actor="jansen", reason="over"))
    assert [(each.number, each.net) for each in plan.changed] == [("1", 12000)]
    before = desk.reconcile()
    assert removed(desk).net_minor == 12000
    assert [each.state for each in desk.all(tables.purged_document)] == ["held"]
    assert desk.verify().problems == []
    after = desk.reconcile()
    assert (after.sums, after.deviations) == (before.sums, [])


def test_a_correction_that_still_moves_keeps_its_year(quick: Seat) -> None:
    desk = quick(today=NOW.date(), on_change="delta")
    desk.now = NOW
    desk.pull(invoice("1", line("10.00"), line("20.00", kind="Usage Fee"), date=LONG_AGO), window=None)
    desk.post()
    desk.pull(invoice("1", line("15.00"), line("15.00", kind="Usage Fee"), date=LONG_AGO), window=None)
    desk.prepare()
    assert desk.delivery_states() == ["posted", "ready"]
    with pytest.raises(RetentionError, match=r"purchase 1 \(ready\)"):
        removed(desk)
