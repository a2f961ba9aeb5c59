"""What goes in a purge beside documents: papers, and slices of answers in which nothing lies that stays.

Papers may come again after their document went, and slices in another form, as single changes of a document that was
not there yet, or as consolidated invoices, of which nothing is booked. So they are looked for in every purge anew.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

import msgspec

from connector.domain.reading import head_of
from connector.domain.retention import end_of
from connector.engine.books import Books
from connector.engine.consolidated import CONSOLIDATED
from connector.engine.dialect import Dialect
from connector.source.base import COMPARED, REGISTERS
from connector.store import consolidated, fetches, purges, register_purge, retention
from connector.store.database import Connection

_NO_DOCUMENTS = tuple(each.value for each in (*REGISTERS, *COMPARED))


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Papers by id, and slices by SHA-256; of these some may be needed by what stays."""

    papers: tuple[int, ...]
    slices: frozenset[bytes]


def rest(connection: Connection, books: Books, dialect: Dialect, invoice_ids: Collection[int], until: int) -> Rest:
    """What goes up to and with the year ``until``: beside ``invoice_ids``, and of documents that went before."""
    looking = _Looking(connection, books, dialect, until)
    return Rest(
        papers=tuple(retention.papers_of(connection, books.id, invoice_ids, until)),
        slices=frozenset({*looking.listed(invoice_ids), *looking.consolidated(), *looking.of_registers()}),
    )


class _Looking:
    def __init__(self, connection: Connection, books: Books, dialect: Dialect, until: int) -> None:
        self._connection, self._books, self._dialect, self._until = connection, books, dialect, until

    def listed(self, invoice_ids: Collection[int]) -> set[bytes]:
        """The slices that hold nothing but documents which go or went before, also those that no version was made of
        because they differ in form only; and those of these years that hold none."""
        gone = set(invoice_ids) | purges.invoice_ids(self._connection, self._books.id)
        theirs, nobodys, others = set[bytes](), set[bytes](), set[bytes]()
        for sha256, invoices in retention.answered(self._connection, self._books.id, _NO_DOCUMENTS):
            if not gone.issuperset(invoices):
                others.add(sha256)
            elif invoices:
                theirs.add(sha256)
            else:
                nobodys.add(sha256)
        return (theirs | set(self._over(nobodys - theirs - others))) - others

    def _over(self, hashes: Collection[bytes]) -> Iterator[bytes]:
        """Those of ``hashes`` that are there and dated in these years."""
        for sha256 in fetches.known_slices(self._connection, self._books.id, hashes):
            if self._is_over(head_of(self._dialect.parse(self._exact(sha256)).invoice).date):
                yield sha256

    def consolidated(self) -> Iterator[bytes]:
        """The slices of consolidated invoices of these years."""
        for kept in consolidated.kept_slices(self._connection, self._books.id, CONSOLIDATED):
            if self._is_over(self._dialect.read_consolidated(self._exact(kept.sha256)).date):
                yield kept.sha256

    def of_registers(self) -> set[bytes]:
        """The slices of answers of registers of these years, which no later answer has."""
        return register_purge.slices_until(self._connection, self._books.id, end_of(self._until))

    def _exact(self, sha256: bytes) -> bytes:
        return fetches.slice_body(self._connection, self._books.id, sha256)

    def _is_over(self, day: datetime.date | None) -> bool:
        return day is not None and day.year <= self._until
