"""``connector admin``: the administrations as a whole. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List every administration: what it is, where its euros stand, and the next step.",
    "show": "Show an administration: every setting in force, its tables, how far it is fetched, its euros.",
    "check": "Check settings, key, mapping tables and ledger, without asking anybody.",
    "add": "Set up another administration beside those that are there.",
}
"""Every command with its help in one line."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """List the administrations, show, check or add one."""
