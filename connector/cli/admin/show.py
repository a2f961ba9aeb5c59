"""``connector admin show``: one administration, whole."""

from __future__ import annotations

import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.admin.standing import next_step, set_name
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, moment, prose
from connector.config import Secret
from connector.texts import _, marked

if TYPE_CHECKING:
    from connector.app.administrations import Overview, Setting
    from connector.engine.administrations import Kept

LONGEST = 60
"""A default of more signs is no news to anybody, and would spoil the table."""
TABLES = {
    "": marked("Administration"),
    "source": marked("Source"),
    "ledger": marked("Ledger"),
    "documents": marked("Documents for customers"),
    "schedule": marked("Schedule of the service"),
    "notify": marked("Whom the service tells"),
}
"""The tables of settings, as titles."""


@click.command()
@options.common
@click.argument("name", metavar="NAME", shell_complete=options.names)
def command(face: Face, *, name: str) -> None:
    """Show the administration NAME: every setting in force and where it was set, its mapping tables, how far each
    list is fetched, and where its euros stand.

    Keys and passwords are shown as where they are kept, never themselves. Also shows an administration that only
    the database knows.
    """
    from connector.app import administrations
    from connector.cli import working

    with working.opened(face) as connector:
        seen = administrations.overview(connector, name)
        settings = administrations.settings_in_force(connector, seen.settings) if seen.settings else []
        same = administrations.tables_in_force(seen)
    face.out.heading(seen.name)
    step = next_step(seen)
    face.out.facts(
        {
            "Settings": seen.settings.where if seen.settings else _("none any more in {file}").format(
                file=face.connection.config
            ),
            "Mapping": set_name(seen),
            **({"Next run": moment(due)} if (due := _next_run(face, seen)) else {}),
            **({"Next step": step} if step else {}),
        }
    )  # fmt: skip
    _settings(face, settings)
    if seen.kept is not None:
        _kept(face, seen.kept, same)
    elif seen.trouble is not None:
        face.out.text("", _("What is kept cannot be told: {trouble}").format(trouble=seen.trouble))
    else:
        face.out.text("", _("Nothing was fetched yet."))
    face.out.answer(_as_json(seen, settings, same) | {"next_run": _next_run(face, seen)})


def _next_run(face: Face, seen: Overview) -> datetime.datetime | None:
    """When the service comes next, ``None`` where it does not."""
    from connector.cli.overview import next_run

    return next_run(face, seen.settings) if seen.settings is not None else None


def _settings(face: Face, settings: list[Setting]) -> None:
    for table, some in groupby(settings, key=_table_of):
        face.out.heading(_(TABLES[table]))
        face.out.table(
            [column("Setting"), prose("Value"), column("Set in")],
            [
                (each.name.removeprefix(f"{table}."), _written(each), each.where.rpartition("/")[2] or _("default"))
                for each in some
            ],
        )


def _written(setting: Setting) -> object:
    """The value as it would stand in the file."""
    if isinstance(setting.value, bool):
        return str(setting.value).lower()
    if isinstance(setting.value, datetime.date):
        return setting.value.isoformat()
    if not setting.where and len(str(setting.value)) > LONGEST and not isinstance(setting.value, Path):
        return _("long; --json tells it")
    return setting.value


def _table_of(setting: Setting) -> str:
    table, dot, _rest = setting.name.partition(".")
    return table if dot else ""


def _kept(face: Face, kept: Kept, same: bool | None) -> None:
    version = kept.mapping
    face.out.heading(_("Mapping tables"))
    if version is None:
        face.out.text(_("There is no version yet; the first run saves the tables as they are."))
    else:
        disk = {None: "", True: _("as in force"), False: _("changed, not accepted: 'connector mapping diff'")}[same]
        face.out.facts(
            {
                "Version": version.id,
                "Accepted": version.created_at,
                "By": version.author,
                "Comment": version.comment,
                "SHA-256": version.hash,
                **({"On disk": disk} if disk else {}),
            }
        )
    face.out.heading(_("Fetched"))
    face.out.table(
        [column("List"), column("Asked up to"), column("Last asked")],
        [(each.list, each.watermark, each.asked_at) for each in kept.fetched],
        empty=_("Nothing was fetched yet."),
    )
    face.out.heading(_("Euros"))
    face.out.table(
        [column("Direction"), column("State"), amount("Documents"), amount("Net")],
        [
            (State(name=direction), State(name=state), documents, Money(minor=net))
            for direction, state, documents, net in _sums(kept)
        ],
        empty=_("Nothing was fetched yet."),
    )


def _sums(kept: Kept) -> list[tuple[str, str, int, int]]:
    """Documents and net minor units by direction and state, over all months."""
    from connector.engine.status import STATES

    found = []
    for direction in ("purchase", "sale"):
        rows = kept.status.of(direction)
        for state in STATES if rows else ():
            documents = sum(row.sums.get(state, (0, 0, 0))[0] for row in rows)
            found.append((direction, state, documents, sum(row.net(state) for row in rows)))
    return found


def _as_json(seen: Overview, settings: list[Setting], same: bool | None) -> dict[str, Any]:
    kept = seen.kept
    version = kept and kept.mapping
    return {
        "administration": seen.name,
        "in_settings": seen.settings is not None,
        "in_database": None if seen.trouble else kept is not None,
        "country": seen.country,
        "where": seen.settings and seen.settings.where,
        "settings": [
            {
                "name": each.name,
                "value": "***" if isinstance(each.value, Secret) else each.value,
                "set_in": each.where or None,
            }
            for each in settings
        ],
        "mapping": version
        and {
            "version": version.id,
            "set": version.set_name,
            "sha256": version.hash,
            "author": version.author,
            "comment": version.comment,
            "created_at": version.created_at,
            "tables_on_disk_in_force": same,
        },
        "fetched": [
            {"list": each.list, "asked_up_to": each.watermark, "last_asked": each.asked_at}
            for each in (kept.fetched if kept else ())
        ],
        "sums": [
            {"direction": direction, "state": state, "documents": documents, "net": Money(minor=net)}
            for direction, state, documents, net in (_sums(kept) if kept else ())
        ],
        "next_step": next_step(seen),
    }
