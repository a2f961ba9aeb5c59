"""Walks through a text in chunks, value by value, without building the values.

How the end of a JSON value is found: msgspec decodes one value from the start of a buffer, without building
anything, and its error tells at which byte something else follows. That skips about 1 GB/s. A test pins the
wording.
"""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

import msgspec

from connector.errors import SourceFormatError

CHUNK = 4 * 1024 * 1024
"""Bytes that are read at once. An invoice that does not fit is looked at again from its start with each further chunk.
"""
LARGEST_GLUE = 1024 * 1024
"""Bytes that may stand beside the invoices: more is not what the API promises, and would not fit in flat
memory.
"""
CUT_OFF = "Run the same command again; nothing of this answer was used."
"""What helps when an answer was cut off on its way."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\n\r]*")
_SOMETHING_FOLLOWS = re.compile(r"trailing characters \(byte (\d+)\)$")
_WRONG_AT = re.compile(r"\(byte (\d+)\)$")
_TRUNCATED = "Input data was truncated"
_LONGEST_ESCAPE = 12  # bytes of \ud83d\ude00: what may be cut in two by the end of a chunk
_skip = msgspec.json.Decoder(msgspec.Raw).decode


class Piece(msgspec.Struct, frozen=True):
    """One invoice: its ``slice``, the ``glue`` in front of it, and ``at``, the place of the slice in the body
    (bytes).
    """

    glue: bytes
    slice: bytes
    at: int


class Text:
    """A window on the file that moves forward: ``buffer`` from the last cut on, ``at`` where we are in it."""

    def __init__(self, file: BinaryIO, chunk: int) -> None:
        self.buffer = b""
        self.at = 0
        self._file = file
        self._chunk = chunk
        self._cut = 0
        self._offset = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    @property
    def place(self) -> int:
        """Where we are in the body, in bytes from its start."""
        return self._offset + self.at

    def more(self, *, limited: bool) -> bool:
        """Read on, at least as much again as is waiting; False at the end of the file."""
        waiting = self.buffer[self._cut :]
        if limited and len(waiting) > LARGEST_GLUE:
            raise SourceFormatError(
                f"The answer holds more than {LARGEST_GLUE:,} bytes that belong to no invoice (at byte {self.place})"
            )
        chunk = self._file.read(max(self._chunk, len(waiting)))
        try:
            self._utf8.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            place = self._offset + len(self.buffer) + error.start
            raise SourceFormatError(f"The answer is not UTF-8 text (near byte {place})") from None
        if not chunk:
            return False
        self.at -= self._cut
        self._offset += self._cut
        self._cut = 0
        self.buffer = waiting + chunk
        return True

    def skip_byte_order_mark(self) -> bool:
        """Step over a byte order mark at the start of the body; whether there was one."""
        while len(self.buffer) < len(_BYTE_ORDER_MARK) and self.more(limited=True):
            pass
        marked = self.buffer.startswith(_BYTE_ORDER_MARK)
        if marked:
            self.at = len(_BYTE_ORDER_MARK)
        return marked

    def peek(self) -> bytes:
        """The next byte that is not white space; b'' at the end."""
        while True:
            space = _SPACE.match(self.buffer, self.at)
            assert space is not None, "the pattern matches nothing as well"
            self.at = space.end()
            if self.at < len(self.buffer):
                return self.buffer[self.at : self.at + 1]
            if not self.more(limited=True):
                return b""

    def step(self, length: int = 1) -> None:
        """Step over ``length`` bytes that have been seen: by default the one that ``peek`` saw."""
        self.at += length

    def back_to(self, place: int) -> None:
        """Stand at an earlier ``place`` again; not before the last cut."""
        self.at -= self.place - place

    def another(self, end: bytes, after: str) -> bool:
        """Whether a comma and something more follow (True) or ``end`` (False); stands on what follows."""
        sign = self.peek()
        if sign == end:
            return False
        if sign != b",":
            raise cut_off(after, self.place) if not sign else malformed(f"after {after}", self.place)
        self.step()
        if self.peek() == end:
            raise malformed(f"after {after}", self.place)
        return True

    def value(self, what: str, *, limited: bool) -> bytes:
        """The bytes of the value that starts here; stands behind it."""
        self.peek()
        ended = False
        while True:
            length = _length(memoryview(self.buffer)[self.at :], what, self.place, ended=ended)
            if length is not None:
                start, self.at = self.at, self.at + length
                return self.buffer[start : self.at]
            if ended:
                raise cut_off(what, self._offset + len(self.buffer))
            ended = not self.more(limited=limited)

    def cut(self, what: str) -> Piece:
        """The value that starts here with everything since the last cut as its glue."""
        return self.piece(len(self.value(what, limited=False)))

    def piece(self, length: int) -> Piece:
        """The last ``length`` bytes before here with everything since the last cut as their glue."""
        start = self.at - length
        found = Piece(self.buffer[self._cut : start], self.buffer[start : self.at], self.place - length)
        self._cut = self.at
        return found

    def until(self, end: bytes, what: str, *, behind: int = 0, limit: int = LARGEST_GLUE) -> int:
        """The distance from here to behind the next ``end`` that begins at least ``behind`` bytes from here; what is
        within ``limit`` bytes is then in the buffer."""
        while True:
            found = self.buffer.find(end, self.at + behind)
            if found >= 0:
                return found + len(end) - self.at
            behind = max(behind, len(self.buffer) - self.at - len(end) + 1)
            if behind > limit:
                raise SourceFormatError(f"The answer has more than {limit:,} bytes in {what} (at byte {self.place})")
            if not self.more(limited=False):
                raise cut_off(what, self._offset + len(self.buffer))

    def rest(self) -> bytes:
        """Everything since the last cut."""
        return self.buffer[self._cut :]


def _length(view: memoryview, what: str, place: int, *, ended: bool) -> int | None:
    """The length of the JSON value at the start of ``view``; None when it goes on behind its end.

    At the end of a chunk the halves of a number or of an escape look malformed; at the end of the file
    (``ended``) they are.
    """
    try:
        _skip(view)
    except msgspec.DecodeError as error:
        message = str(error)
        follows = _SOMETHING_FOLLOWS.search(message)
        if follows:
            # The number counts from one, and white space between the value and what follows has been skipped.
            length = int(follows[1]) - 1
            while view[length - 1] in b" \t\n\r":
                length -= 1
            return length
        wrong = _WRONG_AT.search(message)
        near_the_end = wrong is not None and int(wrong[1]) > len(view) - _LONGEST_ESCAPE
        if message == _TRUNCATED or (near_the_end and not ended):
            return None
        raise malformed(f"in {what} ({message})", place) from None
    except RecursionError:
        raise malformed(f"in {what} (nested too deeply)", place) from None
    return None


def cut_off(what: str, place: int) -> SourceFormatError:
    """The error for a body that ends at byte ``place`` in the middle of ``what``."""
    return SourceFormatError(
        f"The answer stops in the middle of {what}, at byte {place}: it was cut off",
        hint=CUT_OFF,
    )


def malformed(what: str, place: int) -> SourceFormatError:
    """The error for something at byte ``place`` that is not JSON."""
    return SourceFormatError(f"The answer is not valid JSON {what} at byte {place}")
