"""How long the versions of Copaco's APIs last: what its pages say of each, and what that means for who books from it.

The pages are undated; ``told`` is the month of the youngest thing that they mention. What they say may be replaced by
settings, since they change more often than this program.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from enum import Enum

import msgspec

WARN_DAYS = 90
"""An end of life is warned of this many days before."""


class Status(Enum):
    """What Copaco calls a version: the words of the current API, then those of the legacy one."""

    EXPERIMENTAL = "experimental"
    DEVELOPMENT = "development"
    BETA = "beta"
    STABLE = "stable"
    DEPRECATED = "deprecated"
    END_OF_LIFE = "end of life"
    CURRENT = "current"
    MAINTENANCE = "maintenance"
    END_OF_MAINTENANCE = "end of maintenance"
    NOT_TOLD = "not told"


class Standing(Enum):
    """What a status means on a day. UNSETTLED: fields may change without notice, so a person approves. OLD: it works,
    and something newer is there. ENDING: its end is near. ENDED: nothing is asked of it unless the settings say so."""

    SETTLED = "settled"
    UNSETTLED = "unsettled"
    OLD = "old"
    ENDING = "ending"
    ENDED = "ended"


_UNSETTLED = (Status.EXPERIMENTAL, Status.DEVELOPMENT, Status.BETA, Status.NOT_TOLD)
_OLD = (Status.DEPRECATED, Status.MAINTENANCE, Status.END_OF_MAINTENANCE)


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an endpoint. ``released`` and ``told`` are months, 'YYYY-MM' or ''; ``end_of_life`` is the last
    day on which it answers, ``None`` while none is announced. ``ours``: the settings say so, not Copaco's pages."""

    name: str
    endpoint: str
    version: str
    status: Status
    released: str = ""
    told: str = ""
    end_of_life: datetime.date | None = None
    ours: bool = False

    @property
    def is_unsettled(self) -> bool:
        """Whether it may change without notice, however long it lasts."""
        return self.status in _UNSETTLED

    def standing(self, today: datetime.date) -> Standing:
        """What this means on ``today``."""
        if self.status is Status.END_OF_LIFE and self.end_of_life is None:
            return Standing.ENDED
        if self.end_of_life is not None and self.end_of_life < today:
            return Standing.ENDED
        if self.end_of_life is not None and (self.end_of_life - today).days <= WARN_DAYS:
            return Standing.ENDING
        if self.is_unsettled:
            return Standing.UNSETTLED
        return Standing.OLD if self.status in _OLD else Standing.SETTLED


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say of a version instead; ``None`` leaves what Copaco's pages say."""

    status: Status | None = None
    end_of_life: datetime.date | None = None


def _current(endpoint: str, released: str, status: Status = Status.EXPERIMENTAL) -> Life:
    return Life(name=endpoint, endpoint=endpoint, version="v1", status=status, released=released, told="2024-04")


def _legacy(version: str, status: Status) -> Life:
    return Life(name=f"billing-{version}", endpoint="billing", version=version, status=status)


SHIPPED: tuple[Life, ...] = (
    _current("invoices", "2023-11"),
    _current("example-invoices", "2023-11"),
    _current("customer-specifications", "2024-01"),
    # Announced on 13 February 2024, and on no list of statuses.
    _current("customer-invoices", "2024-02", Status.NOT_TOLD),
    _current("customer-subscriptions", "2024-02"),
    _current("products", "2024-04"),
    _legacy("v4", Status.CURRENT),
    _legacy("v3", Status.MAINTENANCE),
    _legacy("v2", Status.END_OF_MAINTENANCE),
    _legacy("v1", Status.END_OF_LIFE),
)
"""Copaco's pages on versions: that of the current API (kb.copaco.cloud/kb/versioning-new), that of the legacy Billing
API (kb.copaco.cloud/kb/versioning), and the announcement of customer-invoices (13 February 2024)."""
NAMES = tuple(life.name for life in SHIPPED)


def lives(overrides: Mapping[str, Override] | None = None) -> tuple[Life, ...]:
    """Every version, as Copaco's pages say or as ``overrides`` (by name) say instead."""
    return tuple(_overridden(life, (overrides or {}).get(life.name)) for life in SHIPPED)


def life_of(name: str, overrides: Mapping[str, Override] | None = None) -> Life:
    """The version with this ``name``: that of a list of the current API, or one of ``NAMES`` of the older."""
    return next(life for life in lives(overrides) if life.name == name)


def _overridden(life: Life, override: Override | None) -> Life:
    if override is None:
        return life
    return msgspec.structs.replace(
        life,
        status=override.status or life.status,
        end_of_life=override.end_of_life or life.end_of_life,
        ours=True,
    )
