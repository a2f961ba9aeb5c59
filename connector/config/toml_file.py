"""A TOML file whose keys know their line: the standard reader gives values without positions."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import SettingsError

_HEADER = re.compile(r"^\s*\[\[?\s*(?P<path>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*(?P<path>(?:[A-Za-z0-9_.\s-]|"[^"]*"|'[^']*')+?)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")
_POSITION = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")


@dataclass(frozen=True, kw_only=True)
class TomlFile:
    """The values of a file and the line (from 1) on which each of its keys is set."""

    path: Path
    values: dict[str, Any]
    lines: dict[tuple[str, ...], int]

    def place(self, *key: str) -> str:
        """'connector.toml:12' for a key, or for the nearest table around it that is written down."""
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.path}:{self.lines[key]}" if key else str(self.path)


def read_toml(path: Path) -> TomlFile:
    """Read ``path``. Raises SettingsError when it is absent, unreadable or no TOML, with the line at fault."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise SettingsError(
            "there is no such file", where=str(path), hint="Run 'connector init' to make one, or name it with --config."
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError("the file is not UTF-8", where=f"{path}:{line}", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, error) from error
    return TomlFile(path=path, values=values, lines=_lines(text))


def _syntax_error(path: Path, text: str, error: tomllib.TOMLDecodeError) -> SettingsError:
    match = _POSITION.search(str(error))
    line = int(match["line"]) if match and match["line"] else text.count("\n") + 1
    shown = text.splitlines()[line - 1].strip() if line <= len(text.splitlines()) else ""
    # A line may hold a key that was pasted in: show what stands before the first sign of equality only.
    what = f" near '{shown.split('=')[0].strip()}'" if shown else ""
    return SettingsError(
        f"{_POSITION.sub('', str(error))}{what}",
        where=f"{path}:{line}",
        hint='Write a setting as name = "text", name = 45 or name = 2024-01-31, and a table as [administrations.name].',
    )


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Where each key is. What stands inside texts and lists over several lines is not taken for keys."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    closing = ""
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if depth > 0:
            depth += _opened(line)
        elif header := _HEADER.match(line):
            table = _parts(header["path"])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(table + _parts(key["path"]), number)
            rest = line[key.end() :]
            depth = _opened(rest)
            closing = next((mark for mark in ('"""', "'''") if rest.count(mark) % 2), "")
    return found


def _parts(path: str) -> tuple[str, ...]:
    return tuple(next(part for part in groups if part) for groups in _PART.findall(path))


def _opened(text: str) -> int:
    """How many lists ``text`` opens more than it closes, its texts and comments left aside."""
    bare = re.sub(r""""(?:\\.|[^"\\])*"|'[^']*'""", "", text).split("#")[0]
    return bare.count("[") - bare.count("]")
