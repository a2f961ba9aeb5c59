"""Which subscriptions of the older API are asked for what they are made of: those that were billed lately."""

from __future__ import annotations

import datetime
import re

from sqlalchemy import Connection, select

from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same

_NUMBER = re.compile("[0-9]{1,40}")


def to_ask(
    connection: Connection,
    administration_id: int,
    *,
    source: str,
    dated_from: datetime.date,
    endpoint: str,
    asked_since: datetime.datetime,
) -> list[str]:
    """The numbers of the subscriptions in documents of ``source`` dated from ``dated_from`` on, without those of which
    ``endpoint`` was asked since ``asked_since``. Only the older platform gives its subscriptions numbers."""
    line, version, invoice, latest = tables.line, tables.invoice_version, tables.invoice, newest()
    combination, subscription, fetch = tables.combination, tables.subscription, tables.fetch
    billed = connection.execute(
        select(subscription.c.subscription_id)
        .distinct()
        .join(combination, same(combination, subscription, "subscription_ref"))
        .join(line, same(line, combination, "combination_ref"))
        .join(version, same(version, line, "version_id"))
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(
            line.c.administration_id == administration_id,
            invoice.c.source == source,
            version.c.document_date >= dated_from,
        )
    ).scalars()
    asked = connection.execute(
        select(fetch.c.url).where(
            fetch.c.administration_id == administration_id,
            fetch.c.endpoint == endpoint,
            fetch.c.requested_at >= asked_since,
        )
    ).scalars()
    known = {url.rpartition("=")[2] for url in asked}
    numbers = (each for each in billed if _NUMBER.fullmatch(each) and each not in known)
    return sorted(numbers, key=lambda number: (len(number), number))
