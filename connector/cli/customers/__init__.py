"""``connector customers``: papers for the reseller's own customers. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "documents": "Write for each customer a specification of what it owes for a month, as PDF and XLSX.",
}
"""Every command with its help in one line."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """Papers for your customers: a specification for each. Nothing is booked or sent."""
