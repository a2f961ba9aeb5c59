"""Lines of subscriptions over the months: what prices and credits are computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from connector.domain.cycles import CycleLine
from connector.domain.dates import month_of, parse_date
from connector.domain.invoice import Direction
from connector.store import tables
from connector.store.current_lines import current
from connector.store.documents import received_fields
from connector.store.doubles import counted_once

_AT_ONCE = 2000
_SALE = Direction.SALE.value


def lines(connection: Connection, administration_id: int, sources: Collection[str]) -> Iterator[CycleLine]:
    """The current lines of dated documents of ``sources``, those of a subscription together and in the order of their
    documents. They are streamed: memory does not grow with them.
    """
    line, version, invoice = tables.line, tables.invoice_version, tables.invoice
    combination, subscription, charge = tables.combination, tables.subscription, tables.charge
    wanted = (
        current(
            select(
                invoice.c.direction,
                version.c.document_date,
                line.c.net_minor,
                line.c.start_date,
                line.c.end_date,
                line.c.received,
                combination.c.billing,
                charge.c.charge_type,
                charge.c.description,
                subscription.c.account_id,
                subscription.c.company_name,
                subscription.c.subscription_id,
                subscription.c.plan_name,
                subscription.c.plan_id,
                subscription.c.expiration_date,
            ),
            charge=True,
        )
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source.in_(sources),
            version.c.document_date.is_not(None),
            counted_once(connection, administration_id),
        )
        .order_by(
            subscription.c.account_id,
            subscription.c.subscription_id,
            version.c.document_date,
            line.c.version_id,
            line.c.line_no,
        )
    )
    for row in connection.execute(wanted.execution_options(yield_per=_AT_ONCE)):
        received = received_fields(row.received)
        yield CycleLine(
            sale=row.direction == _SALE,
            period=month_of(row.document_date),
            net=row.net_minor,
            account_id=row.account_id,
            customer=row.company_name or row.account_id,
            subscription_id=row.subscription_id,
            plan=row.plan_name or row.plan_id,
            description=row.description,
            billing=row.billing,
            charge_type=row.charge_type,
            start=row.start_date,
            end=row.end_date,
            expires=parse_date(row.expiration_date),
            quantity=received["quantity"] or "",
            unit_price=received["unit_price"] or "",
            extended=received["extended_price"] or "",
        )
