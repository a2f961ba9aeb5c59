"""The second reader's XML: an invoice of the older API as plain values, under the names of its JSON.

Like ``plain_reader``, which it serves, it shares nothing with the reader of the books but the bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple
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
    invoice = reader.around.get("Invoice")
    if not isinstance(invoice, dict):
        return {}
    header = invoice.get("Header")
    rate = header.get("TaxPercentage") if isinstance(header, dict) else None
    for line in reader.lines:
        if line.get("TaxPercentage") is None:
            line["TaxPercentage"] = rate
    return invoice


class _Element(NamedTuple):
    inside: dict[str, Any]
    rows: list[dict[str, Any]]
    texts: list[str]


class _Reader:
    def __init__(self) -> None:
        self.around: dict[str, Any] = {}
        self.lines: list[dict[str, Any]] = []
        self._open: list[_Element] = [_Element(self.around, [], [])]
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._open.append(_Element({}, [], []))

    def _text(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _end(self, name: str) -> None:
        inside, rows, texts = self._open.pop()
        parent = self._open[-1]
        name = name.rpartition(":")[2]
        if name == "PriceLine":
            self.lines.append(inside)
        if name in _ROWS.values():
            parent.rows.append(inside)
        elif name in _ROWS:
            parent.inside[name] = rows
        else:
            parent.inside[name] = inside or "".join(texts) or None
