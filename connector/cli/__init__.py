"""The command ``connector``. Each command is a module of this package that is imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from connector import __version__
from connector.cli.failure import ending
from connector.cli.lazy import LazyGroup

COMMANDS = {
    "init": "Set up an administration: settings, mapping tables, key and database.",
    "demo": "Show the whole flow on made-up invoices, in the current folder.",
    "doctor": "Check settings, database, source, mapping and ledger.",
    "pull": "Fetch invoices and keep them; nothing is booked.",
    "sync": "Fetch, prepare and send what is approved.",
    "serve": "Synchronise every administration by its schedule, until stopped.",
    "worker": "Do what is due together with other workers, on PostgreSQL.",
    "notify": "Try whether people can be told what happens, and list what they were told.",
    "backfill": "Fetch and prepare a longer period, in steps.",
    "status": "Show per period what is held, ignored, ready, in delivery and posted.",
    "invoices": "List invoices, show one with its versions and lines, or enter the total on its PDF.",
    "papers": "Keep the invoices that Copaco mails, and compare them with the documents.",
    "subscriptions": "List subscriptions and their changes, and when they renew.",
    "products": "List the products of the source and their changes.",
    "findings": "List what is wrong with documents, and the next step; accept what a person may.",
    "mapping": "The accountant's tables: check them, see what they do, change them safely.",
    "entries": "List journal entries; show, approve or reject them.",
    "deliveries": "List what was sent to the ledger and what became of it.",
    "ledger": "Log in to the bookkeeping software, read its accounts, check the tables against it.",
    "reconcile": "Compare what was posted with what the bookkeeping software holds.",
    "report": "Show what purchases and sales tell together: margins, leaks, prices, credits.",
    "customers": "Write papers for your customers: a specification for each, as PDF and XLSX.",
    "verify": "Prove that every cent of the source is accounted for.",
    "replay": "Book everything anew beside what stands, and compare.",
    "api": "What is known of Copaco's API: its versions, and how long they last.",
    "admin": "List the administrations, show, check or add one.",
    "retention": "Show how long documents are kept, and remove them when their legal period is over.",
    "db": "Upgrade, check, back up or compact the database.",
    "sandbox": "Serve a made-up Copaco API on this computer.",
    "completion": "Print the completion script for a shell.",
}
"""Every command with its help in one line, in the order of a first acquaintance."""

ENDING = "Settings: connector.toml and .env in the current folder. Begin with: connector demo, or connector init."


@click.group(
    cls=LazyGroup,
    package=__name__,
    lines=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=ENDING,
)
@click.version_option(__version__, "--version", prog_name="connector")
def root() -> None:
    """Book the invoices of a Copaco reseller into its ledger: balanced, explained and exactly once."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    with ending(arguments) as end:
        end.code = root.main(args=list(arguments), prog_name="connector", standalone_mode=False) or 0
    return end.code


def main() -> NoReturn:
    """The entry point of the installed command, and the only place that ends the program."""
    sys.exit(run(sys.argv[1:]))
