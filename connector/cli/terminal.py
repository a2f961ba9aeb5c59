"""Tables on a terminal: as wide as it is, and without a wrong digit at any width.

An amount, date, number or code that is cut in two is read as another one, so only sentences and names are wrapped, at
their spaces. What then does not fit loses columns in which there is nothing, then columns that other commands show
too, and says so; and what still does not fit stands row by row, a line for each column.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click

from connector.cli.plain import padded, width, wrapped
from connector.texts import _

T = TypeVar("T")
GAP = "  "
LEAST_PROSE = 16
"""Narrower than this a sentence is no longer read, unless it is shorter itself."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A cell: its text, the colour it has, and whether there is nothing in it."""

    text: str
    colour: str = ""
    nothing: bool = False


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column: its title as the reader reads it. ``spare`` columns may be left out, the highest number first."""

    title: str
    right: bool = False
    prose: bool = False
    spare: int = 0


Row = Sequence[Field]


def columns() -> int:
    """How wide the terminal is."""
    return max(shutil.get_terminal_size().columns, 20)


def table(heads: Sequence[Head], rows: Sequence[Row], total: Row | None) -> Iterator[str]:
    """The lines of a table that fits the terminal."""
    room, every = columns(), [*rows, *([total] if total is not None else [])]
    idle = [n for n in range(len(heads)) if all(row[n].nothing for row in every)]
    spare = sorted((n for n, head in enumerate(heads) if head.spare and n not in idle), key=lambda n: -heads[n].spare)
    kept = list(range(len(heads)))
    left: list[int] = []
    while not (widths := _widths(heads, every, kept, room)) and len(left) < len(idle) + len(spare):
        left.append((*idle, *spare)[len(left)])
        kept.remove(left[-1])
    if not widths:
        left, kept = idle, [n for n in range(len(heads)) if n not in idle]
    shown, last = [_of(row, kept) for row in rows], None if total is None else _of(total, kept)
    if widths:
        yield from _in_columns(_of(heads, kept), shown, widths, last)
    else:
        yield from _stacked(_of(heads, kept), shown, last, room)
    yield from _left_out([heads[n] for n in left if n in idle], [heads[n] for n in left if n not in idle], room)


def pairs(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Names with their values, one under the other."""
    yield from _pairs([(name, Field(text=value), False) for name, value in rows], columns())


def paragraph(text: str) -> Iterator[str]:
    """A text wrapped at its spaces; what begins with spaces goes on under its beginning."""
    for line in text.split("\n"):
        inside = line.lstrip(" ")
        indent = " " * (len(line) - len(inside))
        yield from (indent + part for part in wrapped(inside, columns() - len(indent)))


def _of(row: Sequence[T], kept: Sequence[int]) -> list[T]:
    return [row[n] for n in kept]


def _widths(heads: Sequence[Head], every: Sequence[Row], kept: Sequence[int], room: int) -> list[int]:
    """How wide each column is, sentences giving way first; nothing when the columns do not fit."""
    widths, least = [], []
    for n in kept:
        cells = [row[n].text for row in every]
        widths.append(max(map(width, (heads[n].title, *cells))))
        words = [word for cell in cells for word in cell.split(" ")]
        narrow = max(map(width, (heads[n].title, *words)))
        least.append(min(widths[-1], max(narrow, LEAST_PROSE)) if heads[n].prose else widths[-1])
    over = sum(widths) + len(GAP) * (len(kept) - 1) - room
    while over > 0:
        slack = [now - low for now, low in zip(widths, least, strict=True)]
        if not any(slack):
            return []
        widest = max(range(len(widths)), key=lambda n: (slack[n] > 0, widths[n]))
        widths[widest] -= 1
        over -= 1
    return widths


def _in_columns(heads: Sequence[Head], rows: Sequence[Row], widths: Sequence[int], total: Row | None) -> Iterator[str]:
    rule = GAP.join(_dash() * size for size in widths)
    yield from _lines(heads, [Field(text=head.title) for head in heads], widths, bold=True)
    yield rule
    for row in rows:
        yield from _lines(heads, row, widths)
    if total is not None:
        yield rule
        yield from _lines(heads, total, widths, bold=True)


def _lines(heads: Sequence[Head], row: Row, widths: Sequence[int], *, bold: bool = False) -> Iterator[str]:
    """One row: as many lines as its longest sentence needs."""
    cells = [
        wrapped(cell.text, size) if head.prose else [cell.text]
        for head, cell, size in zip(heads, row, widths, strict=True)
    ]
    for line in range(max(map(len, cells))):
        shown = [
            _styled(padded(parts[line] if line < len(parts) else "", size, right=head.right), cell, bold=bold)
            for head, cell, parts, size in zip(heads, row, cells, widths, strict=True)
        ]
        yield GAP.join(shown).rstrip()


def _styled(text: str, cell: Field, *, bold: bool) -> str:
    return (
        click.style(text, fg=cell.colour or None, bold=bold or None) if text.strip() and (cell.colour or bold) else text
    )


def _stacked(heads: Sequence[Head], rows: Sequence[Row], total: Row | None, room: int) -> Iterator[str]:
    """Every row as a block: a line for each column that has something to say."""
    sizes = [
        max((width(row[n].text) for row in (*rows, *([total] if total else []))), default=0) for n in range(len(heads))
    ]
    right = max((size for head, size in zip(heads, sizes, strict=True) if head.right), default=0)
    names = max(width(head.title) for head in heads) + 1

    def block(row: Row) -> Iterator[str]:
        told = []
        for head, cell in zip(heads, row, strict=True):
            if cell.text:
                aligned = (
                    padded(cell.text, right, right=True) if head.right and names + 1 + right <= room else cell.text
                )
                told.append((f"{head.title}:", Field(text=aligned, colour=cell.colour), head.right))
        yield from _pairs(told, room, names)

    for position, row in enumerate(rows):
        yield from ([""] if position else [])
        yield from block(row)
    if total is not None:
        yield from ("", click.style(_("Total"), bold=True))
        yield from block(total)


def _pairs(told: Sequence[tuple[str, Field, bool]], room: int, names: int = 0) -> Iterator[str]:
    """Names and values; a value that has a word too long for its place begins on a line of its own."""
    names = max([names, *(width(name) for name, _cell, _whole in told)])
    for name, cell, whole in told:
        beside = room - names - 1
        longest = max(map(width, cell.text.split(" ")), default=0)
        if whole or longest <= beside:
            first, *more = [cell.text] if whole else wrapped(cell.text, beside)
            yield f"{padded(name, names)} {_styled(first, cell, bold=False)}".rstrip()
            yield from (" " * (names + 1) + _styled(part, cell, bold=False) for part in more)
        else:
            yield name
            yield from (GAP + _styled(part, cell, bold=False) for part in wrapped(cell.text, room - len(GAP)))


def _left_out(idle: Sequence[Head], spared: Sequence[Head], room: int) -> Iterator[str]:
    told = []
    if idle:
        told.append(_("Nothing in: {columns}.").format(columns=", ".join(each.title for each in idle)))
    if spared:
        told.append(_("Left out for want of room: {columns}.").format(columns=", ".join(each.title for each in spared)))
    if told:
        yield from wrapped(" ".join(told), room)


def _dash() -> str:
    return "─" if (sys.stdout.encoding or "").lower().startswith("utf") else "-"
