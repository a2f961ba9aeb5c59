"""What a version of a document means for the books, in the light of what was already done with the document."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import msgspec

from connector.domain.delivery import DeliveryState


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the document that is not cancelled: how far it has come, and the booking fingerprint it was made
    from.
    """

    state: DeliveryState
    booking: bytes


class Step(Enum):
    """What to do with the version at hand."""

    BOOK = "book"  # nothing stands, or only what was never sent: book, superseding it
    SAME_BOOKING = "same booking"  # what stands already books exactly this
    CHANGED = "changed after posting"
    HOLD_IN_DELIVERY = "hold: changed while in delivery"


_UNDER_WAY = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.REJECTED)
_APPROVED = (DeliveryState.QUEUED, DeliveryState.HELD)


def next_step(standing: Sequence[Standing], booking: bytes) -> Step:
    """The step for a version with the booking fingerprint ``booking``; ``standing`` is oldest first.

    What was posted is never edited: a change of content that cannot change an entry (a customer number that fills in a
    day late) leaves it standing, any other change is held for a person or corrected by an entry of its own, as the
    setting ``on_change`` says.
    """
    for each in standing:
        if each.state in _UNDER_WAY:
            return Step.SAME_BOOKING if each.booking == booking else Step.HOLD_IN_DELIVERY
    approved = [each for each in standing if each.state in _APPROVED]
    if approved and approved[-1].booking == booking:
        return Step.SAME_BOOKING
    posted = [each for each in standing if each.state is DeliveryState.POSTED]
    if posted:
        return Step.SAME_BOOKING if posted[-1].booking == booking else Step.CHANGED
    return Step.BOOK
