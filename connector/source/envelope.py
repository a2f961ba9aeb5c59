"""Cuts the body of an answer into its invoices without ever holding more than one of them.

A body is ``{"Invoices": [...]}``. Each invoice comes out as its exact bytes (the slice) with the exact bytes
in front of it (the glue), so that glue and slices put together again are the body, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from connector.errors import SourceFormatError
from connector.source.paging import refuse_more_pages
from connector.source.scanner import CHUNK, Piece, Text, cut_off, malformed

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Envelope:
    """The body of one answer.

    ``invoices`` may be used once. Only after its last piece is the whole body known to be well-formed, so
    what was made of the pieces must be thrown away when it ends in an error: iterate inside a transaction.
    After that, ``tail`` holds the bytes behind the last slice, ``count`` the number of invoices, ``members``
    the other top-level members as JSON text (drift, to be reported), and ``has_byte_order_mark`` says whether
    the body began with one (allowed, and kept in the first glue).
    """

    def __init__(self, path: Path, *, chunk: int = CHUNK) -> None:
        self.path = path
        self.tail = b""
        self.count = 0
        self.members: dict[str, bytes] = {}
        self.has_byte_order_mark = False
        self._chunk = chunk

    def invoices(self) -> Iterator[Piece]:
        """The invoices, one by one. SourceFormatError, possibly after some pieces, when the body is not what
        the API promises.
        """
        with self.path.open("rb") as file:
            text = Text(file, self._chunk)
            self.has_byte_order_mark = text.skip_byte_order_mark()
            yield from self._whole(text)
            if text.peek():
                raise SourceFormatError(f"Something follows after the end of the answer (at byte {text.place})")
            self.tail = text.rest()
        refuse_more_pages({name: decoded(name, value) for name, value in self.members.items()}, self.count)

    def _whole(self, text: Text) -> Iterator[Piece]:
        """Everything from the first sign of the answer to its last."""
        _expect_object(text)
        found = False
        while text.peek() != b"}":
            name = member_name(text)
            if name == "Invoices":
                if found:
                    raise SourceFormatError("The answer has two lists called 'Invoices'")
                found = True
                yield from self._elements(text)
            elif name in self.members:
                raise SourceFormatError(f"The answer has two members called '{name[:60]}'")
            else:
                self.members[name] = text.value(f"the value of '{name[:60]}'", limited=True)
            if not text.another(b"}", "a member of the answer"):
                break
        text.step()
        if not found:
            names = ", ".join(f"'{name[:60]}'" for name in list(self.members)[:10]) or "nothing"
            raise SourceFormatError(
                f"The answer has no list called 'Invoices', only {names}; that is an error, not an empty answer",
                hint="Check the base URL and the path; if they are right, the API may have changed: ask Copaco.",
            )

    def _elements(self, text: Text) -> Iterator[Piece]:
        sign = text.peek()
        if sign != b"[":
            if not sign:
                raise cut_off("the answer", text.place)
            kind = {b"n": "null", b"{": "an object", b'"': "a text"}.get(sign, "something else")
            raise SourceFormatError(
                f"'Invoices' is {kind} where a list should be; that is an error, not an empty answer",
                hint="The API made a mistake or has changed: run the command again later, or ask Copaco.",
            )
        text.step()
        if text.peek() == b"]":
            text.step()
            return
        while True:
            yield text.cut(f"invoice {self.count + 1}")
            self.count += 1
            if not text.another(b"]", f"invoice {self.count}"):
                break
        text.step()


def decoded(name: str, value: bytes) -> object:
    """The value of a member beside the list. SourceFormatError when it is not valid JSON."""
    try:
        return _decode(value)
    except (msgspec.DecodeError, RecursionError):
        raise SourceFormatError(f"The answer's member '{name[:60]}' is not valid JSON") from None


def _expect_object(text: Text) -> None:
    sign = text.peek()
    if sign == b"{":
        text.step()
        return
    if not sign:
        raise SourceFormatError("The answer is empty, where a list called 'Invoices' should be")
    if sign == b"<":
        raise SourceFormatError(
            "The answer is a web page or XML, not JSON",
            hint="A sign-in page, a proxy or a wrong address: check the base URL.",
        )
    if sign == b"[":
        raise SourceFormatError(
            "The answer is a bare list, where an object with a list called 'Invoices' should be",
            hint="A list saved by another program must be put between '{\"Invoices\": ' and '}'.",
        )
    raise SourceFormatError("The answer is not JSON")


def member_name(text: Text) -> str:
    """The name of the member that begins here; stands on its value."""
    sign = text.peek()
    if sign != b'"':
        raise cut_off("the answer", text.place) if not sign else malformed("where a name should be", text.place)
    raw = text.value("a name", limited=True)
    colon = text.peek()
    if colon != b":":
        raise cut_off("the answer", text.place) if not colon else malformed("behind a name", text.place)
    text.step()
    return msgspec.json.decode(raw, type=str)
