"""``connector pull``: fetch invoices and keep them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli import options
from connector.cli.options import Face

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.run import RunReport

ENDPOINTS = (
    *("invoices", "customer-specifications", "customer-invoices", "customer-subscriptions", "products"),
    *("consolidated-invoices", "subscription-details"),
)


@click.command()
@options.common
@options.administrations
@options.acting
@click.option("--accept-unusual", is_flag=True, help="Use an answer that is empty or ten times the usual.")
@click.option("--from-files", is_flag=True, help="Keep saved answers: the files or folders named after the options.")
@click.option("--endpoint", type=click.Choice(ENDPOINTS), help="What the saved answers are, where it cannot be seen.")
@click.option(
    "--detail", is_flag=True, help="The saved answers hold single changes (showDetail), which explain corrections."
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def command(
    face: Face, *, accept_unusual: bool, from_files: bool, endpoint: str | None, detail: bool, files: tuple[Path, ...]
) -> None:
    """Fetch what is new and keep it, byte for byte; nothing is booked.

    With --from-files, answers that were saved before are kept as if they had just been fetched.
    """
    from connector.cli import working
    from connector.source.base import Endpoint

    if bool(files) != from_files:
        raise click.UsageError("Name the saved answers after --from-files, and only then.")
    if detail and not from_files:
        raise click.UsageError(
            "--detail is for saved answers; 'detail' in the settings asks the API for single changes."
        )
    if from_files and len(face.administrations) != 1:
        raise click.UsageError("Saved answers belong to one administration: name it with --administration.")
    with working.opened(face) as connector:

        def work(administration: Administration) -> RunReport:
            with working.progress(face, administration.name) as progress:
                if from_files:
                    chosen = Endpoint(endpoint) if endpoint else None
                    return connector.pull(
                        administration, files=files, endpoint=chosen, detail=detail, progress=progress
                    )
                return connector.pull(administration, progress=progress, accept_unusual=accept_unusual)

        done = working.each(face, work)
        working.show_runs(face, done)
    done.end()
