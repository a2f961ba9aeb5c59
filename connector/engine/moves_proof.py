"""Proof of moves: an entry that moves cost or revenue takes back what stands, and leaves the cents of its version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry, Posting, PostingRole
from connector.domain.money import show
from connector.domain.reclassification import is_adoption, standing
from connector.store.provenance import Behind, TakenBack

_MOVED = (PostingRole.NET, PostingRole.REVERSED)
_OF_ADOPTION = (PostingRole.NET, PostingRole.ROUNDING, PostingRole.ELSEWHERE)
"""What moves the cost of an adopted booking: ours in full, for what stands there."""
Doubt = tuple[str, int]
"""What does not add up, and the difference in minor units where there is one."""


def doubts(
    entry: JournalEntry, behind: Behind, before: Sequence[tuple[int, JournalEntry]], raw_net: int
) -> Iterator[Doubt]:
    """What is wrong with ``entry``, which follows the posted entries ``before`` (with their ids) of its document.

    ``raw_net`` is the net amount of the lines of its version, in minor units as the document has it.
    """
    movable = _OF_ADOPTION if is_adoption(entry.key.purpose) else _MOVED
    if any(posting.role not in movable for posting in entry.postings):
        yield "it moves more than cost or revenue", 0
    by_id = dict(before)
    for number, posting in enumerate(entry.postings, 1):
        if posting.role is PostingRole.REVERSED and not _takes_back(posting, behind.taken_back.get(number), by_id):
            yield f"its posting {number} is not the one that it takes back", 0
    try:
        stands = standing([*(each for _, each in before), entry])
    except AssertionError:
        yield "it takes back what does not stand", 0
        return
    left = sum(each.posting.minor for each in stands) * (1 if entry.key.direction is Direction.PURCHASE else -1)
    if left != raw_net:
        yield f"after it {show(left)} net stands, its lines are {show(raw_net)}", left - raw_net


def _takes_back(posting: Posting, of: TakenBack | None, before: Mapping[int, JournalEntry]) -> bool:
    """Whether ``posting`` is the one that it is said to take back, with the other sign."""
    postings = before[of.entry_id].postings if of is not None and of.entry_id in before else ()
    if of is None or not 1 <= of.number <= len(postings):
        return False
    gone = postings[of.number - 1]
    return gone.role is PostingRole.NET and _in_books(gone, -gone.minor) == _in_books(posting, posting.minor)


def _in_books(posting: Posting, minor: int) -> tuple[object, ...]:
    return (posting.account, minor, posting.tax, posting.dimensions, posting.deferral)
