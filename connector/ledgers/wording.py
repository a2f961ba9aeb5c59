"""Words and numbers as plain-text ledgers and tables can take them.

A program that reads text is led astray by line ends, brackets and separators in names and descriptions. Three ways
out: ``one_line`` for what people read (shortened, not reversible), ``exact`` for values that must be told apart and
read back (percent escapes), ``token`` for names in letters and digits only (unique through a digest).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from connector.domain.money import from_minor

TEXT_LIMIT = 250
"""Characters of a description that a ledger gets; ledger 3 takes no line longer than 4096 bytes."""

_EXACT_LIMIT = 500
# Separators of tags (,;), of dates in ledger's notes ([]), of strings in beancount and tables ("\), the escape itself.
_ESCAPED = re.compile(r'[%,;\[\]"\\|]|[^\S ]|[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]|^ | (?= )| $')


def amount(minor: int, currency: str) -> str:
    """``minor`` units as an exact number: 123456 cents are '1234.56', minus five cents '-0.05'."""
    return f"{from_minor(minor, currency):f}"


def one_line(text: str, *, limit: int = TEXT_LIMIT) -> str:
    """``text`` on one line for people: control signs and runs of spaces become one space, the rest after ``limit`` '…'.

    >>> one_line("25 × licence\\r\\n\\tJanuary ")
    '25 × licence January'
    """
    start = text[: 4 * limit]
    if not start.isprintable():
        start = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in start)
    line = " ".join(start.split())
    if len(line) <= limit and len(start) == len(text):
        return line
    return line[: limit - 1].rstrip() + "…"


def exact(value: str) -> str:
    """``value`` with percent escapes for whatever a ledger could misread; ``urllib.parse.unquote`` gives it back.

    A value that would be longer than 500 characters ends in a tilde and a digest instead: still one of its kind.

    >>> exact("North, 100%")
    'North%2C 100%25'
    """
    escaped = _ESCAPED.sub(_percent, value)
    if len(escaped) <= _EXACT_LIMIT:
        return escaped
    return f"{escaped[: _EXACT_LIMIT - 20]}~{_digest(value)}"


def token(text: str, plain: re.Pattern[str]) -> str:
    """``text`` itself when ``plain`` matches it whole, else its letters and digits (ASCII) with hyphens and a digest.

    Two different texts never give the same token.
    """
    if plain.fullmatch(text):
        return text
    return "-".join([*words(text), _digest(text)])


def words(text: str, *, limit: int = 80) -> list[str]:
    """The words of ``text`` in ASCII letters and digits: 'Créditeurs (étranger)' gives Crediteurs, etranger."""
    letters = unicodedata.normalize("NFKD", text[:limit]).encode("ascii", "ignore").decode()
    return re.findall(r"[A-Za-z0-9]+", letters)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
