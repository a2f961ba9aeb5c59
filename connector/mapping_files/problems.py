"""What is wrong in the mapping files: collected, so that one reading names every row at fault."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from connector.errors import MappingFileError


class Problems:
    """The errors and warnings of one reading, each with file, line (header = 1) and column."""

    def __init__(self) -> None:
        self._errors: list[tuple[str, int, str]] = []
        self._warnings: list[tuple[str, int, str]] = []

    def error(self, file: str, line: int, column: str, text: str) -> None:
        """Note what makes the mapping unusable; ``line`` 0 is the whole file, ``column`` '' the whole row."""
        self._errors.append((file, line, _place(file, line, column) + text))

    def warning(self, file: str, line: int, column: str, text: str) -> None:
        """Note what should be looked at but can be used."""
        self._warnings.append((file, line, _place(file, line, column) + text))

    @property
    def errors(self) -> tuple[str, ...]:
        """The errors by file and line."""
        return tuple(text for _, _, text in sorted(self._errors, key=lambda each: each[:2]))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings by file and line."""
        return tuple(text for _, _, text in sorted(self._warnings, key=lambda each: each[:2]))

    def stop(self, where: str) -> None:
        """Raise MappingFileError when there are errors."""
        errors = self.errors
        if errors:
            count = "one error" if len(errors) == 1 else f"{len(errors)} errors"
            lines = "".join(f"\n  {error}" for error in errors)
            raise MappingFileError(f"the mapping cannot be used, it has {count}:{lines}", problems=errors, where=where)


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' when one of ``known`` is close to ``word``, else ''."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[close[0]]}'?" if close else ""


def _place(file: str, line: int, column: str) -> str:
    line_text = f" line {line}" if line else ""
    column_text = f", column {column}" if column else ""
    return f"{file}{line_text}{column_text}: "
