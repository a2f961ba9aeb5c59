"""What a body is written in, JSON or XML, is seen from its first sign; whoever sent it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from connector.source.envelope import Envelope
from connector.source.legacy.envelope import XmlEnvelope
from connector.source.legacy.reading import parse_xml
from connector.source.legacy.tree import NotReadable, tree_of
from connector.source.legacy.v4 import V4
from connector.source.parse import Parsed, parse

_BEGINNING = 1024
_WHOLE_NUMBER = re.compile(rb'"AccountID"\s*:\s*\d')
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def envelope(body: Path) -> Envelope:
    """Cuts the answer in ``body`` into its invoices."""
    with body.open("rb") as file:
        return XmlEnvelope(body) if is_markup(file.read(_BEGINNING)) else Envelope(body)


def parse_slice(slice: bytes) -> Parsed:  # noqa: A002 - the word for a piece cut out of a body
    """The invoice in ``slice``. A bad document gives findings, never an exception."""
    return parse_xml(slice) if is_markup(slice[:_BEGINNING]) else parse(slice)


def as_json(slice: bytes) -> bytes:  # noqa: A002 - as above
    """``slice`` itself, or what is in its XML as JSON; an unreadable one as it is."""
    if not is_markup(slice[:_BEGINNING]):
        return slice
    try:
        return msgspec.json.encode(tree_of(slice))
    except NotReadable:
        return slice


def family_of(slice: bytes) -> str:  # noqa: A002 - as above
    """What the names of lists begin with when the older API wrote ``slice``: 'billing-', with 'v4-' and 'xml-' where it
    is so. It is seen from what is in it, for names of files tell nothing (CD-215): the older API identifies accounts by
    whole numbers, the current one by texts (docs/copaco.md).
    """
    xml = is_markup(slice[:_BEGINNING])
    if not xml and _WHOLE_NUMBER.search(slice) is None:
        return ""
    newest = any(name.encode() in slice for name in V4.brought)
    return f"billing-{'v4-' if newest else ''}{'xml-' if xml else ''}"


def is_markup(beginning: bytes) -> bool:
    """Whether what begins so is XML or HTML."""
    return beginning.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<")


def is_xml(beginning: bytes) -> bool:
    """Whether what begins so is XML and no web page."""
    text = beginning.removeprefix(_BYTE_ORDER_MARK).lstrip()[:_BEGINNING].lower()
    return text.startswith(b"<") and not text.startswith(b"<!doctype html") and b"<html" not in text
