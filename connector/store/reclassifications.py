"""Chains: the entry of a document, and the entries that reclassified it since, in order."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.domain.delivery import DeliveryState
from connector.domain.reclassification import ADOPTION, CORRECTIONS, PURPOSES
from connector.store import tables
from connector.store.joins import same

_CHUNK = 400


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a chain, with its delivery."""

    entry_id: int
    delivery_id: int
    version_id: int
    purpose: str
    state: DeliveryState


def chains(connection: Connection, administration_id: int, document_keys: Collection[str]) -> dict[str, list[Link]]:
    """The entries of each document that are not cancelled, oldest first: what books it, and what reclassifies it. What
    moves an adopted booking is there when it is cancelled, too: its document cannot be moved further then."""
    entry, delivery = tables.entry, tables.delivery
    found: dict[str, list[Link]] = {}
    wanted = list(document_keys)
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(entry.c.document_key, entry.c.entry_id, entry.c.version_id, entry.c.purpose, delivery.c.delivery_id,
                   delivery.c.state)
            .join(delivery, same(delivery, entry, "entry_id"))
            .where(entry.c.administration_id == administration_id,
                   entry.c.document_key.in_(wanted[start : start + _CHUNK]),
                   or_(and_(delivery.c.state != DeliveryState.CANCELLED.value,
                            or_(entry.c.purpose == "invoice", is_move())),
                       entry.c.purpose.startswith(f"{ADOPTION}-")))
            .order_by(entry.c.entry_id)
        )  # fmt: skip
        for key, entry_id, version_id, purpose, delivery_id, state in rows:
            link = Link(
                entry_id=entry_id,
                delivery_id=delivery_id,
                version_id=version_id,
                purpose=purpose,
                state=DeliveryState(state),
            )
            found.setdefault(key, []).append(link)
    return found


def is_move() -> ColumnElement[bool]:
    """The condition that an entry moves cost or revenue of another one."""
    return or_(*(tables.entry.c.purpose.startswith(f"{each}-") for each in PURPOSES))


def books_document() -> ColumnElement[bool]:
    """The condition that an entry books a document, or corrects what was booked of it: it stands for a version."""
    purpose = tables.entry.c.purpose
    return or_(purpose == "invoice", *(purpose.startswith(f"{each}-") for each in CORRECTIONS))


def posted_before(connection: Connection, administration_id: int, document_key: str, entry_id: int) -> list[int]:
    """The entries of a document's chain that were posted before ``entry_id`` was made, oldest first."""
    links = chains(connection, administration_id, [document_key]).get(document_key, ())
    return [each.entry_id for each in links if each.entry_id < entry_id and each.state is DeliveryState.POSTED]


def unfinished(connection: Connection, administration_id: int) -> dict[str, int]:
    """How many reclassifications are neither posted nor cancelled, by the state of their delivery."""
    entry, delivery = tables.entry, tables.delivery
    done = (DeliveryState.POSTED.value, DeliveryState.CANCELLED.value)
    rows = connection.execute(
        select(delivery.c.state, func.count())
        .join(entry, same(entry, delivery, "entry_id"))
        .where(delivery.c.administration_id == administration_id, delivery.c.state.not_in(done),
               is_move())
        .group_by(delivery.c.state)
    )  # fmt: skip
    return {state: int(number) for state, number in rows}
