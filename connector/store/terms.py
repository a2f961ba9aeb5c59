"""Lines of subscriptions with their terms: what renewals are computed from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import msgspec
from sqlalchemy import Connection, select

from connector.domain.invoice import Direction
from connector.store import tables
from connector.store.current_lines import current
from connector.store.documents import received_fields
from connector.store.doubles import counted_once

_AT_ONCE = 2000


class TermLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A current line with its subscription as it was told there; ``end`` and ``start`` of the subscription are texts as
    received. ``net`` in minor units; ``quantity`` is ``None`` when there is no number."""

    sale: bool
    charge_type: str
    first: datetime.date
    last: datetime.date
    net: int
    quantity: Decimal | None
    subscription_id: str
    account_id: str
    customer: str
    customer_number: str
    plan: str
    vendor: str
    start: str
    end: str


def lines(
    connection: Connection, administration_id: int, purchases: str, sales: str, since: datetime.date
) -> Iterator[TermLine]:
    """The current lines of both sources in documents dated from ``since`` on, the oldest first; those without a period
    are left out. They are streamed: memory does not grow with them."""
    line, version, invoice = tables.line, tables.invoice_version, tables.invoice
    subscription, charge = tables.subscription, tables.charge
    wanted = (
        current(
            select(
                *(invoice.c.direction, line.c.start_date, line.c.end_date, line.c.net_minor, line.c.received),
                *(subscription.c.subscription_id, subscription.c.account_id, subscription.c.company_name),
                *(subscription.c.customer_number, subscription.c.plan_id, subscription.c.plan_name),
                *(subscription.c.plan_category_name, subscription.c.start_date.label("term_start")),
                *(subscription.c.expiration_date, charge.c.charge_type),
            ),
            charge=True,
        )
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source.in_((purchases, sales)),
            version.c.document_date >= since,
            line.c.start_date.is_not(None),
            line.c.end_date.is_not(None),
            counted_once(connection, administration_id),
        )
        .order_by(version.c.document_date, version.c.version_id, line.c.line_no)
    )
    for row in connection.execute(wanted.execution_options(yield_per=_AT_ONCE)).mappings():
        yield TermLine(
            sale=row["direction"] == Direction.SALE.value,
            charge_type=row["charge_type"],
            first=row["start_date"],
            last=row["end_date"],
            net=row["net_minor"],
            quantity=_number(received_fields(row["received"])["quantity"]),
            subscription_id=row["subscription_id"],
            account_id=row["account_id"],
            customer=row["company_name"] or row["account_id"],
            customer_number=row["customer_number"],
            plan=row["plan_name"] or row["plan_id"],
            vendor=row["plan_category_name"],
            start=row["term_start"],
            end=row["expiration_date"],
        )


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
