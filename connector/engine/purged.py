"""Documents that were removed and come again: in a backfill of old months, or with a longer look-back.

They are known by their key, from whichever list they come. Neither they nor their bytes are kept again: what is kept of
the answer is the hash and size of the slice.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.domain.invoice import InvoiceKey
from connector.engine.books import Books
from connector.engine.dialect import Dialect, documents_in
from connector.store import purges
from connector.store.database import Connection


class Purged:
    """The removed documents of one administration, for whoever reads an answer of ``source``. Where nothing was ever
    removed, nothing is read twice. ``met`` counts those that came again."""

    def __init__(self, connection: Connection, books: Books, dialect: Dialect, source: str) -> None:
        self._connection, self._books, self._dialect, self._source = connection, books, dialect, source
        self._any = purges.there_are(connection, books.id)
        self.met = 0

    def known(self, keys: list[InvoiceKey]) -> dict[InvoiceKey, int]:
        """The invoices of those of ``keys`` that were removed."""
        if not self._any:
            return {}
        return {key: invoice for key, (invoice, _) in purges.known(self._connection, self._books.id, keys).items()}

    def kept_out(self, slices: Mapping[bytes, bytes]) -> dict[bytes, list[int]]:
        """The invoices in those of ``slices`` (bytes by SHA-256) that hold nothing but removed documents. Of these
        slices hash and size are noted."""
        found: dict[bytes, list[int]] = {}
        noted = []
        for sha256, exact in slices.items() if self._any else ():
            invoice = self._dialect.parse(exact).invoice
            keys = [each.key for each in documents_in(invoice, self._source, self._books)]
            there = purges.known(self._connection, self._books.id, keys)
            if keys and all(key in there for key in keys):
                found[sha256] = [there[key][0] for key in dict.fromkeys(keys)]
                noted.append((sha256, there[keys[0]][1], len(exact)))
                self.met += len(found[sha256])
        purges.add_slices(self._connection, self._books.id, noted)
        return found
