"""What is remarked while past books are read: the first places of each kind, and how many there are in all."""

from __future__ import annotations

import msgspec

from connector.domain.past_books import Remark

SHOWN = 10
"""So many places of a kind are kept; of the others only the number."""


class Remarks:
    """Remarks by kind; memory does not grow with what is wrong."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Remark]] = {}
        self._more: dict[str, int] = {}

    def add(self, kind: str, where: str = "", value: str = "", minor: int = 0) -> None:
        """Remark something at a place."""
        kept = self._kept.setdefault(kind, [])
        if len(kept) < SHOWN:
            kept.append(Remark(kind=kind, where=where, value=value, minor=minor))
        else:
            self._more[kind] = self._more.get(kind, 0) + 1

    @property
    def all(self) -> tuple[Remark, ...]:
        """The remarks; the last of a kind stands for all those that were not kept."""
        found: list[Remark] = []
        for kind, kept in self._kept.items():
            more = self._more.get(kind, 0)
            found += [*kept[:-1], msgspec.structs.replace(kept[-1], count=1 + more)]
        return tuple(found)
