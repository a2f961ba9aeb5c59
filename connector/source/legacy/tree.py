"""An XML element as a tree like that of JSON: objects, lists, and texts in place of numbers.

No entity can hide in an element that was cut out of its document: it has no document type, and what declares one inside
is no well-formed XML. Depth is bounded here, size where the element was cut out.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from connector.source.legacy.plain import DEEPEST, HOLDERS, LISTS, plain_tree

_PREFIX = re.compile(rb"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]")
_CLOSING = b"</a>"
_NIL = "nil"
_ATTRIBUTE = re.compile(rb"""=\s*["']""")


class NotReadable(ValueError):
    """An element that is no XML as it should be. The message is a reason within a sentence."""


def tree_of(exact: bytes) -> Any:
    """The value of an element: an object by names, a list for ``LISTS``, or the text of one without elements; ``None``
    for an empty one.

    Nothing is left out: attributes come as 'Name@attribute', text between elements as '#text', and a name that comes
    more than once as a list of all. Raises NotReadable.
    """
    tree = plain_tree(exact)
    return parsed_tree(exact) if tree is None else tree


def parsed_tree(exact: bytes) -> Any:
    """The same by way of a parser, whatever the element looks like. Raises NotReadable."""
    parser = XMLParser()  # noqa: S314 - a document type cannot stand inside of an element
    try:
        parser.feed(_opening(exact))
        parser.feed(exact)
        parser.feed(_CLOSING)
        around = parser.close()
    except (ParseError, ValueError) as wrong:
        raise NotReadable(f"it is not valid XML ({wrong})") from None
    if len(around) != 1:
        raise NotReadable("it is not one element")
    element = around[0]
    if b":" in exact:
        for each in element.iter():
            each.tag = _local(each.tag)
    reader = _Plain() if _ATTRIBUTE.search(exact) is None else _WithAttributes()
    return reader.value(element, 0)


def _opening(exact: bytes) -> bytes:
    """Something around the element that declares every prefix in it: the root did, and it was cut off. The namespaces
    themselves tell nothing, for names are looked at without them."""
    prefixes = set(_PREFIX.findall(exact)) - {b"xml", b"xmlns"}
    return b"<a%b>" % b"".join(b' xmlns:%b="urn:%b"' % (each, each) for each in sorted(prefixes))


class _Plain:
    """Elements without attributes: nearly all."""

    def value(self, element: Element, depth: int) -> Any:
        """The value of ``element``, which lies ``depth`` elements deep."""
        if not len(element):
            text = element.text or None
            return None if text and element.tag in HOLDERS and text.isspace() else text
        if depth > DEEPEST:
            raise NotReadable(f"it has more than {DEEPEST} elements within each other")
        one = LISTS.get(element.tag)
        if one is not None and all(child.tag == one for child in element) and not _text_between(element):
            return [self.value(child, depth + 1) for child in element]
        return self.object(element, depth)

    def object(self, element: Element, depth: int) -> dict[str, Any]:
        """The elements in ``element`` by name."""
        found: dict[str, Any] = {}
        several: set[str] = set()
        between = element.text
        for child in element:
            value, name = self.value(child, depth + 1), child.tag
            if name in LISTS and value is None:
                value = []
            if name not in found:
                found[name] = value
            elif name in several:
                found[name].append(value)
            else:
                found[name] = [found[name], value]
                several.add(name)
            if child.tail:
                between = f"{between or ''}{child.tail}"
        if between and not between.isspace():
            found["#text"] = between.strip()
        return found


class _WithAttributes(_Plain):
    """Elements of which some have attributes. That of an object stands in it, that of a text or a list beside it."""

    def object(self, element: Element, depth: int) -> dict[str, Any]:
        found = super().object(element, depth)
        found |= {f"@{_local(name)}": value for name, value in element.items()}
        for child in element:
            if not len(child) or child.tag in LISTS:
                # What says that there is nothing (xsi:nil) says no more than an empty element does.
                found |= {f"{child.tag}@{_local(name)}": value for name, value in child.items() if _local(name) != _NIL}
        return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _text_between(element: Element) -> bool:
    texts = (element.text, *(child.tail for child in element))
    return any(text and not text.isspace() for text in texts)
