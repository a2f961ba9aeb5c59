"""How much waits in the queue of many workers, read as anybody may; the rest of the queue only workers know."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, text

QUEUE_SCHEMA = "connector_queue"
_THERE = text("SELECT to_regclass(:name) IS NOT NULL")
_JOBS = text(f"""
    SELECT job.queue_name AS action,
        count(*) FILTER (WHERE job.status = 'todo' AND due.at <= clock_timestamp()) AS waiting,
        count(*) FILTER (WHERE job.status = 'todo' AND due.at > clock_timestamp()) AS put_off,
        count(*) FILTER (WHERE job.status = 'doing') AS under_way,
        floor(extract(epoch FROM clock_timestamp() - min(due.at) FILTER (WHERE job.status = 'todo')))::bigint AS age
    FROM {QUEUE_SCHEMA}.procrastinate_jobs job, LATERAL (
        SELECT coalesce(job.scheduled_at, (
            SELECT min(event.at) FROM {QUEUE_SCHEMA}.procrastinate_events event WHERE event.job_id = job.id
        ), clock_timestamp()) AS at
    ) due
    WHERE job.queue_name = ANY(:actions)
    GROUP BY job.queue_name
""")  # noqa: S608 - our own names


_WORKERS = text(f"""
    SELECT count(*) FROM {QUEUE_SCHEMA}.procrastinate_workers
    WHERE last_heartbeat > clock_timestamp() - interval '60 s'
""")  # noqa: S608 - our own name


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one action: how many wait for a worker, are put off until later, and are under way; and since how
    many seconds the one that waits longest is due."""

    action: str
    waiting: int = 0
    put_off: int = 0
    under_way: int = 0
    seconds: int = 0


def backlog(connection: Connection, actions: Sequence[str]) -> list[Backlog]:
    """What waits, for each of ``actions``; nothing where no workers ever ran."""
    if not _is_there(connection):
        return []
    found = {
        row.action: Backlog(
            action=row.action,
            waiting=row.waiting,
            put_off=row.put_off,
            under_way=row.under_way,
            seconds=max(row.age or 0, 0),
        )
        for row in connection.execute(_JOBS, {"actions": list(actions)})
    }
    return [found.get(action, Backlog(action=action)) for action in actions]


def workers(connection: Connection) -> int:
    """How many workers gave a sign of life within the last minute."""
    return int(connection.execute(_WORKERS).scalar_one()) if _is_there(connection) else 0


def _is_there(connection: Connection) -> bool:
    """Whether workers ever ran, and made their tables."""
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.execute(_THERE, {"name": f"{QUEUE_SCHEMA}.procrastinate_jobs"}).scalar_one())
