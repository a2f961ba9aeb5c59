"""``connector db``: the schema of the database, a copy of it, the space it takes, and the way to another."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli import options
from connector.cli.db_move import move
from connector.cli.options import Face
from connector.texts import _


@click.group()
def command() -> None:
    """Upgrade, check, back up, compact or move the database.

    Without CONNECTOR_DATABASE_URL it is the file connector.db in the working folder.
    """


command.add_command(move)


@command.command()
@options.common
@click.option("--no-backup", is_flag=True, help="Upgrade without a copy; for PostgreSQL, after your own backup.")
def upgrade(face: Face, *, no_backup: bool) -> None:
    """Make the database, or bring it to this version of the connector.

    An older SQLite database is copied beside itself first.
    """
    from connector.app import databases

    report = databases.upgrade(face.connection, backup=not no_backup, now=face.now)
    if not face.connection.database_url.startswith("sqlite:"):
        _renew_queue(face)
    if report.before == report.after:
        face.out.text(_("The database is up to date."))
    elif report.before:
        face.out.text(_("The database was upgraded."))
    else:
        face.out.text(_("The database was made."))
    face.out.facts(
        {"Database": face.connection.database_shown, "Version": report.after}
        | ({"Backup": report.backup} if report.backup else {})
    )
    face.out.answer(
        {
            "database": face.connection.database_shown,
            "before": report.before,
            "after": report.after,
            "backup": report.backup,
        }
    )


def _renew_queue(face: Face) -> None:
    """Bring the tables of the queue along, where many workers use one and its package is installed."""
    try:
        from connector.service import queue
    except ModuleNotFoundError:
        return
    if queue.renew(face.connection):
        face.out.text(_("The queue of the workers was made anew."))


@command.command()
@options.common
def check(face: Face) -> None:
    """Tell whether the database fits this version of the connector."""
    from connector.app import databases

    databases.check(face.connection)
    face.out.text(_("The database is up to date."))
    face.out.answer({"database": face.connection.database_shown, "up_to_date": True})


@command.command()
@options.common
@click.argument("target", required=False, type=click.Path(path_type=Path))
def backup(face: Face, target: Path | None) -> None:
    """Copy the database to TARGET while others go on working.

    Without TARGET the copy is made beside the database, with the time in its name. A PostgreSQL database is copied by
    its own program pg_dump, and put back by pg_restore.
    """
    from connector.app import databases

    made = databases.back_up(face.connection, target, now=face.now)
    face.out.text(_("The copy was made and read back."))
    face.out.facts({"Backup": made})
    face.out.answer({"backup": made})


@command.command()
@options.common
def compact(face: Face) -> None:
    """Give the space of what was purged back to the disk, and leave nothing of it readable there.

    Writes the database anew, which takes time and as much free space again. Nobody else may use it meanwhile.
    """
    from connector.app import databases

    databases.compact(face.connection)
    face.out.text(_("The database was written anew."))
    face.out.answer({"database": face.connection.database_shown, "compacted": True})
