"""What a purge takes of subscriptions and products: what was over by then, and never what is in force."""

from __future__ import annotations

import datetime
import json

import pytest

from connector.app.compared import with_compared
from connector.engine import registers, renewals, retention
from connector.engine.purge import planned, purge
from connector.source.base import Endpoint
from connector.store import fetches, tables
from tests.engine import test_consolidated as consolidated
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import customer, invoice, line
from tests.engine.test_purge import LAST, LONG_AGO, NOW, everything, removed
from tests.engine.test_purge_ends import ORDER
from tests.engine.test_registers import came, listed, subscription


def at(desk: Desk, year: int, month: int, *quantities: int, first: bool = False) -> None:
    """An answer of then: one subscription with each of ``quantities``, and where ``first`` another before it."""
    desk.now = datetime.datetime(year, month, 2, 9, 0, tzinfo=datetime.UTC)
    inside = [subscription(2, each) for each in quantities]
    came(desk, [subscription(1, CompanyName="Vanderbilt"), *inside] if first else inside, accept_unusual=True)


def move_on(desk: Desk, year: int) -> None:
    """To a day of ``year``."""
    desk.now = NOW.replace(year=year)
    today = desk.now.date()
    desk.place = desk.place.__class__(database=desk.database, clock=lambda: desk.now, today=today)


@pytest.fixture
def aged(seat: Seat) -> Desk:
    """A subscription that was gone in 2016, and one with states of 2016, 2017 and 2026."""
    desk = seat(today=NOW.date())
    at(desk, 2016, 3, 5, first=True)
    at(desk, 2016, 6, 5)
    at(desk, 2017, 3, 6)
    at(desk, 2026, 3, 7)
    desk.now = NOW
    return desk


def states(desk: Desk) -> list[tuple[int, str]]:
    """(number, seats) of every version of the second subscription."""
    entry = listed(desk)["s-2"].entry_id
    told = registers.history(desk.place, desk.books, entry)
    return [(each.version_no, str(each.entry.quantity)) for each in told]


def test_what_was_gone_goes_whole_and_of_what_stays_what_was_over(aged: Desk) -> None:
    assert "Vanderbilt" in everything(aged)
    seen = retention.overview(aged.place, aged.books, 7)
    assert (seen.ready, seen.entries, seen.versions) == (2018, 1, 2)
    plan = planned(aged.place, aged.books, ORDER, aged.dialect)
    assert (plan.documents, plan.entries, plan.versions) == ((), 1, 2)
    before = aged.rows()
    made = removed(aged)
    assert made.documents == 0
    assert "Vanderbilt" not in everything(aged)
    assert list(listed(aged)) == ["s-2"]
    assert states(aged) == [(2, "6"), (3, "7")]  # in force on 1 January 2019, and now
    gone = {name: before[name] - aged.rows()[name] for name in ("register_entry", "register_version", "slice")}
    assert gone == {"register_entry": 1, "register_version": 2, "slice": 2}
    assert aged.rows()["register_sighting"] == 0
    assert "Colour" in everything(aged)
    assert aged.verify().problems == []
    report = renewals.report(aged.place, aged.books, datetime.date(2027, 12, 31))
    assert report.register
    assert planned(aged.place, aged.books, ORDER, aged.dialect).is_empty
    assert retention.overview(aged.place, aged.books, 7).ready is None


def test_bytes_of_a_state_that_went_may_come_again_and_go_again(aged: Desk) -> None:
    removed(aged)
    at(aged, 2027, 3, 5)
    at(aged, 2028, 3, 8)
    assert states(aged) == [(2, "6"), (3, "7"), (4, "5"), (5, "8")]
    move_on(aged, 2036)
    removed(aged, until=2027)
    assert states(aged) == [(4, "5"), (5, "8")]
    removed(aged, until=2028)
    assert (states(aged), aged.rows()["slice"]) == ([(5, "8")], 1)
    assert aged.verify().problems == []


def test_what_came_back_is_not_gone_and_numbers_are_given_once(quick: Seat) -> None:
    desk = quick(today=NOW.date())
    at(desk, 2016, 3, 5, first=True)
    at(desk, 2016, 6, 5)
    at(desk, 2016, 9, 5, first=True)
    at(desk, 2026, 3, 5)
    desk.now = NOW
    highest = max(each.register_entry_id for each in desk.all(tables.register_entry))
    assert desk.rows()["register_sighting"] == 3
    assert purge(desk.place, desk.books, ORDER, desk.dialect) is None  # it was there until 2026
    move_on(desk, 2040)
    removed(desk, until=2026)
    assert list(listed(desk)) == ["s-2"]
    at(desk, 2041, 3, 5, first=True)
    assert listed(desk)["s-1"].entry_id > highest
    assert desk.verify().problems == []


def test_what_a_subscription_is_made_of_goes_when_no_document_bills_it(quick: Seat) -> None:
    desk = quick(kind="hledger", today=NOW.date())
    desk.dialect = with_compared(desk.dialect)
    for number in ("s-G-1", "s-A-1"):
        desk.now = datetime.datetime(2016, 4, 2, 9, 0, tzinfo=datetime.UTC)
        text = json.dumps({"Subscription": {"SubscriptionId": number}, "Owner": f"of {number}"}).encode()
        consolidated.came(desk, text, Endpoint.SUBSCRIPTION_DETAILS)
    desk.now = NOW
    for account, day in (("G-1", LONG_AGO), ("A-1", LAST)):
        desk.pull(invoice(account, customers=[customer(account, [line("5.00")])], date=day), window=None)
    desk.post()
    removed(desk)
    assert "of s-G-1" not in everything(desk)
    assert "of s-A-1" in everything(desk)
    assert desk.verify().problems == []


def test_an_answer_of_later_keeps_its_bytes(quick: Seat) -> None:
    """Though a state lies in the bytes of an earlier one, which say the same in another form."""
    desk = quick(today=NOW.date())
    turned = [dict(reversed(subscription(2).items()))]
    for year, body in ((2016, [subscription(2)]), (2017, turned), (2026, turned)):
        desk.now = datetime.datetime(year, 3, 2, 9, 0, tzinfo=datetime.UTC)
        came(desk, [*body, subscription(3, year)])
    desk.now = NOW
    removed(desk)
    newest = max(each.fetch_id for each in desk.all(tables.fetch))
    with desk.database.reading() as connection:
        assert json.loads(b"".join(fetches.body(connection, desk.books.id, newest)))[0] == turned[0]
    assert desk.verify().problems == []
