"""``connector admin check``: whether administrations can be run, told at once."""

from __future__ import annotations

import click

from connector.cli import checks, options
from connector.cli.options import Face


@click.command()
@options.common
@options.named
def command(face: Face) -> None:
    """Check settings, database, key, mapping tables and ledger of the administrations NAME, all when none is named.

    Nobody is asked over a network: 'connector doctor' does that too. Each line says ok, or what is wrong and what
    to do; the exit code is that of the first problem.
    """
    checks.tell(face, list(checks.of_all(face, source=False, calls=False)))
