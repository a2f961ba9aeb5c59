"""Dialects: how answers of a source are cut into invoices, typed, and split into documents. The engine sees
sources only so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol

import msgspec

from connector.domain.consolidated import ConsolidatedInvoice
from connector.domain.document import digest, unordered
from connector.domain.finding import Finding
from connector.domain.invoice import Customer, Direction, Invoice, InvoiceKey, ident
from connector.domain.reading import Head, Reading, head_of, read
from connector.domain.tax_scale import TaxScale
from connector.domain.vocabulary import Vocabulary
from connector.engine.books import Books
from connector.source.base import Endpoint

LONGEST_KEY_PART = 60
"""Characters of an issuer, number or account that identify a document as they are. Real ones are far shorter."""


class Piece(Protocol):
    """One invoice of an answer: its exact bytes, and those in front of it."""

    @property
    def glue(self) -> bytes: ...  # noqa: D102
    @property
    def slice(self) -> bytes: ...  # noqa: D102


class Cut(Protocol):
    """An answer being cut into invoices; complete, and known to be well-formed, only when ``invoices`` has ended."""

    @property
    def tail(self) -> bytes: ...  # noqa: D102
    @property
    def members(self) -> Mapping[str, bytes]: ...  # noqa: D102

    def invoices(self) -> Iterator[Piece]:
        """The invoices one by one."""
        ...


class Unknown(Protocol):
    """An unknown field: its pattern, an example as JSON text, and the line it is on."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def example(self) -> str: ...  # noqa: D102
    @property
    def line_no(self) -> int | None: ...  # noqa: D102


class Read(Protocol):
    """A slice, typed."""

    @property
    def invoice(self) -> Invoice: ...  # noqa: D102
    @property
    def drift(self) -> Sequence[Unknown]: ...  # noqa: D102
    @property
    def findings(self) -> tuple[Finding, ...]: ...  # noqa: D102


class RegisterCut(Protocol):
    """An answer of a register being cut into entries; complete, and known to be well-formed, only when ``entries`` has
    ended."""

    @property
    def tail(self) -> bytes: ...  # noqa: D102
    @property
    def members(self) -> Mapping[str, bytes]: ...  # noqa: D102

    def entries(self) -> Iterator[Piece]:
        """The entries one by one."""
        ...


def _no_registers(_body: Path) -> RegisterCut:
    raise AssertionError("this source has no registers")


def _nothing_compared(_any: object) -> NoReturn:
    raise AssertionError("this source has no answers that are only compared")


def _current(_slice: bytes) -> str:
    return ""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How answers of a source are cut and typed, and whether its rates are percent or fractions. ``cut_register`` cuts
    those of registers, where the source has any.

    ``as_json`` is a slice as JSON, for looking at its fields; ``family`` is what the names of lists begin with when
    another API or another form wrote it, '' for the JSON of the current one.

    Answers in ``COMPARED`` have readers of their own: ``read_consolidated`` types a consolidated invoice,
    ``cut_details`` cuts subscription details, and ``unknown_details`` tells of their fields that nobody documented, as
    (pattern, example as JSON)."""

    cut: Callable[[Path], Cut]
    parse: Callable[[bytes], Read]
    scale: TaxScale = TaxScale.AUTO
    cut_register: Callable[[Path], RegisterCut] = _no_registers
    as_json: Callable[[bytes], bytes] = bytes
    family: Callable[[bytes], str] = _current
    read_consolidated: Callable[[bytes], ConsolidatedInvoice] = _nothing_compared
    cut_details: Callable[[Path], RegisterCut] = _nothing_compared
    unknown_details: Callable[[bytes], Iterable[tuple[str, str]]] = _nothing_compared


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One document in an invoice of the source; ``part`` is the position of its only end customer, ``None`` for
    the whole invoice."""

    key: InvoiceKey
    head: Head
    invoice: Invoice
    customers: tuple[Customer, ...] | None = None
    part: int | None = None


