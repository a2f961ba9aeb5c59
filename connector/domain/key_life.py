"""How long an API key lasts and what it may do, by what a person read in the partner portal: the API tells neither."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from enum import Enum

SOON_DAYS = 30
"""From so many days before its end a new key is asked for: whoever makes one may be on holiday."""
FAR_DAYS = 400
"""A year, and some weeks to change it in: a key that nobody changes is known to too many people one day."""
ALL = "all"


class KeyLife(Enum):
    """What the last day of a key means today."""

    UNKNOWN = "unknown"
    PASSED = "passed"
    SOON = "soon"
    GOOD = "good"
    FAR = "far"


def key_life(expires: datetime.date | None, today: datetime.date) -> KeyLife:
    """What ``expires``, the last day on which a key works, means on ``today``."""
    if expires is None:
        return KeyLife.UNKNOWN
    left = (expires - today).days
    if left < 0:
        return KeyLife.PASSED
    if left <= SOON_DAYS:
        return KeyLife.SOON
    return KeyLife.FAR if left > FAR_DAYS else KeyLife.GOOD


def lacking(permissions: Collection[str], needed: Collection[str]) -> tuple[str, ...]:
    """The permissions of ``needed`` that a key does not have; none when it is not known what it has."""
    if not permissions or ALL in permissions:
        return ()
    return tuple(each for each in needed if each not in permissions)


def too_broad(permissions: Collection[str], needed: Collection[str]) -> bool:
    """Whether a key that may do less would do."""
    return ALL not in needed and bool({*permissions} - {*needed})
