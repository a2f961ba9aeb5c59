"""Documents that were removed and come again: in a backfill of old months, or with a longer look-back.

They are known by their key, from whichever list they come, and by a date within the years of their purge. Neither they
nor their bytes are kept again: what is kept of the answer is the hash and size of the slice. A later document under the
key of a removed one (a number that is used again; none at all, which many have) is another: it is kept under the next
key, as the second of two in one answer is.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence

import msgspec

from connector.domain.invoice import InvoiceKey
from connector.engine.books import Books
from connector.engine.dialect import Dialect, Part, documents_in, twin
from connector.store import purges
from connector.store.database import Connection
from connector.store.purges import Gone


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The key that a document has here: the ``number``th under its ``own``; and what is known of it when it is one that
    was removed."""

    own: InvoiceKey
    number: int
    gone: Gone | None

    @property
    def key(self) -> InvoiceKey:
        """The key as it is kept."""
        return numbered(self.own, self.number)


def numbered(own: InvoiceKey, number: int) -> InvoiceKey:
    """The key of the ``number``th document (from 1) under ``own``."""
    return own if number == 1 else twin(own, number)


class Purged:
    """The removed documents of one administration, for whoever reads an answer of ``source``. Where nothing was ever
    removed, nothing is read twice. ``met`` counts those that came again."""

    def __init__(self, connection: Connection, books: Books, dialect: Dialect, source: str) -> None:
        self._connection, self._books, self._dialect, self._source = connection, books, dialect, source
        self._any = purges.there_are(connection, books.id)
        self.met = 0

    def settled(self, found: Sequence[Part]) -> list[Settled]:
        """Each of ``found`` with the key that it has here."""
        there = self._known([each.key for each in found])
        return [self._settled(each.key, each.head.date, there.get(each.key)) for each in found]

    def free(self, own: InvoiceKey, day: datetime.date | None, taken: Collection[InvoiceKey]) -> Settled:
        """The first key under ``own`` that is not among those ``taken``, and not that of a removed document which was
        earlier than ``day``."""
        number = 1
        while True:
            key = numbered(own, number)
            gone = self._known([key]).get(key)
            if key not in taken and not _is_later(own, day, gone):
                return Settled(own=own, number=number, gone=gone)
            number += 1

    def kept_out(self, slices: Mapping[bytes, bytes]) -> dict[bytes, list[int]]:
        """The invoices in those of ``slices`` (bytes by SHA-256) that hold nothing but removed documents. Of these
        slices hash and size are noted."""
        found: dict[bytes, list[int]] = {}
        noted = []
        for sha256, exact in slices.items() if self._any else ():
            invoice = self._dialect.parse(exact).invoice
            all_of_it = self.settled(list(documents_in(invoice, self._source, self._books)))
            gone = [each.gone for each in all_of_it if each.gone is not None]
            if gone and len(gone) == len(all_of_it):
                found[sha256] = list(dict.fromkeys(each.invoice_id for each in gone))
                noted.append((sha256, gone[0].purge_id, len(exact)))
                self.met += len(found[sha256])
        purges.add_slices(self._connection, self._books.id, noted)
        return found

    def _settled(self, own: InvoiceKey, day: datetime.date | None, gone: Gone | None) -> Settled:
        return self.free(own, day, ()) if _is_later(own, day, gone) else Settled(own=own, number=1, gone=gone)

    def _known(self, keys: list[InvoiceKey]) -> dict[InvoiceKey, Gone]:
        return purges.known(self._connection, self._books.id, keys) if self._any else {}


def _is_later(key: InvoiceKey, day: datetime.date | None, gone: Gone | None) -> bool:
    """Whether a document of ``day`` is another one than the removed one that has its key. Without a date it is the
    same, unless nothing but the sender tells so."""
    if gone is None:
        return False
    return not key.number if day is None else day.year > gone.until
