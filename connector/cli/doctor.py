"""``connector doctor``: check everything a run needs, and say what to do about what is wrong."""

from __future__ import annotations

import click

from connector.cli import checks, options
from connector.cli.options import Face


@click.command()
@options.common
@options.administrations
@click.option("--offline", is_flag=True, help="Do not ask the source.")
def command(face: Face, *, offline: bool) -> None:
    """Check settings, database, mapping tables, ledger, key and clock.

    The key is tried on example-invoices, which are made up and never kept. Each line says ok, or what is wrong
    and what to do; the exit code is that of the first problem.
    """
    checks.tell(face, list(checks.of_all(face, source=not offline, calls=True)))
