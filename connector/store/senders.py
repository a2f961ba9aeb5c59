"""The senders of kept documents, by name."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select

from connector.domain.delivery import DeliveryState
from connector.domain.reading import Head
from connector.domain.senders import Sender, Senders, sender_of
from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same

_head = msgspec.json.Decoder(Head)
_WENT_OUT = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.REJECTED, DeliveryState.POSTED)
"""Preparing can take none of these back, so that preparing twice sees the same senders."""


def of_name(connection: Connection, administration_id: int, direction: str, name: str) -> Senders:
    """The senders called ``name``: who sent documents whose entries went out, and who sent those that are current."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    entry, delivery = tables.entry, tables.delivery
    mine = (
        select(version.c.head)
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(version.c.administration_id == administration_id, invoice.c.direction == direction,
               version.c.party_name == name, version.c.document_date.is_not(None))
        .order_by(version.c.document_date, version.c.version_id)
    )  # fmt: skip
    booked = (
        mine.join(entry, same(entry, version, "version_id"))
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(delivery.c.state.in_([each.value for each in _WENT_OUT]))
    )
    return Senders(booked=_read(connection, booked), current=_read(connection, mine.join(latest, is_newest(latest))))


def _read(connection: Connection, query: Select[Any]) -> tuple[Sender, ...]:
    return tuple(sender_of(_head.decode(head)) for head in connection.execute(query).scalars())
