"""``connector mapping``: the accountant's tables. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "check": "Read the tables as strictly as a run does, and name every row at fault.",
    "export": "Write the tables as a workbook for a spreadsheet, with what waits for a row.",
    "import": "Take over what was changed in a workbook, after a look at every row.",
}
"""Every command with its help in one line, in the order of working."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """The accountant's tables: check them, see what they do, change them safely."""
