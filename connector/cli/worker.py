"""``connector worker``: one of many workers on the queue in PostgreSQL."""

from __future__ import annotations

import click

from connector import config
from connector.cli import options, serve
from connector.cli.options import Face
from connector.errors import SettingsError, StoreUnavailable


@click.command()
@options.common
@options.administrations
@options.acting
@click.option("--once", is_flag=True, help="Queue what is due, work off what is queued, and end.")
@click.option(
    "--side-by-side",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many jobs at most this worker does at once.",
)
@click.option(
    "--queue",
    "queues",
    type=click.Choice(["pull", "prepare", "deliver"]),
    multiple=True,
    help="Only do jobs of this queue; may be repeated. Default: all.",
)
@options.listen
@click.pass_context
def command(
    ctx: click.Context,
    face: Face,
    *,
    once: bool,
    side_by_side: int,
    queues: tuple[str, ...],
    listen: config.Listen | None,
) -> None:
    """Do what is due together with other workers, until stopped.

    Many workers, on one machine or several, share the work through a queue in the PostgreSQL database; each of them
    needs the same settings and mapping tables, and 'pip install copaco-connector[scale]'. A run is three jobs, one
    after the other: pull, prepare and deliver. An administration is with one worker at a time.

    With -a only these administrations are queued by this worker when they are due; it does whatever is queued. SIGTERM
    and Ctrl-C end it between two steps of a job; SIGHUP reads the settings anew, and keeps the old ones when the new
    are wrong. What was under way when a worker is killed is done again by another within two minutes.

    With --listen, or listen of [service], it answers at /healthz, /readyz and /metrics.
    """
    from connector.app import databases
    from connector.engine.run import VERBS
    from connector.service.alive import Alive
    from connector.service.runs import Runs
    from connector.service.watching import watched

    options.log_what_happens()
    try:
        from connector.service.queued import Workers
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"many workers need a package that is not installed ({error.name})",
            hint="Install it with: pip install 'copaco-connector[scale]'",
        ) from None
    ahead = face.today - serve.today()  # with --today the days go on from there
    alive = Alive()
    workers = Workers(
        lambda: config.load(face.config_file),
        Runs(actor=face.actor, today=lambda: serve.today() + ahead),
        names=face.names,
        side_by_side=side_by_side,
        verbs=[each for each in VERBS if not queues or each in queues],
        supervision=config.supervision(),
        ahead=ahead,
        alive=alive,
    )
    if face.settings.connection.database_url.startswith("postgresql"):  # else it says that it needs one
        try:
            databases.check(face.settings.connection)
        except StoreUnavailable:
            if once:
                raise
            # It may come up after us.
    serve.end(ctx, workers, once=once, watched=watched(face.settings, listen, alive, workers, once=once))
