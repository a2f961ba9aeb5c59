"""How a command ends: every error becomes a message that says what to do next, and an exit code.

The codes of ``ConnectorError`` are in ``connector.errors``; the others are here. ``docs/cli.md`` lists them
all.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from connector import __version__
from connector.errors import ConnectorError

USAGE = 2
"""The command line itself is wrong."""
DIFFERENCE = 20
"""The command did its work and found what must not be: cents that do not add up, entries that differ."""
DEFECT = 70
"""A defect of the connector."""
OUTPUT = 74
"""A file, or the output itself, could not be read or written."""
INTERRUPTED = 130
"""Interrupted from the keyboard, or a question was not answered."""
BROKEN_PIPE = 141
"""Whoever read the output stopped reading."""


class ReaderGone(Exception):
    """Nobody reads the output any more. Under this name, because click ends the program itself at a BrokenPipeError."""


@dataclass
class Ending:
    """The exit code so far."""

    code: int = 0


@contextmanager
def ending(arguments: Sequence[str]) -> Iterator[Ending]:
    """Turn whatever goes wrong inside into a message and ``Ending.code``."""
    end = Ending()
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError):  # a terminal that lacks a sign shows '?', and no error
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        try:
            yield end
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except ReaderGone as error:
            raise BrokenPipeError from error
        except Exception as error:  # noqa: BLE001 - this is the one place for all of them
            end.code = _tell(error, as_json, arguments)
            sys.stdout.flush()
    except KeyboardInterrupt:
        end.code = INTERRUPTED
        click.echo("\nInterrupted. What was committed stays; run the same command to go on.", err=True)
    except BrokenPipeError:
        end.code = BROKEN_PIPE
        _close_output()
        _close_output()
    except OSError as error:  # the last words could not be written either
        end.code = OUTPUT
        _close_output()
        with suppress(OSError):
            click.echo(f"Error: the output cannot be written: {error.strerror}", err=True)


def _tell(error: Exception, as_json: bool, arguments: Sequence[str]) -> int:
    if isinstance(error, click.Abort):
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__
        click.echo("\nStopped: a question was not answered. Nothing was changed after it.", err=True)
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # 'connector db' alone: its help is the whole answer
        click.echo(error.format_message(), err=True)
        return USAGE
    told = _told(error, arguments)
    if as_json:
        click.echo(json.dumps({"error": told}, ensure_ascii=False, indent=2))
    else:
        _show(told)
    return int(told["exit_code"])


def _told(error: Exception, arguments: Sequence[str]) -> dict[str, Any]:
    """What is said about an error, ready for JSON."""
    if isinstance(error, ConnectorError):
        return {
            "kind": type(error).__name__,
            "message": _safe(error.message),
            "where": _safe(error.where),
            "hint": _safe(error.hint),
            "recovery": error.recovery.value,
            "exit_code": error.exit_code,
            "problems": [_safe(str(problem)) for problem in getattr(error, "problems", ())],
        }
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "connector"
        return _other("UsageError", _wrong_usage(error, arguments), f"'{path} --help' explains it.", USAGE)
    if isinstance(error, OSError) and error.errno is not None:
        message = f"{error.filename or 'the output'} cannot be read or written: {error.strerror}"
        return _other("OSError", message, "Mend the cause and run the same command again.", OUTPUT)
    return _defect(error, arguments)


def _wrong_usage(error: click.ClickException, arguments: Sequence[str]) -> str:
    """click's message; for an unknown option with the nearest one, where click names all that look a little alike, or
    for one before its command with the place where it belongs."""
    if not isinstance(error, click.NoSuchOption):
        return error.format_message()
    from connector.config import nearest

    context = error.ctx
    if context is not None and (place := _where_it_belongs(context, error.option_name, arguments)):
        return f"The option '{error.option_name}' stands behind the command: {place}"
    known = [name for each in context.command.get_params(context) for name in each.opts] if context else []
    return f"There is no option '{error.option_name}'{nearest(error.option_name, known)}"


def _where_it_belongs(context: click.Context, option: str, arguments: Sequence[str]) -> str:
    """The command line with ``option`` behind the command that knows it, '' when the command that was asked for does
    not."""
    command, path = context.command, context.command_path
    for word in arguments:
        if isinstance(command, click.Group) and word in command.list_commands(context):
            command, path = command.get_command(context, word) or command, f"{path} {word}"
    if command is context.command and command is context.find_root().command:
        assert isinstance(command, click.Group)
        command, path = command.get_command(context, "status") or command, f"{path} COMMAND"  # one like the others
    if command is context.command:
        return ""
    known = [name for each in command.get_params(context) for name in each.opts]
    return f"{path} {option}" if option in known else ""


def _other(kind: str, message: str, hint: str, code: int) -> dict[str, Any]:
    told = {"kind": kind, "message": _safe(message), "where": "", "hint": _safe(hint), "recovery": "stop"}
    return told | {"exit_code": code, "problems": []}


def _show(told: dict[str, Any]) -> None:
    where = f"{told['where']}: " if told["where"] else ""
    click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(f"{where}{told['message']}", err=True)
    if told["hint"]:
        click.echo(f"Next: {told['hint']}", err=True)


def _defect(error: Exception, arguments: Sequence[str]) -> dict[str, Any]:
    """Keep the traceback, without secrets, in a file that can be sent; the user sees where it is."""
    from connector import config, log

    report = log.clean(
        f"connector {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"connector {' '.join(arguments)}\n\n{''.join(traceback.format_exception(error))}",
        config.revealed(),
    )
    if config.debugging():
        click.echo(report, err=True)
    hint = f"Report it with the file {place}." if (place := _write(report)) else "Run it again with CONNECTOR_DEBUG=1."
    message = (
        f"this is a defect of the connector, not of your data ({type(error).__name__}). Nothing half-written is kept"
    )
    return _other("Defect", message, hint, DEFECT)


def _write(report: str) -> Path | None:
    try:
        number, name = tempfile.mkstemp(prefix="connector-defect-", suffix=".txt", text=True)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(report)
    except OSError:
        return None
    return Path(name)


def _safe(text: str) -> str:
    from connector.cli.plain import safe

    return safe(text, breaks=True)


def _close_output() -> None:
    """Let the interpreter end without a second complaint about the same output."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
