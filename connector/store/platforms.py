"""Documents of Copaco's two platforms beside each other: where both are, their dates, and their lines as they are known
again on the other platform."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from connector.domain.delivery import DeliveryState
from connector.domain.migration import PlatformLine
from connector.domain.platform import OLD_PREFIXES, SOURCES, LineKey, Platform, line_key, platform_of
from connector.store import bulk, tables
from connector.store.current_lines import with_texts
from connector.store.documents import is_newest, newest, received_fields
from connector.store.joins import same

_AT_ONCE = 2000
_DIGITS = "0123456789"
_SENT = tuple(each.value for each in (DeliveryState.POSTED, DeliveryState.SENDING, DeliveryState.UNKNOWN))


class Issued(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Documents of which some may be the same: those of one list of one issuer."""

    direction: str
    source: str
    issuer: str


class PlatformHead(msgspec.Struct, frozen=True, kw_only=True):
    """A current document with a date, and the platform and list it comes from; amounts in minor units."""

    invoice_id: int
    version_id: int
    platform: Platform
    source: str
    number: str
    currency: str
    date: datetime.date
    net: int


def on_both(connection: Connection, administration_id: int) -> list[Issued]:
    """The lists and issuers that have documents of both platforms: one question to one index."""
    invoice = tables.invoice
    is_old = case((_is_old(), 1), else_=0)
    rows = connection.execute(
        select(invoice.c.direction, invoice.c.source, invoice.c.issuer)
        .where(invoice.c.administration_id == administration_id, invoice.c.source.in_(SOURCES))
        .group_by(invoice.c.direction, invoice.c.source, invoice.c.issuer)
        .having(func.min(is_old) != func.max(is_old))
        .order_by(invoice.c.direction, invoice.c.source, invoice.c.issuer)
    )
    return [Issued(direction=row.direction, source=row.source, issuer=row.issuer) for row in rows]


def _is_old() -> ColumnElement[bool]:
    """``domain.platform.platform_of`` as the database sees it."""
    invoice = tables.invoice
    digits = func.substr(invoice.c.number, 3)
    behind = func.ltrim(invoice.c.customer, _DIGITS)
    return or_(
        and_(func.substr(invoice.c.number, 1, 2).in_(OLD_PREFIXES), digits != "", func.ltrim(digits, _DIGITS) == ""),
        and_(
            invoice.c.source == SOURCES[1],
            behind != invoice.c.customer,
            or_(behind == "", func.substr(behind, 1, 5) == "part "),
        ),
    )


def heads(connection: Connection, administration_id: int, issued: Issued) -> list[PlatformHead]:
    """The current documents of an issuer that have a date, by arrival."""
    invoice = tables.invoice
    mine = (
        invoice.c.direction == issued.direction,
        invoice.c.source == issued.source,
        invoice.c.issuer == issued.issuer,
    )
    return _heads(connection, administration_id, *mine)


def every(connection: Connection, administration_id: int) -> list[PlatformHead]:
    """The current documents that have a date of all lists that both platforms give, by arrival."""
    return _heads(connection, administration_id, tables.invoice.c.source.in_(SOURCES))


def _heads(connection: Connection, administration_id: int, *conditions: ColumnElement[bool]) -> list[PlatformHead]:
    invoice, version, latest = tables.invoice, tables.invoice_version, newest()
    rows = connection.execute(
        select(
            *(invoice.c.invoice_id, invoice.c.source, invoice.c.number, invoice.c.customer, version.c.version_id),
            *(version.c.document_date, version.c.currency, version.c.net_minor),
        )
        .join(version, same(version, invoice, "invoice_id"))
        .join(latest, is_newest(latest))
        .where(invoice.c.administration_id == administration_id, version.c.document_date.is_not(None), *conditions)
        .order_by(invoice.c.invoice_id)
    )
    return [
        PlatformHead(
            invoice_id=row.invoice_id,
            version_id=row.version_id,
            platform=platform_of(row.source, row.number, row.customer),
            source=row.source,
            currency=row.currency,
            number=row.number,
            date=row.document_date,
            net=row.net_minor,
        )
        for row in rows
    ]


def lines(connection: Connection, administration_id: int, version_ids: Collection[int]) -> Iterator[PlatformLine]:
    """The lines of ``version_ids``, streamed."""
    line, subscription = tables.line, tables.subscription
    wanted = (
        with_texts(
            select(
                *(line.c.version_id, line.c.start_date, line.c.end_date, line.c.net_minor, line.c.vat_minor),
                *(line.c.received, subscription.c.company_name, subscription.c.plan_name, subscription.c.plan_id),
                *(subscription.c.account_id, subscription.c.subscription_id),
            )
        )
        .where(line.c.administration_id == administration_id, bulk.among(connection, line.c.version_id, version_ids))
        .order_by(line.c.version_id, line.c.line_no)
    )
    for row in connection.execute(wanted.execution_options(yield_per=_AT_ONCE)):
        yield PlatformLine(
            version_id=row.version_id,
            key=line_key(
                customer=row.company_name,
                plan=row.plan_name,
                start=row.start_date,
                end=row.end_date,
                quantity=received_fields(row.received)["quantity"] or "",
                net=row.net_minor,
                vat=row.vat_minor,
            ),
            customer=row.company_name or row.account_id,
            plan=row.plan_name or row.plan_id,
            account_id=row.account_id,
            subscription_id=row.subscription_id,
            plan_id=row.plan_id,
        )


def line_counts(
    connection: Connection, administration_id: int, version_ids: Collection[int]
) -> dict[int, Counter[LineKey]]:
    """How often each of ``version_ids`` has a line."""
    found: dict[int, Counter[LineKey]] = {each: Counter() for each in version_ids}
    for each in lines(connection, administration_id, version_ids):
        found[each.version_id][each.key] += 1
    return found


def sent(connection: Connection, administration_id: int, invoice_ids: Collection[int]) -> set[int]:
    """Those of ``invoice_ids`` that are in the books, or may be on their way there."""
    version, entry, delivery = tables.invoice_version, tables.entry, tables.delivery
    rows = connection.execute(
        select(version.c.invoice_id)
        .distinct()
        .join(entry, same(entry, version, "version_id"))
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(
            version.c.administration_id == administration_id,
            bulk.among(connection, version.c.invoice_id, invoice_ids),
            delivery.c.state.in_(_SENT),
        )
    )
    return set(rows.scalars())
