"""A group of commands of which each is a module that is imported when it is asked for: most answers come at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from connector.cli.failure import ReaderGone


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it or to show its own help.

    ``lines`` are the commands with their help in one line, in the order in which they are listed; each is the
    ``command`` of the module of its name in ``package``, with ``_`` for ``-`` and behind a word of Python.
    """

    def __init__(self, *args: Any, package: str, lines: Mapping[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self._package, self._lines = package, lines

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All names, in their order."""
        return list(self._lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command and give its ``command``."""
        if cmd_name not in self._lines:
            return None
        module = cmd_name.replace("-", "_")
        if iskeyword(module):
            module += "_"
        command = import_module(f"{self._package}.{module}").command
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
        if args and args[0] not in self._lines and not args[0].startswith("-"):
            from connector.config import nearest

            ctx.fail(f"There is no command '{args[0]}'{nearest(args[0], self._lines)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._lines.items()))
