"""One XML slice of the older API as a typed ``Invoice``: each thing goes to the place it has in the JSON.

In XML the rate and the zone of the VAT stand in the Header, in JSON on each line; ``Street`` of the Receiver is
``Address`` (docs/copaco.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.source.legacy.tree import NotReadable, tree_of
from connector.source.mend import shorten
from connector.source.parse import Parsed, parse_tree, unreadable, writes_no_underscored_numbers

_OF_LINES = ("TaxPercentage", "TaxZoneID")
Tree = dict[str, Any]


def parse_xml(slice: bytes) -> Parsed:  # noqa: A002 - the word for a piece cut out of a body
    """The invoice in ``slice``, an ``Invoice`` element. A bad document gives findings, never an exception."""
    try:
        tree = tree_of(slice)
    except NotReadable as wrong:
        return unreadable(str(wrong))
    if not isinstance(tree, dict):
        return unreadable(f"it is not an invoice but {shorten(str(tree or 'an empty element'))}")
    # An underscore may also be written as &#95;
    plain = b"&#" not in slice and writes_no_underscored_numbers(slice)
    made = [tree]  # the first time it has just been read
    return parse_tree(lambda: as_in_json(made.pop() if made else tree_of(slice)), plain=plain)


def as_in_json(tree: Tree) -> Tree:
    """``tree`` (changed) with everything where the JSON of the older API has it."""
    header, receiver = tree.get("Header"), tree.get("Receiver")
    of_lines = {}
    if isinstance(header, dict):
        of_lines = {name: header.pop(name) for name in _OF_LINES if not isinstance(header.get(name, []), list | dict)}
    if isinstance(receiver, dict) and "Address" not in receiver and "Street" in receiver:
        receiver["Address"] = receiver.pop("Street")
    for customer in _objects(tree, "Customers"):
        for subscription in _objects(customer, "Subscriptions"):
            for line in _objects(subscription, "PriceLines"):
                for name, value in of_lines.items():
                    if line.get(name) is None:
                        line[name] = value
    return tree


def _objects(tree: Tree, name: str) -> Iterator[Tree]:
    found = tree.get(name)
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())
