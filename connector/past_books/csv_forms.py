"""How a CSV writes things: encoding, separator, amounts and dates. Told from the file, never guessed."""

from __future__ import annotations

import codecs
import csv
import datetime
import re
from collections.abc import Iterable
from pathlib import Path

from connector.domain.past_books import minor_of

_CHUNK = 1 << 20
_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SEPARATORS = ";\t,|"
_AMOUNT = re.compile(r"[+-]?[\d.,]+|[\d.,]+-|\([\d.,]+\)")
_BOUND = {"comma": (",", "."), "point": (".", ",")}
"""The decimal sign and the sign between thousands."""
_DATES = (
    (re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?: .*)?"), (3, 2, 1)),
)
"""Year first, or day first; the groups of year, month, day."""


def encoding_of(path: Path) -> str:
    """The encoding of a file: what its byte-order mark says, UTF-8, or Windows-1252 where it is no UTF-8. '' for none
    of these. Reads the file once, a piece at a time.
    """
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16" if _decodes(path, "utf-16") else ""
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig"
    return "cp1252" if _decodes(path, "cp1252") else ""


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                if "\0" in decoder.decode(piece):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def separator_of(lines: Iterable[str]) -> tuple[str, int]:
    """The sign between cells, and how many lines at the beginning are none (Excel's 'sep=;').

    The sign that the lines have most often, in most of them.
    """
    first = list(lines)
    told = _SEPARATOR.fullmatch(first[0]) if first else None
    if told:
        return told[1], 1
    counts = {sign: [_cells(line, sign) for line in first if line.strip()] for sign in _SEPARATORS}
    # A comma is also a decimal sign, and comes after the others where both split most lines.
    return max(_SEPARATORS, key=lambda sign: sorted(counts[sign])[len(counts[sign]) // 2] if counts[sign] else 0), 0


def _cells(line: str, sign: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=sign), []))
    except csv.Error:
        return 0


class Amounts:
    """Reads amounts as one file writes them, in minor units. ``decimal`` is 'comma' or 'point', '' when not told."""

    def __init__(self, decimal: str = "") -> None:
        self.decimal = decimal

    def learn(self, texts: Iterable[str]) -> None:
        """Tell the decimal sign from amounts that show it. ValueError when the amounts disagree."""
        shown = {sign for text in texts if (sign := _shows(_bare(text)))}
        if len(shown) > 1:
            raise ValueError("some amounts have a decimal comma and some a decimal point")
        self.decimal = shown.pop() if shown else self.decimal

    def minor(self, text: str) -> int:
        """The minor units of ``text``; nothing is 0. ValueError when it is no amount, or can be read in two ways."""
        bare = _bare(text)
        if not bare:
            return 0
        if not _AMOUNT.fullmatch(bare):
            raise ValueError(f"'{text}' is no amount")
        negative = bare[0] in "-(" or bare[-1] == "-"
        digits = bare.strip("+-()")
        if not digits.isdecimal():
            decimal = self.decimal or _shows(digits)
            if not decimal:
                raise ValueError(f"'{text}' can be read in two ways; write amounts with two decimals")
            digits = _plain(digits, *_BOUND[decimal])
        if not digits:
            raise ValueError(f"'{text}' is no amount as the others are written")
        minor = minor_of(digits)
        return -minor if negative else minor


def _bare(text: str) -> str:
    return re.sub(r"[\s€']|EUR", "", text)


def _plain(digits: str, point: str, between: str) -> str:
    """``digits`` with a decimal point and nothing between thousands; '' when they are not written like this."""
    whole, _, decimals = digits.partition(point)
    grouped = rf"\d{{1,3}}(?:{re.escape(between)}\d{{3}})+|\d*"
    if not re.fullmatch(grouped, whole) or not re.fullmatch(r"\d*", decimals) or not (whole or decimals):
        return ""
    return f"{whole.replace(between, '') or '0'}.{decimals}"


def _shows(bare: str) -> str:
    """Which decimal sign an amount shows: the last of two signs, or one that has not three digits after it."""
    digits = bare.strip("+-()")
    place = max(digits.rfind(","), digits.rfind("."))
    if place < 0:
        return ""
    sign, other = digits[place], "." if digits[place] == "," else ","
    alone = other not in digits
    if alone and (digits.count(sign) > 1 or (len(digits) - place == 4 and place <= 3 and not digits.startswith("0"))):
        # 1.234 or 1.234.567: the first can be read in two ways, the second has thousands.
        return "" if digits.count(sign) == 1 else ("comma" if sign == "." else "point")
    return "comma" if sign == "," else "point"


def date_of(text: str) -> datetime.date:
    """The date in ``text``: year first, or day first as all of Europe exports it. ValueError for anything else."""
    for form, (year, month, day) in _DATES:
        match = form.fullmatch(text.strip())
        if match:
            try:
                return datetime.date(int(match[year]), int(match[month]), int(match[day]))
            except ValueError:
                break
    raise ValueError(f"'{text}' is no date; dates are 2024-12-31 or 31-12-2024")
