"""What is new in an entry: combinations that no posted document has had."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, select

from connector.domain.delivery import DeliveryState
from connector.domain.finding import Severity
from connector.store import tables


def is_new(connection: Connection, administration_id: int, entry_id: int) -> bool:
    """Whether the document behind an entry has a combination that no posted document has."""
    group, entry, delivery = tables.document_group, tables.entry, tables.delivery
    other, posted = group.alias("other"), entry.alias("posted")
    before = (
        select(other.c.version_id)
        .join(
            posted,
            and_(posted.c.administration_id == other.c.administration_id, posted.c.version_id == other.c.version_id),
        )
        .join(
            delivery,
            and_(delivery.c.administration_id == posted.c.administration_id, delivery.c.entry_id == posted.c.entry_id),
        )
        .where(
            other.c.administration_id == group.c.administration_id,
            other.c.combination_ref == group.c.combination_ref,
            delivery.c.state == DeliveryState.POSTED.value,
        )
    )
    found = connection.execute(
        select(group.c.position)
        .join(
            entry,
            and_(entry.c.administration_id == group.c.administration_id, entry.c.version_id == group.c.version_id),
        )
        .where(group.c.administration_id == administration_id, entry.c.entry_id == entry_id, ~before.exists())
        .limit(1)
    )
    return found.one_or_none() is not None


def documents_with(connection: Connection, administration_id: int, severities: Collection[Severity]) -> set[int]:
    """The entries whose document has a finding of one of these severities, from reading or from its preparation."""
    entry, finding, preparation = tables.entry, tables.finding, tables.preparation
    wanted = finding.c.severity.in_([each.value for each in severities])
    read = select(entry.c.entry_id).join(
        finding,
        and_(
            finding.c.administration_id == entry.c.administration_id,
            finding.c.version_id == entry.c.version_id,
            finding.c.preparation_id.is_(None),
        ),
    )
    prepared = select(preparation.c.entry_id).join(
        finding,
        and_(
            finding.c.administration_id == preparation.c.administration_id,
            finding.c.preparation_id == preparation.c.preparation_id,
        ),
    )
    found = set(connection.execute(read.where(entry.c.administration_id == administration_id, wanted)).scalars())
    more = prepared.where(preparation.c.administration_id == administration_id, wanted)
    return found | {each for each in connection.execute(more).scalars() if each is not None}
