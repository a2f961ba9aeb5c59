"""What to do with an invoice that is not exactly what the API promises: keep what can be read, name what
cannot.

Works in place on the decoded JSON, table-driven by the types of ``connector.domain.invoice``, so that a field
added there is read here too. Afterwards the tree fits the types exactly. Unknown fields are taken out and
reported as drift; values in another form that means the same (a number where text is expected, null for an
empty list) are converted; what cannot be read (a decimal comma, an object where money belongs) becomes a
finding and the field is left empty. Nothing is guessed.
"""

from __future__ import annotations

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.invoice import Detail, Line

SHOWN = 60
"""The most characters of a value that a finding shows."""

_ONLY_DESCRIBE = {
    "VendorDetails", "Fax", "Telephone", "Email", "Website", "Logo", "Language", "LanguageCode",
    "ContactFirstName", "ContactMiddleName", "ContactLastName",
}  # fmt: skip
"""Fields that decide nothing; neither do the details of a subscription. All others may choose an account or a rate."""

exact = Context(prec=60, Emax=15, traps=[InvalidOperation, Overflow, Inexact])
"""Amounts below 10^16 with all their digits; anything larger or longer is not an amount, and would be rounded
later.
"""

_json = msgspec.json.Encoder(decimal_format="number")


class Drift(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A field that the API sent and that we do not know.

    ``path`` is where it is without positions ('Customers[].Subscriptions[].PriceLines[].NewField'), ``where``
    the same with them, ``example`` its whole value as JSON text, and ``line_no`` the number, from 1, of the
    price line it belongs to, in the order of ``connector.domain.invoice.lines``; None above the lines.
    """

    path: str
    where: str
    example: str
    line_no: int | None = None


class _Kind(Enum):
    TEXT = "text"
    IDENT = "identifier"
    MONEY = "number"
    FLAG = "flag"
    ONE = "object"
    MANY = "list"
    NUMBERS = "numbers by name"


class _Field(msgspec.Struct, frozen=True):
    kind: _Kind
    right: frozenset[type]
    """Types whose values are right as they are. Whether a number can be an amount is another question."""
    of: type[msgspec.Struct] | None = None
    nullable: bool = True
    """Whether None is allowed; if not, an empty value is an empty list."""


@cache
def _fields(of: type[msgspec.Struct]) -> dict[str, _Field]:
    return {field.encode_name: _field(field.type) for field in msgspec.structs.fields(of)}


@cache
def _right(of: type[msgspec.Struct], every_number: bool) -> dict[str, frozenset[type]]:
    """What needs no look, by name: with ``every_number`` no number goes unseen."""
    numbers = {int, Decimal} if every_number else set()
    return {
        name: field.right - numbers if field.kind is _Kind.MONEY else field.right for name, field in _fields(of).items()
    }


def _field(annotation: Any) -> _Field:
    options = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    nullable = NoneType in options
    empty = {NoneType} if nullable else set()
    for option in options:
        origin = get_origin(option)
        if origin is tuple:
            return _Field(_Kind.MANY, frozenset(empty), of=get_args(option)[0], nullable=nullable)
        if origin is dict:
            return _Field(_Kind.NUMBERS, frozenset(empty))
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return _Field(_Kind.ONE, frozenset(empty), of=option)
    types = frozenset(options)
    if Decimal in types:
        return _Field(_Kind.MONEY, frozenset(empty | {int, Decimal}))
    return _Field(_Kind.FLAG if bool in types else _Kind.IDENT if int in types else _Kind.TEXT, types)


class Mending:
    """One walk over one decoded invoice; collects ``drift`` and ``findings`` in the order of the document.

    ``every_number`` looks at each number, to find those that are no amounts. It is slow; whether there are any can
    be seen faster on the result.
    """

    def __init__(self, *, every_number: bool) -> None:
        self._every_number = every_number
        self.drift: list[Drift] = []
        self.findings: list[Finding] = []
        self._lines = 0
        self._line_no: int | None = None

    def structure(self, value: dict[str, Any], of: type[msgspec.Struct], where: str, path: str) -> None:
        """Make ``value`` fit ``of``. ``where`` is its path with positions, ``path`` without; empty or ending
        in a point.
        """
        fields, right = _fields(of), _right(of, self._every_number)
        unknown = value.keys() - fields.keys()
        if unknown:
            _respell(value, unknown, _spellings(of))
        doubtful = [name for name, found in value.items() if name not in right or type(found) not in right[name]]
        for name in doubtful:
            field = fields.get(name)
            if field is None:
                self._unknown(f"{where}{name}", f"{path}{name}", value.pop(name))
            else:
                value[name] = self._value(value[name], field, f"{where}{name}", f"{path}{name}")

    def _value(self, found: Any, field: _Field, where: str, path: str) -> Any:
        match field.kind:
            case _Kind.MONEY:
                return self._number(found, where)
            case _Kind.MANY:
                return self._list(found, field, where, path)
            case _Kind.ONE:
                return self._object(found, field, where, path)
            case _Kind.NUMBERS:
                return self._numbers(found, where, path)
            case _:
                # A number where text belongs, as the old platform wrote its identifiers. Never a float, so exact.
                if type(found) in {int, Decimal}:
                    return str(found)
                self._unreadable(where, found)
                return None

    def _number(self, found: Any, where: str) -> Decimal | None:
        if isinstance(found, str):
            text = found.strip()
            if not text:
                return None
            # Python reads 1_000 as a thousand; no document means that.
            number = None if "_" in text else _decimal(text)
        else:
            number = Decimal(found) if type(found) in {int, Decimal} else None
        if number is None or not _is_amount(number):
            self._unreadable(where, found)
            return None
        return number

    def _list(self, found: Any, field: _Field, where: str, path: str) -> list[Any] | None:
        assert field.of is not None, "a list is of something"
        if found is None:
            return []
        if field.of is Detail and isinstance(found, dict):
            found = [found]
        if not isinstance(found, list):
            self._unreadable(where, found)
            return None if field.nullable else []
        kept = []
        for position, element in enumerate(found):
            place = f"{where}[{position}]"
            if not isinstance(element, dict):
                self._unreadable(place, element)
                continue
            if field.of is Line:
                self._lines += 1
                self._line_no = self._lines
            self.structure(element, field.of, f"{place}.", f"{path}[].")
            if field.of is Line:
                self._line_no = None
            kept.append(element)
        return kept

    def _object(self, found: Any, field: _Field, where: str, path: str) -> dict[str, Any] | None:
        assert field.of is not None, "an object is of some type"
        if not isinstance(found, dict):
            self._unreadable(where, found)
            return None
        self.structure(found, field.of, f"{where}.", f"{path}.")
        return found

    def _numbers(self, found: Any, where: str, path: str) -> dict[str, Decimal | None] | None:
        """Totals, whose form is not known (U14): every number in them counts, under its path."""
        if not isinstance(found, dict):
            self._unreadable(where, found)
            return None
        kept: dict[str, Decimal | None] = {}
        for name, value in _leaves(found, ""):
            if isinstance(value, bool) or (isinstance(value, str) and _is_wording(value)):
                self._unknown(f"{where}.{name}", f"{path}.{name}", value)
            else:
                kept[name] = None if value is None else self._number(value, f"{where}.{name}")
        return kept

    def _unknown(self, where: str, path: str, found: Any) -> None:
        example = _json.encode(found).decode()
        self.drift.append(Drift(path=path, where=where, example=example, line_no=self._line_no))

    def _unreadable(self, where: str, found: Any) -> None:
        value = found if isinstance(found, str) else _json.encode(found).decode()
        field = where.rpartition(".")[2]
        describes = field in _ONLY_DESCRIBE or "SubscriptionDetails" in where
        code = "FIELD-UNREADABLE-TEXT" if describes else "FIELD-UNREADABLE"
        self.findings.append(finding(code, where=where, field=field, value=shorten(value)))


def shorten(text: str) -> str:
    """``text`` in at most 60 characters."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


@cache
def _spellings(of: type[msgspec.Struct]) -> dict[str, str]:
    """The names, by their lower-case form, whose spelling is uncertain: the details of a subscription (U23)."""
    return {name.lower(): name for name, field in _fields(of).items() if Detail in {of, field.of}}


def _respell(value: dict[str, Any], unknown: set[str], spellings: dict[str, str]) -> None:
    for name in sorted(unknown):
        right = spellings.get(name.lower())
        if right is not None and right not in value:
            value[right] = value.pop(name)


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        pairs = [(f"{path}.{name}" if path else name, each) for name, each in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}[{position}]", each) for position, each in enumerate(value)]
    else:
        return [(path, value)]
    return [leaf for name, each in pairs for leaf in _leaves(each, name)]


def _is_wording(text: str) -> bool:
    """Whether a text among numbers is not meant as one: a currency or a name, not '12,50' or 'NaN'."""
    return bool(text.strip()) and not any(sign.isdigit() for sign in text) and _decimal(text) is None


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except DecimalException:
        return None


def _is_amount(number: Decimal) -> bool:
    try:
        return exact.plus(number).is_finite()
    except DecimalException:
        return False
