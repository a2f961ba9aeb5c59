"""Amounts in a line of text: 1.234,56 and 1,234.56, exactly, and those of which nobody can say what they are."""

from __future__ import annotations

import re
from typing import NamedTuple

from connector.domain.printed import read_amount

_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_NUMBER = re.compile(
    rf"(?<![\w.,'/+\-−])(?P<sign>[-+−])?(?:(?:€|EUR)[ {_SPACES}]?)?(?P<inner>[-+−])?"
    rf"(?P<digits>[0-9](?:[0-9.,'’{_SPACES}]*[0-9])?)(?P<after>[-−])?(?![\w/])(?!\s?[%/])(?![.,][0-9])"
)
_DATE = re.compile(
    r"(?<![0-9.,])(?:(?:0?[1-9]|[12][0-9]|3[01])([-./])(?:0?[1-9]|1[0-2])\1(?:[0-9]{4}|[0-9]{2})|"
    r"[0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9]|[.,][0-9])"
)
_CENTS = re.compile(r"[.,][0-9]{2}$")
_GROUPED = re.compile(r"[.,'’\s]")
_BEFORE = re.compile(r"(?:^|[^0-9.,])[0-9]{1,3} $")
_DASH = re.compile(r"[-−]\s+(?:€|EUR)?\s*$|\($")
_TO_PLAIN = str.maketrans(dict.fromkeys(_SPACES, " ") | {"’": "'"})


class Amount(NamedTuple):
    """An amount between two places of a line, in minor units; ``None`` when it could be several."""

    start: int
    end: int
    minor: int | None


def amounts_in(line: str, currency: str = "EUR") -> list[Amount]:
    """The amounts of ``line``: numbers with cents. Whole numbers, rates and dates are none.

    A number with thousands and no cents, a space that may part thousands or columns, a lone dash or a bracket before
    it: such an amount is there and has no value.
    """
    line = _DATE.sub(lambda found: " " * len(found[0]), line)
    found = []
    for match in _NUMBER.finditer(line):
        digits = match["digits"].translate(_TO_PLAIN)
        if _GROUPED.search(digits):
            found.append(Amount(match.start(), match.end(), _value(line, match, digits, currency)))
    return found


def _value(line: str, match: re.Match[str], digits: str, currency: str) -> int | None:
    signs = [each for each in (match["sign"], match["inner"], match["after"]) if each]
    before = line[: match.start()]
    if len(signs) > 1 or not _CENTS.search(digits) or _BEFORE.search(before) or _DASH.search(before):
        return None
    try:
        minor = read_amount(digits, currency)
    except ValueError:
        return None
    return -minor if signs and signs[0] != "+" else minor
