"""Notices: what an operator is told, kept so that restarts and other processes do not tell it again."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from connector.domain.notice import Circumstance, Kind
from connector.store import tables
from connector.store.ids import Ids
from connector.store.joins import same

TOLD, OVER, OVER_TOLD = "told", "over", "over told"
_details = msgspec.json.Decoder(dict[str, str])


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came up. ``told`` and ``over_told`` say when which address was told that it is, and that it is
    over; ``over_at`` is ``None`` while it lasts."""

    id: int
    kind: Kind
    subject: str
    values: Mapping[str, str]
    came_at: datetime.datetime
    over_at: datetime.datetime | None = None
    told: Mapping[str, datetime.datetime] = {}
    over_told: Mapping[str, datetime.datetime] = {}


def recent(connection: Connection, administration_id: int, since: datetime.datetime) -> list[Notice]:
    """What lasts, and what was over at ``since`` or later, in the order in which it came up."""
    notice, event = tables.notice, tables.notice_event
    over = (
        select(event.c.notice_id, event.c.at)
        .where(event.c.administration_id == administration_id, event.c.happening == OVER)
        .subquery("over")
    )
    rows = connection.execute(
        select(notice, event.c.at, event.c.happening, event.c.address)
        .outerjoin(over, over.c.notice_id == notice.c.notice_id)
        .outerjoin(event, same(event, notice, "notice_id"))
        .where(notice.c.administration_id == administration_id, or_(over.c.at.is_(None), over.c.at >= since))
        .order_by(notice.c.notice_id, event.c.event_no)
    )
    found: dict[int, Notice] = {}
    for row in rows:
        each = found.get(row.notice_id) or Notice(
            id=row.notice_id,
            kind=Kind(row.kind),
            subject=row.subject,
            values=_details.decode(row.details),
            came_at=row.came_at,
        )
        found[row.notice_id] = _with_event(each, row.happening, row.address, row.at)
    return list(found.values())


def _with_event(notice: Notice, happening: str | None, address: str, at: datetime.datetime) -> Notice:
    if happening == OVER:
        return msgspec.structs.replace(notice, over_at=at)
    if happening == TOLD:
        return msgspec.structs.replace(notice, told={**notice.told, address: at})
    if happening == OVER_TOLD:
        return msgspec.structs.replace(notice, over_told={**notice.over_told, address: at})
    return notice


def add(connection: Connection, administration_id: int, came_up: Iterable[Circumstance], at: datetime.datetime) -> None:
    """Keep what came up."""
    ids = Ids(connection, administration_id)
    rows = [
        {
            "administration_id": administration_id,
            "notice_id": ids.take("notice"),
            "kind": each.kind.value,
            "subject": each.subject,
            "details": msgspec.json.encode(each.values).decode(),
            "came_at": at,
        }
        for each in came_up
    ]
    if rows:
        connection.execute(tables.notice.insert(), rows)


def record(
    connection: Connection,
    administration_id: int,
    happened: Iterable[tuple[int, str, str]],
    at: datetime.datetime,
) -> None:
    """Keep what happened with notices: (id, ``TOLD``, ``OVER`` or ``OVER_TOLD``, address)."""
    known = list(happened)
    numbers = _last_numbers(connection, administration_id, {notice_id for notice_id, _, _ in known})
    rows = []
    for notice_id, happening, address in known:
        numbers[notice_id] = numbers.get(notice_id, 0) + 1
        rows.append(
            {
                "administration_id": administration_id,
                "notice_id": notice_id,
                "event_no": numbers[notice_id],
                "at": at,
                "happening": happening,
                "address": address,
            }
        )
    if rows:
        connection.execute(tables.notice_event.insert(), rows)


def _last_numbers(connection: Connection, administration_id: int, notice_ids: Collection[int]) -> dict[int, int]:
    event = tables.notice_event
    if not notice_ids:
        return {}
    # Notices that something happens with at once are neighbours, mostly; there may be thousands.
    rows = connection.execute(
        select(event.c.notice_id, func.max(event.c.event_no))
        .where(
            event.c.administration_id == administration_id,
            and_(event.c.notice_id >= min(notice_ids), event.c.notice_id <= max(notice_ids)),
        )
        .group_by(event.c.notice_id)
    )
    return {notice_id: number for notice_id, number in rows if notice_id in notice_ids}
