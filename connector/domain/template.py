"""Templates for dimensions and texts: literals, ``{fields}`` and four functions.

    {cost_center}                                   the value of a field
    ICT                                             a literal
    {customer.number} {plan_name}                   both
    first({cost_center},{customer.cost_center})     the first argument that is not empty
    upper(...)  trim(...)  left(...,5)              capitals, without spaces around, the first five characters

A function is one only when it spans the whole template or argument, so ``Licences (yearly)`` is a literal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

import msgspec

_FIELD = re.compile(r"\{([^{}]*)\}")
_CALL = re.compile(r"(first|upper|trim|left)\((.*)\)", re.DOTALL)


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed template. ``function`` is '' for plain text; then ``parts`` alternate literal and field name."""

    function: str = ""
    arguments: tuple[Template, ...] = ()
    length: int = 0
    parts: tuple[str, ...] = ()

    def render(self, values: Mapping[str, str]) -> str:
        """The text with ``values`` filled in. KeyError for a field that is not among them."""
        if not self.function:
            filled = (values[part] if odd else part for odd, part in zip(_odd(self.parts), self.parts, strict=True))
            return "".join(filled)
        texts = [argument.render(values) for argument in self.arguments]
        match self.function:
            case "first":
                return next((text for text in texts if text.strip()), "")
            case "upper":
                return texts[0].upper()
            case "trim":
                return texts[0].strip()
            case _:
                return texts[0][: self.length]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that are read."""
        own = tuple(part for odd, part in zip(_odd(self.parts), self.parts, strict=True) if odd)
        return own + tuple(field for argument in self.arguments for field in argument.fields)


@lru_cache(maxsize=4096)
def parse(text: str) -> Template:
    """The template written as ``text``. ValueError, saying what would be right, when it is none."""
    text = text.strip()
    call = _CALL.fullmatch(text)
    if call and _closes_last(text):
        return _call(call[1], _arguments(call[2]))
    parts = _FIELD.split(text)
    if any(brace in part for part in parts for brace in "{}"):
        raise ValueError(f"{text!r} has a brace without its partner; write {{field}}")
    return Template(parts=tuple(parts))


def render(text: str, values: Mapping[str, str]) -> str:
    """The template ``text`` filled with ``values``."""
    return parse(text).render(values)


def unknown_fields(text: str, known: Collection[str]) -> list[str]:
    """The fields that ``text`` reads and that are not among ``known``. ValueError when it is no template."""
    return [field for field in parse(text).fields if field not in known]


def _call(function: str, arguments: list[str]) -> Template:
    if function == "first":
        return Template(function=function, arguments=tuple(parse(argument) for argument in arguments))
    if function == "left":
        if len(arguments) != 2 or not arguments[1].strip().isdecimal():
            raise ValueError("left takes a text and a number of characters, as in left({plan_name},20)")
        return Template(function=function, arguments=(parse(arguments[0]),), length=int(arguments[1]))
    if len(arguments) != 1:
        raise ValueError(f"{function} takes one argument, as in {function}({{cost_center}})")
    return Template(function=function, arguments=(parse(arguments[0]),))


def _arguments(text: str) -> list[str]:
    """The arguments of a call, split at the commas that are not inside brackets of their own."""
    arguments, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "({") - (sign in ")}")
        if sign == "," and depth == 0:
            arguments.append(text[start:place])
            start = place + 1
    return [*arguments, text[start:]]


def _closes_last(text: str) -> bool:
    """Whether the first bracket that opens is closed by the very last sign: else two calls stand side by side."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == ")" and depth == 0:
            return place == len(text) - 1
    return False


def _odd(parts: tuple[str, ...]) -> list[bool]:
    return [bool(place % 2) for place in range(len(parts))]
