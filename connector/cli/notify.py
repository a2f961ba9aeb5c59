"""``connector notify``: try whether people can be told, see what they were told, tell what is due."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import State, amount, column, moment, prose
from connector.texts import _, marked

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.notices import Notice

RESULTS = (marked("sent"), marked("not sent"))
"""What came of a message; each is translated."""


@click.group()
def command() -> None:
    """Tell people what happens: try their addresses, list what they were told, send what is due.

    Whom the service tells, and what, stands in connector.toml: [notify] and [administrations.NAME.notify].
    """


@command.command()
@options.common
@options.administrations
def test(face: Face) -> None:
    """Send a trial message to every address, and say what came of it.

    Ends with the code of the first address that could not be told.
    """
    from connector import texts
    from connector.errors import ConnectorError
    from connector.service import addresses, messages

    rows: list[dict[str, Any]] = []
    code = 0
    for administration in face.administrations:
        with texts.speaking(administration.notify.language or texts.language()):
            title, body = messages.trial(administration.name)
        for reference in administration.notify.to:
            row: dict[str, Any] = {"administration": administration.name, "address": reference.reference}
            try:
                address = addresses.opened(reference)
                address.send(title, body)
                rows.append(row | {"sent": True, "service": address.service, "problem": None, "next_step": None})
            except ConnectorError as error:
                code = code or error.exit_code
                rows.append(row | {"sent": False, "service": None, "problem": error.message, "next_step": error.hint})
    face.out.table(
        [column("Administration"), column("Address"), column("Result"), prose("Found"), prose("Next step")],
        [
            (
                each["administration"],
                each["address"],
                State(name="sent" if each["sent"] else "not sent"),
                each["service"] or each["problem"],
                each["next_step"],
            )
            for each in rows
        ],
        empty=_("Nobody is to be told: connector.toml names no address under [notify]."),
    )
    face.out.answer({"ok": not code, "addresses": rows})
    if code:
        click.get_current_context().exit(code)


@command.command(name="list")
@options.common
@options.administrations
@click.option("--all", "every", is_flag=True, help="Also what was over in the last 30 days.")
def list_(face: Face, *, every: bool) -> None:
    """List what people are told of: since when, what, and when each address was told.

    Only what lasts, unless --all is given. The euros of held documents are in 'connector status'.
    """
    from connector.cli import working
    from connector.engine import notices

    found: list[tuple[Administration, Notice]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            known = notices.kept(*connector.at(administration))
            found += [(administration, each) for each in known if every or each.over_at is None]
    face.out.table(
        [column("Administration"), column("Since"), column("Kind"), prose("About"), prose("Told"), column("Over")],
        [
            (
                administration.name,
                moment(each.came_at),
                each.kind.value,
                _about(each),
                ", ".join(_told(administration, each)),
                moment(each.over_at) if each.over_at else None,
            )
            for administration, each in found
        ],
        empty=_("There is nothing to tell."),
    )
    face.out.answer({"notices": [_as_json(administration.name, each) for administration, each in found]})


@command.command()
@options.common
@options.administrations
@options.acting
def send(face: Face) -> None:
    """Send what is due now: what waited for a digest or the quiet hours, or did not arrive before.

    The service does this by its clock; with 'connector serve --once' from cron, run this after the time of the digest.
    Ends with code 1 when an address could not be told.
    """
    from connector.service.notifying import Notifying

    def today() -> datetime.date:
        return face.today

    sent = Notifying(actor=face.actor, today=today).send(face.settings, face.names)
    face.out.table(
        [column("Address"), prose("Administrations"), amount("Notices"), column("Result"), prose("Found")],
        [
            (
                each.address,
                ", ".join(each.administrations),
                each.notices,
                State(name="not sent" if each.problem else "sent"),
                each.problem,
            )
            for each in sent
        ],
        empty=_("There is nothing to tell."),
    )
    face.out.answer(
        {
            "sent": [
                {
                    "address": each.address,
                    "administrations": list(each.administrations),
                    "notices": each.notices,
                    "problem": each.problem or None,
                    "next_step": each.hint or None,
                }
                for each in sent
            ]
        }
    )
    if any(each.problem for each in sent):
        click.get_current_context().exit(1)


def _about(notice: Notice) -> str:
    """What a notice is about, in a line."""
    values = notice.values
    parts = [values.get(name, "") for name in ("number", "code", "error", "names", "month", "day")]
    return " ".join(" ".join(each.split()) for each in parts if each)


def _told(administration: Administration, notice: Notice) -> Iterator[str]:
    for address, at in notice.told.items():
        yield f"{address} {moment(at)}"
    for each in administration.notify.to:
        if each.reference not in notice.told and notice.over_at is None:
            yield f"{each.reference} {_('not told yet')}"


def _as_json(administration: str, notice: Notice) -> dict[str, Any]:
    return {
        "administration": administration,
        "kind": notice.kind.value,
        "subject": notice.subject,
        "values": dict(notice.values),
        "since": notice.came_at,
        "over": notice.over_at,
        "told": dict(notice.told),
        "over_told": dict(notice.over_told),
    }
