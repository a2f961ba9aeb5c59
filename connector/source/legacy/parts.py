"""Reading a decoded answer of the older API field by field: what is known is typed, the rest is told, nothing fails.

The tree is what JSON decodes to, its fractions as decimals; from XML it is the same with texts in the place of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import Any

import msgspec

from connector.domain.dates import parse_date
from connector.source.legacy.tree import NotReadable, tree_of
from connector.source.mend import exact, shorten

LONGEST_EXAMPLE = 2000
LONGEST_NAME = 60
_json = msgspec.json.Encoder(decimal_format="number")


class Parts:
    """Gathers what is ``unknown``, as (pattern, example as JSON), and ``unreadable``, as (where, value), while parts of
    an answer are read."""

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}
        self.unreadable: list[tuple[str, str]] = []

    def members(self, found: object, known: Mapping[str, str], where: str) -> dict[str, Any]:
        """The values of an object by the attributes that ``known`` has for its names (small letters and digits); all
        others are told. Of two names for one attribute the first that is not empty counts."""
        if found is None or found == "":
            return {}
        if not isinstance(found, dict):
            self.refuse(where, found)
            return {}
        values: dict[str, Any] = {}
        for name, value in found.items():
            attribute = known.get(word(name))
            if attribute is None or not (attribute not in values or _empty(values[attribute]) or _empty(value)):
                path = f"{where}.{_clean(name)}" if where else _clean(name)
                self.unknown.setdefault(re.sub(r"\[\d+\]", "[]", path), _example(value))
            elif attribute not in values or not _empty(value):
                values[attribute] = value
        return values

    def elements(self, found: object, where: str) -> Iterator[tuple[str, object]]:
        """The elements of a list, each with where it stands; one that is alone may stand there without a list."""
        if _empty(found):
            return
        if isinstance(found, dict):
            found = [found]
        if not isinstance(found, list):
            self.refuse(where, found)
            return
        for position, each in enumerate(found):
            yield f"{where}[{position}]", each

    def text(self, found: object, where: str) -> str:
        """A text, or a number as its digits; '' when there is none or it is something else."""
        if isinstance(found, str):
            return _clean(found.strip(), longest=None)
        if found is None:
            return ""
        if type(found) in (int, Decimal):
            return str(found)
        self.refuse(where, found)
        return ""

    def day(self, found: object, where: str) -> str:
        """A day as ISO where it can be read, else as it came."""
        text = self.text(found, where)
        read = parse_date(text)
        return text if read is None else read.isoformat()

    def number(self, found: object, where: str) -> Decimal | None:
        """An exact number; ``None`` when there is none or it is no amount: too large, too long, or with a comma."""
        if _empty(found):
            return None
        number: Decimal | None = None
        if isinstance(found, str):
            # Python reads 1_000 as a thousand; no document means that.
            number = _decimal(found.strip()) if "_" not in found else None
        elif type(found) in (int, Decimal):
            number = _decimal(found)
        if number is None:
            self.refuse(where, found)
        return number

    def refuse(self, where: str, found: object) -> None:
        """Tell that a value could not be read."""
        shown = found if isinstance(found, str) else _example(found)
        self.unreadable.append((where, shorten(_clean(shown, longest=None))))


@lru_cache(maxsize=4096)
def word(name: object) -> str:
    """A name of a field without case and signs."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def decoded(exact_bytes: bytes, read: Callable[[object, Parts], Any]) -> Any:
    """What ``read`` makes of JSON or of an XML element; of what is neither it gets ``None``, with the reason told."""
    parts = Parts()
    try:
        found = tree_of(exact_bytes) if exact_bytes.lstrip().startswith(b"<") else _decode(exact_bytes)
    except (NotReadable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        parts.unreadable.append(("", shorten(str(error))))
        found = None
    return read(found, parts)


_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _decimal(found: Any) -> Decimal | None:
    try:
        number = exact.plus(Decimal(found))
    except (DecimalException, ValueError):
        return None
    return number if number.is_finite() else None


def _clean(text: object, longest: int | None = LONGEST_NAME) -> str:
    """A text that a database can keep and a person can read."""
    cleaned = str(text).replace("\0", "\ufffd")
    return cleaned if longest is None or len(cleaned) <= longest else f"{cleaned[: longest - 1]}…"


def _example(value: object) -> str:
    try:
        return _json.encode(value).decode()[:LONGEST_EXAMPLE]
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return "?"
