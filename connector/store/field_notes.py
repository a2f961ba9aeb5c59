"""What was noted of the fields of each list of the source: when they were first seen, missed, or of another kind."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from connector.domain.fields import Happening, Note
from connector.store import tables
from connector.store.ids import Ids


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A note with its list and the moment of the answer that gave rise to it."""

    endpoint: str
    note: Note
    seen_at: datetime.datetime


def all_of(connection: Connection, administration_id: int, endpoint: str | None = None) -> list[Noted]:
    """Everything that was noted, oldest first; of ``endpoint`` alone when it is given."""
    stored = tables.field_note
    wanted = select(stored).where(stored.c.administration_id == administration_id).order_by(stored.c.note_id)
    if endpoint is not None:
        wanted = wanted.where(stored.c.endpoint == endpoint)
    return [
        Noted(
            endpoint=row.endpoint,
            note=Note(
                path=row.path,
                happening=Happening(row.happening),
                kinds=tuple(row.kinds.split()),
                example=row.example,
            ),
            seen_at=row.seen_at,
        )
        for row in connection.execute(wanted)
    ]


def by_path(noted: Iterable[Noted]) -> dict[str, list[Note]]:
    """The notes of one list by field, oldest first."""
    found: dict[str, list[Note]] = {}
    for each in noted:
        found.setdefault(each.note.path, []).append(each.note)
    return found


def add(
    connection: Connection,
    administration_id: int,
    ids: Ids,
    endpoint: str,
    notes: Iterable[Note],
    seen_at: datetime.datetime,
) -> None:
    """Keep ``notes``."""
    rows = [
        {
            "administration_id": administration_id,
            "note_id": ids.take("field_note"),
            "endpoint": endpoint,
            "path": each.path,
            "happening": each.happening.value,
            "kinds": " ".join(each.kinds),
            "example": each.example,
            "seen_at": seen_at,
        }
        for each in notes
    ]
    if rows:
        connection.execute(tables.field_note.insert(), rows)
