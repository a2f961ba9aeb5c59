"""Fetches and slices: what came over the wire, byte for byte, each invoice stored once."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Iterator, Sequence

import msgspec
import zstandard
from sqlalchemy import Connection, func, select

from connector.store import bulk, tables
from connector.store.ids import Ids, next_id
from connector.store.joins import same

SAVED = "files"
"""The source of saved answers."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """How a body is rebuilt: ``glue[0] + slices[0] + glue[1] + … + glue[-1]``; ``invoices`` are the invoice ids in
    each slice."""

    glue: list[bytes]
    slices: list[bytes]
    invoices: list[list[int]]


class FetchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer. ``url`` has no secret in it; windows are inclusive creation dates."""

    fetch_id: int
    source: str
    endpoint: str
    window_start: datetime.date | None
    window_end: datetime.date | None
    show_detail: bool
    url: str
    requested_at: datetime.datetime
    seconds: str
    attempts: int
    status: int
    headers: tuple[tuple[str, str], ...]
    size: int
    sha256: bytes
    invoices: int
    envelope: Envelope | None = None
    same_as: int | None = None
    backfill_id: int | None = None


def add(connection: Connection, administration_id: int, record: FetchRecord) -> None:
    """Keep the record of a request."""
    envelope = record.envelope
    packed = None if envelope is None else zstandard.compress(msgspec.msgpack.encode(envelope), 3)
    connection.execute(
        tables.fetch.insert(),
        {
            **msgspec.structs.asdict(record),
            "administration_id": administration_id,
            "headers": msgspec.json.encode(record.headers).decode(),
            "envelope": packed,
        },
    )


def free_id(connection: Connection, administration_id: int) -> int:
    """The id of the next fetch."""
    return next_id(connection, "fetch", administration_id)


def same_body(
    connection: Connection, administration_id: int, endpoint: str, show_detail: bool, sha256: bytes
) -> tuple[int, Envelope] | None:
    """The newest fetch with exactly this body, if nothing changed at this endpoint since; with its envelope.

    Then the answer can only repeat what is known, and need not be read.
    """
    fetch, version, sighting = tables.fetch, tables.invoice_version, tables.sighting
    mine = (fetch.c.administration_id == administration_id, fetch.c.endpoint == endpoint)
    found = connection.execute(
        select(fetch.c.fetch_id, fetch.c.same_as, fetch.c.envelope)
        .where(*mine, fetch.c.show_detail == show_detail, fetch.c.sha256 == sha256)
        .order_by(fetch.c.fetch_id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    for changed in (version, sighting):
        since = (
            select(changed.c.fetch_id)
            .join(fetch, same(fetch, changed, "fetch_id"))
            .where(*mine, changed.c.fetch_id > found.fetch_id)
            .limit(1)
        )
        if connection.execute(since).one_or_none() is not None:
            return None
    original = found.same_as or found.fetch_id
    return original, envelope_of(connection, administration_id, original)


def envelope_of(connection: Connection, administration_id: int, fetch_id: int) -> Envelope:
    """The envelope of a fetch, its own or that of the fetch it equals."""
    fetch = tables.fetch
    row = connection.execute(
        select(fetch.c.envelope, fetch.c.same_as).where(
            fetch.c.administration_id == administration_id, fetch.c.fetch_id == fetch_id
        )
    ).one()
    if row.envelope is None:
        return envelope_of(connection, administration_id, row.same_as)
    return msgspec.msgpack.decode(zstandard.decompress(row.envelope), type=Envelope)


def body(connection: Connection, administration_id: int, fetch_id: int) -> Iterator[bytes]:
    """The body of a fetch, rebuilt piece by piece."""
    envelope = envelope_of(connection, administration_id, fetch_id)
    for glue, digest in zip(envelope.glue, envelope.slices, strict=False):
        yield glue
        yield slice_body(connection, administration_id, digest)
    yield envelope.glue[-1]


def slice_body(connection: Connection, administration_id: int, sha256: bytes) -> bytes:
    """The exact bytes of the slice with this hash."""
    stored = tables.slice_
    packed = connection.execute(
        select(stored.c.body).where(stored.c.administration_id == administration_id, stored.c.sha256 == sha256)
    ).scalar_one()
    return zstandard.decompress(packed)


def slice_by_id(connection: Connection, administration_id: int, slice_id: int) -> bytes:
    """The exact bytes of the slice with this id."""
    stored = tables.slice_
    packed = connection.execute(
        select(stored.c.body).where(stored.c.administration_id == administration_id, stored.c.slice_id == slice_id)
    ).scalar_one()
    return zstandard.decompress(packed)


def known_slices(connection: Connection, administration_id: int, hashes: Collection[bytes]) -> dict[bytes, int]:
    """Which slices are stored, by their SHA-256."""
    found = bulk.find(connection, "slice", ("sha256", "slice_id"), "ix_slice_sha256", administration_id, hashes)
    return {bytes(each): slice_id for each, slice_id in found}


def add_slices(
    connection: Connection, administration_id: int, ids: Ids, slices: Sequence[tuple[bytes, bytes]]
) -> dict[bytes, int]:
    """Keep slices, given as (SHA-256, bytes), compressed; returns their ids."""
    compressor = zstandard.ZstdCompressor(level=1)
    rows, added = [], {}
    for digest, exact in slices:
        added[digest] = ids.take("slice")
        rows.append((administration_id, added[digest], digest, len(exact), compressor.compress(exact)))
    bulk.insert(connection, "slice", [column.name for column in tables.slice_.columns], rows)
    return added


def watermark(connection: Connection, administration_id: int, endpoint: str) -> datetime.date | None:
    """The last creation date up to which an endpoint has been asked for documents, before the look-back is subtracted.

    Saved answers were not asked for a window: what they hold says nothing of what else there was.
    """
    fetch = tables.fetch
    newest = select(func.max(fetch.c.window_end)).where(
        fetch.c.administration_id == administration_id,
        fetch.c.endpoint == endpoint,
        fetch.c.source != SAVED,
        fetch.c.show_detail.is_(False),
    )
    last: datetime.date | None = connection.scalar(newest)
    return last


def asked(connection: Connection, administration_id: int) -> dict[str, datetime.datetime]:
    """When each endpoint was last asked, saved answers and single changes included; by its name."""
    fetch = tables.fetch
    rows = connection.execute(
        select(fetch.c.endpoint, func.max(fetch.c.requested_at).label("asked"))
        .where(fetch.c.administration_id == administration_id)
        .group_by(fetch.c.endpoint)
        .order_by(fetch.c.endpoint)
    )
    return {row.endpoint: row.asked for row in rows}


def usual_invoices(connection: Connection, administration_id: int, endpoint: str, source: str | None = None) -> int:
    """The most invoices that one answer of an endpoint ever held; of ``source`` alone where it is named, since another
    one may group them otherwise."""
    fetch = tables.fetch
    mine = [fetch.c.administration_id == administration_id, fetch.c.endpoint == endpoint]
    mine += [] if source is None else [fetch.c.source == source]
    return connection.scalar(select(func.max(fetch.c.invoices)).where(*mine)) or 0


def rebuilt_hash(connection: Connection, administration_id: int, fetch_id: int) -> bytes:
    """SHA-256 of the rebuilt body."""
    digest = hashlib.sha256()
    for piece in body(connection, administration_id, fetch_id):
        digest.update(piece)
    return digest.digest()
