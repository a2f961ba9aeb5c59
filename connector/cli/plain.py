"""Plain text: safe signs, columns that line up, and lines that end at a space."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def safe(text: str, *, breaks: bool = False) -> str:
    """``text`` without signs that steer a terminal; texts come from invoices, so from outside. ``breaks``
    keeps lines.
    """
    if text.isprintable():
        return text
    return "".join(
        sign if not _steers(sign) or (breaks and sign == "\n") else " " if sign.isspace() else "�" for sign in text
    )


def _steers(sign: str) -> bool:
    # Cc are control signs, Cf among others those that turn the direction of writing, Zl and Zp break lines.
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def width(text: str) -> int:
    """How many places ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def aligned(rows: Iterable[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """``rows`` as lines with columns that line up, two spaces apart; ``right`` says which columns end
    together.
    """
    kept = [tuple(row) for row in rows]
    widths = [max((width(row[column]) for row in kept), default=0) for column in range(len(right))]
    return ["  ".join(padded(cell, widths[n], right=right[n]) for n, cell in enumerate(row)).rstrip() for row in kept]


def padded(text: str, size: int, *, right: bool = False) -> str:
    """``text`` with spaces to ``size`` places, behind it or, with ``right``, before it."""
    space = " " * (size - width(text))
    return space + text if right else text + space


def wrapped(text: str, size: int) -> list[str]:
    """``text`` in lines of at most ``size`` places that end at a space. A word is never cut, however long it is."""
    if width(text) <= size:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        if line and width(line) + 1 + width(word) > size:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]
