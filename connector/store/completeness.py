"""What was bought per month, vendor and customer: what completeness is judged by."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sqlalchemy import BigInteger, Connection, cast, func, select

from connector.domain.completeness import Bought
from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.doubles import counted_once
from connector.store.joins import same


def bought(connection: Connection, administration_id: int, source: str, since: datetime.date) -> Iterator[Bought]:
    """The current lines of ``source`` in documents dated ``since`` or later, added up per day, vendor and customer."""
    line, version, invoice, latest = tables.line, tables.invoice_version, tables.invoice, newest()
    combination, subscription = tables.combination, tables.subscription
    told_apart = (
        version.c.document_date,
        subscription.c.plan_category_name,
        subscription.c.account_id,
        subscription.c.company_name,
    )
    rows = connection.execute(
        select(*told_apart, cast(func.sum(line.c.net_minor), BigInteger).label("net"))
        .join(version, same(version, line, "version_id"))
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source == source,
            version.c.document_date >= since,
            counted_once(connection, administration_id),
        )
        .group_by(*told_apart)
    )
    for row in rows:
        yield Bought(
            month=f"{row.document_date:%Y-%m}",
            vendor=row.plan_category_name or "",
            account_id=row.account_id or "",
            customer=row.company_name or "",
            net=row.net,
        )
