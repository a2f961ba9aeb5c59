"""Margins: what was bought beside what it was sold for, per row, customer, vendor, plan or month."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import msgspec

from connector.domain.leakage import Leak, Leaks
from connector.domain.margin import Margin, margins, total
from connector.domain.rows import Row, rows
from connector.engine.books import Books, Workplace
from connector.engine.doubtful import Doubtful, doubtful
from connector.store import margins as stored

PURCHASES = "invoices"


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared: the list that sales come from, the months ('YYYY-MM') that both sides have, and those of
    which only one side was fetched: what lacks a partner there is no leak. ``doubtful`` documents are compared as well.
    """

    administration: str
    sale_source: str
    compared: tuple[str, ...]
    left_out: tuple[str, ...]
    doubtful: tuple[Doubtful, ...]


class MarginReport(msgspec.Struct, frozen=True, kw_only=True):
    """The margins of one administration ``by`` 'customer', 'vendor', 'plan' or 'period', the lowest first."""

    sides: Sides
    by: str
    rows: tuple[Margin, ...]

    @property
    def total(self) -> Margin:
        """All rows together."""
        return total(self.rows)


@contextmanager
def streamed(
    place: Workplace, books: Books, period: str | None = None, *, detailed: bool = False
) -> Iterator[tuple[Sides, Iterator[Row]]]:
    """The rows of all months that both sides have, or of ``period`` alone, one by one while the context lasts.

    Memory does not grow with them. Only ``detailed`` lines have charge type, hash, quantity and unit price.
    """
    sources = (PURCHASES, books.sale_source)
    with place.database.reading() as connection:
        bought, sold = (stored.months(connection, books.id, each) for each in sources)
        loose = stored.loose_months(connection, books.id, *sources)
        lines = stored.lines(connection, books.id, *sources, detailed=detailed)
        sides = Sides(
            administration=books.name,
            sale_source=books.sale_source,
            compared=tuple(sorted(bought & sold & ({period} if period else bought))),
            left_out=tuple(sorted((bought ^ sold) & ({period} if period else bought | sold))),
            doubtful=doubtful(connection, books, sources, period),
        )
        found = rows(lines, bought & sold, loose)
        yield sides, (each for each in found if period is None or each.first.period == period)


def report(place: Workplace, books: Books, by: str, period: str | None = None) -> MarginReport:
    """The margins of all months that both sides have, or of ``period`` alone."""
    with streamed(place, books, period) as (sides, found):
        return MarginReport(sides=sides, by=by, rows=tuple(margins(found, by)))


class LeakReport(msgspec.Struct, frozen=True, kw_only=True):
    """What leaks, the most money first. ``own_use`` is the cost, in minor units, of what internal customers use and
    nobody pays, in ``own_lines`` lines.
    """

    sides: Sides
    leaks: tuple[Leak, ...]
    own_use: int
    own_lines: int


def leakage(place: Workplace, books: Books, internal: Collection[str], period: str | None = None) -> LeakReport:
    """What leaks in the months that both sides have, or in ``period`` alone; ``internal`` are the customers
    (AccountIDs) that get no invoice.
    """
    found = Leaks(internal)
    with streamed(place, books, period, detailed=True) as (sides, rows):
        found.look(rows)
    with place.database.reading() as connection:
        for month in sorted(found.doubtful):
            found.sold(month, stored.customers_charged(connection, books.id, books.sale_source, month))
    return LeakReport(sides=sides, leaks=tuple(found.all), own_use=found.own_use, own_lines=found.own_lines)
