"""Completeness of the purchases of an administration: which month, vendor or customer is absent, and what moved."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from connector.domain.completeness import BEFORE, Alarm, absent_or_moved, listed_and_billed, missing_invoices
from connector.engine.books import Books, Workplace
from connector.store import completeness, margins, purges
from connector.store.database import Connection

PURCHASES = "invoices"
_DAYS_IN_MONTH = 31


def missing(place: Workplace, books: Books) -> list[Alarm]:
    """The months whose invoice did not come by its day."""
    with place.database.reading() as connection:
        return _missing(connection, place, books)


def alarms(connection: Connection, place: Workplace, books: Books) -> list[Alarm]:
    """Everything that is absent or moved."""
    months = margins.months(connection, books.id, PURCHASES)
    if not months:
        return []
    newest = datetime.date.fromisoformat(f"{max(months)}-01")
    since = newest - datetime.timedelta(days=BEFORE * _DAYS_IN_MONTH)
    found = completeness.bought(connection, books.id, PURCHASES, since.replace(day=1))
    return [
        *_missing(connection, place, books),
        *absent_or_moved(found, books.expectation),
        *_unlike_the_list(connection, books, since),
    ]


def _unlike_the_list(connection: Connection, books: Books, since: datetime.date) -> Iterator[Alarm]:
    """Where the invoices and the list of subscriptions disagree; nothing where the list is not fetched."""
    listed = list(completeness.subscribed(connection, books.id))
    if not listed:
        return
    bills = completeness.bills(connection, books.id, PURCHASES, since.replace(day=1))
    yield from listed_and_billed(listed, bills)


def _missing(connection: Connection, place: Workplace, books: Books) -> list[Alarm]:
    months = margins.months(connection, books.id, PURCHASES)
    if months:  # a month that was purged had its invoice
        months |= {each.period for each in purges.sums(connection, books.id, (PURCHASES,))}
    return list(missing_invoices(months, books.expectation, place.today, books.book_from))
