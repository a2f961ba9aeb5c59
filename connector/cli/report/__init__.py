"""``connector report``: what the documents of both sides tell together. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "margin": "What was bought beside what it was sold for.",
    "leakage": "What was bought and not charged, or charged below its cost.",
    "prices": "Cost prices that changed, and whether the sale price followed.",
    "credits": "Seats that were given back, and whether Copaco credited them.",
    "billed": "What customers were sold beside what they were really invoiced.",
    "consolidated": "Where Copaco's own matching of purchases and sale prices was wrong.",
    "migration": "What Copaco's old and new platform gave of the same months.",
}
"""Every command with its help in one line, in the order of asking."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """Show what purchases and sales tell together."""
