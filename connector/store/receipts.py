"""What was posted, read page by page: memory does not grow with the years."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from connector.domain.delivery import DeliveryState
from connector.store import tables
from connector.store.joins import same

_CHUNK = 400
Columns = tuple[int, int, str, str, str, bool]


class PostedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is posted, with the reference that the ledger gave it."""

    delivery_id: int
    entry_id: int
    key: str
    fingerprint: str
    reference: str
    adopted: bool = False


def posted_after(
    connection: Connection, administration_id: int, ledger: str, delivery_id: int, limit: int
) -> list[PostedEntry]:
    """The next ``limit`` entries that are posted in ``ledger``, of the deliveries after ``delivery_id``."""
    delivery = tables.delivery
    page = (
        _posted(administration_id)
        .where(delivery.c.ledger == ledger, delivery.c.delivery_id > delivery_id)
        .order_by(delivery.c.delivery_id)
        .limit(limit)
    )
    return [_entry(row) for row in connection.execute(page)]


def documents_after(
    connection: Connection, administration_id: int, ledger: str, document_key: str, limit: int
) -> list[tuple[str, str]]:
    """(document key, one of its entry keys) of the next ``limit`` documents with entries for ``ledger``."""
    entry, delivery = tables.entry, tables.delivery
    rows = connection.execute(
        select(entry.c.document_key, func.min(entry.c.entry_key))
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(entry.c.administration_id == administration_id, entry.c.document_key > document_key,
               delivery.c.ledger == ledger, delivery.c.state != DeliveryState.CANCELLED.value)
        .group_by(entry.c.document_key)
        .order_by(entry.c.document_key)
        .limit(limit)
    )  # fmt: skip
    return [(document, key) for document, key in rows]


def known_documents(connection: Connection, administration_id: int, document_keys: Collection[str]) -> set[str]:
    """Those of ``document_keys`` of which there is an entry, whatever became of it."""
    stored, found = tables.entry, set[str]()
    wanted = list(document_keys)
    for start in range(0, len(wanted), _CHUNK):
        found.update(
            connection.execute(
                select(stored.c.document_key)
                .where(stored.c.administration_id == administration_id,
                       stored.c.document_key.in_(wanted[start : start + _CHUNK]))
                .distinct()
            ).scalars()
        )  # fmt: skip
    return found


def posted_keys(connection: Connection, administration_id: int, ledger: str, document_key: str) -> set[str]:
    """The keys of the entries of one document that are posted in ``ledger``."""
    entry, delivery = tables.entry, tables.delivery
    rows = connection.execute(
        select(delivery.c.entry_key)
        .join(entry, same(entry, delivery, "entry_id"))
        .where(delivery.c.administration_id == administration_id, entry.c.document_key == document_key,
               delivery.c.ledger == ledger, delivery.c.state == DeliveryState.POSTED.value)
    )  # fmt: skip
    return set(rows.scalars())


def adopted_of(connection: Connection, administration_id: int, ledger: str, document_key: str) -> PostedEntry | None:
    """The entry of one document for which a booking by another channel stands in ``ledger``."""
    entry, delivery = tables.entry, tables.delivery
    one = (
        _posted(administration_id)
        .join(entry, same(entry, delivery, "entry_id"))
        .where(delivery.c.ledger == ledger, entry.c.document_key == document_key, tables.receipt.c.adopted)
    )
    return next((_entry(row) for row in connection.execute(one)), None)


def adopted(connection: Connection, administration_id: int, ledger: str) -> set[int]:
    """The deliveries to ``ledger`` for which a booking by another channel stands."""
    delivery, stored = tables.delivery, tables.receipt
    rows = connection.execute(
        select(stored.c.delivery_id)
        .join(delivery, same(delivery, stored, "delivery_id"))
        .where(stored.c.administration_id == administration_id, delivery.c.ledger == ledger, stored.c.adopted)
    )
    return set(rows.scalars())


def _posted(administration_id: int) -> Select[Columns]:
    delivery, stored = tables.delivery, tables.receipt
    return (
        select(delivery.c.delivery_id, delivery.c.entry_id, stored.c.entry_key, stored.c.fingerprint,
               stored.c.reference, stored.c.adopted)
        .join(stored, same(stored, delivery, "delivery_id"))
        .where(delivery.c.administration_id == administration_id,
               delivery.c.state == DeliveryState.POSTED.value)
    )  # fmt: skip


def _entry(row: Row[Any]) -> PostedEntry:
    delivery_id, entry_id, key, fingerprint, reference, adopted = tuple[Any, ...](row)
    return PostedEntry(
        delivery_id=delivery_id,
        entry_id=entry_id,
        key=key,
        fingerprint=fingerprint,
        reference=reference,
        adopted=adopted,
    )
