"""Preparations: what became of a version when it was last prepared: held, ignored by a named rule, or an entry."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

import msgspec
from sqlalchemy import Connection, func, select

from connector.domain.finding import Finding
from connector.store import findings, tables
from connector.store.documents import is_newest, newest
from connector.store.ids import Ids
from connector.store.joins import same

_CHUNK = 500


class Outcome(Enum):
    """What preparing a version led to."""

    HELD = "held"
    IGNORED = "ignored"
    READY = "ready"


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome for one version. ``rule`` names what ignored or held it; ``ignored`` are combinations that
    a rule ignores, with its id."""

    version_id: int
    mapping_version_id: int | None
    settings_hash: str
    outcome: Outcome
    rule: str = ""
    entry_id: int | None = None
    findings: tuple[Finding, ...] = ()
    ignored: Mapping[int, str] = {}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The latest preparation of a version, as far as the next needs to know it."""

    preparation_id: int
    version_id: int
    mapping_version_id: int | None
    settings_hash: str
    outcome: Outcome
    rule: str
    entry_id: int | None
    findings_digest: bytes
    prepared_at: datetime.datetime


def latest(connection: Connection, administration_id: int, version_ids: Collection[int]) -> dict[int, Known]:
    """The latest preparation of each of ``version_ids`` that was prepared."""
    stored = tables.preparation
    wanted = list(version_ids)
    found: dict[int, Known] = {}
    for start in range(0, len(wanted), _CHUNK):
        last = (
            select(func.max(stored.c.preparation_id))
            .where(
                stored.c.administration_id == administration_id,
                stored.c.version_id.in_(wanted[start : start + _CHUNK]),
            )
            .group_by(stored.c.version_id)
        )
        rows = connection.execute(
            select(stored).where(stored.c.administration_id == administration_id, stored.c.preparation_id.in_(last))
        )
        for row in rows:
            found[row.version_id] = Known(
                preparation_id=row.preparation_id,
                version_id=row.version_id,
                mapping_version_id=row.mapping_version_id,
                settings_hash=row.settings_hash,
                outcome=Outcome(row.outcome),
                rule=row.rule,
                entry_id=row.entry_id,
                findings_digest=bytes(row.findings_digest),
                prepared_at=row.prepared_at,
            )
    return found


def that_made(connection: Connection, administration_id: int, entry_id: int) -> int | None:
    """The preparation that made an entry, of which later ones of the same document may name it too; ``None`` for an
    entry that reclassifies."""
    stored = tables.preparation
    first = select(func.min(stored.c.preparation_id)).where(
        stored.c.administration_id == administration_id, stored.c.entry_id == entry_id
    )
    found: int | None = connection.execute(first).scalar_one()
    return found


def standing_entries(connection: Connection, administration_id: int) -> set[int]:
    """The entries that the latest preparation of a current version asks for; all other entries of documents are
    superseded. What reclassifies a document is asked for by a person, and is not among them."""
    stored, version, newest_version = tables.preparation, tables.invoice_version, newest()
    last = (
        select(func.max(stored.c.preparation_id))
        .where(stored.c.administration_id == administration_id)
        .group_by(stored.c.version_id)
    )
    rows = connection.execute(
        select(stored.c.entry_id)
        .join(version, same(version, stored, "version_id"))
        .join(newest_version, is_newest(newest_version))
        .where(
            stored.c.administration_id == administration_id,
            stored.c.preparation_id.in_(last),
            stored.c.entry_id.is_not(None),
        )
    )
    return {entry_id for entry_id in rows.scalars() if entry_id is not None}


def add(
    connection: Connection,
    administration_id: int,
    ids: Ids,
    made: Sequence[Preparation],
    prepared_at: datetime.datetime,
) -> None:
    """Keep preparations with their findings and the groups they ignore."""
    for each in made:
        preparation_id = ids.take("preparation")
        connection.execute(
            tables.preparation.insert(),
            {
                "administration_id": administration_id,
                "preparation_id": preparation_id,
                "version_id": each.version_id,
                "mapping_version_id": each.mapping_version_id,
                "settings_hash": each.settings_hash,
                "outcome": each.outcome.value,
                "rule": each.rule,
                "findings_digest": findings.digest(each.findings),
                "entry_id": each.entry_id,
                "prepared_at": prepared_at,
            },
        )
        rows = [
            {
                "administration_id": administration_id,
                "preparation_id": preparation_id,
                "combination_ref": combination_ref,
                "rule": rule,
            }
            for combination_ref, rule in sorted(each.ignored.items())
        ]
        if rows:
            connection.execute(tables.ignored_group.insert(), rows)
        found = [(each.version_id, one) for one in each.findings]
        findings.add(connection, administration_id, ids, found, preparation_id)
