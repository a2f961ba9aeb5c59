"""Subscriptions over the months: changed prices and whether they were passed on, seats given back and their credits."""

from __future__ import annotations

import msgspec

from connector.domain.credits import CreditDoubt, Credits
from connector.domain.prices import OtherPrice, PriceChange, Prices
from connector.engine.books import Books, Workplace
from connector.engine.margin import PURCHASES
from connector.store import cycles, margins


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


class CreditReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where seats and credits of purchases do not fit, the most money first; ``unplaced`` counts credits of cycles that
    were not fetched, which nothing can be compared with.
    """

    administration: str
    doubts: tuple[CreditDoubt, ...]
    unplaced: int


def credits_due(place: Workplace, books: Books) -> CreditReport:
    """The credits of all months that were fetched."""
    with place.database.reading() as connection:
        found = Credits(margins.months(connection, books.id, PURCHASES))
        found.look(cycles.lines(connection, books.id, (PURCHASES,)))
    doubts = sorted(found.doubts, key=lambda each: (-abs(each.minor), each.customer, each.subscription_id, each.start))
    return CreditReport(administration=books.name, doubts=tuple(doubts), unplaced=found.unplaced)
