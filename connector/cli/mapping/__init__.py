"""``connector mapping``: the accountant's tables. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "check": "Read the tables as strictly as a run does, and name every row at fault.",
}
"""Every command with its help in one line, in the order of working."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """The accountant's tables: check them, see what they do, change them safely."""
