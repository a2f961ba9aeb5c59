"""What ``verify`` proves: the equation per direction and month, and every problem."""

from __future__ import annotations

import msgspec

from connector.store.states import LineState

PURGED = "purged"
Sums = dict[str, tuple[int, int]]
"""Lines and net cents per state name; 'source' is what the raw bytes add up to, and 'purged' what was removed at the
end of its legal period, which is in both."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not add up. ``minor`` is the difference in minor units where there is one."""

    where: str
    message: str
    minor: int = 0


class Equation(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the equation: a direction and period, with lines and cents per state."""

    direction: str
    period: str
    sums: Sums

    @property
    def holds(self) -> bool:
        """Whether the states add up to the source, in lines and in cents."""
        parts = [self.sums.get(name, (0, 0)) for name in (*(state.value for state in LineState), PURGED)]
        added = (sum(lines for lines, _ in parts), sum(net for _, net in parts))
        return added == self.sums.get("source", (0, 0))


class Proof(msgspec.Struct, kw_only=True):
    """The result: the equation, what was looked at, and every problem."""

    equations: list[Equation] = msgspec.field(default_factory=list)
    problems: list[Problem] = msgspec.field(default_factory=list)
    bodies: int = 0
    documents: int = 0
    lines: int = 0
    entries: int = 0
    receipts: int = 0
    purged: int = 0

    @property
    def holds(self) -> bool:
        """Whether everything adds up."""
        return not self.problems and all(each.holds for each in self.equations)
