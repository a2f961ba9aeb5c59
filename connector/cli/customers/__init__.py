"""``connector customers``: papers for the reseller's own customers. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "documents": "Write for each customer a specification of what it owes for a month, as PDF and XLSX.",
    "mailmerge": "Write a workbook for Word's MailMerge: a row for each customer, with e-mail, amounts and link.",
    "template": "Write the columns of that workbook, to change them.",
}
"""Every command with its help in one line."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """Papers for your customers: specifications, and a workbook to write to them. Nothing is booked or sent."""
