"""Backfills: longer periods fetched in steps, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Connection, select, update

from connector.store import tables
from connector.store.ids import next_id


class Backfill(msgspec.Struct, frozen=True, kw_only=True):
    """A backfill under way; ``done`` are the windows it has fetched, as (endpoint, first day)."""

    id: int
    done: frozenset[tuple[str, datetime.date]]


def begin(
    connection: Connection,
    administration_id: int,
    first: datetime.date,
    last: datetime.date,
    actor: str,
    at: datetime.datetime,
) -> Backfill:
    """The unfinished backfill of this period, or a new one."""
    stored, fetch = tables.backfill, tables.fetch
    mine = stored.c.administration_id == administration_id
    known = connection.scalar(
        select(stored.c.backfill_id)
        .where(mine, stored.c.first_day == first, stored.c.last_day == last, stored.c.finished_at.is_(None))
        .order_by(stored.c.backfill_id.desc())
        .limit(1)
    )
    if known is None:
        known = next_id(connection, "backfill", administration_id)
        connection.execute(
            stored.insert(),
            {
                "administration_id": administration_id,
                "backfill_id": known,
                "first_day": first,
                "last_day": last,
                "actor": actor,
                "started_at": at,
            },
        )
    rows = connection.execute(
        select(fetch.c.endpoint, fetch.c.window_start).where(
            fetch.c.administration_id == administration_id, fetch.c.backfill_id == known
        )
    )
    return Backfill(id=known, done=frozenset((endpoint, start) for endpoint, start in rows))


def finish(connection: Connection, administration_id: int, backfill_id: int, at: datetime.datetime) -> None:
    """Note that a backfill has fetched and prepared all of its period."""
    stored = tables.backfill
    connection.execute(
        update(stored)
        .where(stored.c.administration_id == administration_id, stored.c.backfill_id == backfill_id)
        .values(finished_at=at)
    )
