"""Runs and backfills: windows in order, optional lists, a resumed backfill, and what ``--post`` approves."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connector.engine.backfill import backfill
from connector.engine.run import Asking, RunReport, askings, prepare_all, pull_only, save_mapping, sync
from connector.errors import BusyError, SourceRefused, SourceUnavailable
from connector.source.base import Answer, Endpoint, Window
from connector.source.windows import month_windows
from connector.store import tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, answer, mapping_files
from tests.engine.paper import Json, body, invoice, line

MONTHS = list(month_windows(datetime.date(2024, 1, 1), datetime.date(2024, 3, 31)))


class Shelf:
    """A source with invoices by day; ``failing`` raises before the window that begins on that day is answered."""

    name = "shelf"

    def __init__(self, desk: Desk, *invoices: Json) -> None:
        self.desk, self.invoices = desk, list(invoices)
        self.asked: list[tuple[Endpoint, datetime.date]] = []
        self.failing: dict[tuple[Endpoint, datetime.date], Exception] = {}

    @contextmanager
    def fetch(self, endpoint: Endpoint, window: Window, *, show_detail: bool = False) -> Iterator[Answer]:
        self.asked.append((endpoint, window.start))
        if error := self.failing.pop((endpoint, window.start), None):
            raise error
        inside = [
            each
            for each in self.invoices
            if f"{window.start:%Y%m%d}" <= each["Header"]["Date"] <= f"{window.end:%Y%m%d}"
        ]
        text = body(inside if endpoint is Endpoint.INVOICES else [])
        yield answer(text, self.desk.folder, endpoint=endpoint, window=window)


def year(desk: Desk) -> Shelf:
    """One invoice a month."""
    days = [datetime.date(2024, month, 23) for month in (1, 2, 3)]
    return Shelf(desk, *(invoice(str(n), line(f"{n}.00"), date=day) for n, day in enumerate(days, 1)))


def wanted(shelf: Shelf, *, optional: bool = False) -> list[Asking]:
    both = (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS)
    more = both[1:] if optional else ()
    return askings(shelf, [(each, window) for each in both for window in MONTHS], more)


def test_a_sync_pulls_prepares_approves_and_delivers_once(desk: Desk) -> None:
    told: list[tuple[str, int, int]] = []
    shelf = year(desk)
    run = desk.run
    report = sync(run, wanted(shelf))
    assert [each.new for each in report.windows] == [1, 1, 1, 0, 0, 0]
    assert (report.prepared.ready, report.approved, report.delivered.posted) == (3, 3, 3)
    assert (report.mapping_version, report.mapping_is_new) == (1, True)
    rows = desk.rows()
    again = sync(run, wanted(shelf))
    assert (again.prepared.unchanged, again.approved, again.delivered.posted, again.mapping_is_new) == (3, 0, 0, False)
    assert desk.rows() == rows | {"fetch": rows["fetch"] + 6}
    assert told == []


def test_a_window_that_fails_keeps_those_before_it_and_the_next_run_goes_on(desk: Desk) -> None:
    shelf = year(desk)
    shelf.failing[Endpoint.INVOICES, MONTHS[1].start] = SourceUnavailable("not now")
    with pytest.raises(SourceUnavailable):
        sync(desk.run, wanted(shelf))
    assert set(desk.states()) == {"1"}
    with desk.database.lock(desk.books.name):
        pass  # it was given back
    sync(desk.run, wanted(shelf))
    assert desk.states() == {"1": "posted", "2": "posted", "3": "posted"}


def test_a_list_that_only_compares_may_be_refused(desk: Desk) -> None:
    shelf = year(desk)
    refused = SourceRefused("no permission")
    shelf.failing[Endpoint.CUSTOMER_SPECIFICATIONS, MONTHS[0].start] = refused
    report = sync(desk.run, wanted(shelf, optional=True))
    assert [each[:2] for each in report.refused] == [("customer-specifications", "no permission")]
    assert len(shelf.asked) == 4  # not asked again in this run
    assert set(desk.states().values()) == {"posted"}
    shelf.failing[Endpoint.CUSTOMER_SPECIFICATIONS, MONTHS[0].start] = refused
    with pytest.raises(SourceRefused):
        sync(desk.run, wanted(shelf))


def test_one_run_at_a_time(quick: Seat) -> None:
    desk = quick()
    with desk.database.lock(desk.books.name), pytest.raises(BusyError):
        sync(desk.run, wanted(year(desk)))


def test_a_mapping_that_comes_back_is_a_new_version(quick: Seat) -> None:
    desk = quick()
    other = mapping_files(rules=("X030;purchase;Cycle Fee;Microsoft;;;;;;;cost_cloud_usage;;;;",))
    plain, versions = desk.mapping, []
    for files in (plain, plain, other, plain):
        desk.mapping = files
        versions.append(save_mapping(desk.run, RunReport(administration="acme")))
    assert versions == [1, 1, 2, 3]
    assert [row.author for row in desk.all(tables.mapping_version)] == ["jansen"] * 3


def test_a_backfill_goes_on_where_it_stopped(desk: Desk) -> None:
    shelf = year(desk)
    purchases = askings(shelf, [(Endpoint.INVOICES, window) for window in MONTHS])
    shelf.failing[Endpoint.INVOICES, MONTHS[2].start] = SourceUnavailable("not now")
    with pytest.raises(SourceUnavailable):
        backfill(desk.run, purchases)
    assert len(desk.all(tables.fetch)) == 2
    report = backfill(desk.run, purchases)
    assert (report.resumed, len(report.windows), report.delivered.posted, report.approved) == (2, 1, 0, 0)
    assert desk.states() == {"1": "ready", "2": "ready", "3": "ready"}
    (begun,) = desk.all(tables.backfill)
    assert begun.finished_at is not None
    again = backfill(desk.run, purchases)  # a finished one begins anew
    assert (again.resumed, len(again.windows)) == (0, 3)
    assert len(desk.all(tables.backfill)) == 2


def test_a_backfill_posts_its_period_and_no_other_document(desk: Desk) -> None:
    desk.set(auto_post="off")
    shelf = year(desk)
    sync(desk.run, wanted(shelf))
    assert set(desk.states().values()) == {"ready"}
    report = backfill(desk.run, askings(shelf, [(Endpoint.INVOICES, MONTHS[1])]), post=True)
    assert (report.approved, report.delivered.posted) == (1, 1)
    assert desk.states() == {"1": "ready", "2": "posted", "3": "ready"}
    (approved,) = [row for row in desk.all(tables.delivery_event) if row.state == "queued"]
    assert (approved.actor, approved.reason) == ("jansen", "backfill --post")


def test_a_killed_backfill_with_post_approves_what_the_first_try_prepared(quick: Seat) -> None:
    desk = quick(auto_post="off")
    shelf = year(desk)
    purchases = askings(shelf, [(Endpoint.INVOICES, window) for window in MONTHS])
    shelf.failing[Endpoint.INVOICES, MONTHS[2].start] = SourceUnavailable("not now")
    with pytest.raises(SourceUnavailable):
        backfill(desk.run, purchases, post=True)
    desk.prepare()
    assert backfill(desk.run, purchases, post=True).delivered.posted == 3


def test_progress_is_told(quick: Seat) -> None:
    import msgspec

    desk, told = quick(), list[tuple[str, int, int]]()
    run = msgspec.structs.replace(desk.run, progress=lambda *each: told.append(each))
    report = RunReport(administration="acme")
    pull_only(run, askings(year(desk), [(Endpoint.INVOICES, window) for window in MONTHS]), report)
    prepare_all(run, report)
    assert told == [("pull", 1, 3), ("pull", 2, 3), ("pull", 3, 3), ("prepare", 3, 0)]
