"""How the last run of an administration ended, kept for those who look: one row each, written at the end of a run."""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Connection, select

from connector.store import tables


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """How the last run ended. ``run`` is its id in the log; ``failure`` is the kind of the error that ended it, '' for
    none, and ``told`` its words; ``failures`` counts those in a row, since ``failing_since``."""

    run: str
    action: str
    begun_at: datetime.datetime
    ended_at: datetime.datetime
    failure: str = ""
    told: str = ""
    failures: int = 0
    failing_since: datetime.datetime | None = None
    succeeded_at: datetime.datetime | None = None


def of(connection: Connection, administration_id: int) -> LastRun | None:
    """The last run that ended, ``None`` when none did."""
    stored = tables.last_run
    row = connection.execute(select(stored).where(stored.c.administration_id == administration_id)).one_or_none()
    return None if row is None else last_run(row)


def last_run(row: object) -> LastRun:
    """A row as a value."""
    return LastRun(**{name: getattr(row, name) for name in LastRun.__struct_fields__})


WHOLE = ("sync", "deliver")
"""Actions after which all that a run does was done; workers do its parts one by one, and 'deliver' is the last."""


def keep(connection: Connection, administration_id: int, ended: LastRun) -> LastRun:
    """Keep how a run ended; what is counted goes on from the run before. A part that went well takes back no failure of
    another part."""
    before = of(connection, administration_id)
    failed = bool(ended.failure)
    if not failed and before is not None and before.failure and ended.action not in (before.action, *WHOLE):
        return before
    kept = msgspec.structs.replace(
        ended,
        failures=(before.failures if before else 0) + 1 if failed else 0,
        failing_since=((before and before.failing_since) or ended.ended_at) if failed else None,
        succeeded_at=(before and before.succeeded_at) if failed else ended.ended_at,
    )
    stored, values = tables.last_run, msgspec.structs.asdict(kept)
    if before is None:
        connection.execute(stored.insert(), {"administration_id": administration_id, **values})
    else:
        connection.execute(stored.update().where(stored.c.administration_id == administration_id).values(**values))
    return kept
