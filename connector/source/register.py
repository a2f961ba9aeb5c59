"""Cuts the answer of a register into its entries: customer subscriptions, products. Nobody documented its shape.

What the list is called is not known: it is the array at the top, or the first array of objects among the members of
the answer. Everything else there is kept as drift.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connector.errors import SourceFormatError
from connector.source.envelope import decoded, member_name
from connector.source.paging import refuse_more_pages
from connector.source.scanner import CHUNK, Piece, Text, cut_off

_HINT = "Look at the answer, or ask Copaco whether the list has changed; without it everything else goes on."


class RegisterEnvelope:
    """The body of one answer of a register.

    Like ``Envelope``: ``entries`` may be used once, and only after its end ``tail``, ``count`` and ``members`` are
    known, and that the body is well-formed.
    """

    def __init__(self, path: Path, *, chunk: int = CHUNK) -> None:
        self.path = path
        self.tail = b""
        self.count = 0
        self.members: dict[str, bytes] = {}
        self._chunk = chunk
        self._found = False

    def entries(self) -> Iterator[Piece]:
        """The entries, one by one. SourceFormatError, possibly after some, when no list of objects is there."""
        with self.path.open("rb") as file:
            text = Text(file, self._chunk)
            text.skip_byte_order_mark()
            sign = text.peek()
            if sign == b"[":
                text.step()
                yield from self._elements(text)
            elif sign == b"{":
                text.step()
                yield from self._members(text)
            else:
                raise SourceFormatError(f"The answer is {_kind(sign)}, where a list should be", hint=_HINT)
            if text.peek():
                raise SourceFormatError(f"Something follows after the end of the answer (at byte {text.place})")
            self.tail = text.rest()
        refuse_more_pages({name: decoded(name, value) for name, value in self.members.items()}, self.count)

    def _members(self, text: Text) -> Iterator[Piece]:
        names: set[str] = set()
        while text.peek() != b"}":
            name = member_name(text)
            if name in names:
                raise SourceFormatError(f"The answer has two members called '{name[:60]}'")
            names.add(name)
            if self._is_list(text):
                yield from self._elements(text)
            else:
                self.members[name] = text.value(f"the value of '{name[:60]}'", limited=True)
            if not text.another(b"}", "a member of the answer"):
                break
        text.step()
        if self._found:
            return
        empty = next((name for name, value in self.members.items() if _is_empty_list(value)), None)
        if empty is None:
            told = ", ".join(f"'{name[:60]}'" for name in list(self.members)[:10]) or "nothing"
            raise SourceFormatError(f"The answer has no list of objects, only {told}", hint=_HINT)
        del self.members[empty]

    def _is_list(self, text: Text) -> bool:
        """Whether the first list of objects begins here; then stands behind its bracket."""
        if self._found or text.peek() != b"[":
            return False
        start = text.place
        text.step()
        if text.peek() == b"{":
            return True
        text.back_to(start)
        return False

    def _elements(self, text: Text) -> Iterator[Piece]:
        self._found = True
        while (sign := text.peek()) != b"]":
            if sign != b"{":
                if not sign:
                    raise cut_off("the answer", text.place)
                raise SourceFormatError(f"Entry {self.count + 1} of the answer is no object", hint=_HINT)
            yield text.cut(f"entry {self.count + 1}")
            self.count += 1
            if not text.another(b"]", f"entry {self.count}"):
                break
        text.step()


def _is_empty_list(value: bytes) -> bool:
    return value.startswith(b"[") and not value[1:-1].strip()


def _kind(sign: bytes) -> str:
    return {b"": "empty", b"<": "a web page or XML", b"n": "null", b'"': "a text"}.get(sign, "something else")
