"""Billed: what customers were invoiced according to past books beside what they were sold."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from connector.domain.billed import Comparison, Invoiced, compare
from connector.domain.mapping import Mapping
from connector.domain.past_books import PastBooks, Remark
from connector.engine.books import Books, Workplace
from connector.engine.doubtful import Doubtful, doubtful
from connector.store import margins


class BilledReport(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison with what it was made of.

    ``months`` ('YYYY-MM') are those that both sides have, ``sold`` and ``invoiced`` those of each side; ``period`` is
    the one that was asked for, '' for all. Invoices book on ``debtors_account``, and count on ``accounts`` alone where
    there are any. ``nobody`` was invoiced to nobody or to several at once; ``unknown`` are amounts on accounts of which
    neither the file nor the chart says whether they belong to the result; none of it counts. Amounts in minor units.
    """

    comparison: Comparison
    form: str
    remarks: tuple[Remark, ...]
    months: tuple[str, ...]
    sold: tuple[str, ...]
    invoiced: tuple[str, ...]
    period: str
    debtors_account: str
    accounts: tuple[str, ...]
    nobody: int
    unknown: dict[str, int]
    doubtful: tuple[Doubtful, ...]


def billed(
    place: Workplace,
    books: Books,
    mapping: Mapping,
    past: PastBooks,
    period: str | None = None,
    accounts: Collection[str] = (),
) -> BilledReport:
    """Compare the months that both sides have, or ``period`` alone. PastBooksError when the file cannot be read."""
    invoiced = Invoiced(mapping.chart, accounts)
    for posting in past.postings():
        invoiced.add(posting)
    with place.database.reading() as connection:
        expected = list(margins.sold_per_customer(connection, books.id, books.sale_source))
        doubts = doubtful(connection, books, (books.sale_source,), period)
    sold = {each.period for each in expected}
    months = invoiced.months & sold & ({period} if period else sold)
    return BilledReport(
        comparison=compare(expected, invoiced.sums, mapping.customers, months),
        form=past.form,
        remarks=tuple(past.remarks),
        months=tuple(sorted(months)),
        sold=tuple(sorted(sold)),
        invoiced=tuple(sorted(invoiced.months)),
        period=period or "",
        debtors_account=mapping.chart.resolve("debtors_control") or "",
        accounts=tuple(accounts),
        nobody=invoiced.nobody,
        unknown=invoiced.unknown,
        doubtful=doubts,
    )
