"""Fields that the source sends and nobody documented: noted once per endpoint, with an example."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from sqlalchemy import Connection, select

from connector.store import tables
from connector.store.ids import Ids

LONGEST = 300
"""Characters of a pattern or a number that are kept; the raw bytes have all of them."""


def add_new(
    connection: Connection,
    administration_id: int,
    ids: Ids,
    endpoint: str,
    number: str,
    fields: Sequence[tuple[str, str]],
    seen_at: datetime.datetime,
) -> list[str]:
    """Note the fields (pattern, example as JSON) not seen before in the invoice ``number``; returns their patterns."""
    if not fields:
        return []
    stored = tables.drift
    known = set(
        connection.execute(
            select(stored.c.path).where(stored.c.administration_id == administration_id, stored.c.endpoint == endpoint)
        ).scalars()
    )
    new: dict[str, str] = {}
    for path, example in fields:
        short = path if len(path) <= LONGEST else f"{path[: LONGEST - 1]}…"
        if short not in known:
            new.setdefault(short, example)
    for path, example in new.items():
        connection.execute(
            stored.insert(),
            {
                "administration_id": administration_id,
                "drift_id": ids.take("drift"),
                "endpoint": endpoint,
                "path": path,
                "example": example[:2000],
                "number": number[:LONGEST],
                "seen_at": seen_at,
            },
        )
    return list(new)


def noted(connection: Connection, administration_id: int) -> list[tuple[str, str, str, str, datetime.datetime]]:
    """The fields noted so far: (endpoint, pattern, example as JSON, number of the invoice, time), oldest first."""
    stored = tables.drift
    rows = connection.execute(
        select(stored.c.endpoint, stored.c.path, stored.c.example, stored.c.number, stored.c.seen_at)
        .where(stored.c.administration_id == administration_id)
        .order_by(stored.c.drift_id)
    )
    return [(endpoint, path, example, number, at) for endpoint, path, example, number, at in rows]
