"""``connector doctor``: check everything a run needs, and say what to do about what is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli import checks, options
from connector.cli.options import Face
from connector.texts import _


@click.command()
@options.common
@options.administrations
@click.option("--offline", is_flag=True, help="Do not ask the source.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.zip",
    help="Write what helps with a defect to this file too, without keys and customers.",
)
def command(face: Face, *, offline: bool, bundle: Path | None) -> None:
    """Check settings, database, disk, clock, service, mapping tables, ledger, key, schedule and last run.

    The key is tried on example-invoices, which are made up and never kept. Each line says ok, or what is wrong
    and what to do; the exit code is that of the first problem.
    """
    found = list(checks.of_all(face, source=not offline, calls=True))
    if bundle is not None:
        from connector.cli import bundle as bundles

        bundles.write(face, found, bundle)
        face.out.text(_("Written: {file}. Look through it before you send it.").format(file=bundle), "")
    checks.tell(face, found)
