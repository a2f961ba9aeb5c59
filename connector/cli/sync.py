"""``connector sync``: fetch, prepare, and send what is approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector.cli import options
from connector.cli.options import Face
from connector.texts import _

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.run import RunReport


@click.command()
@options.common
@options.administrations
@options.acting
@options.dry_run
@click.option("--accept-unusual", is_flag=True, help="Use an answer that is empty or ten times the usual.")
def command(face: Face, *, dry_run: bool, accept_unusual: bool) -> None:
    """Fetch what is new, prepare it, and send what is approved to the ledger.

    What goes out by itself is decided by auto_post in connector.toml; everything else waits for
    'connector entries approve'. With --dry-run documents are fetched and prepared, and nothing is sent.
    """
    from connector.cli import working
    from connector.service.watching import traced

    with traced(face.settings.service.traces), working.opened(face) as connector:

        def work(administration: Administration) -> RunReport:
            with working.progress(face, administration.name) as progress:
                if dry_run:
                    return connector.prepare(administration, progress=progress, accept_unusual=accept_unusual)
                return connector.sync(administration, progress=progress, accept_unusual=accept_unusual)

        done = working.each(face, work)
        working.show_runs(face, done)
        working.show_waiting(face, connector, done.results)
    if dry_run:
        face.out.text(_("Nothing was sent: this was a dry run."))
    done.end()
