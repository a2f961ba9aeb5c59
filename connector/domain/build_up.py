"""What a subscription is made of, as the older Billing API tells it: its plan, its periods, and the resources with
their rates. It tells how the parts of a line are counted and carries no money."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

Named = tuple[tuple[str, str], ...]
"""A name in several languages: (language, text)."""
PREFERRED = "en"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A building block of a plan: what it is called and measured in, how much of it is ``included`` in the plan and
    what the subscription has of it (``amount``), and the rate that prices it, with its rate period where there is one.
    """

    resource_id: str = ""
    names: Named = ()
    units: Named = ()
    included: Decimal | None = None
    amount: Decimal | None = None
    manufacturer: str = ""
    part_number: str = ""
    rate_id: str = ""
    rate_period_id: str = ""
    rate_codes: Named = ()


class BuildUp(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscription is made of. Days are ISO where they can be read, else as they came; ``term`` and
    ``billed_per`` are lengths as they came: a number and its unit. ``period_codes`` are the stock codes of the plan's
    period by their purpose. ``unknown`` and ``unreadable`` as in a consolidated invoice."""

    subscription_id: str = ""
    plan_id: str = ""
    plan_names: Named = ()
    category: str = ""
    start: str = ""
    end: str = ""
    term: str = ""
    billed_per: str = ""
    period_id: str = ""
    period_codes: Named = ()
    resources: tuple[Resource, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def in_language(names: Sequence[tuple[str, str]], language: str) -> str:
    """The name in ``language``, else the English one, else the first."""
    by_language = {name.lower()[:2]: text for name, text in reversed(names) if text}
    return by_language.get(language) or by_language.get(PREFERRED) or next(iter(by_language.values()), "")
