"""The mark that every entry of ours carries in a ledger of others: its key and fingerprint, in a text that stays.

From the marks alone the links to a lost database are made again, so a mark holds the whole key, not a digest. Where a
field is too short for it, ``EntryKey.short`` stands in a field that people see, and the mark in a longer one.
"""

from __future__ import annotations

import re

import msgspec

from connector.domain.document import EntryKey, parse_entry_key
from connector.domain.journal import JournalEntry

_MARK = re.compile(r"connector-key: (?P<key>\S+) fingerprint: (?P<fingerprint>[0-9a-f]{64})")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that was found: the entry's key and its fingerprint."""

    key: EntryKey
    fingerprint: str


def mark_of(entry: JournalEntry) -> str:
    """The mark of ``entry``, on one line: ``connector-key: acme/purchase/…/invoice/2026-10 fingerprint: 3f…``."""
    return f"connector-key: {entry.key.text} fingerprint: {entry.fingerprint}"


def find_mark(text: str | None) -> Mark | None:
    """The mark in ``text``, whatever else people wrote around it; ``None`` when there is none that can be read."""
    found = _MARK.search(text or "")
    if found is None:
        return None
    try:
        return Mark(key=parse_entry_key(found["key"]), fingerprint=found["fingerprint"])
    except ValueError:
        return None
