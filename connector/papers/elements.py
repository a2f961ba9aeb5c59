"""XML that comes from outside, as its leaves: one element in memory at a time, no entities, no DTD."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

import defusedxml
from defusedxml.ElementTree import iterparse

from connector.domain.money import from_minor, to_minor

DEEPEST = 60
"""Elements within elements: invoices need a dozen."""
LONGEST = 200
"""Letters of a text that count; the longest one that is read is a name."""
_WRAPPERS = 2
"""How deep the invoice may lie: Peppol puts it into an envelope."""


class NotReadable(ValueError):
    """Bytes that are no XML, or break off."""


class Leaf(NamedTuple):
    """A text with where it stands: the local names of the elements from below the root."""

    path: tuple[str, ...]
    text: str
    attributes: Mapping[str, str]


def leaves(data: bytes, roots: Mapping[str, str], dropped: Collection[str] = ()) -> tuple[str, list[Leaf]]:
    """The value in ``roots`` (by '{namespace}name') of the root that is found first, and its leaves in order; '' and
    none for other XML.

    Children of the root called as one of ``dropped`` are passed over. Raises NotReadable.
    """
    found, kept = "", list[Leaf]()
    try:
        for root, leaf in _walk(data, roots, dropped):
            found = root
            if leaf is not None:
                kept.append(leaf)
    except defusedxml.DefusedXmlException as wrong:
        raise NotReadable("it declares a DTD or entities") from wrong
    except (ParseError, LookupError, ValueError) as wrong:
        raise NotReadable(str(wrong)) from wrong
    return found, kept


def _walk(data: bytes, roots: Mapping[str, str], dropped: Collection[str]) -> Iterator[tuple[str, Leaf | None]]:
    stack: list[Element] = []
    base, root = 0, ""
    for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            stack.append(element)
            if len(stack) > DEEPEST:
                raise NotReadable("its elements lie too deep")
            if not root and len(stack) <= _WRAPPERS and element.tag in roots:
                base, root = len(stack), roots[element.tag]
                yield root, None
            continue
        path = tuple(_local(each.tag) for each in stack[base:])
        if root and path and len(stack) > base and not len(element) and path[0] not in dropped:
            yield root, Leaf(path, (element.text or "").strip()[:LONGEST], dict(element.attrib))
        stack.pop()
        if len(stack) < base:
            return  # one file is one invoice
        element.clear()
        if stack:
            # An emptied element stays behind as the sign that its parent is no leaf.
            del stack[-1][1:]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def only(texts: Collection[str]) -> str:
    """The one text that is meant; '' when there is none, or several differ."""
    distinct = set(texts) - {""}
    return distinct.pop() if len(distinct) == 1 else ""


def minor_of(text: str, currency: str) -> int | None:
    """A decimal of XML Schema in minor units, exactly; ``None`` when it is none, or finer than ``currency``."""
    digits = text.removeprefix("+").removeprefix("-")
    whole, _, part = digits.partition(".")
    plain = digits.isascii() and (whole + part).isdecimal()
    if not plain or len(whole) > 13 or text[:2] in ("+-", "--"):
        return None
    amount = Decimal(text)
    minor = to_minor(amount, currency)
    return minor if from_minor(minor, currency) == amount else None
