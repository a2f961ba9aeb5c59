"""The second reader's XML: an invoice of the older API as plain values, under the names of its JSON.

Like ``plain_reader``, which it serves, it shares nothing with the reader of the books but the bytes.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

_ROWS = {"Customers": "Customer", "Subscriptions": "Subscription", "PriceLines": "PriceLine"}


def plain_tree(exact: bytes) -> dict[str, Any]:
    """The invoice in an element: texts, objects, and lists of ``_ROWS``. Its VAT rate, which stands in the Header, is
    put on each line that has none. Raises ValueError when it is no XML."""
    reader = _Reader()
    try:
        reader.parser.Parse(exact, True)
    except expat.ExpatError as wrong:
        raise ValueError(str(wrong)) from None
    invoice: dict[str, Any] = reader.around.get("Invoice") or {}
    header = invoice.get("Header")
    rate = header.get("TaxPercentage") if isinstance(header, dict) else None
    for line in reader.lines:
        line.setdefault("TaxPercentage", rate)
    return invoice


class _Reader:
    def __init__(self) -> None:
        self.around: dict[str, Any] = {}
        self.lines: list[dict[str, Any]] = []
        self._open: list[tuple[dict[str, Any], list[str]]] = [(self.around, [])]
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._open.append(({}, []))

    def _text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def _end(self, name: str) -> None:
        inside, texts = self._open.pop()
        parent = self._open[-1][0]
        name = name.rpartition(":")[2]
        if name == "PriceLine":
            self.lines.append(inside)
        if name in _ROWS.values():
            parent.setdefault("rows", []).append(inside)
        elif name in _ROWS:
            parent[name] = inside.get("rows", [])
        else:
            parent[name] = inside or "".join(texts) or None
