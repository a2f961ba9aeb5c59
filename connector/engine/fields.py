"""The fingerprint of the fields of each list: sampled from new answers, compared, and told."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from connector.domain.fields import Note, Sample, is_told, notes
from connector.engine.books import Books, Workplace
from connector.engine.dialect import Dialect
from connector.source.base import Answer
from connector.store import field_notes
from connector.store.database import Connection
from connector.store.field_notes import Noted
from connector.store.ids import Ids

__all__ = ("Noted", "Sampler", "noted", "told")

MOST_CUSTOMERS = 50
"""End customers of one answer that are looked at: enough to see every field, too few to be felt."""
_NUL, _UNKNOWN_SIGN = b"\\u0000", b"\\ufffd"
"""PostgreSQL keeps no NUL in a text."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_value = msgspec.json.Decoder(float_hook=Decimal).decode
_CUSTOMERS = "Customers"


class Sampler:
    """Looks at the first invoices of an answer. What another family of the API writes, or in another form, is a list
    of its own: its fields have other names and kinds."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect, self._family = dialect, ""
        self._sample = Sample()
        self._left = MOST_CUSTOMERS

    def look(self, exact: bytes) -> None:
        """Take a slice into the sample, unless it is large enough. What is no JSON object is passed over: reading it
        says what is wrong."""
        if self._left <= 0:
            return
        self._family = self._family or self._dialect.family(exact)
        exact = self._dialect.as_json(exact)
        try:
            self._take(exact.replace(_NUL, _UNKNOWN_SIGN))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return

    def _take(self, exact: bytes) -> None:
        self._sample.add("", {})
        for name, raw in _members(exact).items():
            if name != _CUSTOMERS or not bytes(raw).startswith(b"["):
                self._sample.add(name, _value(raw))
                continue
            self._sample.add(name, [])
            for each in _elements(raw)[: self._left]:
                self._sample.add(f"{name}[]", _value(each))
                self._left -= 1

    def note(self, connection: Connection, books: Books, ids: Ids, answer: Answer) -> list[Note]:
        """Keep what is new about the list of ``answer``; what of it is to be told."""
        if not self._sample.fields:
            return []
        name = f"{self._family}{answer.endpoint.value}"
        known = field_notes.by_path(field_notes.all_of(connection, books.id, name))
        found = list(notes(known, self._sample))
        field_notes.add(connection, books.id, ids, name, found, answer.requested_at)
        return [each for each in found if is_told(each, known[each.path][-1].kinds if each.path in known else ())]


def noted(place: Workplace, books: Books) -> list[Noted]:
    """Everything that was noted of the fields, oldest first."""
    with place.database.reading() as connection:
        return field_notes.all_of(connection, books.id)


def told(connection: Connection, books: Books) -> list[Noted]:
    """What of it a person is told, oldest first."""
    kinds: dict[tuple[str, str], tuple[str, ...]] = {}
    found = []
    for each in field_notes.all_of(connection, books.id):
        name = (each.endpoint, each.note.path)
        if is_told(each.note, kinds.get(name, ())):
            found.append(each)
        kinds[name] = each.note.kinds
    return found
