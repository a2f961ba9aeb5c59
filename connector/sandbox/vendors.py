"""An invoice per vendor in place of the consolidated one, as the platform made them before 13 February 2024."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connector.sandbox.catalogue import EVERY_PLAN
from connector.sandbox.documents import Block

Held = Callable[[], Iterable[Block]]
"""The customers of an invoice, to be gone through again at every call."""

VENDORS = tuple(sorted({plan.category for plan in EVERY_PLAN}))


def vendor_number(vendor: str) -> int:
    """Return the number of a vendor, from 1."""
    return VENDORS.index(vendor) + 1


def by_vendor(number: str, held: Held, *, sale: bool = False) -> Iterator[tuple[str, Held]]:
    """Yield the part of every vendor under a number of its own: that of the invoice with two digits behind it."""
    absent = "purchase" if sale else "sale"
    found = {
        subscription.plan.category
        for block in held()
        for subscription, lines in block.subscriptions
        if any(line.only != absent for line in lines)
    }
    for vendor in sorted(found):
        yield f"{number}{vendor_number(vendor):02d}", _of_vendor(held, vendor)


def _of_vendor(held: Held, vendor: str) -> Held:
    def part() -> Iterator[Block]:
        for block in held():
            kept = tuple(one for one in block.subscriptions if one[0].plan.category == vendor)
            if kept:
                yield block._replace(subscriptions=kept)

    return part
