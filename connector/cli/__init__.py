"""The command ``connector``. Each command is a module of this package that is imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from connector import __version__
from connector.cli.failure import ReaderGone, ending

COMMANDS = {
    "init": "Set up an administration: settings, mapping tables, key and database.",
    "demo": "Show the whole flow on made-up invoices, in the current folder.",
    "doctor": "Check settings, database, source, mapping and ledger.",
    "pull": "Fetch invoices and keep them; nothing is booked.",
    "sync": "Fetch, prepare and send what is approved.",
    "backfill": "Fetch and prepare a longer period, in steps.",
    "status": "Show per period what is held, ignored, ready, in delivery and posted.",
    "invoices": "List invoices, show one with its versions and lines, or enter the total on its PDF.",
    "findings": "List what is wrong with documents, and the next step; accept what a person may.",
    "entries": "List journal entries; show, approve or reject them.",
    "deliveries": "List what was sent to the ledger and what became of it.",
    "verify": "Prove that every cent of the source is accounted for.",
    "replay": "Book everything anew beside what stands, and compare.",
    "db": "Upgrade, check or back up the database.",
    "sandbox": "Serve a made-up Copaco API on this computer.",
    "completion": "Print the completion script for a shell.",
}
"""Every command with its help in one line, in the order of a first acquaintance."""

ENDING = "Settings: connector.toml and .env in the current folder. Begin with: connector demo, or connector init."


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All names, in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command and give its ``command``."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"connector.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the command line; --help and --version already write."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for an unknown one name the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from connector.config import nearest

            ctx.fail(f"There is no command '{args[0]}'{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
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
