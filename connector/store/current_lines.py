"""Lines with the texts that they share, of one version or of documents as they are now: what most questions about lines
begin with.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same


def with_texts(query: Select[Any], *, charge: bool = False) -> Select[Any]:
    """``query`` on ``line``, joined to its combination and subscription, and with ``charge`` to its charge."""
    line, combination, subscription = tables.line, tables.combination, tables.subscription
    joined = query.join(combination, same(combination, line, "combination_ref")).join(
        subscription, same(subscription, combination, "subscription_ref")
    )
    return joined.join(tables.charge, same(tables.charge, combination, "charge_ref")) if charge else joined


def current(query: Select[Any], *, charge: bool = False) -> Select[Any]:
    """``query`` on ``line``, of the newest version of each invoice only, joined to both and to the texts."""
    line, version, invoice, latest = tables.line, tables.invoice_version, tables.invoice, newest()
    joined = (
        query.join(version, same(version, line, "version_id"))
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
    )
    return with_texts(joined, charge=charge)
