"""Suspense: lines without an account that a person lets go to the suspense account, up to a limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from connector.domain.decision import Action, Decision
from connector.domain.finding import Finding, finding
from connector.domain.money import to_minor
from connector.domain.reading import Group


def suspense(groups: Sequence[Group], made: Sequence[Decision], limit: Decimal, currency: str) -> Iterator[Finding]:
    """What goes to the suspense account for want of an account: a warning up to ``limit``, a hold beyond it."""
    wanted = Action.SUSPENSE  # an enumeration's member costs more than the comparison
    waiting = [(group, each) for group, each in zip(groups, made, strict=True) if each.action is wanted]
    if not waiting:
        return
    minor = sum(abs(group.net) for group, _ in waiting)
    allowed = to_minor(limit, currency)
    if minor > allowed:
        yield finding("SUSPENSE-LIMIT", "", minor, limit=allowed)
    else:
        yield finding("SUSPENSE-USED", "", minor, account=waiting[0][1].account)
