"""Lines as customers see them on a specification: everything that was received of them, with their texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from sqlalchemy import Connection, select

from connector.domain.details import attributes
from connector.domain.specification import SpecifiedLine
from connector.store import bulk, tables
from connector.store.documents import received_fields
from connector.store.joins import same

_SUBSCRIPTION = (
    "company_name", "customer_number", "subscription_id", "subscription_name", "plan_name", "plan_category_name",
    "subscription_po_number", "consumer_company_name", "sub_po_number",
)  # fmt: skip


def lines_of(
    connection: Connection, administration_id: int, version_ids: Collection[int]
) -> Iterator[tuple[str, SpecifiedLine]]:
    """The lines of versions in document order, each with the customer number that stands beside it."""
    line, combination, subscription, charge = tables.line, tables.combination, tables.subscription, tables.charge
    version, invoice = tables.invoice_version, tables.invoice
    rows = connection.execute(
        select(
            line.c.line_no, line.c.net_minor, line.c.vat_minor, line.c.start_date, line.c.end_date, line.c.received,
            invoice.c.number, combination.c.rate, *(subscription.c[name] for name in _SUBSCRIPTION),
            subscription.c.details.label("attributes"), charge.c.charge_type, charge.c.description,
            charge.c.quantity_type, charge.c.vendor_details, charge.c.details.label("line_attributes"),
        )
        .join(version, same(version, line, "version_id"))
        .join(invoice, same(invoice, version, "invoice_id"))
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(line.c.administration_id == administration_id,
               bulk.among(connection, line.c.version_id, version_ids))
        .order_by(line.c.version_id, line.c.line_no)
    )  # fmt: skip
    for row in rows:
        received = received_fields(row.received)
        consumer = row.consumer_company_name
        yield (
            row.customer_number,
            SpecifiedLine(
                document=row.number,
                line_no=row.line_no,
                vendor=row.plan_category_name,
                subscription_id=row.subscription_id,
                subscription_name=row.subscription_name,
                plan=row.plan_name,
                company=consumer or row.company_name,
                charge_type=row.charge_type,
                description=row.description,
                start=row.start_date,
                end=row.end_date,
                quantity=_number(received["quantity"]),
                unit=row.quantity_type,
                unit_price=_number(received["unit_price"]),
                discount=_number(received["discount"]),
                rate=row.rate,
                net=row.net_minor,
                vat=row.vat_minor,
                subscription_po=row.subscription_po_number,
                po_number=row.sub_po_number or row.subscription_po_number,
                vendor_details=row.vendor_details,
                attributes=attributes(row.attributes),
                line_attributes=attributes(row.line_attributes),
            ),
        )


def _number(text: str | None) -> Decimal | None:
    return None if text is None or text == "" else Decimal(text)
