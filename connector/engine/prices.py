"""Subscriptions over the months: changed prices and whether they were passed on, seats given back and their credits."""

from __future__ import annotations

import msgspec

from connector.domain.credits import CreditDoubt, Credits
from connector.domain.prices import OtherPrice, PriceChange, Prices
from connector.engine.books import Books, Workplace
from connector.engine.doubtful import Doubtful, doubtful
from connector.engine.margin import PURCHASES
from connector.store import cycles, margins


class PriceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The changed cost prices of one administration, those that cost the most margin first, and the subscriptions that
    pay another sale price than most others, those that pay the least first.
    """

    administration: str
    changes: tuple[PriceChange, ...]
    others: tuple[OtherPrice, ...]
    doubtful: tuple[Doubtful, ...] = ()


def prices(place: Workplace, books: Books) -> PriceReport:
    """The prices of all months that were fetched."""
    found = Prices()
    with place.database.reading() as connection:
        sources = (PURCHASES, books.sale_source)
        found.look(cycles.lines(connection, books.id, sources))
        doubts = doubtful(connection, books, sources)
    others = sorted(found.others(), key=_other_order)
    return PriceReport(administration=books.name, changes=tuple(found.changes), others=tuple(others), doubtful=doubts)


class CreditReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where seats and credits of purchases do not fit, the most money first; ``unplaced`` counts credits of cycles that
    were not fetched, which nothing can be compared with.
    """

    administration: str
    doubts: tuple[CreditDoubt, ...]
    unplaced: int
    doubtful: tuple[Doubtful, ...] = ()

    def open(self, *, at_most: bool) -> int:
        """What is open in minor units: of the doubts whose days are known, or of those that tell the most there is."""
        return sum(each.minor for each in self.doubts if each.at_most is at_most)


def credits_due(place: Workplace, books: Books) -> CreditReport:
    """The credits of all months that were fetched."""
    with place.database.reading() as connection:
        found = Credits(margins.months(connection, books.id, PURCHASES))
        found.look(cycles.lines(connection, books.id, (PURCHASES,)))
        held = doubtful(connection, books, (PURCHASES,))
    doubts = sorted(found.doubts, key=_credit_order)
    return CreditReport(administration=books.name, doubts=tuple(doubts), unplaced=found.unplaced, doubtful=held)


def _other_order(each: OtherPrice) -> tuple[object, ...]:
    item = each.item
    return (
        each.minor, each.customer, each.account_id, each.subscription_id, item.plan, item.description, item.billing,
        item.months,
    )  # fmt: skip


def _credit_order(each: CreditDoubt) -> tuple[object, ...]:
    return (
        -abs(each.minor), each.customer, each.account_id, each.subscription_id, each.start, each.end, each.plan,
        each.kind.value,
    )  # fmt: skip
