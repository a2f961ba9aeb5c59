"""Consolidated invoices of the older API: kept byte for byte, and compared with the invoices that were kept. They make
no document, and nothing is booked from them."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator
from enum import Enum

import msgspec

from connector.domain.consolidated import ConsolidatedInvoice
from connector.domain.consolidated_check import BilledLine, Comparison, Sold, compare
from connector.domain.dates import month_of
from connector.engine.books import Books, Workplace
from connector.engine.dialect import Dialect, in_batches
from connector.engine.pull import WindowReport, record_of
from connector.source.base import Answer, Endpoint
from connector.store import consolidated, drifts, fetches, purges
from connector.store.consolidated import Kept
from connector.store.database import Connection
from connector.store.fetches import Envelope
from connector.store.ids import Ids

CONSOLIDATED = Endpoint.CONSOLIDATED_INVOICES.value
PURCHASES, SALES = Endpoint.INVOICES.value, Endpoint.CUSTOMER_INVOICES.value
Read = Callable[[bytes], ConsolidatedInvoice]


def keep(place: Workplace, books: Books, dialect: Dialect, answer: Answer, source: str) -> WindowReport:
    """Keep one answer, whole or not at all. Raises SourceFormatError when it is not what the API promises."""
    with place.database.transaction() as connection:
        record = record_of(fetches.free_id(connection, books.id), answer, source)
        same = None
        if not answer.no_data:
            same = fetches.same_body(connection, books.id, CONSOLIDATED, answer.show_detail, answer.sha256)
        if same is not None:
            new_fields, kept = list[str](), msgspec.structs.replace(record, same_as=same[0])
            count = len(same[1].slices)
        else:
            ids = Ids(connection, books.id)
            envelope, unknown = _taken(connection, books, ids, dialect, answer)
            fields = list(unknown.items())
            new_fields = drifts.add_new(connection, books.id, ids, CONSOLIDATED, "", fields, answer.requested_at)
            kept, count = msgspec.structs.replace(record, envelope=envelope), len(envelope.slices)
        fetches.add(connection, books.id, msgspec.structs.replace(kept, invoices=count))
        return WindowReport(
            endpoint=CONSOLIDATED,
            start=record.window_start,
            end=record.window_end,
            invoices=count,
            new_fields=tuple(new_fields),
        )


def _taken(
    connection: Connection, books: Books, ids: Ids, dialect: Dialect, answer: Answer
) -> tuple[Envelope, dict[str, str]]:
    """The answer, its slices kept; and what nobody documented of it, as examples by pattern."""
    envelope, unknown = Envelope(glue=[], slices=[], invoices=[]), dict[str, str]()
    if answer.no_data:
        envelope.glue.append(answer.body.read_bytes())
        return envelope, unknown
    cut = dialect.cut(answer.body)
    for pieces in in_batches(cut.invoices()):
        hashes = [hashlib.sha256(piece.slice).digest() for piece in pieces]
        known = fetches.known_slices(connection, books.id, hashes)
        gone = purges.slice_sizes(connection, books.id, hashes)
        new = {
            digest: piece.slice
            for digest, piece in zip(hashes, pieces, strict=True)
            if digest not in known and digest not in gone
        }
        fetches.add_slices(connection, books.id, ids, list(new.items()))
        for exact in new.values():
            unknown |= dialect.read_consolidated(exact).unknown
        envelope.glue.extend(piece.glue for piece in pieces)
        envelope.slices.extend(hashes)
        envelope.invoices.extend([] for _ in pieces)
    envelope.glue.append(cut.tail)
    return envelope, unknown | {name: value.decode() for name, value in sorted(cut.members.items())}


class Against(Enum):
    """What a consolidated invoice could be compared with."""

    INVOICE = "invoice"
    NOT_FETCHED = "not-fetched"
    SEVERAL = "several"
    OTHER_PLATFORM = "other-platform"
    UNREADABLE = "unreadable"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One consolidated invoice as it was fetched last. ``comparison`` is ``None`` where it was not compared, for the
    reason ``against``. The stated totals, in minor units, are its own; what could not be read stands in ``unreadable``,
    as (where, value)."""

    number: str
    date: datetime.date | None
    currency: str
    fetched_at: datetime.datetime
    against: Against
    lines: int
    cost: int
    sale: int
    stated_purchases: int | None
    stated_sales: int | None
    unreadable: tuple[tuple[str, str], ...]
    comparison: Comparison | None = None


