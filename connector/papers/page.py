"""A page of text as lines with places: what stands beside a label, or below it in a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")
Found = tuple[int, int, T | None]
"""A value between two places of a line; ``None`` when it could be several."""
_FAR_BELOW = 2
"""Lines below a title in which its value may stand, empty ones included."""
_BETWEEN = re.compile(r"[\s:#.]*")
_COLUMN = re.compile(r"[:#.]?\s{2}")
"""What follows the title of a column before that of the next one."""


class Mark(NamedTuple):
    """A label: the number of its line and its places there, and what it is a label of."""

    line: int
    start: int
    end: int
    name: str


def marks(lines: Sequence[str], patterns: Iterable[tuple[str, re.Pattern[str]]]) -> list[Mark]:
    """Where the labels of ``patterns`` stand, given with names; of two that overlap the longer one counts."""
    found: list[Mark] = []
    for name, pattern in patterns:
        for number, line in enumerate(lines):
            found += [Mark(number, match.start(), match.end(), name) for match in pattern.finditer(line)]
    kept: list[Mark] = []
    for each in sorted(found, key=lambda one: (one.line, one.start - one.end, one.start)):
        if all(each.end <= other.start or each.start >= other.end for other in kept if other.line == each.line):
            kept.append(each)
    return sorted(kept)


def values(
    lines: Sequence[str], known: Sequence[Mark], mark: Mark, find: Callable[[str], Iterable[Found[T]]], *, near: bool
) -> list[T | None]:
    """The values that belong to ``mark``: up to the next label of its line, else those right below it.

    With ``near`` only one that follows the label at once counts.
    """
    line = lines[mark.line]
    end = min((each.start for each in known if each.line == mark.line and each.start >= mark.end), default=len(line))
    found = [each for each in find(line) if mark.end <= each[0] and each[1] <= end]
    if near:
        found = [each for each in found[:1] if _BETWEEN.fullmatch(line, mark.end, each[0])]
    if found:
        return [value for _, _, value in found]
    if _BETWEEN.fullmatch(line, mark.end, end) or (near and _COLUMN.match(line, mark.end)):
        return _below(lines, known, mark, find)
    return []


def _below(
    lines: Sequence[str], known: Sequence[Mark], mark: Mark, find: Callable[[str], Iterable[Found[T]]]
) -> list[T | None]:
    """The value in the column under ``mark``; ``None`` when the column goes on: then it is one of several."""
    titled = {each.line for each in known}
    column: list[T | None] = []
    last = mark.line + _FAR_BELOW
    for number in range(mark.line + 1, len(lines)):
        if not lines[number].strip():
            continue
        if number in titled or number > last:
            break
        under = [value for start, end, value in find(lines[number]) if start < mark.end and end > mark.start]
        if not under:
            break
        column += under
        last = number + _FAR_BELOW
    return column if len(column) == 1 else [None] if column else []
