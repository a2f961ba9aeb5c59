"""SubscriptionDetails: the attributes of a subscription's configuration, which carry no money."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import msgspec

from connector.domain.invoice import Detail, ident

_NOT_HIDDEN = {"", "0", "false", "no", "n"}
_details = msgspec.json.Decoder(tuple[Detail, ...]).decode


class Details(Enum):
    """Which attributes of a subscription are shown: those that Copaco's own PDF prints, all, or none."""

    PRINTED = "printed"
    ALL = "all"
    NONE = "none"


class Attribute(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One attribute of a subscription's configuration, as people read it; ``printed`` on Copaco's own PDF."""

    name: str
    value: str
    printed: bool


def attributes(received: str) -> tuple[Attribute, ...]:
    """The attributes in SubscriptionDetails as they are kept: a JSON array, '' when there is none."""
    return tuple(_attribute(each) for each in _details(received)) if received else ()


def shown(found: Iterable[Attribute], details: Details) -> list[Attribute]:
    """Those of ``found`` that are shown with ``details``, each once."""
    if details is Details.NONE:
        return []
    return list(dict.fromkeys(each for each in found if each.printed or details is Details.ALL))


def told(found: Iterable[Attribute]) -> str:
    """Attributes in one line: 'GB RAM: 32; vCores: 16'."""
    return "; ".join(f"{each.name}: {each.value}" if each.name else each.value for each in found)


def _attribute(detail: Detail) -> Attribute:
    hidden = "" if detail.noshow is None else str(detail.noshow).strip().lower()
    return Attribute(
        name=detail.attribute_description or detail.attribute or "",
        value=ident(detail.attribute_value),
        printed=hidden in _NOT_HIDDEN,
    )
