"""Approval by one person or by two: the rule of the second pair of eyes."""

from __future__ import annotations

from connector.domain.delivery import DeliveryState

NOBODY = ""
"""In place of the name of a first person when there was none."""


def needs_second(total: int, *, above: int | None, is_new: bool) -> bool:
    """Whether an entry with this open item (minor units) needs a second person: one of more than ``above`` (``None``:
    no amount does), whatever its sign, or one in which something is new, where that is asked for."""
    return is_new or (above is not None and abs(total) > above)


def approves(actor: str, first: str) -> DeliveryState | None:
    """Where an entry that needs two persons goes when ``actor`` approves it: it waits for the second, or may be sent;
    ``None`` when ``first``, who approved it before, is the same person."""
    if first == NOBODY:
        return DeliveryState.READY
    return None if first == actor else DeliveryState.QUEUED
