"""What is new in an entry: combinations that no posted document has had, and prices that none lately had."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import JSON, ColumnElement, Connection, and_, cast, func, select

from connector.domain.approval import METERED, PRICE_DAYS
from connector.domain.combination import Combination
from connector.domain.delivery import DeliveryState
from connector.domain.finding import Severity
from connector.domain.vocabulary import RECEIVED_FIELDS
from connector.store import tables, texts
from connector.store.joins import same

_AT_ONCE = 10_000
_PRICE = RECEIVED_FIELDS.index("unit_price")
Priced = tuple[bytes, Decimal | None]
"""A combination by its digest, and a unit price in major units; ``None`` when none was received."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What posted documents have had: combinations by their digest, and the unit prices of those."""

    combinations: frozenset[bytes]
    prices: frozenset[Priced]


def known(connection: Connection, administration_id: int, today: datetime.date) -> Known:
    """What is known on ``today`` from the posted documents."""
    line, entry, delivery = tables.line, tables.entry, tables.delivery
    is_posted = and_(line.c.administration_id == administration_id, delivery.c.state == DeliveryState.POSTED.value)
    combinations = (
        select(line.c.combination_ref)
        .join(entry, same(entry, line, "version_id"))
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(is_posted)
        .distinct()
    )
    since = today - datetime.timedelta(days=PRICE_DAYS)
    prices = (
        _priced(connection)
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(is_posted, entry.c.document_date >= since)
    )
    digests = _digests(connection, administration_id, list(connection.execute(combinations).scalars()))
    return Known(
        combinations=frozenset(digests.values()),
        prices=frozenset((digests[each], _exact(price)) for each, price in connection.execute(prices)),
    )


def is_new(connection: Connection, administration_id: int, entry_id: int, known: Known) -> bool:
    """Whether the document behind an entry has a combination or a price that is not among what is ``known``."""
    line, entry = tables.line, tables.entry
    mine = and_(line.c.administration_id == administration_id, entry.c.entry_id == entry_id)
    references = select(line.c.combination_ref).join(entry, same(entry, line, "version_id")).where(mine).distinct()
    digests = _digests(connection, administration_id, list(connection.execute(references).scalars()))
    if not known.combinations.issuperset(digests.values()):
        return True
    prices = connection.execute(_priced(connection).where(mine))
    return any((digests[each], _exact(price)) not in known.prices for each, price in prices)


def _priced(connection: Connection) -> Any:
    """The combinations of lines and their unit prices, each pair once; not what is metered."""
    line, entry, stored, charge = tables.line, tables.entry, tables.combination, tables.charge
    return (
        select(line.c.combination_ref, _price(connection))
        .join(entry, same(entry, line, "version_id"))
        .join(stored, same(stored, line, "combination_ref"))
        .join(charge, same(charge, stored, "charge_ref"))
        .where(charge.c.charge_type != METERED)
        .distinct()
    )


def _price(connection: Connection) -> ColumnElement[str]:
    received = tables.line.c.received
    if connection.dialect.name == "sqlite":
        return func.coalesce(func.json_extract(received, f"$[{_PRICE}]"), "")
    return func.coalesce(cast(received, JSON)[_PRICE].as_string(), "")


def _exact(received: str) -> Decimal | None:
    """The number that was received, so that 1 and 1.00 are one price."""
    return Decimal(received) if received else None


def _digests(connection: Connection, administration_id: int, references: list[int]) -> dict[int, bytes]:
    # Compared by what rules can see: the same plan under a new subscription is nothing new.
    found: dict[int, bytes] = {}
    for start in range(0, len(references), _AT_ONCE):
        remembered: dict[int, Combination] = {}
        texts.remember_combinations(connection, administration_id, references[start : start + _AT_ONCE], remembered)
        found |= {reference: each.digest for reference, each in remembered.items()}
    return found


def documents_with(
    connection: Connection, administration_id: int, severities: Collection[Severity], *, but: Collection[str]
) -> set[int]:
    """The entries whose document has a finding of one of these severities, from reading or from its preparation, with
    another code than those of ``but``."""
    entry, finding, preparation = tables.entry, tables.finding, tables.preparation
    wanted = and_(finding.c.severity.in_([each.value for each in severities]), finding.c.code.not_in(but))
    read = select(entry.c.entry_id).join(
        finding, and_(same(finding, entry, "version_id"), finding.c.preparation_id.is_(None))
    )
    prepared = select(preparation.c.entry_id).join(finding, same(finding, preparation, "preparation_id"))
    found = set(connection.execute(read.where(entry.c.administration_id == administration_id, wanted)).scalars())
    more = prepared.where(preparation.c.administration_id == administration_id, wanted)
    return found | {each for each in connection.execute(more).scalars() if each is not None}
