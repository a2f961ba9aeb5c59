"""What each customer owes for the documents of a month, one customer at a time, so that memory holds one customer.

Nothing here changes anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from connector.domain.finding import Severity
from connector.domain.invoice import Direction, Party, ident
from connector.domain.reading import Head
from connector.domain.specification import Contact, Specification, SpecifiedDocument, specify
from connector.engine.books import Books, Workplace
from connector.engine.dialect import Dialect
from connector.source.base import Endpoint
from connector.store import document_views, doubles, fetches, sightings, specified, states
from connector.store.database import Connection
from connector.store.states import Standing

_TWIN = re.compile(r"part \d+$")
"""What the key of a document ends with when its answer held another one under the same number."""
DIFFERS = "TOTALS-DIFFER"
TWICE = "SAME-NUMBER-TWICE"
VANISHED = "VANISHED"


class Owing(msgspec.Struct, frozen=True, kw_only=True):
    """One customer with its documents of a month, oldest first, in one currency. Amounts in minor units.

    ``invoiced`` is the newest of all its customer invoices; ``vanished`` tells that Copaco no longer lists a document.
    """

    customer: str
    party: str
    currency: str
    documents: tuple[Standing, ...]
    invoiced: Standing | None = None
    vanished: bool = False

    @property
    def net(self) -> int:
        """The documents together, without VAT."""
        return sum(each.net for each in self.documents)

    @property
    def vat(self) -> int:
        """The VAT of the documents."""
        return sum(each.vat for each in self.documents)


class Specified(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's specification with whom to write to; ``doubts`` are the codes of findings for which it may not go
    out as it is."""

    specification: Specification
    contact: Contact
    doubts: tuple[str, ...]


def owing(place: Workplace, books: Books, period: str, source: str) -> list[Owing]:
    """Who owes something for documents of the list ``source`` that are dated in the month ``period`` ('YYYY-MM')."""
    found: dict[tuple[str, str, str], list[Standing]] = {}
    invoiced: dict[str, Standing] = {}
    with place.database.reading() as connection:
        gone = sightings.vanished(connection, books.id)
        others = doubles.left_out(connection, books.id)
        for each in states.standings(connection, books.id):
            if each.direction != Direction.SALE.value or each.version_id in others:
                continue
            account = _TWIN.sub("", each.customer).strip()
            if each.source == Endpoint.CUSTOMER_INVOICES.value and account:
                invoiced[account] = each
            if each.source == source and each.period == period:
                # A customer without an account is told from others by its name alone.
                found.setdefault((account, "" if account else each.party, each.currency), []).append(each)
    listed = [
        Owing(
            customer=account,
            party=documents[-1].party,
            currency=currency,
            documents=tuple(documents),
            invoiced=invoiced.get(account),
            vanished=any(each.invoice_id in gone for each in documents),
        )
        for (account, _, currency), documents in found.items()
    ]
    return sorted(listed, key=lambda each: (each.party.casefold(), each.customer, each.currency))


def specifications(
    place: Workplace, books: Books, dialect: Dialect, customers: Sequence[Owing], period: str
) -> Iterator[Specified]:
    """The specification of each of ``customers``, in their order."""
    for each in customers:
        with place.database.reading() as connection:
            yield _specified(connection, books, dialect, each, period)


def _specified(connection: Connection, books: Books, dialect: Dialect, owed: Owing, period: str) -> Specified:
    versions = [each.version_id for each in owed.documents]
    heads = [document_views.head_of(connection, books.id, version) for version in versions]
    number, lines = "", []
    for customer_number, line in specified.lines_of(connection, books.id, versions):
        number = customer_number or number
        lines.append(line)
    made = specify(
        lines,
        [_document(each, head) for each, head in zip(owed.documents, heads, strict=True)],
        customer=owed.customer,
        name=owed.party,
        customer_number=number,
        period=period,
        currency=owed.currency,
        invoiced=owed.documents[0].source == Endpoint.CUSTOMER_INVOICES.value,
    )
    return Specified(
        specification=made,
        contact=_contact(connection, books, dialect, owed.invoiced),
        doubts=tuple(_doubts(connection, books, owed, made, heads)),
    )


def _document(standing: Standing, head: Head) -> SpecifiedDocument:
    return SpecifiedDocument(number=standing.number, date=head.date, due=head.due, net=standing.net, vat=standing.vat)


def _doubts(
    connection: Connection, books: Books, owed: Owing, made: Specification, heads: Sequence[Head]
) -> Iterator[str]:
    """Why the documents may not be what the customer owes; what the tables lack does not count."""
    codes = [
        each.finding.code
        for each in document_views.findings_in_force(
            connection, books.id, {each.version_id for each in owed.documents}, ()
        )
        if each.severity is Severity.HOLD
    ]
    yield from dict.fromkeys(codes)
    if len({each.number for each in owed.documents}) < len(owed.documents):
        yield TWICE
    elif made.differing() or any(_differs(head, each) for head, each in zip(heads, owed.documents, strict=True)):
        yield DIFFERS
    if owed.vanished:
        yield VANISHED


def _differs(head: Head, standing: Standing) -> bool:
    """Whether a total stated on the document is not that of its lines."""
    stated = (head.stated_net, head.stated_vat, head.stated_gross)
    computed = (standing.net, standing.vat, standing.net + standing.vat)
    return any(one is not None and one != other for one, other in zip(stated, computed, strict=True))


def _contact(connection: Connection, books: Books, dialect: Dialect, invoiced: Standing | None) -> Contact:
    """The receiver of the customer's newest invoice: only customer-invoices tell whom to write to."""
    if invoiced is None:
        return Contact()
    newest = document_views.versions_of(connection, books.id, invoiced.invoice_id)[-1]
    exact = fetches.slice_body(connection, books.id, newest.slice_sha256)
    party = dialect.parse(exact).invoice.receiver or Party()
    middle = party.contact_middle_name or ""
    return Contact(
        first_name=party.contact_first_name or "",
        last_name=f"{middle} {party.contact_last_name or ''}".strip(),
        email=(party.email or "").strip(),
        telephone=ident(party.telephone),
        address=party.address or "",
        postal_code=ident(party.zip) or ident(party.postal_code),
        city=party.city or "",
        country=party.country or "",
        vat_number=party.vat_number or "",
    )
