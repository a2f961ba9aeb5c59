"""The shortest way through XML as the older API writes it: elements we know, without attributes, remarks and CDATA.

A parser makes an object of every element, which takes six times what reading the same JSON does. Here one pass of a
pattern cuts an invoice at the elements that hold others, and one that is learnt from the first line takes each line
apart, so that Python is asked once per line and not once per field. Whatever is not as plain as that is left to the
parser: ``plain_tree`` gives the same tree or none.
"""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 60
"""Elements within elements: an invoice has eight."""
LISTS = {
    "Customers": "Customer",
    "Subscriptions": "Subscription",
    "PriceLines": "PriceLine",
    "SubscriptionDetails": "SubscriptionDetail",
}
"""Elements that hold a list, and what its elements are called."""
HOLDERS = ("Invoice", "Header", "Sender", "Receiver", "Totals", *LISTS, *LISTS.values())
"""Elements that hold others: white space alone says nothing in them."""
_TAG = re.compile(f"<(/?)({'|'.join(HOLDERS)})>")
_TEXT = re.compile(r"<([A-Za-z_][A-Za-z0-9_.-]*)(?:>([^<]*)</\1>| ?/>)")
_LINE, _END_OF_LINE = "<PriceLine>", "</PriceLine>"
_NOT_IN_TEXTS = (b"]]>", "\ufffe".encode(), "\uffff".encode())
_CONTROLS = bytes(sign for sign in range(32) if sign not in b"\t\n")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_SIGN = re.compile(r"&(?:(\w+);)?")
_MOST_SHAPES, _MOST_NAMES, _MOST_LEARNT = 16, 99, 64
"""Shapes that begin alike, names in one, and shapes of one invoice: learning one takes as long as reading many lines.
"""


class _NotPlain(Exception):
    """The parser has to look at it."""


class _Shape:
    """A run of elements without elements, by their names in order: lines of an invoice have few shapes, so one match
    takes a line apart."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.lists = LISTS.keys() & names
        self.match = re.compile(
            "".join(rf"\s*<{name}(?:>([^<]+)?</{name}>| ?/>)" for name in map(re.escape, names)) + r"\s*"
        ).fullmatch


class _Reader:
    """Reads one invoice. ``opened`` are the elements that have begun, with their fields and rows; ``done`` holds its
    value.
    """

    def __init__(self) -> None:
        self.opened: list[tuple[str, dict[str, Any], list[Any]]] = []
        self.done: list[Any] = []
        self._shapes: dict[str, list[_Shape]] = {}  # by what they begin with
        self._learnt = 0

    def read(self, text: str) -> Any:
        """The value of the invoice in ``text``."""
        before, *pieces = text.split(_LINE)
        self._tags(before)
        for piece in pieces:
            line, end, after = piece.partition(_END_OF_LINE)
            if not end or not self.opened or self.opened[-1][0] != "PriceLines":
                raise _NotPlain
            self.opened[-1][2].append(self._fields(line) or None)
            self._tags(after)
        if len(self.done) != 1 or self.opened:
            raise _NotPlain
        return self.done[0]

    def _tags(self, text: str) -> None:
        cut = _TAG.split(text)
        self._texts(cut[0])
        for slash, name, run in zip(cut[1::3], cut[2::3], cut[3::3], strict=True):
            if slash:
                self._close(name)
            elif len(self.opened) > DEEPEST:
                raise _NotPlain
            else:
                self.opened.append((name, {}, []))
            self._texts(run)

    def _close(self, name: str) -> None:
        if not self.opened or self.opened[-1][0] != name:
            raise _NotPlain
        _, fields, rows = self.opened.pop()
        value = rows if name in LISTS else fields or None
        if not self.opened:
            self.done.append(value)
            return
        parent, beside, its_rows = self.opened[-1]
        if LISTS.get(parent) == name:
            its_rows.append(value)
        elif parent in LISTS or name in beside:
            raise _NotPlain
        else:
            beside[name] = value

    def _texts(self, run: str) -> None:
        if not run or run.isspace():
            return
        if not self.opened or self.opened[-1][0] in LISTS:
            raise _NotPlain
        fields, found = self.opened[-1][1], self._fields(run)
        if not fields.keys().isdisjoint(found):
            raise _NotPlain
        fields |= found

    def _fields(self, run: str) -> dict[str, Any]:
        """The texts of a run by their names; ``None`` for empty ones."""
        shapes = self._shapes.setdefault(run[: run.find(">")], [])
        for shape in shapes:
            if (matched := shape.match(run)) is not None:
                break
        else:
            self._learnt += 1
            if self._learnt > _MOST_LEARNT:
                raise _NotPlain
            shape = _learnt(run, shapes)
            if (matched := shape.match(run)) is None:
                raise _NotPlain
        texts = matched.groups()
        if "&" in run:
            texts = tuple(text and _SIGN.sub(_sign, text) for text in texts)
        found: dict[str, Any] = dict(zip(shape.names, texts, strict=True))
        for name in shape.lists:
            found[name] = [] if not (found[name] or "").strip() else found[name]
        return found


def _learnt(run: str, shapes: list[_Shape]) -> _Shape:
    names = _TEXT.split(run)[1::3]
    if len(set(names)) != len(names) or len(names) > _MOST_NAMES or len(shapes) >= _MOST_SHAPES:
        raise _NotPlain
    shapes.append(_Shape(names))
    return shapes[-1]


def plain_tree(exact: bytes) -> Any:
    """The tree of an ``Invoice`` element as ``tree_of`` makes it; ``None`` when it is not plain enough."""
    if len(exact) != len(exact.translate(None, _CONTROLS)) or any(each in exact for each in _NOT_IN_TEXTS):
        return None
    try:
        return _Reader().read(exact.decode())
    except (UnicodeDecodeError, _NotPlain):
        return None


def _sign(found: re.Match[str]) -> str:
    if found[1] not in _SIGNS:
        raise _NotPlain
    return _SIGNS[found[1]]
