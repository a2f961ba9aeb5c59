"""Printed: a person enters the total on the PDF of a document; the next preparing compares it."""

from __future__ import annotations

import msgspec

from connector.domain.checks import Document
from connector.domain.document import entry_key
from connector.domain.printed import PrintedTotal
from connector.engine.books import Books, Workplace
from connector.source.base import Endpoint
from connector.store import kept, printed_totals, states
from connector.store.ids import Ids
from connector.store.states import Standing


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A printed total beside that of the document as it is now, in minor units including VAT."""

    printed: int
    total: int

    @property
    def difference(self) -> int:
        """The document minus the paper."""
        return self.total - self.printed


def on_paper(place: Workplace, books: Books, number: str) -> list[Standing]:
    """The documents with this number of which there is a PDF: a specification of an end customer is no invoice."""
    with place.database.reading() as connection:
        return [
            each
            for each in states.standings(connection, books.id)
            if each.number == number and each.source != Endpoint.CUSTOMER_SPECIFICATIONS.value
        ]


def enter(place: Workplace, books: Books, standing: Standing, printed: int, *, actor: str) -> Compared:
    """Keep what a person read on the PDF of a document, and compare it; what was entered before no longer counts.

    Raises BusyError while a run works on the administration.
    """
    with place.database.lock(books.name), place.database.transaction() as connection:
        told = PrintedTotal(invoice_id=standing.invoice_id, gross=printed, actor=actor, at=place.clock())
        printed_totals.add(connection, books.id, Ids(connection, books.id), told)
        document = next(kept.load(connection, books.id, [standing.version_id]))
    key = entry_key(books.name, document.key, purpose="invoice", period=standing.period)
    return Compared(printed=printed, total=Document(head=document.head, groups=document.groups, key=key).total)
