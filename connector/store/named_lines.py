"""Lines that a person names: by their InvoiceRowHash, or by document number and place. Found by index, never by reading
all lines."""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from connector.domain.combination import Combination
from connector.domain.invoice import Direction, InvoiceKey
from connector.store import bulk, tables, texts
from connector.store.documents import received_fields, row_hash_number


class NamedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A stored line with its document; amounts in minor units. ``newest``: whether it is in the newest version."""

    key: InvoiceKey
    version_id: int
    version_no: int
    newest: bool
    date: datetime.date | None
    currency: str
    line_no: int
    combination_ref: int
    combination: Combination
    description: str
    quantity: str
    start: datetime.date | None
    end: datetime.date | None
    net: int
    vat: int
    row_hash: str


def by_row_hash(connection: Connection, administration_id: int, row_hash: str) -> list[NamedLine]:
    """The lines with this InvoiceRowHash, of purchases and sales, in the newest version that has them."""
    numbers = {row_hash_number(row_hash, sale=sale) for sale in (False, True)}
    known = [number for number in numbers if number is not None]
    found = _lines(connection, administration_id, bulk.among(connection, tables.line.c.row_hash, known))
    return _newest([each for each in found if each.row_hash == row_hash])


def by_place(
    connection: Connection, administration_id: int, number: str, line_no: int, customer: str | None = None
) -> list[NamedLine]:
    """Line ``line_no`` of the documents with this number (and end customer), in the newest version that has it."""
    document = [tables.invoice.c.number == number]
    if customer is not None:
        document.append(tables.invoice.c.customer == customer)
    return _newest(_lines(connection, administration_id, and_(*document, tables.line.c.line_no == line_no)))


def _lines(connection: Connection, administration_id: int, condition: ColumnElement[bool]) -> list[NamedLine]:
    line, version, invoice = tables.line, tables.invoice_version, tables.invoice
    combination, charge = tables.combination, tables.charge
    later = version.alias("later")
    superseded = (
        select(later.c.version_id)
        .where(later.c.administration_id == version.c.administration_id, later.c.invoice_id == version.c.invoice_id,
               later.c.version_no > version.c.version_no)
        .exists()
    )  # fmt: skip
    rows = connection.execute(
        select(line, version.c.version_no, version.c.document_date, version.c.currency, invoice.c.direction,
               invoice.c.source, invoice.c.issuer, invoice.c.number, invoice.c.customer, charge.c.description,
               superseded.label("superseded"))
        .join(version, and_(version.c.administration_id == line.c.administration_id,
                            version.c.version_id == line.c.version_id))
        .join(invoice, and_(invoice.c.administration_id == version.c.administration_id,
                            invoice.c.invoice_id == version.c.invoice_id))
        .join(combination, and_(combination.c.administration_id == line.c.administration_id,
                                combination.c.combination_ref == line.c.combination_ref))
        .join(charge, and_(charge.c.administration_id == combination.c.administration_id,
                           charge.c.charge_ref == combination.c.charge_ref))
        .where(line.c.administration_id == administration_id, condition)
        .order_by(invoice.c.direction, line.c.version_id, line.c.line_no)
    ).all()  # fmt: skip
    known: dict[int, Combination] = {}
    texts.remember_combinations(connection, administration_id, {row.combination_ref for row in rows}, known)
    found = []
    for row in rows:
        received = received_fields(row.received)
        key = InvoiceKey(
            direction=Direction(row.direction), source=row.source, issuer=row.issuer, number=row.number,
            customer=row.customer,
        )  # fmt: skip
        found.append(NamedLine(
            key=key, version_id=row.version_id, version_no=row.version_no, newest=not row.superseded,
            date=row.document_date, currency=row.currency, line_no=row.line_no, combination_ref=row.combination_ref,
            combination=known[row.combination_ref], description=row.description,
            quantity=received["quantity"] or "", start=row.start_date, end=row.end_date,
            net=row.net_minor, vat=row.vat_minor, row_hash=received["invoice_row_hash"] or "",
        ))  # fmt: skip
    return found


def _newest(found: list[NamedLine]) -> list[NamedLine]:
    """Of each document the lines of its newest version among ``found``."""
    last: dict[InvoiceKey, int] = {}
    for each in found:
        last[each.key] = max(each.version_no, last.get(each.key, 0))
    return [each for each in found if each.version_no == last[each.key]]
