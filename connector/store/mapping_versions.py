"""Mapping versions: a saved set of tables, immutable, with hash, author, comment and time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Connection, Row, Select, select

from connector.store import tables
from connector.store.ids import next_id


class MappingVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a mapping set as it is known in the store."""

    id: int
    set_name: str
    hash: str
    author: str
    comment: str
    created_at: datetime.datetime


def newest(connection: Connection, administration_id: int) -> MappingVersion | None:
    """The version in force, ``None`` before the first."""
    newest_first = tables.mapping_version.c.mapping_version_id.desc()
    return next(_read(connection, _stored(administration_id).order_by(newest_first).limit(1)), None)


def find(connection: Connection, administration_id: int, version_id: int) -> MappingVersion | None:
    """The version with this id, ``None`` when there is none."""
    wanted = tables.mapping_version.c.mapping_version_id == version_id
    return next(_read(connection, _stored(administration_id).where(wanted)), None)


def all_of(connection: Connection, administration_id: int) -> list[MappingVersion]:
    """Every version of an administration, oldest first."""
    return list(_read(connection, _stored(administration_id).order_by(tables.mapping_version.c.mapping_version_id)))


def _stored(administration_id: int) -> Select[Any]:
    """All that is kept of versions, but their tables."""
    stored = tables.mapping_version
    columns = (each for each in stored.c if each.name != "files")
    return select(*columns).where(stored.c.administration_id == administration_id)


def _read(connection: Connection, query: Select[Any]) -> Iterator[MappingVersion]:
    return map(_version, connection.execute(query))


def _version(row: Row[Any]) -> MappingVersion:
    return MappingVersion(
        id=row.mapping_version_id,
        set_name=row.set_name,
        hash=row.hash,
        author=row.author,
        comment=row.comment,
        created_at=row.created_at,
    )


def add(
    connection: Connection,
    administration_id: int,
    *,
    set_name: str,
    version_hash: str,
    author: str,
    comment: str,
    created_at: datetime.datetime,
    files: Mapping[str, bytes],
) -> int:
    """Save a version; ``files`` are its tables byte for byte. Returns its id."""
    version_id = next_id(connection, "mapping_version", administration_id)
    connection.execute(
        tables.mapping_version.insert(),
        {
            "administration_id": administration_id,
            "mapping_version_id": version_id,
            "set_name": set_name,
            "hash": version_hash,
            "author": author,
            "comment": comment,
            "created_at": created_at,
            "files": zstandard.compress(msgspec.msgpack.encode(dict(sorted(files.items()))), 9),
        },
    )
    return version_id


def files(connection: Connection, administration_id: int, version_id: int) -> dict[str, bytes]:
    """The tables of a version, byte for byte."""
    stored = tables.mapping_version
    packed = connection.execute(
        select(stored.c.files).where(
            stored.c.administration_id == administration_id, stored.c.mapping_version_id == version_id
        )
    ).scalar_one()
    return msgspec.msgpack.decode(zstandard.decompress(packed), type=dict[str, bytes])
