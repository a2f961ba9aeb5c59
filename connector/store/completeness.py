"""What was bought per month, vendor and customer: what completeness is judged by."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, CursorResult, cast, func, select

from connector.domain.completeness import Bought, Subscribed
from connector.domain.register import SUBSCRIPTIONS
from connector.store import registers, tables
from connector.store.current_lines import current
from connector.store.doubles import counted_once


def bought(connection: Connection, administration_id: int, source: str, since: datetime.date) -> Iterator[Bought]:
    """The current lines of ``source`` in documents dated ``since`` or later, added up per day, vendor and customer."""
    version, subscription = tables.invoice_version, tables.subscription
    told_apart = (
        version.c.document_date,
        subscription.c.plan_category_name,
        subscription.c.account_id,
        subscription.c.company_name,
    )
    rows = _sums(connection, administration_id, source, since, *told_apart)
    for row in rows:
        yield Bought(
            month=f"{row.document_date:%Y-%m}",
            vendor=row.plan_category_name or "",
            account_id=row.account_id or "",
            customer=row.company_name or "",
            net=row.net,
        )


def subscribed(connection: Connection, administration_id: int) -> Iterator[Subscribed]:
    """Every subscription that was ever in the list of them."""
    for each in registers.listed(connection, administration_id, SUBSCRIPTIONS):
        known = each.entry.known
        yield Subscribed(
            subscription_id=known.get("subscription_id", each.entry.key),
            customer=known.get("company_name") or known.get("account_id", ""),
            plan=known.get("plan_name") or known.get("plan_id", ""),
            status=known.get("status", ""),
            billing=known.get("billing_frequency", ""),
            start=each.entry.start,
            gone=each.gone_since.date() if each.gone_since is not None else None,
        )


def bills(
    connection: Connection, administration_id: int, source: str, since: datetime.date
) -> dict[str, dict[str, int]]:
    """Net minor units by month ('YYYY-MM', of the document) and subscription, in documents of ``source`` dated
    ``since`` or later."""
    told_apart = (tables.invoice_version.c.document_date, tables.subscription.c.subscription_id)
    rows = _sums(connection, administration_id, source, since, *told_apart)
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        month = found.setdefault(f"{row.document_date:%Y-%m}", {})
        month[row.subscription_id] = month.get(row.subscription_id, 0) + row.net
    return found


def _sums(
    connection: Connection, administration_id: int, source: str, since: datetime.date, *told_apart: ColumnElement[Any]
) -> CursorResult[Any]:
    """The ``net`` of the current lines of ``source`` in documents dated ``since`` or later, as ``told_apart``."""
    line, version, invoice = tables.line, tables.invoice_version, tables.invoice
    return connection.execute(
        current(select(*told_apart, cast(func.sum(line.c.net_minor), BigInteger).label("net")))
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source == source,
            version.c.document_date >= since,
            counted_once(connection, administration_id),
        )
        .group_by(*told_apart)
    )
