"""Leaks: lines that were bought and not sold on, or sold without a purchase, and customers that were not invoiced."""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Connection, Subquery, func, select

from connector.domain.invoice import Direction
from connector.domain.platform import Platform, platform_of
from connector.store import row_hashes, tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """A line that only one side has, with its document's month and number and the end customer. ``net`` in minor
    units."""

    period: str
    number: str
    customer: str
    description: str
    net: int


def lines_without_partner(
    connection: Connection, administration_id: int, have: Direction, sale_source: str
) -> list[Leak]:
    """Lines of direction ``have`` whose row hash no line of the other direction has, by month, number and line.

    Only current versions count, and only months in which the other direction has documents: an unfetched month is
    no leak. ``sale_source`` is the endpoint of the sale side.
    """
    lack = Direction.SALE if have is Direction.PURCHASE else Direction.PURCHASE
    sources = {Direction.PURCHASE: "invoices", Direction.SALE: sale_source}
    other = tables.line.alias("other")
    line, combination, subscription, charge = tables.line, tables.combination, tables.subscription, tables.charge
    # Two sides, each as the current versions of one source.
    ours = _current(administration_id, sources[have], "ours")
    theirs = _current(administration_id, sources[lack], "theirs")
    partner = (
        select(theirs.c.version_id)
        .join(other, other.c.version_id == theirs.c.version_id)
        .where(
            other.c.administration_id == administration_id,
            other.c.row_hash == row_hashes.partner(line.c.row_hash, have),
        )
        .exists()
    )
    rows = connection.execute(
        select(ours.c.document_date, ours.c.number, subscription.c.company_name, charge.c.description, line.c.net_minor)
        .join(line, line.c.version_id == ours.c.version_id)
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(line.c.administration_id == administration_id, line.c.row_hash.is_not(None), ~partner)
        .order_by(ours.c.document_date, ours.c.number, line.c.line_no)
    )
    both = {_month(date) for date in connection.execute(select(theirs.c.document_date).distinct()).scalars() if date}
    return [
        Leak(period=_month(date), number=number, customer=customer, description=description, net=net)
        for date, number, customer, description, net in rows
        if date and _month(date) in both
    ]


def customers_without_invoice(
    connection: Connection, administration_id: int, specifications: str, invoices: str
) -> list[Leak]:
    """End customers that owe something by the ``specifications`` of a month and are in none of its ``invoices``, by
    month and customer; ``description`` is their account.

    Only current versions count, and only months of which there are invoices: one that was not fetched lacks nobody.
    """
    # Invoices of the old platform name customers by other ids than the specifications do.
    issued = {
        key: each
        for key, each in _by_customer(connection, administration_id, invoices).items()
        if platform_of(invoices, each.number, each.description) is Platform.NEW
    }
    owed = _by_customer(connection, administration_id, specifications)
    months = {period for period, _account in issued}
    found = [
        each for key, each in owed.items() if key[0] in months and key not in issued and each.description and each.net
    ]
    return sorted(found, key=lambda each: (each.period, each.customer, each.description))


def _by_customer(connection: Connection, administration_id: int, source: str) -> dict[tuple[str, str], Leak]:
    """What one source has of each end customer, by month and account."""
    line, combination, subscription = tables.line, tables.combination, tables.subscription
    ours = _current(administration_id, source, "ours")
    columns = (ours.c.document_date, ours.c.number, subscription.c.account_id, subscription.c.company_name)
    rows = connection.execute(
        select(*columns, func.sum(line.c.net_minor))
        .join(line, line.c.version_id == ours.c.version_id)
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .where(line.c.administration_id == administration_id)
        .group_by(*columns)
        .order_by(*columns)
    )
    found: dict[tuple[str, str], Leak] = {}
    for date, number, account, customer, net in rows:
        if date is None:
            continue
        key = (_month(date), account.casefold())
        before = found[key].net if key in found else 0
        found[key] = Leak(
            period=key[0], number=number, customer=customer or account, description=account, net=before + int(net)
        )
    return found


def _current(administration_id: int, source: str, name: str) -> Subquery:
    """The current versions of one source: (version_id, document_date, number)."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    return (
        select(version.c.version_id, version.c.document_date, invoice.c.number)
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(version.c.administration_id == administration_id, invoice.c.source == source)
        .subquery(name)
    )


def _month(day: datetime.date) -> str:
    return f"{day:%Y-%m}"
