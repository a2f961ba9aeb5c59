"""What is remarked while past books are read: the first places of each kind, and how many there are in all."""

from __future__ import annotations

import msgspec

from connector.domain.past_books import Remark

SHOWN = 10
"""So many remarks of a kind are kept; of the others only the number and the euros."""


class Remarks:
    """Remarks by kind; memory does not grow with what is wrong."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Remark]] = {}

    def add(self, kind: str, where: str = "", value: str = "", minor: int = 0) -> None:
        """Remark something at a place; what was remarked of the same ``value`` before is only counted."""
        kept = self._kept.setdefault(kind, [])
        for place, each in enumerate(kept):
            if (value and each.value == value) or (place == SHOWN - 1):
                kept[place] = msgspec.structs.replace(each, count=each.count + 1, minor=each.minor + minor)
                return
        kept.append(Remark(kind=kind, where=where, value=value, minor=minor))

    @property
    def all(self) -> tuple[Remark, ...]:
        """The remarks; the last of a kind stands for all those that were not kept."""
        return tuple(each for kept in self._kept.values() for each in kept)
