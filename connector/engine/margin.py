"""Margins: what was bought beside what it was sold for, per customer, vendor, plan or month."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from connector.domain.margin import Margin, SoldLine, margins, total
from connector.engine.books import Books, Workplace
from connector.store import margins as stored
from connector.store.database import Connection

PURCHASES = "invoices"


class MarginReport(msgspec.Struct, frozen=True, kw_only=True):
    """The margins of one administration ``by`` 'customer', 'vendor', 'plan' or 'period', the lowest first.

    ``left_out`` are months ('YYYY-MM') of which only one side was fetched: what lacks a partner there is no leak.
    ``sale_source`` is the list that sales come from.
    """

    administration: str
    by: str
    sale_source: str
    rows: tuple[Margin, ...]
    left_out: tuple[str, ...]

    @property
    def total(self) -> Margin:
        """All rows together."""
        return total(self.rows)


def report(place: Workplace, books: Books, by: str, period: str | None = None) -> MarginReport:
    """The margins of all months that both sides have, or of ``period`` alone."""
    with place.database.reading() as connection:
        bought = stored.months(connection, books.id, PURCHASES)
        sold = stored.months(connection, books.id, books.sale_source)
        found = margins(_lines(connection, books, by), bought & sold, period)
    return MarginReport(
        administration=books.name,
        by=by,
        sale_source=books.sale_source,
        rows=tuple(found),
        left_out=tuple(sorted((bought ^ sold) & ({period} if period else bought | sold))),
    )


def _lines(connection: Connection, books: Books, by: str) -> Iterator[SoldLine]:
    """Row by row: those with a hash, then what has none."""
    sources = (PURCHASES, books.sale_source)
    for each in chain(
        stored.lines(connection, books.id, *sources, hashed=True),
        stored.lines(connection, books.id, *sources, hashed=False),
    ):
        yield SoldLine(
            row=None if each.row_hash is None else each.row_hash // 2,
            place=(each.account_id, each.subscription_id, each.period),
            sale=each.sale,
            name=str(getattr(each, by)),
            net=each.net,
            period=each.period,
        )
