"""Correction: what a change of a booked document may do to the books by itself.

Posted entries are never edited. A change that only moves cost or revenue is followed by an entry of its own; VAT, the
open item and the dates of a legal document change by a credit note or another document only, so such a change is held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from connector.domain.journal import JournalEntry, Posting, PostingRole
from connector.domain.reclassification import DELTA, REVERSAL, Moves, all_moves, moves, standing

HOLD = "hold"
PURPOSE_OF = {"delta": DELTA, "reverse": REVERSAL}
"""What the key of a correction begins with, by the setting ``on_change``."""
_MOVABLE = (PostingRole.NET, PostingRole.REVERSED)


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What a changed document asks of the books: ``moves``, nothing (``None``), or what forbids it: the field
    ``forbidden`` that only a credit note or another document may change."""

    moves: Moves | None = None
    forbidden: str = ""


def correction(chain: Sequence[JournalEntry], wanted: JournalEntry, on_change: str) -> Correction:
    """What brings the posted ``chain`` of a document to what ``wanted`` books of its new version.

    With ``on_change`` 'delta' only what differs is moved; with 'reverse' everything that stands is taken back and
    booked again, in one entry, so that no half of it can be missing.
    """
    if field := _forbidden(chain[0], wanted):
        return Correction(forbidden=field)
    stands, after = standing(chain), [each for each in wanted.postings if each.role is PostingRole.NET]
    found = (all_moves if on_change == "reverse" else moves)(stands, after)
    if found is not None and found.changes_vat:
        return Correction(forbidden="VAT")
    return Correction(moves=found)


def _forbidden(first: JournalEntry, wanted: JournalEntry) -> str:
    """The first field of the document that differs and does not move by itself, '' when there is none.

    Accounts are left out: those of VAT and of the open item stay what they were when the document was booked.
    """
    heads = (
        ("Date", _dates(first), _dates(wanted)),
        ("Currency", first.currency, wanted.currency),
        ("Total", _amounts(first, PostingRole.PARTY), _amounts(wanted, PostingRole.PARTY)),
        ("VAT", _others(first), _others(wanted)),
        ("DueDate", first.due, wanted.due),
        ("Type", first.kind, wanted.kind),
    )
    return next((field for field, before, after in heads if before != after), "")


def _dates(entry: JournalEntry) -> tuple[object, ...]:
    return (entry.date, entry.document_date, entry.tax_point)


def _amounts(entry: JournalEntry, role: PostingRole) -> Counter[tuple[object, ...]]:
    return Counter(_amount(each) for each in entry.postings if each.role is role)


def _others(entry: JournalEntry) -> Counter[tuple[object, ...]]:
    """VAT and rounding differences."""
    return Counter(
        _amount(each) for each in entry.postings if each.role not in _MOVABLE and each.role is not PostingRole.PARTY
    )


def _amount(posting: Posting) -> tuple[object, ...]:
    return (posting.role, posting.minor, posting.tax, posting.base_minor)
