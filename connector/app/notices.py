"""What an operator is to be told of an administration: what its books tell, and what its settings tell of its key and
of the versions of the API."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connector.app import lifecycle
from connector.config import Administration
from connector.domain.notice import OF_RUNS, Circumstance, Kind, key_subject
from connector.engine import notices

if TYPE_CHECKING:
    from connector.app import Connector

_ENDS = ("ending", "ended")


def look(connector: Connector, administration: Administration) -> tuple[list[Circumstance], set[Kind]]:
    """What is so now, and the kinds that were looked at: those that are to be told, but for how runs end."""
    wanted = {*administration.notify.events} - OF_RUNS
    found = notices.in_the_books(*connector.at(administration), wanted)
    found += [each for each in _of_settings(administration, connector.today) if each.kind in wanted]
    return found, wanted


def _of_settings(administration: Administration, today: datetime.date) -> Iterator[Circumstance]:
    source = administration.source
    if (
        source.key_expires is not None
        and source.key is not None
        and (subject := key_subject(source.key_expires, today))
    ):
        values = {"day": source.key_expires.isoformat(), "key": source.key.reference}
        yield Circumstance(kind=Kind.KEY, subject=subject, values=values)
    for each in lifecycle.unusual(administration, today):
        if each.standing.value in _ENDS:
            end = each.life.end_of_life.isoformat() if each.life.end_of_life else ""
            yield Circumstance(
                kind=Kind.VERSION,
                subject=f"{each.life.name} {each.standing.value} {end}".strip(),
                values={
                    "names": f"{each.life.endpoint} {each.life.version}",
                    "day": end,
                    "standing": each.standing.value,
                },
            )
