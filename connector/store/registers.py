"""Registers of the source as they were received: entries, their versions, and which are no longer there."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from connector.domain.register import CONTENT_ALGORITHM, Entry, EntryVersion, Listed
from connector.store import tables
from connector.store.ids import Ids
from connector.store.joins import same

_known = msgspec.json.Decoder(dict[str, str]).decode
_others = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode


class KnownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its current version. ``gone``: the last answer that told did not have it."""

    entry_id: int
    version_no: int
    content: bytes
    gone: bool


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is new or changed; ``before`` is what was known of it."""

    entry: Entry
    slice_id: int
    before: KnownEntry | None


def same_answer(
    connection: Connection, administration_id: int, register: str, sha256: bytes, *, saved: bool
) -> tuple[int, int] | None:
    """(fetch, entries) of the last answer that was read, if it had this body: then nothing can have changed.

    A ``saved`` answer repeats any that was read, not only the last: a folder of them is taken again with every run.
    """
    fetch = tables.fetch
    found = connection.execute(
        select(fetch.c.fetch_id, fetch.c.sha256, fetch.c.invoices)
        .where(
            fetch.c.administration_id == administration_id,
            fetch.c.endpoint == register,
            fetch.c.same_as.is_(None),
            *((fetch.c.sha256 == sha256,) if saved else ()),
        )
        .order_by(fetch.c.fetch_id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None or bytes(found.sha256) != sha256 else (found.fetch_id, found.invoices)


def current(connection: Connection, administration_id: int, register: str) -> dict[str, KnownEntry]:
    """The newest version of every entry that was ever there, by key."""
    gone = _gone(connection, administration_id)
    return {
        row.entry_key: KnownEntry(
            entry_id=row.register_entry_id,
            version_no=row.version_no,
            content=bytes(row.content),
            gone=row.register_entry_id in gone,
        )
        for row in connection.execute(_newest(administration_id, register))
    }


def add(
    connection: Connection,
    administration_id: int,
    ids: Ids,
    register: str,
    fetch_id: int,
    arrivals: Sequence[Arrival],
) -> None:
    """Keep what is new or changed."""
    entries: list[dict[str, Any]] = []
    versions: list[dict[str, Any]] = []
    for each in arrivals:
        entry_id = each.before.entry_id if each.before else ids.take("register_entry")
        mine = {"administration_id": administration_id, "register_entry_id": entry_id}
        if each.before is None:
            entries.append(mine | {"register": register, "entry_key": each.entry.key})
        versions.append(
            mine
            | {
                "register_version_id": ids.take("register_version"),
                "version_no": each.before.version_no + 1 if each.before else 1,
                "fetch_id": fetch_id,
                "slice_id": each.slice_id,
                "content": each.entry.content,
                "content_algorithm": CONTENT_ALGORITHM,
                "known": msgspec.json.encode(each.entry.known).decode(),
                "others": msgspec.json.encode(each.entry.others).decode(),
            }
        )
    for table, rows in ((tables.register_entry, entries), (tables.register_version, versions)):
        if rows:
            connection.execute(table.insert(), rows)


def see(
    connection: Connection, administration_id: int, ids: Ids, entry_ids: Iterable[int], fetch_id: int, kind: str
) -> None:
    """Note that entries ``vanished`` or ``returned`` with a fetch."""
    rows = [
        {
            "administration_id": administration_id,
            "register_sighting_id": ids.take("register_sighting"),
            "register_entry_id": entry_id,
            "fetch_id": fetch_id,
            "kind": kind,
        }
        for entry_id in sorted(entry_ids)
    ]
    if rows:
        connection.execute(tables.register_sighting.insert(), rows)


def listed(connection: Connection, administration_id: int, register: str) -> list[Listed]:
    """Every entry that was ever there, as it was last received, by customer, plan and key."""
    gone = _gone(connection, administration_id)
    found = [
        Listed(
            entry_id=row.register_entry_id,
            version_no=row.version_no,
            changed_at=row.requested_at,
            gone_since=gone.get(row.register_entry_id),
            entry=_entry(row),
        )
        for row in connection.execute(_newest(administration_id, register))
    ]
    return sorted(found, key=lambda each: _order(each.entry))


def history(connection: Connection, administration_id: int, entry_id: int) -> list[EntryVersion]:
    """Every version of an entry, oldest first."""
    version = tables.register_version
    rows = connection.execute(
        _versions(administration_id).where(version.c.register_entry_id == entry_id).order_by(version.c.version_no)
    )
    return [
        EntryVersion(entry_id=entry_id, version_no=row.version_no, fetched_at=row.requested_at, entry=_entry(row))
        for row in rows
    ]


def as_of(connection: Connection, administration_id: int, register: str, day: datetime.date) -> dict[int, Entry]:
    """Every entry as it was known at the end of ``day`` (UTC), by its id; those that came later are left out."""
    version = tables.register_version
    rows = connection.execute(
        _versions(administration_id)
        .where(tables.register_entry.c.register == register)
        .order_by(version.c.register_version_id)
    )
    return {row.register_entry_id: _entry(row) for row in rows if row.requested_at.date() <= day}


def last_asked(connection: Connection, administration_id: int, register: str) -> datetime.datetime | None:
    """When the register was last fetched; ``None`` when it never was."""
    fetch = tables.fetch
    moment: datetime.datetime | None = connection.scalar(
        select(fetch.c.requested_at)
        .where(fetch.c.administration_id == administration_id, fetch.c.endpoint == register)
        .order_by(fetch.c.fetch_id.desc())
        .limit(1)
    )
    return moment


def kept_versions(connection: Connection, administration_id: int) -> Iterator[tuple[str, int, Entry, bytes]]:
    """(register, version, entry, SHA-256 of the slice it came in) of every version that was kept; for ``verify``."""
    version, entry, stored = tables.register_version, tables.register_entry, tables.slice_
    rows = connection.execute(
        select(version, entry.c.register, entry.c.entry_key, stored.c.sha256)
        .join(entry, same(entry, version, "register_entry_id"))
        .join(stored, same(stored, version, "slice_id"))
        .where(version.c.administration_id == administration_id)
        .order_by(version.c.register_version_id)
    )
    for row in rows:
        yield row.register, row.version_no, _entry(row), bytes(row.sha256)


def _versions(administration_id: int) -> Select[Any]:
    version, entry, fetch = tables.register_version, tables.register_entry, tables.fetch
    return (
        select(version, entry.c.entry_key, fetch.c.requested_at)
        .join(entry, same(entry, version, "register_entry_id"))
        .join(fetch, same(fetch, version, "fetch_id"))
        .where(entry.c.administration_id == administration_id)
    )


def _newest(administration_id: int, register: str) -> Select[Any]:
    version = tables.register_version
    newest = (
        select(func.max(version.c.register_version_id))
        .where(version.c.administration_id == administration_id)
        .group_by(version.c.register_entry_id)
    )
    return _versions(administration_id).where(
        tables.register_entry.c.register == register, version.c.register_version_id.in_(newest)
    )


def _gone(connection: Connection, administration_id: int) -> dict[int, datetime.datetime]:
    """The entries whose last sighting says that they vanished, and when that was seen."""
    sighting, fetch = tables.register_sighting, tables.fetch
    last = (
        select(func.max(sighting.c.register_sighting_id))
        .where(sighting.c.administration_id == administration_id)
        .group_by(sighting.c.register_entry_id)
    )
    rows = connection.execute(
        select(sighting.c.register_entry_id, fetch.c.requested_at)
        .join(fetch, same(fetch, sighting, "fetch_id"))
        .where(
            sighting.c.administration_id == administration_id,
            sighting.c.register_sighting_id.in_(last),
            sighting.c.kind == "vanished",
        )
    )
    return {row.register_entry_id: row.requested_at for row in rows}


def _entry(row: Row[Any]) -> Entry:
    return Entry(key=row.entry_key, known=_known(row.known), others=_others(row.others), content=bytes(row.content))


def _order(entry: Entry) -> tuple[str, ...]:
    return (*(entry.known.get(name, "") for name in ("company_name", "category", "plan_name")), entry.key)
