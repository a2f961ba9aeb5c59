"""Prices over the months: changed cost prices, whether they were passed on, and who pays another sale price."""

from __future__ import annotations

import msgspec

from connector.domain.prices import OtherPrice, PriceChange, Prices
from connector.engine.books import Books, Workplace
from connector.engine.margin import PURCHASES
from connector.store import cycles


class PriceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The changed cost prices of one administration, those that cost the most margin first, and the subscriptions that
    pay another sale price than most others, those that pay the least first.
    """

    administration: str
    changes: tuple[PriceChange, ...]
    others: tuple[OtherPrice, ...]


def prices(place: Workplace, books: Books) -> PriceReport:
    """The prices of all months that were fetched."""
    found = Prices()
    with place.database.reading() as connection:
        found.look(cycles.lines(connection, books.id, (PURCHASES, books.sale_source)))
    others = sorted(found.others(), key=lambda each: (each.minor, each.customer, each.subscription_id))
    return PriceReport(administration=books.name, changes=tuple(found.changes), others=tuple(others))
