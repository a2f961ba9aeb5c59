"""What entries do to accounts, summed in the database."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, func, select

from connector.domain.delivery import DeliveryState
from connector.store import bulk, tables
from connector.store.joins import same
from connector.store.reclassifications import books_document

_NOT_SENT = (DeliveryState.READY.value, DeliveryState.QUEUED.value, DeliveryState.HELD.value)


class EntrySum(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries of one date and direction do to one account under one tax code; ``minor`` is debit positive."""

    date: datetime.date
    direction: str
    account: str
    tax: str
    minor: int


def debits(connection: Connection, administration_id: int, entry_ids: Collection[int]) -> dict[int, int]:
    """The sum of the debits of each entry, in minor units."""
    posting = tables.posting
    rows = connection.execute(
        select(posting.c.entry_id, func.sum(posting.c.minor))
        .where(posting.c.administration_id == administration_id, posting.c.minor > 0,
               bulk.among(connection, posting.c.entry_id, entry_ids))
        .group_by(posting.c.entry_id)
    )  # fmt: skip
    return {entry_id: int(minor) for entry_id, minor in rows}


def not_sent(connection: Connection, administration_id: int) -> Iterator[EntrySum]:
    """The sums of entries that book documents and were certainly not sent: ready, approved, or kept back."""
    entry, posting, delivery = tables.entry, tables.posting, tables.delivery
    version, invoice = tables.invoice_version, tables.invoice
    rows = connection.execute(
        select(entry.c.booking_date, invoice.c.direction, posting.c.account, posting.c.tax,
               func.sum(posting.c.minor))
        .join(entry, same(entry, posting, "entry_id"))
        .join(delivery, same(delivery, posting, "entry_id"))
        .join(version, same(version, entry, "version_id"))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(posting.c.administration_id == administration_id, delivery.c.state.in_(_NOT_SENT),
               books_document())
        .group_by(entry.c.booking_date, invoice.c.direction, posting.c.account, posting.c.tax)
    )  # fmt: skip
    for date, direction, account, tax, minor in rows:
        yield EntrySum(date=date, direction=direction, account=account, tax=tax, minor=int(minor))
