"""``connector api``: what is known of Copaco's API, and how long its versions last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import State, column, prose
from connector.texts import _, many, marked

if TYPE_CHECKING:
    import datetime

    from connector.app.lifecycle import Used
    from connector.config import Administration
    from connector.engine.fields import Noted


STATUSES = (
    *(marked("experimental"), marked("development"), marked("beta"), marked("stable"), marked("deprecated")),
    *(marked("end of life"), marked("current"), marked("maintenance"), marked("end of maintenance")),
    marked("not told"),
)
"""What Copaco calls a version."""


@click.group()
def command() -> None:
    """What is known of Copaco's API: its versions, and how long they last."""


@command.command()
@options.common
@options.administrations
def lifecycle(face: Face) -> None:
    """List every endpoint and version with its status, and what that means for your books.

    The statuses are those of Copaco's pages. When you know better, write it in connector.toml: a table
    [administrations.NAME.source.lifecycle.ENDPOINT] with status and end_of_life.
    """
    from connector.app.lifecycle import table

    rows = table(face.administrations, face.today)
    face.out.table(
        [
            column("Endpoint"),
            column("Version"),
            column("Status"),
            column("Released", spare=2),
            column("End of life"),
            prose("What it means"),
            prose("Used by", spare=1),
        ],
        [
            (
                each.life.endpoint,
                each.life.version,
                State(name=each.life.status.value),
                each.life.released,
                each.life.end_of_life,
                meaning(each),
                ", ".join(each.administrations),
            )
            for each in rows
        ],
    )
    face.out.answer({"versions": [_as_json(each) for each in rows]})


@command.command()
@options.common
@options.administrations
@click.option("--changed", is_flag=True, help="Only what appeared, stayed away or changed after the first answer.")
def fields(face: Face, *, changed: bool) -> None:
    """List the fields that each list of the API was seen to send, with their kinds of value and an example.

    The first end customers of every new answer are looked at; what appears, stays away or changes its kind of value is
    noted once, and told by 'connector findings'.
    """
    from connector.cli import working
    from connector.domain.fields import Happening
    from connector.engine.fields import noted

    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            found = [
                each
                for each in noted(*connector.at(administration))
                if each.note.path and not (changed and each.note.happening is Happening.FIRST)
            ]
            face.out.heading(administration.name)
            _fields(face, found)
            answer += [_field(administration.name, each) for each in found]
    face.out.answer({"fields": answer})


def _fields(face: Face, found: Iterable[Noted]) -> None:
    face.out.table(
        [
            column("List"),
            prose("Field"),
            column("Happened", spare=1),
            column("Seen", spare=3),
            prose("Values"),
            prose("Example", spare=2),
        ],
        [
            (
                each.endpoint,
                each.note.path,
                State(name=each.note.happening.value),
                each.seen_at.date(),
                ", ".join(each.note.kinds),
                each.note.example,
            )
            for each in found
        ],
        empty=_("Nothing was noted yet."),
    )


def _field(administration: str, each: Noted) -> dict[str, Any]:
    return {
        "administration": administration,
        "list": each.endpoint,
        "field": each.note.path,
        "happened": each.note.happening.value,
        "seen_at": each.seen_at,
        "kinds": list(each.note.kinds),
        "example": each.note.example,
    }


HAPPENINGS = (*(marked("first"), marked("appeared"), marked("vanished"), marked("returned"), marked("changed")),)
"""What is noted of a field."""


def meaning(used: Used) -> str:
    """What a version's standing means, in a sentence."""
    return {
        "settled": _("can be booked from without a person"),
        "unsettled": _("may change without notice: a person approves"),
        "old": _("works, and something newer is there"),
        "ending": _("ends soon: plan the move to its successor"),
        "ended": _("is not asked any more"),
    }[used.standing.value]


def remarks(administration: Administration, today: datetime.date) -> Iterator[tuple[str, str]]:
    """What is to be said of the versions that an administration asks, and the next step; one remark for all that
    stand alike."""
    from connector.app.lifecycle import unusual

    alike: dict[tuple[object, ...], list[Used]] = {}
    for each in unusual(administration, today):
        alike.setdefault((each.standing, each.life.status, each.life.end_of_life), []).append(each)
    for found in alike.values():
        yield _remark(administration, found, today)


def urgent(administration: Administration, today: datetime.date) -> Iterator[str]:
    """What a person should know who did not ask: an end that is near, and that ``auto_post`` is not followed."""
    from connector.app.lifecycle import unsettled, unusual

    found = [each for each in unusual(administration, today) if each.standing.value in {"ending", "ended"}]
    if administration.auto_post != "off":
        found += [each for each in unsettled(administration, today) if each not in found]
    for each in found:
        yield ". ".join(filter(None, _remark(administration, [each], today)))


def _remark(administration: Administration, found: Iterable[Used], today: datetime.date) -> tuple[str, str]:
    (first, *_others), trust = list(found), administration.source.unsettled == "trust"
    names = ", ".join(f"{each.life.endpoint} {each.life.version}" for each in (first, *_others))
    status, end = texts.state(first.life.status.value), first.life.end_of_life
    match first.standing.value:
        case "unsettled" if trust:
            return _("{names}: {status}, may change without notice, and is trusted").format(
                names=names, status=status
            ), ""
        case "unsettled":
            return (
                _("{names}: {status}, may change without notice, so entries wait for a person").format(
                    names=names, status=status
                ),
                _('Approve them, or write unsettled = "trust" in the table of the source.'),
            )
        case "old":
            return _("{names}: {status}, and something newer is there").format(names=names, status=status), ""
        case "ending":
            assert end is not None, "what ends has a day"
            left = many("in 1 day", "in {number} days", (end - today).days)
            return (
                _("{names}: ends on {day}, {left}").format(names=names, day=texts.date(end), left=left),
                _("Plan the move to its successor."),
            )
        case _:
            return _("{names}: past the end of life").format(names=names), _("Move to its successor.")


def _as_json(used: Used) -> dict[str, Any]:
    life = used.life
    return {
        "name": life.name,
        "endpoint": life.endpoint,
        "version": life.version,
        "status": life.status.value,
        "released": life.released,
        "told": life.told,
        "end_of_life": life.end_of_life,
        "by_settings": life.ours,
        "standing": used.standing.value,
        "administrations": list(used.administrations),
    }
