"""Approval by one person or by two: the rule of the second pair of eyes."""

from __future__ import annotations

from connector.domain.delivery import DeliveryState

NOBODY = ""
"""In place of the name of a first person when there was none."""
PRICE_DAYS = 400
"""How long a price counts as known after the date of the last posted document that had it: 13 months, so that yearly
renewals are among them."""
METERED = "Usage Fee"
"""The charge type whose prices are the meter's: they differ by month, and a new one says nothing."""


def weight(total: int, moved: int) -> int:
    """What an entry weighs when a second person is asked for by amount (minor units, never negative): its open item, or
    what it moves between accounts (the sum of its debits) when it has none, as a reclassification."""
    return abs(total) or moved


def needs_second(weight: int, *, above: int | None, is_new: bool) -> bool:
    """Whether an entry of this ``weight`` needs a second person: one of more than ``above`` (``None``: no amount does),
    or one in which something is new, where that is asked for."""
    return is_new or (above is not None and weight > above)


def approves(actor: str, first: str) -> DeliveryState | None:
    """Where an entry that needs two persons goes when ``actor`` approves it: it waits for the second, or may be sent;
    ``None`` when ``first``, who approved it before, is the same person."""
    if first == NOBODY:
        return DeliveryState.READY
    return None if first == actor else DeliveryState.QUEUED