def documents_in(invoice: Invoice, source: str, books: Books) -> Iterator[Part]:
    """The documents in one invoice of the source: itself, or for a customer specification one per end customer."""
    head = head_of(invoice)
    if source == Endpoint.CUSTOMER_SPECIFICATIONS.value:
        for part, customer in enumerate(invoice.customers or ()):
            yield _specification(invoice, head, customer, part, books)
        return
    sale = source == Endpoint.CUSTOMER_INVOICES.value
    customers = invoice.customers or ()
    key = InvoiceKey(
        direction=Direction.SALE if sale else Direction.PURCHASE,
        source=source,
        issuer=_short(head.issuer),
        number=_short(head.number),
        customer=_short(ident(customers[0].account_id)) if sale and customers else "",
    )
    yield Part(key=key, head=head, invoice=invoice)


def twin(key: InvoiceKey, number: int) -> InvoiceKey:
    """The key of the document that comes as ``number``th (from 2) under one key in one answer."""
    return msgspec.structs.replace(key, customer=f"{key.customer}part {number}")


def _short(part: str) -> str:
    """A part of an invoice's key as it is, or its beginning with a digest: a name of a megabyte fits no index."""
    if len(part) <= LONGEST_KEY_PART:
        return part
    mark = digest((part,)).hex()[:16]
    return f"{part[: LONGEST_KEY_PART - len(mark) - 1]}~{mark}"


class _Outline(msgspec.Struct, frozen=True, kw_only=True):
    customers: list[msgspec.Raw] | None = msgspec.field(name="Customers", default=None)


_outline = msgspec.json.Decoder(_Outline).decode


def parts(exact: bytes, source: str) -> int | None:
    """How many documents a raw invoice holds, without reading them; ``None`` when that cannot be seen so quickly."""
    if source != Endpoint.CUSTOMER_SPECIFICATIONS.value:
        return 1
    try:
        return len(_outline(exact).customers or ())
    except msgspec.DecodeError:
        return None


def _specification(invoice: Invoice, head: Head, customer: Customer, part: int, books: Books) -> Part:
    """What one end customer owes. Who sends and receives a specification is not documented: the reseller does, the
    customer does."""
    own = msgspec.structs.replace(
        head,
        issuer=books.vat_number or books.name,
        sender_name=books.company or books.name,
        sender_vat=books.vat_number,
        sender_iban="",
        receiver_name=customer.company_name or "",
        receiver_vat="",
        stated_net=None,
        stated_vat=None,
        stated_gross=None,
        due=None,  # Copaco's terms are not those between the reseller and its customer
        terms_days=None,
    )
    key = InvoiceKey(
        direction=Direction.SALE,
        source=Endpoint.CUSTOMER_SPECIFICATIONS.value,
        issuer=_short(own.issuer),
        number=_short(head.number),
        customer=_short(ident(customer.account_id)),
    )
    return Part(key=key, head=own, invoice=invoice, customers=(customer,), part=part)


def read_part(found: Part, parsed: Read, dialect: Dialect, *, vocabulary: Vocabulary | None = None) -> Reading:
    """Read one document of an invoice."""
    drift = [f"{each.path}={each.example}".encode() for each in parsed.drift]
    return read(
        found.invoice,
        found.head,
        direction=found.key.direction,
        vocabulary=vocabulary or Vocabulary(),
        customers=found.customers,
        scale=dialect.scale,
        drift=[unordered(drift)] if drift else (),
    )


def in_batches(pieces: Iterator[Piece], size: int = 2 * 1024 * 1024) -> Iterator[list[Piece]]:
    """Pieces in batches of some megabytes, so that few look-ups serve many small invoices."""
    batch: list[Piece] = []
    waiting = 0
    for piece in pieces:
        batch.append(piece)
        waiting += len(piece.slice)
        if waiting >= size or len(batch) >= 200:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch
