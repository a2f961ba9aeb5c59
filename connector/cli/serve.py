"""``connector serve``: synchronise every administration by its schedule, in one process."""

from __future__ import annotations

import datetime
import os
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from connector import config
from connector.cli import options
from connector.cli.options import Face

if TYPE_CHECKING:
    from connector.service.jobs import JobRunner


@click.command()
@options.common
@options.administrations
@options.acting
@click.option("--once", is_flag=True, help="Synchronise each once and end, for cron.")
@click.option(
    "--side-by-side",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many administrations at most are synchronised at once.",
)
@options.listen
@click.pass_context
def command(ctx: click.Context, face: Face, *, once: bool, side_by_side: int, listen: config.Listen | None) -> None:
    """Synchronise every administration by its schedule, until stopped.

    Schedules stand in connector.toml. Each administration is synchronised when the service starts, and then when it is
    due; one that fails does not stop the others. SIGTERM and Ctrl-C end it between two steps of a run; SIGHUP reads the
    settings anew, and keeps the old ones when the new are wrong.

    With --listen, or listen of [service], it answers at /healthz, /readyz and /metrics.

    What happens goes to the log, on standard error or in CONNECTOR_LOG; with --json a JSON object per line.
    """
    from connector.app import databases
    from connector.errors import StoreUnavailable
    from connector.service.alive import Alive
    from connector.service.clock import Clock
    from connector.service.runs import Runs
    from connector.service.serving import Service
    from connector.service.watching import watched

    options.log_what_happens()
    clock = Clock()
    ahead = face.today - today()  # with --today the days go on from there
    alive = Alive()
    service = Service(
        lambda: config.load(face.config_file),
        Runs(actor=face.actor, today=lambda: today() + ahead, now=clock.now),
        names=face.names,
        side_by_side=side_by_side,
        supervision=config.supervision(),
        clock=clock,
        alive=alive,
    )
    try:
        databases.check(face.settings.connection)
    except StoreUnavailable:
        if once:
            raise
        # It may come up after us: the first run tells it, and it is tried again.
    end(ctx, service, once=once, watched=watched(face.settings, listen, alive, service, once=once))


def today() -> datetime.date:
    """The day it is here."""
    return datetime.datetime.now(datetime.UTC).astimezone().date()


def end(ctx: click.Context, runner: JobRunner, *, once: bool, watched: AbstractContextManager[object]) -> None:
    """Let ``runner`` serve, or run once, within ``watched``, and end the command as it ended."""
    if once:
        with watched:
            failed = runner.once()
        if failed:
            ctx.exit(failed[0].exit_code)
        return
    with watched:
        ended = runner.serve()
    if not ended:
        # A step that waits for a source or ledger would keep the process for minutes; a kill does no harm.
        sys.stderr.flush()
        os._exit(0)
