"""Findings of documents, kept with the version they concern and, when settings or mapping had a say, with the
preparation."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, select

from connector.domain.catalogue import severity_of
from connector.domain.finding import Finding
from connector.store import bulk, tables
from connector.store.ids import Ids

_CHUNK = 500
_values = msgspec.json.Decoder(tuple[tuple[str, str], ...])


def add(
    connection: Connection,
    administration_id: int,
    ids: Ids,
    found: Sequence[tuple[int, Finding]],
    preparation_id: int | None = None,
) -> None:
    """Keep findings, each with the version it concerns."""
    rows = [
        (
            administration_id,
            ids.take("finding"),
            version_id,
            preparation_id,
            each.code,
            severity_of(each).value,
            each.where,
            each.minor,
            msgspec.json.encode(each.values).decode(),
        )
        for version_id, each in found
    ]
    if rows:
        bulk.insert(connection, "finding", [column.name for column in tables.finding.columns], rows)


def of_versions(
    connection: Connection, administration_id: int, version_ids: Collection[int]
) -> dict[int, tuple[Finding, ...]]:
    """The findings made while reading, per version; they hold whatever the settings."""
    stored = tables.finding
    found: dict[int, list[Finding]] = {}
    wanted = list(version_ids)
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(stored.c.version_id, stored.c.code, stored.c.place, stored.c.minor, stored.c.details)
            .where(
                stored.c.administration_id == administration_id,
                stored.c.version_id.in_(wanted[start : start + _CHUNK]),
                stored.c.preparation_id.is_(None),
            )
            .order_by(stored.c.finding_id)
        )
        for version_id, code, place, minor, details in rows:
            found.setdefault(version_id, []).append(finding_of(code, place, minor, details))
    return {version_id: tuple(each) for version_id, each in found.items()}


def finding_of(code: str, place: str, minor: int, details: str) -> Finding:
    """A finding from its row; ``details`` are its values as JSON."""
    return Finding(code=code, where=place, minor=minor, values=_values.decode(details))


def of_preparations(connection: Connection, administration_id: int) -> dict[int, list[Finding]]:
    """The findings of every preparation, in the order in which they were made."""
    stored = tables.finding
    found: dict[int, list[Finding]] = {}
    rows = connection.execute(
        select(stored.c.preparation_id, stored.c.code, stored.c.place, stored.c.minor, stored.c.details)
        .where(stored.c.administration_id == administration_id, stored.c.preparation_id.is_not(None))
        .order_by(stored.c.finding_id)
    )
    for preparation_id, code, place, minor, details in rows:
        found.setdefault(preparation_id, []).append(finding_of(code, place, minor, details))
    return found


def digest(found: Iterable[Finding]) -> bytes:
    """SHA-256 of findings in order: kept with the preparation, so that no cent of them changes unseen."""
    return hashlib.sha256(msgspec.json.encode(list(found))).digest()
