"""What is wrong in the mapping files: collected, so that one reading names every row at fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from connector.errors import MappingFileError

_MANY = 3
"""So many rows with the same fault are named in one line."""
_HINTS = 200
"""For so many wrong words the nearest right one is looked for."""
_SHOWN = 100
"""So many errors are listed in the message; all are in ``MappingFileError.problems``."""
Noted = tuple[str, int, str, str]
"""File, line, column, text."""


class Problems:
    """The errors and warnings of one reading, each with file, line (header = 1) and column."""

    def __init__(self) -> None:
        self._errors: list[Noted] = []
        self._warnings: list[Noted] = []
        self._hints = 0

    def nearest(self, word: str, known: Iterable[str]) -> str:
        """What ``nearest`` says, as long as not hundreds of words are wrong: then one mistake is behind them all."""
        self._hints += 1
        return nearest(word, known) if self._hints <= _HINTS else ""

    def error(self, file: str, line: int, column: str, text: str) -> None:
        """Note what makes the mapping unusable; ``line`` 0 is the whole file, ``column`` '' the whole row."""
        self._errors.append((file, line, column, text))

    def warning(self, file: str, line: int, column: str, text: str) -> None:
        """Note what should be looked at but can be used."""
        self._warnings.append((file, line, column, text))

    @property
    def noted_errors(self) -> tuple[Noted, ...]:
        """Every error by itself, for whoever shows it at its place."""
        return tuple(self._errors)

    @property
    def noted_warnings(self) -> tuple[Noted, ...]:
        """Every warning by itself."""
        return tuple(self._warnings)

    @property
    def errors(self) -> tuple[str, ...]:
        """The errors by file and line."""
        return _told(self._errors)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings by file and line."""
        return _told(self._warnings)

    def stop(self, where: str) -> None:
        """Raise MappingFileError when there are errors."""
        errors = self.errors
        if errors:
            count = "one error" if len(errors) == 1 else f"{len(errors)} errors"
            lines = "".join(f"\n  {error}" for error in errors[:_SHOWN])
            lines += f"\n  ... and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
            raise MappingFileError(f"the mapping cannot be used, it has {count}:{lines}", problems=errors, where=where)


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' when one of ``known`` is close to ``word``, else ''."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[close[0]]}'?" if close else ""


def _told(noted: Iterable[Noted]) -> tuple[str, ...]:
    """By file and line; the same about one column of many rows, as of a word that is wrong throughout, only once."""
    lines: dict[tuple[str, str, str], list[int]] = {}
    for file, line, column, text in sorted(noted, key=lambda each: each[:2]):
        lines.setdefault((file, column, text), []).append(line)
    told = [
        (file, some[0], _place(file, some, column) + text)
        for (file, column, text), rows in lines.items()
        for some in ([rows] if len(rows) >= _MANY else [[row] for row in rows])
    ]
    return tuple(text for _, _, text in sorted(told, key=lambda each: each[:2]))


def _runs(lines: Sequence[int]) -> str:
    """'2, 5-9' for 2, 5, 6, 7, 8, 9."""
    parts: list[list[int]] = []
    for line in dict.fromkeys(lines):
        if parts and line == parts[-1][-1] + 1:
            parts[-1].append(line)
        else:
            parts.append([line])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts)


def _place(file: str, lines: Sequence[int], column: str) -> str:
    several = len(set(lines)) > 1
    line_text = f" line{'s' if several else ''} {_runs(lines)}" if lines[0] or several else ""
    column_text = f", column {column}" if column else ""
    return f"{file}{line_text}{column_text}: "
