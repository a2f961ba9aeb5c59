"""Lines of purchases and sales, row by row: what a margin is computed from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, RowMapping, select

from connector.domain.invoice import Direction
from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same

_AT_ONCE = 2000


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A current line with the month ('YYYY-MM') of its document. ``row_hash`` is the number of its hash, the two sides
    of a row being neighbours; ``None`` when it has none. ``net`` in minor units."""

    row_hash: int | None
    sale: bool
    period: str
    net: int
    account_id: str
    customer: str
    vendor: str
    plan: str
    subscription_id: str


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
    return {f"{day:%Y-%m}" for day in days if day is not None}


def lines(
    connection: Connection, administration_id: int, purchases: str, sales: str, *, hashed: bool
) -> Iterator[Line]:
    """The current lines of both sources that have a row hash, in its order; or, without ``hashed``, those that have
    none. They are streamed: memory does not grow with them."""
    line, version, invoice, latest = tables.line, tables.invoice_version, tables.invoice, newest()
    combination, subscription = tables.combination, tables.subscription
    wanted = (
        select(
            line.c.row_hash,
            line.c.net_minor,
            invoice.c.direction,
            version.c.document_date,
            subscription.c.account_id,
            subscription.c.company_name,
            subscription.c.plan_category_name,
            subscription.c.plan_name,
            subscription.c.plan_id,
            subscription.c.subscription_id,
        )
        .join(version, same(version, line, "version_id"))
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source.in_((purchases, sales)),
            line.c.row_hash.is_not(None) if hashed else line.c.row_hash.is_(None),
        )
    )
    if hashed:
        wanted = wanted.order_by(line.c.row_hash, version.c.version_id, line.c.line_no)
    streamed = connection.execute(wanted.execution_options(yield_per=_AT_ONCE))
    for row in streamed.mappings():
        yield _line(row)


def _line(row: RowMapping) -> Line:
    day: datetime.date | None = row["document_date"]
    return Line(
        row_hash=row["row_hash"],
        sale=row["direction"] == Direction.SALE.value,
        period=f"{day:%Y-%m}" if day else "",
        net=row["net_minor"],
        account_id=row["account_id"] or "",
        customer=row["company_name"] or row["account_id"] or "",
        vendor=row["plan_category_name"] or "",
        plan=row["plan_name"] or row["plan_id"] or "",
        subscription_id=row["subscription_id"] or "",
    )
