"""Waiting: the combinations of held documents for which the mapping tables have no row, with their euros."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from connector.domain.waiting import Waiting
from connector.engine import look
from connector.engine.books import Books, Workplace
from connector.engine.look import Seen

CODES = frozenset({"ACCOUNT-UNMAPPED", "CHARGE-TYPE-UNKNOWN", "CUSTOMER-UNMAPPED"})
"""Findings that a new row mends."""


def waiting(place: Workplace, books: Books) -> list[Waiting]:
    """What waits for a row in the tables, the most euros first.

    From the findings of the documents that are held now. ``lines`` counts lines that a finding tells apart, one per
    document; findings about an account that a role lacks are left out, they are mended in accounts.csv.
    """
    return together(each for seen in look.findings(place, books) if (each := _waiting(seen)))


def _waiting(seen: Seen) -> Waiting | None:
    found = seen.found.finding
    values = dict(found.values)
    if found.code not in CODES or "direction" not in values:
        return None
    return Waiting(
        direction=values["direction"],
        code=found.code,
        net=found.minor,
        lines=1,
        # Whose debtor is missing does not depend on what they bought.
        **({} if found.code == "CUSTOMER-UNMAPPED" else _bought(values)),
        customer=values.get("customer", ""),
        customer_name=values.get("customer_name", ""),
    )


def _bought(values: dict[str, str]) -> dict[str, str]:
    return {name: values.get(name, "") for name in ("charge_type", "product_group", "plan")}


def together(found: Iterable[Waiting]) -> list[Waiting]:
    """``found`` with equal combinations added up, the most euros first, then by their texts."""
    summed: dict[Waiting, Waiting] = {}
    for each in found:
        key = msgspec.structs.replace(each, net=0, lines=0)
        known = summed.get(key, key)
        summed[key] = msgspec.structs.replace(known, net=known.net + each.net, lines=known.lines + each.lines)
    return sorted(summed.values(), key=lambda each: (-abs(each.net), msgspec.structs.astuple(each)))
