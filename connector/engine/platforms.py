"""Platforms: what the documents of one of Copaco's platforms have on the other one, so that each is booked once.

Where an administration has documents of one platform only, that is one question to the database and nothing more. Where
it has both, the runs of invoices that both have are compared, each with its lines in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from connector.domain.platform import (
    Equal,
    Link,
    PlatformDocument,
    equals,
    match,
    runs,
)
from connector.engine.books import Books
from connector.store import platforms
from connector.store.database import Connection
from connector.store.platforms import Issued, PlatformHead


class BothPlatforms(msgspec.Struct, frozen=True, kw_only=True):
    """What stands already of documents on the other platform (``found``), by invoice, and with which invoices of the
    other platform each is the same at all (``partners``)."""

    found: Mapping[int, Equal] = {}
    partners: Mapping[int, Collection[int]] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The documents of one run of invoices of both platforms, with their heads, and which are the same."""

    issued: Issued
    currency: str
    heads: Mapping[int, PlatformHead]
    documents: Sequence[PlatformDocument]
    links: Sequence[Link]


def both_platforms(connection: Connection, books: Books, vanished: Collection[int]) -> BothPlatforms:
    """Compare what both platforms gave. What ``vanished`` from its list stands in nobody's way unless it is booked."""
    found: dict[int, Equal] = {}
    partners: dict[int, set[int]] = {}
    for run in compared(connection, books, vanished):
        found |= equals(run.documents, run.links)
        for link in run.links:
            partners.setdefault(link.old, set()).add(link.new)
            partners.setdefault(link.new, set()).add(link.old)
    return BothPlatforms(found=found, partners=partners)


def compared(connection: Connection, books: Books, vanished: Collection[int] = ()) -> Iterator[Run]:
    """Every run of invoices in which both platforms have documents, by issuer and date."""
    for issued in platforms.on_both(connection, books.id):
        known = platforms.heads(connection, books.id, issued)
        sent = platforms.sent(connection, books.id, [each.invoice_id for each in known])
        heads = {each.invoice_id: each for each in known if each.invoice_id in sent or each.invoice_id not in vanished}
        for currency in sorted({each.currency for each in heads.values()}):
            dates = ((each.date, each.invoice_id) for each in heads.values() if each.currency == currency)
            for numbers in runs(dates):
                if len({heads[each].platform for each in numbers}) > 1:
                    mine = {each: heads[each] for each in numbers}
                    yield _run(connection, books, issued, currency, mine, sent)


def _run(
    connection: Connection,
    books: Books,
    issued: Issued,
    currency: str,
    heads: Mapping[int, PlatformHead],
    sent: Collection[int],
) -> Run:
    lines = platforms.line_counts(connection, books.id, [each.version_id for each in heads.values()])
    documents = [
        PlatformDocument(
            id=each.invoice_id,
            platform=each.platform,
            number=each.number,
            date=each.date,
            posted=each.invoice_id in sent,
            lines=lines[each.version_id],
        )
        for each in heads.values()
    ]
    return Run(issued=issued, currency=currency, heads=heads, documents=documents, links=match(documents))
