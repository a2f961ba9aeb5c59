"""Acceptances: what persons accepted, for which version of which invoice, and what was booked on their word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from connector.domain.acceptance import Acceptance
from connector.domain.catalogue import entry_of
from connector.domain.finding import Finding, Severity
from connector.store import tables
from connector.store.findings import finding_of
from connector.store.ids import Ids
from connector.store.joins import same


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An acceptance as it stands, for ``verify``: ``known`` is false when no version of its invoice is like that."""

    acceptance_id: int
    acceptance: Acceptance
    digest: bytes
    known: bool


class Overruled(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that holds, about the version from which an entry was made all the same."""

    entry_id: int
    number: str
    version_id: int
    finding: Finding


def content_of(connection: Connection, administration_id: int, version_id: int) -> bytes:
    """The content fingerprint of a version."""
    version = tables.invoice_version
    found = connection.execute(
        select(version.c.content).where(
            version.c.administration_id == administration_id, version.c.version_id == version_id
        )
    )
    return bytes(found.scalar_one())


def add(connection: Connection, administration_id: int, ids: Ids, accepted: Acceptance) -> None:
    """Keep an acceptance."""
    connection.execute(
        tables.acceptance.insert(),
        {
            "administration_id": administration_id,
            "acceptance_id": ids.take("acceptance"),
            "invoice_id": accepted.invoice_id,
            "code": accepted.code,
            "finding": accepted.finding,
            "content": accepted.content,
            "actor": accepted.actor,
            "reason": accepted.reason,
            "at": accepted.at,
            "digest": accepted.digest,
        },
    )


def in_force(connection: Connection, administration_id: int) -> dict[int, dict[bytes, Acceptance]]:
    """What was accepted, by version: that of all versions which are to the last field the one that was looked at."""
    stored, version = tables.acceptance, tables.invoice_version
    rows = connection.execute(
        select(version.c.version_id, stored)
        .join(version, same(version, stored, "invoice_id", "content"))
        .where(stored.c.administration_id == administration_id)
        .order_by(stored.c.acceptance_id)
    )
    found: dict[int, dict[bytes, Acceptance]] = {}
    for row in rows:
        one = _acceptance(row)
        if not entry_of(one.code).acceptable:
            continue  # the table alone lets nothing through; verify tells
        found.setdefault(row.version_id, {}).setdefault(one.finding, one)  # the first word counts
    return found


def every(connection: Connection, administration_id: int) -> list[Row]:
    """All acceptances, oldest first."""
    stored, version = tables.acceptance, tables.invoice_version
    like = select(version.c.version_id).where(same(version, stored, "invoice_id", "content")).exists()
    rows = connection.execute(
        select(stored, like.label("known"))
        .where(stored.c.administration_id == administration_id)
        .order_by(stored.c.acceptance_id)
    )
    return [
        Row(
            acceptance_id=row.acceptance_id,
            acceptance=_acceptance(row),
            digest=bytes(row.digest),
            known=bool(row.known),
        )
        for row in rows
    ]


def overruled(connection: Connection, administration_id: int) -> Iterator[Overruled]:
    """The findings that hold, of the preparations which made an entry and of the versions these were made from."""
    finding, preparation, entry = tables.finding, tables.preparation, tables.entry
    # A later preparation of what is booked may name the entry too, and hold nothing back any more.
    made = (
        select(func.min(preparation.c.preparation_id))
        .where(preparation.c.administration_id == administration_id, preparation.c.entry_id.is_not(None))
        .group_by(preparation.c.entry_id)
    )
    rows = connection.execute(
        select(preparation.c.entry_id, entry.c.number, finding)
        .join(
            preparation,
            and_(
                same(preparation, finding, "version_id"),
                or_(finding.c.preparation_id.is_(None), finding.c.preparation_id == preparation.c.preparation_id),
            ),
        )
        .join(entry, same(entry, preparation, "entry_id"))
        .where(
            finding.c.administration_id == administration_id,
            finding.c.severity == Severity.HOLD.value,
            preparation.c.preparation_id.in_(made),
        )
        .order_by(preparation.c.entry_id, finding.c.finding_id)
    )
    for row in rows:
        told = finding_of(row.code, row.place, row.minor, row.details)
        yield Overruled(entry_id=row.entry_id, number=row.number, version_id=row.version_id, finding=told)


def _acceptance(row: Any) -> Acceptance:
    return Acceptance(
        invoice_id=row.invoice_id,
        code=row.code,
        finding=bytes(row.finding),
        content=bytes(row.content),
        actor=row.actor,
        reason=row.reason,
        at=row.at,
    )
