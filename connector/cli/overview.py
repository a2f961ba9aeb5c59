"""``connector status`` of many administrations: a line each, so that whoever operates them sees in seconds what is
wrong; and what the status of a single one tells of its runs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connector.cli.checks_safety import key_end
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, moment, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.watched import LastRun, Watched

FEW = 3
"""So many administrations are shown with their months; of more each has a line, unless they were named."""
SOON = datetime.timedelta(days=7)
GRACE = datetime.timedelta(days=1)
"""How long what is due may be late before that is trouble."""


def is_wanted(face: Face, *, asked_for_months: bool) -> bool:
    """Whether an overview is shown in the place of months."""
    return len(face.administrations) > FEW and not (face.names or asked_for_months or face.json)


def show(face: Face, seen: Mapping[str, Watched]) -> None:
    """A line for each administration, those with trouble told below."""
    chosen = face.administrations
    troubles = {each.name: list(_troubles(face, each, seen.get(each.name))) for each in chosen}
    face.out.table(
        [
            column("Administration"),
            column("Last fetched", spare=1),
            column("Next run", spare=2),
            amount("Held purchases"),
            amount("Held sales"),
            amount("To approve"),
            amount("In delivery"),
            prose("Trouble"),
        ],
        [
            (*_standing(face, each, seen.get(each.name)), "; ".join(troubles[each.name]))
            for each in sorted(chosen, key=lambda each: not troubles[each.name])
        ],
    )
    wrong = sum(1 for each in troubles.values() if each)
    told = many("1 administration has trouble.", "{number} administrations have trouble.", wrong)
    face.out.text("", told if wrong else _("No trouble."), _("'connector status -a NAME' shows the months of one."))


def of_run(face: Face, administration: Administration, last: LastRun | None) -> Iterator[str]:
    """What the status of one administration tells of its runs, in sentences."""
    if last is not None and last.failure:
        told = _("The last run failed ({moment}, run {run}): {error}")
        yield told.format(moment=moment(last.ended_at), run=last.run, error=last.told)
    due = next_run(face, administration)
    if due is not None:
        yield _("Next run by schedule: {moment}.").format(moment=moment(due))


def next_run(face: Face, administration: Administration) -> datetime.datetime | None:
    """When the service comes next, in UTC."""
    return next_due_after(administration, face.now)


def next_due_after(administration: Administration, moment: datetime.datetime) -> datetime.datetime | None:
    """When the administration is due first after ``moment``, in UTC."""
    from connector.service.timetable import next_due

    return next_due(administration.schedule, administration.name, moment)


def last_run_as_json(last: LastRun | None) -> dict[str, Any] | None:
    """How the last run ended."""
    if last is None:
        return None
    names = ("run", "action", "begun_at", "ended_at", "failures", "failing_since", "succeeded_at")
    error = {"kind": last.failure, "message": last.told} if last.failure else None
    return {**{name: getattr(last, name) for name in names}, "error": error}


def _standing(face: Face, administration: Administration, seen: Watched | None) -> Sequence[object]:
    due = next_run(face, administration)
    if seen is None:
        return administration.name, None, due, Money(minor=0), Money(minor=0), 0, 0
    held = [Money(minor=seen.held[side].net if side in seen.held else 0) for side in ("purchase", "sale")]
    ready = sum(each.documents for each in seen.ready.values())
    sent = sum(seen.in_state(state) for state in ("queued", "sending", "unknown", "rejected"))
    return administration.name, seen.last_fetch, due, *held, ready, sent


def _troubles(face: Face, administration: Administration, seen: Watched | None) -> Iterator[str]:
    last = seen.last_run if seen is not None else None
    if last is not None and last.failure:
        told = many("failed once: {{kind}}", "failed {number} times: {{kind}}", last.failures)
        yield told.format(kind=last.failure)
    if seen is None or seen.last_fetch is None:
        yield _("never fetched")
    elif (due := next_due_after(administration, seen.last_fetch)) is not None and due + GRACE < face.now:
        yield _("overdue since {moment}").format(moment=moment(due))
    for state, word in (("unknown", _("{number} unknown")), ("rejected", _("{number} rejected"))):
        if seen is not None and (number := seen.in_state(state)):
            yield word.format(number=number)
    expires = administration.source.key_expires
    if expires is not None and expires - face.today <= SOON and (told_of_key := key_end(administration, face.today)):
        yield told_of_key[0]
