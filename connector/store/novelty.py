"""What is new in an entry: combinations that no posted document has had."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, select

from connector.domain.combination import Combination
from connector.domain.delivery import DeliveryState
from connector.domain.finding import Severity
from connector.store import tables, texts
from connector.store.joins import same

_AT_ONCE = 10_000


def posted_combinations(connection: Connection, administration_id: int) -> set[bytes]:
    """The digests of all combinations that posted documents have."""
    line, entry, delivery = tables.line, tables.entry, tables.delivery
    rows = connection.execute(
        select(line.c.combination_ref)
        .join(entry, same(entry, line, "version_id"))
        .join(delivery, same(delivery, entry, "entry_id"))
        .where(line.c.administration_id == administration_id, delivery.c.state == DeliveryState.POSTED.value)
        .distinct()
    )
    return _digests(connection, administration_id, list(rows.scalars()))


def is_new(connection: Connection, administration_id: int, entry_id: int, posted: Collection[bytes]) -> bool:
    """Whether the document behind an entry has a combination that is not among ``posted``."""
    line, entry = tables.line, tables.entry
    rows = connection.execute(
        select(line.c.combination_ref)
        .join(entry, same(entry, line, "version_id"))
        .where(line.c.administration_id == administration_id, entry.c.entry_id == entry_id)
        .distinct()
    )
    return not _digests(connection, administration_id, list(rows.scalars())) <= set(posted)


def _digests(connection: Connection, administration_id: int, references: list[int]) -> set[bytes]:
    # Compared by what rules can see: the same plan under a new subscription is nothing new.
    found: set[bytes] = set()
    for start in range(0, len(references), _AT_ONCE):
        known: dict[int, Combination] = {}
        texts.remember_combinations(connection, administration_id, references[start : start + _AT_ONCE], known)
        found.update(each.digest for each in known.values())
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
