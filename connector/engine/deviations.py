"""Deviations: both sides of a reconciliation beside each other, and where they do not agree."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from connector.domain.reconciliation import Difference


class Standing(Enum):
    """How an entry stands after comparing both sides."""

    MATCHED = "matched"
    MISSING = "missing"
    DIFFERENT = "different"
    UNEXPECTED = "unexpected"


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """An entry on which the two sides do not agree.

    ``entry_id`` and ``delivery_id`` are ours, ``None`` of what we do not know. ``total_minor`` is that of the posted
    entry, or the ledger's where nothing is posted; ``accounts`` are the ledger's sums of what we do not know.
    ``linkable`` tells that it is the same entry, and only our link to it is lost.
    """

    standing: Standing
    key: str
    number: str
    direction: str
    period: str
    total_minor: int
    currency: str
    reference: str
    why: str = ""
    differences: tuple[Difference, ...] = ()
    accounts: Mapping[str, int] = {}
    entry_id: int | None = None
    delivery_id: int | None = None
    linkable: bool = False


Sum = tuple[int, int]
"""How many entries, and their totals in minor units."""


class Reconciliation(msgspec.Struct, kw_only=True):
    """Both sides beside each other: sums per (direction, period) and standing, and every deviation.

    ``linked`` are the entries whose link was restored; they count as posted in all the rest.
    """

    administration: str
    ledger: str
    sums: dict[tuple[str, str], dict[Standing, Sum]] = msgspec.field(default_factory=dict)
    deviations: list[Deviation] = msgspec.field(default_factory=list)
    linked: list[Deviation] = msgspec.field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether both sides hold the same."""
        return not self.deviations

    @property
    def linkable(self) -> int:
        """How many entries only miss their link."""
        return sum(each.linkable for each in self.deviations)

    def only(self, period: str) -> Reconciliation:
        """The same for one month."""
        return msgspec.structs.replace(
            self,
            sums={key: each for key, each in self.sums.items() if key[1] == period},
            deviations=[each for each in self.deviations if each.period == period],
            linked=[each for each in self.linked if each.period == period],
        )

    def count(self, direction: str, period: str, standing: Standing, minor: int) -> None:
        """Count an entry."""
        row = self.sums.setdefault((direction, period), {})
        number, total = row.get(standing, (0, 0))
        row[standing] = (number + 1, total + minor)

    def note(self, deviation: Deviation) -> None:
        """Keep and count a deviation."""
        self.deviations.append(deviation)
        self.count(deviation.direction, deviation.period, deviation.standing, deviation.total_minor)
