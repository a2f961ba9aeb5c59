"""An administration as the engine works on it: its settings, and the store it is kept in."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from connector.domain.completeness import Expectation
from connector.domain.invoice import Direction, InvoiceKey
from connector.store.database import Database

Clock = Callable[[], datetime.datetime]
"""Gives the present moment, aware, in UTC."""


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """One administration: a set of books of one legal entity.

    ``sale`` is 'report', 'draft' or 'post'; ``sale_source`` the endpoint that sales are booked from; ``book_from``
    keeps earlier documents out of the books; ``auto_post`` is 'off', 'known' or 'all', and counts when ``unattended``
    work is wanted: not while the source may change without notice; a second person approves entries
    of more than ``second_approval_above`` (minor units) and, with ``second_approval_new``, those in which something is
    new; ``on_change`` is 'hold', 'delta' or 'reverse': what follows a change of a posted document; ``closed_until``
    (inclusive) is the last day of the closed periods; ``paper`` is 'none', 'when there' or 'required': whether mailed
    invoices are compared, and whether a purchase waits for one; ``settings_hash`` changes when a setting
    changes that can change a booking; ``expectation`` says what should come every month.
    """

    id: int
    name: str
    country: str
    currency: str
    ledger: str
    vat_number: str = ""
    company: str = ""
    sale: str = "report"
    sale_source: str = "customer-specifications"
    book_from: datetime.date | None = None
    auto_post: str = "off"
    unattended: bool = True
    on_change: str = "hold"
    paper: str = "when there"
    second_approval_above: int | None = None
    second_approval_new: bool = False
    settings_hash: str = ""
    closed_until: datetime.date | None = None
    expectation: Expectation = Expectation()


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the verbs work: the database and the clock, with today's date as the administration sees it."""

    database: Database
    clock: Clock
    today: datetime.date

    def of(self, books: Books) -> Workplace:
        """The same place, where the rows of ``books`` are seen and changed and no others."""
        return replace(self, database=self.database.of(books.id))


def ignoring_rule(books: Books, key: InvoiceKey, date: datetime.date | None) -> str:
    """The name of the rule that keeps a whole document out of the books, '' when none does."""
    if books.book_from is not None and date is not None and date < books.book_from:
        return f"book_from {books.book_from}"
    if key.direction is Direction.SALE:
        if books.sale == "report":
            return "sale = report"
        if key.source != books.sale_source:
            return "compares only"
    return ""
