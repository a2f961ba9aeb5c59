"""What a shared timetable says is to be done now: a run that is due by its schedule, or a part of one that is tried
again. What was missed while nobody looked is made up for once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.domain.schedule import Schedule
from connector.engine.run import VERBS, Verb
from connector.service.timetable import first_due, next_due


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the timetable knows of an administration: when it was queued by its schedule last, and when which part of
    its run is to be tried again, if any."""

    queued_at: datetime.datetime
    again_at: datetime.datetime | None = None
    again_verb: Verb | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is done for the administration ``name``: ``verb`` is queued, which was ``due`` then; ``None`` when its line
    is only begun anew. ``queued_at`` is for its line."""

    name: str
    verb: Verb | None
    due: datetime.datetime
    queued_at: datetime.datetime


class Plan:
    """Remembers what follows from a schedule, since that takes some time to find out."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[Schedule, datetime.datetime, datetime.datetime | None]] = {}
        self._again: dict[str, datetime.datetime] = {}

    def steps(
        self, schedules: Mapping[str, Schedule], lines: Mapping[str, Line], now: datetime.datetime
    ) -> Iterator[Step]:
        """What is to be done ``now`` for the administrations ``schedules``, of which the timetable knows ``lines``."""
        self._next = {name: known for name, known in self._next.items() if name in schedules}
        self._again = {}
        for name, schedule in schedules.items():
            line = lines.get(name)
            if line is None:
                begun = first_due(schedule, name, now) == now
                yield self._step(name, schedule, VERBS[0] if begun else None, now, now)
            elif line.queued_at > now:  # the clock was put back
                yield self._step(name, schedule, None, now, now)
            elif (due := self._due(name, schedule, line.queued_at)) is not None and due <= now:
                yield self._step(name, schedule, VERBS[0], due, now)
            elif line.again_at is not None and line.again_verb is not None:
                if line.again_at <= now:
                    yield self._step(name, schedule, line.again_verb, line.again_at, line.queued_at)
                else:
                    self._again[name] = line.again_at

    def soonest(self) -> tuple[datetime.datetime, str] | None:
        """When the next administration is due, and which."""
        moments = [(due, name) for name, (_, _, due) in self._next.items() if due is not None]
        return min(moments + [(at, name) for name, at in self._again.items()], default=None)

    def _step(
        self, name: str, schedule: Schedule, verb: Verb | None, due: datetime.datetime, queued_at: datetime.datetime
    ) -> Step:
        self._due(name, schedule, queued_at)
        return Step(name=name, verb=verb, due=due, queued_at=queued_at)

    def _due(self, name: str, schedule: Schedule, queued_at: datetime.datetime) -> datetime.datetime | None:
        known = self._next.get(name)
        if known is None or known[:2] != (schedule, queued_at):
            known = self._next[name] = (schedule, queued_at, next_due(schedule, name, queued_at))
        return known[2]
