"""Writes the part of docs/cli.md that lists commands, options and exit codes, from the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from connector import errors
from connector.cli import COMMANDS, failure, root

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
BEGIN = "<!-- written by tools/command_reference.py -->"
END = "<!-- end of the written part -->"
OTHER_CODES = {
    0: "Everything asked for was done.",
    failure.USAGE: "The command line is wrong: an unknown command or option, or an answer that is missing. "
    "A command that needs another word after it prints its help.",
    failure.DIFFERENCE: "The command found what must not be: cents that do not add up, entries that differ.",
    failure.DEFECT: "A defect of the connector; the message names a file to report it with.",
    failure.OUTPUT: "A file or the output could not be read or written.",
    failure.INTERRUPTED: "Interrupted from the keyboard, or a question was not answered.",
    failure.BROKEN_PIPE: "Whoever read the output stopped reading.",
}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before what is in them."""
    context = click.Context(root, info_name="connector")
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        yield from _within(f"connector {name}", command)


def _within(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for part in command.list_commands(context):
            inner = command.get_command(context, part)
            assert inner is not None
            yield from _within(f"{name} {part}", inner)


def exit_codes() -> dict[int, str]:
    """Every exit code with its meaning."""
    found: dict[int, list[str]] = {}
    for kind in _tree(errors.ConnectorError):
        found.setdefault(kind.exit_code, []).append((kind.__doc__ or "").strip().splitlines()[0])
    meanings = {code: " ".join(lines) for code, lines in found.items()}
    assert not meanings.keys() & OTHER_CODES.keys(), "an exit code has one meaning"
    return dict(sorted((meanings | OTHER_CODES).items()))


def _tree(kind: type[errors.ConnectorError]) -> Iterator[type[errors.ConnectorError]]:
    yield kind
    for inner in kind.__subclasses__():
        if inner.__module__ == errors.__name__:
            yield from _tree(inner)


def reference() -> str:
    """The written part of the document."""
    parts = [BEGIN, "## Exit codes", "| Code | Meaning |\n| ---: | --- |"]
    parts[-1] += "".join(f"\n| {code} | {meaning} |" for code, meaning in exit_codes().items())
    parts.append("## Commands")
    for name, command in commands():
        parts += _described(name, command)
    return "\n\n".join([*parts, END])


def _described(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=name)
    told = [f"### {name}", " ".join((command.help or "").split("\n\n")[0].split())]
    told += [" ".join(part.split()) for part in (command.help or "").split("\n\n")[1:]]
    if isinstance(command, click.Group) and not command.invoke_without_command:
        return told
    parts = [] if isinstance(command, click.Group) else command.collect_usage_pieces(context)
    usage = " ".join(part for part in parts if part != "[OPTIONS]")
    told.append(f"    {name} [OPTIONS] {usage}".rstrip())
    rows = [record for each in command.params if (record := each.get_help_record(context))]
    told.append("\n".join(f"- `{names}`: {text}" for names, text in rows))
    return [part for part in told if part]


def written() -> str:
    """The whole document with its written part made anew."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    return before + reference() + rest.partition(END)[2]


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
