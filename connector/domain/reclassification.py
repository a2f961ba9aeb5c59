"""Reclassification: what was booked is moved to the accounts that another mapping, or a changed document, wants, by a
new entry.

Only cost and revenue move. VAT and the open item of a legal document never move by themselves: they change by a credit
note or by another document. Postings that stay as they are appear in no reclassification.
"""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from connector.domain.dates import month_of
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole

REMAP, DELTA, REVERSAL, ADOPTION = "remap", "amendment", "reversal", "adopt"
"""What the purpose of the key begins with: other tables moved it; the document changed (its difference, or all that
stands taken back and booked again); or it came by another channel."""
CORRECTIONS = (DELTA, REVERSAL)
PURPOSES = (REMAP, ADOPTION, *CORRECTIONS)


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """A posting that stands in the books: ``entry`` is its entry's place in the chain, ``number`` its own (from 1)."""

    posting: Posting
    entry: int
    number: int


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """What a reclassification takes back, and what it books instead."""

    back: tuple[Stands, ...]
    new: tuple[Posting, ...]

    @property
    def postings(self) -> tuple[Posting, ...]:
        """The postings of the entry: first what is taken back."""
        taken = (_taken_back(each.posting) for each in self.back)
        return (*taken, *self.new)

    @property
    def changes_vat(self) -> bool:
        """Whether the base of a tax code would change, which no reclassification may do."""
        bases: Counter[str] = Counter()
        for posting in self.postings:
            bases[posting.tax] += posting.minor
        return any(bases.values())


def is_reclassification(purpose: str) -> bool:
    """Whether an entry with this purpose in its key moves cost or revenue of another one."""
    return purpose.startswith(tuple(f"{each}-" for each in PURPOSES))


def is_remap(purpose: str) -> bool:
    """Whether an entry with this purpose in its key follows a change of the tables, as a person asked."""
    return purpose.startswith(f"{REMAP}-")


def is_correction(purpose: str) -> bool:
    """Whether an entry with this purpose in its key follows a change of its document, which it stands for from then
    on."""
    return purpose.startswith(tuple(f"{each}-" for each in CORRECTIONS))


def is_adoption(purpose: str) -> bool:
    """Whether an entry with this purpose moves the cost of a booking that came by another channel."""
    return purpose.startswith(f"{ADOPTION}-")


def standing(chain: Sequence[JournalEntry]) -> list[Stands]:
    """The cost or revenue postings that stand after ``chain``: the entry of a document and what reclassified it, in
    order. What an adoption moves makes the first entry stand, and nothing more. AssertionError when an entry takes back
    what does not stand."""
    found: list[Stands] = []
    for place, entry in enumerate(chain):
        if is_adoption(entry.key.purpose):
            continue
        gone = Counter(
            _same(posting, -posting.minor) for posting in entry.postings if posting.role is PostingRole.REVERSED
        )
        found = _without(found, gone)
        assert not +gone, f"entry {entry.key.text} takes back what does not stand"
        found += [
            Stands(posting=posting, entry=place, number=number)
            for number, posting in enumerate(entry.postings, 1)
            if posting.role is PostingRole.NET
        ]
    return found


def moves(before: Sequence[Stands], after: Sequence[Posting]) -> Moves | None:
    """What brings ``before`` to ``after``; ``None`` when nothing moves. Both sides must have the same sum."""
    staying = Counter(_same(each.posting, each.posting.minor) for each in before)
    wanted = Counter(_same(each, each.minor) for each in after)
    common = staying & wanted
    back = _without(before, Counter(common))
    new = []
    for posting in after:
        key = _same(posting, posting.minor)
        if common[key]:
            common[key] -= 1
        else:
            new.append(posting)
    # Postings of nothing may come and go with the groups they hold; without an amount nothing moves.
    amounts = any(each.posting.minor for each in back) or any(posting.minor for posting in new)
    return Moves(back=tuple(back), new=tuple(new)) if amounts else None


def all_moves(before: Sequence[Stands], after: Sequence[Posting]) -> Moves | None:
    """Everything of ``before`` taken back and everything of ``after`` booked; ``None`` when nothing differs."""
    return Moves(back=tuple(before), new=tuple(after)) if moves(before, after) else None


def entry_of(
    chain: Sequence[JournalEntry], moved: Moves, *, date: datetime.date, text: str, purpose: str = REMAP
) -> JournalEntry:
    """The entry that follows ``chain`` and moves ``moved``, dated ``date``; its ``purpose`` is one of ``PURPOSES``.

    Its key is the same for the same history, and another one when an account is left and taken again.
    """
    first, postings = chain[0], moved.postings
    said = [each.fingerprint for each in chain], [_same(posting, posting.minor) for posting in postings]
    digest = hashlib.blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()
    return msgspec.structs.replace(
        first,
        key=msgspec.structs.replace(first.key, purpose=f"{purpose}-{digest}", period=month_of(date)),
        kind=DocumentKind.RECLASSIFICATION,
        date=date,
        due=None,
        text=text,
        postings=postings,
    )


def _without(found: Iterable[Stands], gone: Counter[tuple[object, ...]]) -> list[Stands]:
    """``found`` without those that are ``gone``, which is counted down."""
    kept = []
    for each in found:
        key = _same(each.posting, each.posting.minor)
        if gone[key]:
            gone[key] -= 1
        else:
            kept.append(each)
    return kept


def _same(posting: Posting, minor: int) -> tuple[object, ...]:
    """What two postings of ``minor`` have in common that are the same in the books."""
    line = 0 if posting.line_no is None else posting.line_no
    return (posting.account, minor, posting.tax, posting.dimensions, posting.deferral, line)


def _taken_back(posting: Posting) -> Posting:
    return msgspec.structs.replace(posting, minor=-posting.minor, role=PostingRole.REVERSED)
