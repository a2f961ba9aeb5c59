"""Lost rows: lines of an earlier version that a document no longer has, told from lines of which only the hash changed.

Copaco does not promise that a row hash stays. One that changes moves no money, so nothing is booked again, but the two
sides of a sale no longer meet by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from connector.domain.finding import Finding, finding


class HashedLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of one version: its hash ('' when it has none), its ``net`` in minor units, and everything else by which
    it is known again.
    """

    row_hash: str
    net: int
    known_by: tuple[str | None, ...]


def lost_rows(before: Sequence[HashedLine], now: Sequence[HashedLine]) -> Iterator[Finding]:
    """What a new version says of the lines that had a hash ``before``: some are gone, of some the hash changed."""
    earlier, here = {each.row_hash for each in before}, {each.row_hash for each in now}
    unknown = Counter(each.known_by for each in now if not each.row_hash or each.row_hash not in earlier)
    unknown -= Counter(each.known_by for each in before if not each.row_hash)
    gone: list[int] = []
    changed: list[int] = []
    for each in before:
        if not each.row_hash or each.row_hash in here:
            continue
        again = unknown[each.known_by] > 0
        unknown[each.known_by] -= again
        (changed if again else gone).append(each.net)
    for code, nets in (("LINES-VANISHED", gone), ("ROW-HASH-CHANGED", changed)):
        if nets:
            yield finding(code, "", sum(nets), count=len(nets))
