"""Cuts an XML answer of the older API into its invoices, without ever holding more than one of them.

A body is ``<InvoiceResponse><Invoice>…</Invoice>…</InvoiceResponse>``; the consolidated one has its own root with one
``<Invoices>`` in it. Each invoice comes out as its exact bytes with those in front of it, as
``connector.source.envelope`` does with JSON. What is in an invoice is looked at when it is read: here only its end is
found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

import msgspec

from connector.errors import SourceFormatError
from connector.source.envelope import Envelope
from connector.source.legacy.tree import NotReadable, tree_of
from connector.source.scanner import CHUNK, LARGEST_GLUE, Piece, Text, cut_off

LARGEST_INVOICE = 64 * 1024 * 1024
"""Bytes of one invoice: some 70,000 lines. A larger one does not fit in flat memory when it is read."""
_MOST_ENDS = 20
"""Ends of an element that may stand in its texts; more is no invoice."""
_NAME = rb"[A-Za-z_:][\w:.-]*"
_OPENING = re.compile(rb"<(" + _NAME + rb")(?:\s+" + _NAME + rb"""\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(/?)>""")
_BEGINNING = re.compile(rb"<[A-Za-z_:]")
_CLOSING = re.compile(rb"</(" + _NAME + rb")\s*>")
_REST_OF_END = re.compile(rb"\s*>")
_HOLDS_INVOICE = re.compile(rb"<(?:[\w.-]+:)?Invoice[\s/>]", re.IGNORECASE)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_ENCODINGS = ("utf-8", "us-ascii", "ascii")
_WEB_PAGE = (b"html", b"HTML", b"head", b"body")
_HINT = "Check the base URL, the path and the version; if they are right, the API may have changed: ask Copaco."


class XmlEnvelope(Envelope):
    """The body of one answer in XML, used as one in JSON is. ``members`` tell in JSON what stands beside the
    invoices.
    """

    def __init__(self, path: Path, *, chunk: int = CHUNK) -> None:
        super().__init__(path, chunk=chunk)
        self._found = False

    def _whole(self, text: Text) -> Iterator[Piece]:
        _skip_remarks(text)
        name, alone = _opening(text, "the answer")
        if name in _WEB_PAGE:
            raise SourceFormatError(
                "The answer is a web page, not a list of invoices",
                hint="A sign-in page, a maintenance page or a proxy: look at the address in a browser.",
            )
        self._found = name.endswith(b"InvoiceResponse")
        if not alone:
            yield from self._inside(text, name, level=0)
        if not self._found:
            inside = ", ".join(f"'{each[:60]}'" for each in list(self.members)[:10]) or "nothing"
            raise SourceFormatError(
                f"The answer is XML called '{name.decode()[:60]}' without invoices, only {inside}; that is an error, "
                "not an empty answer",
                hint=_HINT,
            )
        _skip_remarks(text)

    def _inside(self, text: Text, parent: bytes, level: int) -> Iterator[Piece]:
        """The invoices between the tags of ``parent``."""
        while True:
            _skip_remarks(text)
            if text.peek() != b"<":
                raise cut_off("the answer", text.place) if not text.peek() else _malformed("between elements", text)
            if _starts_with(text, b"</"):
                _close(text, parent)
                return
            start = text.place
            name, alone = _opening(text, "the answer")
            if name == b"Invoices" and level == 0:
                self._found = True
                if not alone:
                    yield from self._inside(text, name, level=1)
            elif name == b"Invoice":
                self._found = True
                text.back_to(start)
                yield _element(text, name, alone, f"invoice {self.count + 1}", LARGEST_INVOICE)
                self.count += 1
            else:
                text.back_to(start)
                self._member(name.decode(), _passed(text, name, alone))

    def _member(self, name: str, exact: bytes) -> None:
        if name in self.members:
            raise SourceFormatError(f"The answer has two members called '{name[:60]}'")
        if _HOLDS_INVOICE.search(exact):
            raise SourceFormatError(
                f"The answer has an invoice where none should be, in its member '{name[:60]}'", hint=_HINT
            )
        try:
            self.members[name] = msgspec.json.encode(tree_of(exact))
        except NotReadable as wrong:
            raise SourceFormatError(f"The answer's member '{name[:60]}' is not valid XML: {wrong}") from None


def _element(text: Text, name: bytes, alone: bool, what: str, limit: int) -> Piece:
    """The element that begins here, with everything since the last cut as its glue."""
    text.step(length := _length(text, name, alone, what, limit))
    return text.piece(length)


def _passed(text: Text, name: bytes, alone: bool) -> bytes:
    """The bytes of the element that begins here, which stay part of the glue; stands behind it."""
    text.step(length := _length(text, name, alone, f"'{name.decode()[:60]}'"))
    return text.buffer[text.at - length : text.at]


def _length(text: Text, name: bytes, alone: bool, what: str, limit: int = LARGEST_GLUE) -> int:
    """The bytes of the element that begins here. Its end cannot be in a text, save in remarks and CDATA: with those
    it is the end with which it is well-formed."""
    if alone:
        return text.until(b"/>", what, limit=limit)
    behind = ends = 0
    while ends < _MOST_ENDS:
        behind = text.until(b"</" + name, what, behind=behind, limit=limit)
        text.until(b">", what, behind=behind, limit=limit)
        end = _REST_OF_END.match(text.buffer, text.at + behind)
        if end is None:
            continue  # another element, whose name begins alike: lines have an InvoiceRowHash
        ends += 1
        length = end.end() - text.at
        exact = text.buffer[text.at : text.at + length]
        if (b"<!" not in exact and b"<?" not in exact) or _is_whole(exact):
            return length
    raise _malformed(f"in {what}", text)


def _is_whole(exact: bytes) -> bool:
    try:
        expat.ParserCreate().Parse(exact, True)
    except expat.ExpatError:
        return False
    return True


def _opening(text: Text, what: str) -> tuple[bytes, bool]:
    """The name of the element that begins here, and whether it ends at once; stands behind its tag."""
    behind = 0
    if not _starts_with(text, b"<") or not text.until(b">", what) or not _BEGINNING.match(text.buffer, text.at):
        raise _malformed("where an element should begin", text)
    while True:
        behind = text.until(b">", what, behind=behind)
        tag = _OPENING.match(text.buffer, text.at, text.at + behind)
        if tag is not None:
            text.step(len(tag[0]))
            return tag[1], bool(tag[2])
        if text.buffer.count(b">", text.at, text.at + behind) > _MOST_ENDS:
            raise _malformed("where an element should begin", text)


def _close(text: Text, parent: bytes) -> None:
    length = text.until(b">", "the end of the answer")
    tag = _CLOSING.match(text.buffer, text.at, text.at + length)
    if tag is None or tag[1] != parent:
        raise _malformed(f"where '{parent.decode()[:60]}' should end", text)
    text.step(length)


def _skip_remarks(text: Text) -> None:
    """Step over white space, remarks and instructions; what declares a document type is refused."""
    while text.peek() == b"<":
        if _starts_with(text, b"<!--"):
            text.step(text.until(b"-->", "a remark", behind=4))
        elif _starts_with(text, b"<?"):
            length = text.until(b"?>", "an instruction")
            _check_encoding(text.buffer[text.at : text.at + length])
            text.step(length)
        elif _starts_with(text, b"<!"):
            raise SourceFormatError(
                f"The answer declares a document type or entities (at byte {text.place}), which can hide an attack; "
                "nothing of it was used",
                hint="Copaco's answers have none. Check where this file or answer comes from.",
            )
        else:
            return


def _check_encoding(instruction: bytes) -> None:
    named = _ENCODING.search(instruction)
    if instruction.startswith(b"<?xml") and named is not None and named[1].decode().lower() not in _ENCODINGS:
        raise SourceFormatError(
            f"The answer says that it is written in {named[1].decode()[:40]}, where UTF-8 is expected",
            hint="Save the answer once more, unchanged, as the API gave it.",
        )


def _starts_with(text: Text, sign: bytes) -> bool:
    while len(text.buffer) - text.at < len(sign) and text.more(limited=True):
        pass
    return text.buffer.startswith(sign, text.at)


def _malformed(what: str, text: Text) -> SourceFormatError:
    return SourceFormatError(f"The answer is not valid XML {what} at byte {text.place}")