class ConsolidatedReport(msgspec.Struct, frozen=True, kw_only=True):
    """The consolidated invoices of one administration, oldest first."""

    administration: str
    invoices: tuple[Compared, ...]


def report(place: Workplace, books: Books, read: Read, period: str | None = None) -> ConsolidatedReport:
    """Compare the newest consolidated answer of every invoice, or of those dated in ``period`` ('YYYY-MM')."""
    with place.database.reading() as connection:
        return ConsolidatedReport(
            administration=books.name,
            invoices=tuple(_Comparing(connection, books, read).all(period)),
        )


class _Comparing:
    """Compares invoices month by month: the customers' invoices of one month are held at a time."""

    def __init__(self, connection: Connection, books: Books, read: Read) -> None:
        self._connection, self._books, self._read = connection, books, read
        self._month, self._sold = "", Sold(())

    def all(self, period: str | None) -> Iterator[Compared]:
        """Every invoice, oldest first."""
        for kept in self._newest(period):
            yield self._compared(self._invoice(kept), kept)

    def _newest(self, period: str | None) -> list[Kept]:
        """The newest slice of every number, by date; those without a number stand alone. Of several with one number
        in one answer none is newer."""
        found: dict[object, list[tuple[datetime.date, str, Kept]]] = {}
        for kept in consolidated.kept_slices(self._connection, self._books.id, CONSOLIDATED):
            invoice = self._invoice(kept)
            key = (invoice.issuer, invoice.number) if invoice.number else kept.sha256
            if key not in found or found[key][0][2].fetch_id == kept.fetch_id:
                found.setdefault(key, []).insert(0, (invoice.date or datetime.date.min, invoice.number, kept))
        ordered = sorted((each for several in found.values() for each in several), key=lambda each: each[:2])
        return [kept for day, _number, kept in ordered if period is None or month_of(day) == period]

    def _invoice(self, kept: Kept) -> ConsolidatedInvoice:
        return self._read(fetches.slice_body(self._connection, self._books.id, kept.sha256))

    def _compared(self, invoice: ConsolidatedInvoice, kept: Kept) -> Compared:
        against, bought = self._bought(invoice)
        comparison = compare(invoice, bought, self._sold_to(invoice)) if against is Against.INVOICE else None
        return Compared(
            number=invoice.number,
            date=invoice.date,
            currency=invoice.currency or self._books.currency,
            fetched_at=kept.fetched_at,
            against=against,
            lines=len(invoice.lines),
            cost=invoice.cost,
            sale=invoice.sale,
            stated_purchases=invoice.stated_purchases,
            stated_sales=invoice.stated_sales,
            unreadable=invoice.unreadable,
            comparison=comparison,
        )

    def _bought(self, invoice: ConsolidatedInvoice) -> tuple[Against, list[BilledLine]]:
        """The lines of the purchase invoice with the same number."""
        if not invoice.number:
            return Against.UNREADABLE, []
        found = consolidated.purchases(self._connection, self._books.id, PURCHASES, invoice.number)
        if not found:
            return Against.NOT_FETCHED, []
        if len(found) > 1:
            found = [each for each in found if each[1] == invoice.issuer]
        if len(found) != 1:
            return Against.SEVERAL, []
        bought = consolidated.billed(self._connection, self._books.id, found[0][0])
        given = {each.account_id for each in invoice.lines}
        if given and bought and not given & {each.account_id for each in bought}:
            return Against.OTHER_PLATFORM, []
        return Against.INVOICE, bought

    def _sold_to(self, invoice: ConsolidatedInvoice) -> Sold | None:
        """The lines on the customers' invoices of its month; ``None`` when none of its customers is among them, which
        may be named otherwise: by the current API."""
        day = invoice.date
        month = month_of(day) if day else ""
        if month != self._month:
            lines = consolidated.sold(self._connection, self._books.id, SALES, day) if day else []
            self._month, self._sold = month, Sold(lines)
        return self._sold if self._sold.accounts & {each.account_id for each in invoice.lines} else None
