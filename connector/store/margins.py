"""Lines of purchases and sales, row by row: what margins and leaks are computed from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, func, select

from connector.domain.billed import Expected
from connector.domain.dates import months_back
from connector.domain.invoice import Direction
from connector.domain.rows import Line
from connector.store import tables
from connector.store.current_lines import current
from connector.store.documents import is_newest, newest, received_fields
from connector.store.doubles import counted_once
from connector.store.joins import same

_AT_ONCE = 2000


def months(connection: Connection, administration_id: int, source: str) -> set[str]:
    """The months ('YYYY-MM') in which a source has documents, as they are now."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    days = connection.execute(
        select(version.c.document_date)
        .distinct()
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(version.c.administration_id == administration_id, invoice.c.source == source)
    ).scalars()
    return {_month(day) for day in days if day is not None}


def loose_months(connection: Connection, administration_id: int, purchases: str, sales: str) -> set[str]:
    """The months in which a line of one of both sources has no row hash."""
    lines = _lines(connection, administration_id, purchases, sales, hashed=False)
    days = connection.execute(lines.with_only_columns(tables.invoice_version.c.document_date).distinct()).scalars()
    return {_month(day) for day in days}


def lines(
    connection: Connection, administration_id: int, purchases: str, sales: str, *, detailed: bool = False
) -> Iterator[Line]:
    """The current lines of both sources: those that have a row hash in its order, the two sides of a row being
    neighbours, and then those that have none by customer, subscription and month. They are streamed: memory does not
    grow with them. Only ``detailed`` ones have charge type, hash, quantity and unit price.
    """
    line, version, charge = tables.line, tables.invoice_version, tables.charge
    combination, subscription = tables.combination, tables.subscription
    texts = (
        subscription.c.account_id,
        subscription.c.company_name,
        subscription.c.plan_category_name,
        subscription.c.plan_name,
        subscription.c.plan_id,
        subscription.c.subscription_id,
    )
    orders = {
        True: (line.c.row_hash, line.c.version_id, line.c.line_no),
        False: (
            subscription.c.account_id,
            subscription.c.subscription_id,
            version.c.document_date,
            line.c.version_id,
            line.c.line_no,
        ),
    }
    for hashed, order in orders.items():
        wanted = _lines(connection, administration_id, purchases, sales, hashed=hashed)
        wanted = (
            wanted.add_columns(*texts)
            .join(combination, same(combination, line, "combination_ref"))
            .join(subscription, same(subscription, combination, "subscription_ref"))
            .order_by(*order)
        )
        if detailed:
            joined = wanted.join(charge, same(charge, combination, "charge_ref"))
            wanted = joined.add_columns(charge.c.charge_type, line.c.received)
        for row in connection.execute(wanted.execution_options(yield_per=_AT_ONCE)):
            yield _line(*row)


def _lines(connection: Connection, administration_id: int, purchases: str, sales: str, *, hashed: bool) -> Select[Any]:
    line, version, invoice, latest = tables.line, tables.invoice_version, tables.invoice, newest()
    return (
        select(line.c.row_hash, line.c.net_minor, invoice.c.direction, version.c.document_date)
        .join(version, same(version, line, "version_id"))
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source.in_((purchases, sales)),
            line.c.row_hash.is_not(None) if hashed else line.c.row_hash.is_(None),
            counted_once(connection, administration_id),
        )
    )


def _line(
    row_hash: int | None,
    net: int,
    direction: str,
    day: datetime.date | None,
    account_id: str,
    company_name: str,
    category: str,
    plan_name: str,
    plan_id: str,
    subscription_id: str,
    charge_type: str = "",
    received: str = "",
) -> Line:
    own = received_fields(received) if received else {}
    return Line(
        row=None if row_hash is None else row_hash // 2,
        sale=direction == _SALE,
        period=_month(day),
        net=net,
        account_id=account_id,
        customer=company_name or account_id,
        vendor=category,
        plan=plan_name or plan_id,
        subscription_id=subscription_id,
        charge_type=charge_type,
        row_hash=own.get("invoice_row_hash") or "",
        quantity=own.get("quantity") or "",
        unit_price=own.get("unit_price") or "",
    )


_SALE = Direction.SALE.value


@lru_cache(maxsize=4096)
def _month(day: datetime.date | None) -> str:
    return f"{day:%Y-%m}" if day else ""


def customers_charged(connection: Connection, administration_id: int, source: str, period: str) -> set[str]:
    """The end customers (AccountIDs) that a source has documents of in the month ``period`` ('YYYY-MM')."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    first = datetime.date.fromisoformat(f"{period}-01")
    rows = connection.execute(
        select(invoice.c.customer)
        .distinct()
        .join(version, same(version, invoice, "invoice_id"))
        .join(latest, is_newest(latest))
        .where(
            invoice.c.administration_id == administration_id,
            invoice.c.source == source,
            version.c.document_date >= first,
            version.c.document_date < months_back(first, -1),
        )
    )
    return set(rows.scalars())


def sold_per_customer(connection: Connection, administration_id: int, source: str) -> Iterator[Expected]:
    """What a source charges each end customer per month, as its documents are now."""
    line, version, invoice, subscription = tables.line, tables.invoice_version, tables.invoice, tables.subscription
    columns = (subscription.c.account_id, subscription.c.company_name, version.c.document_date)
    rows = connection.execute(
        current(select(*columns, func.sum(line.c.net_minor)))
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source == source,
            version.c.document_date.is_not(None),
            counted_once(connection, administration_id),
        )
        .group_by(*columns)
        .order_by(version.c.document_date, subscription.c.account_id, subscription.c.company_name)
    )
    for account_id, name, day, net in rows:
        yield Expected(account_id=account_id, name=name or account_id, period=_month(day), net=int(net))
