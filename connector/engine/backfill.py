"""Backfill: fetch and prepare a longer period in steps, going on where an interrupted one stopped.

A backfill never posts by itself. With ``post`` the person who runs it approves the documents of its period, and only
those.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from connector.domain.delivery import DeliveryState
from connector.engine.approval import approve
from connector.engine.deliver import deliver
from connector.engine.run import Asking, Run, RunReport, codes_of, prepare_all, pull_only
from connector.store import backfills, deliveries
from connector.store.backfills import Backfill


def backfill(run: Run, wanted: Sequence[Asking], *, post: bool = False, accept_unusual: bool = False) -> RunReport:
    """Ask the windows ``wanted`` that the same backfill has not had yet, prepare, and post if asked to."""
    report = RunReport(administration=run.books.name)
    place, books = run.place, run.books
    days = [each.window for each in wanted if each.window is not None]
    assert len(days) == len(wanted), "a backfill asks for windows"
    with place.database.lock(books.name):
        with place.database.transaction() as connection:
            first, last = min(each.start for each in days), max(each.end for each in days)
            begun = backfills.begin(connection, books.id, first, last, run.actor, place.clock())
        left = [each for each in wanted if not _had(begun, each)]
        report.resumed = len(wanted) - len(left)
        pull_only(run, left, report, backfill_id=begun.id, accept_unusual=accept_unusual)
        prepare_all(run, report)
        with place.database.transaction() as connection:
            backfills.finish(connection, books.id, begun.id, place.clock())
        if post:
            _post(run, report, first, last)
    return report


def _post(run: Run, report: RunReport, first: datetime.date, last: datetime.date) -> None:
    place, books = run.place, run.books
    with place.database.reading() as connection:
        ready = deliveries.in_states(connection, books.id, [DeliveryState.READY])
    mine = [each.delivery_id for each in ready if first <= each.document_date <= last]
    report.approved = approve(place, books, mine, actor=run.actor, reason="backfill --post")
    report.second_wanted = len(mine) - report.approved
    with run.open_ledger() as ledger:
        report.delivered = deliver(place, books, ledger, codes_of(run.mapping.mapping, books))


def _had(begun: Backfill, asking: Asking) -> bool:
    assert asking.endpoint is not None
    assert asking.window is not None
    return (asking.endpoint.value, asking.window.start) in begun.done
