"""Documents that reports count or leave out although something is wrong with them: nobody passes over them unseen."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from connector.domain.finding import Severity
from connector.engine.books import Books
from connector.store import document_views, purges, states
from connector.store.database import Connection

TWICE = frozenset({"DUPLICATE-DOCUMENT", "SAME-NUMBER-TWICE"})


class Doubtful(msgspec.Struct, frozen=True, kw_only=True):
    """Documents of one side (``direction``) that findings hold, with their ``net`` in minor units; ``twice`` of them
    may be there twice. ``undated`` ones, with ``undated_net``, are in no month; they are not among the held. ``purged``
    ones, with ``purged_net``, were removed at the end of their legal period and are in no report.
    """

    direction: str
    held: int = 0
    net: int = 0
    twice: int = 0
    undated: int = 0
    undated_net: int = 0
    purged: int = 0
    purged_net: int = 0


def doubtful(
    connection: Connection, books: Books, sources: Collection[str], period: str | None = None
) -> tuple[Doubtful, ...]:
    """The doubtful documents of ``sources``, of all months or of ``period`` alone, a side each; none where all is well.

    A finding that a person accepted holds nothing.
    """
    suspect = document_views.versions_held(connection, books.id)
    known = [
        each
        for each in states.standings(connection, books.id)
        if each.source in sources
        and period in (None, each.period or period)
        and (each.version_id in suspect or not each.period)  # the others are too many to be held in memory
    ]
    codes: dict[int, set[str]] = {}
    versions = {each.version_id for each in known}
    preparations = {each.preparation_id for each in known if each.preparation_id is not None}
    for found in document_views.findings_in_force(connection, books.id, versions, preparations):
        if found.severity is Severity.HOLD:
            codes.setdefault(found.version_id, set()).add(found.finding.code)
    sides: dict[str, Doubtful] = {}
    for each in known:
        if each.period and each.version_id not in codes:
            continue
        side = sides.get(each.direction, Doubtful(direction=each.direction))
        if each.period:
            twice = bool(TWICE & codes[each.version_id])
            side = msgspec.structs.replace(side, held=side.held + 1, net=side.net + each.net, twice=side.twice + twice)
        else:
            side = msgspec.structs.replace(side, undated=side.undated + 1, undated_net=side.undated_net + each.net)
        sides[each.direction] = side
    for gone in purges.sums(connection, books.id, sources):
        if period in (None, gone.period):
            side = sides.get(gone.direction, Doubtful(direction=gone.direction))
            sides[gone.direction] = msgspec.structs.replace(
                side, purged=side.purged + gone.documents, purged_net=side.purged_net + gone.net
            )
    return tuple(sides[direction] for direction in sorted(sides))
