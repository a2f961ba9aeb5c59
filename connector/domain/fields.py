"""The fingerprint of a list of the API: which fields it sends, and what kinds of value. A change is noted once.

Copaco may add, rename, remove or replace fields of a version that is not stable (kb.copaco.cloud/kb/versioning-new). A
field that appears, stays away or changes from text to number says so before an amount is missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum

import msgspec

MOST_FIELDS = 2_000
"""Fields of one list that are noted; an answer that makes up names without end is cut off there."""
LONGEST_PATH = 300
SHOWN = 60
"""Characters of an example."""


class Happening(Enum):
    """What a note says of a field. FIRST: it was in the first answer, which is nothing new."""

    FIRST = "first"
    APPEARED = "appeared"
    VANISHED = "vanished"
    RETURNED = "returned"
    CHANGED = "changed"


class Seen(msgspec.Struct, kw_only=True):
    """A field of a sample: its kinds of value ('text', 'number', 'flag', 'object', 'list'; none for null)."""

    kinds: set[str] = msgspec.field(default_factory=set)
    example: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a field, once: its ``path`` as in 'Customers[].Subscriptions[].PlanID', all its ``kinds`` so far,
    and an example."""

    path: str
    happening: Happening
    kinds: tuple[str, ...]
    example: str = ""


class Sample(msgspec.Struct, kw_only=True):
    """The fields of some entries of a list, gathered one by one."""

    fields: dict[str, Seen] = msgspec.field(default_factory=dict)

    def add(self, path: str, value: object) -> None:
        """Take in ``value``, which stands at ``path``, with everything in it."""
        if path not in self.fields:
            if len(self.fields) >= MOST_FIELDS or len(path) > LONGEST_PATH:
                return
            self.fields[path] = Seen()
        seen = self.fields[path]
        kind = _kind(value)
        if kind:
            seen.kinds.add(kind)
        if isinstance(value, dict):
            for name, inside in value.items():
                self.add(f"{path}.{name}" if path else str(name), inside)
        elif isinstance(value, list):
            for inside in value:
                self.add(f"{path}[]", inside)
        elif value not in (None, ""):
            seen.example = seen.example or str(value)[:SHOWN]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "object"
    return "list" if isinstance(value, list) else ""


def notes(known: Mapping[str, list[Note]], sample: Sample) -> Iterator[Note]:
    """What is new about a list of which ``known`` was noted by path, oldest first.

    A field is missed only where the object that held it is there, and once: one that came back after it was missed
    comes and goes.
    """
    for path, seen in sample.fields.items():
        before = known.get(path)
        if not before:
            happening = Happening.APPEARED if known else Happening.FIRST
            yield Note(path=path, happening=happening, kinds=tuple(sorted(seen.kinds)), example=seen.example)
            continue
        kinds = tuple(sorted(seen.kinds | set(before[-1].kinds)))
        if kinds != before[-1].kinds:
            yield Note(path=path, happening=Happening.CHANGED, kinds=kinds, example=seen.example)
        elif before[-1].happening is Happening.VANISHED:
            yield Note(path=path, happening=Happening.RETURNED, kinds=kinds, example=seen.example)
    if len(sample.fields) >= MOST_FIELDS:
        return  # what was cut off is not missed
    for path, before in known.items():
        missed = any(each.happening is Happening.VANISHED for each in before)
        if path not in sample.fields and not missed and _parent(path) in sample.fields:
            yield Note(path=path, happening=Happening.VANISHED, kinds=before[-1].kinds, example=before[-1].example)


def _parent(path: str) -> str:
    """What holds the field: 'Customers[]' for 'Customers[].AccountID', 'Customers' for 'Customers[]'."""
    return path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]


def is_told(note: Note, before: tuple[str, ...] = ()) -> bool:
    """Whether a person is told: not what an answer had from the beginning, what came back, or what was empty before;
    ``before`` are the kinds it had."""
    if note.happening is Happening.CHANGED:
        return bool(before)
    return note.happening in (Happening.APPEARED, Happening.VANISHED)
