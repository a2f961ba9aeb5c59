"""Deliveries: how an entry travels to a ledger. The states, and the only table of allowed transitions."""

from __future__ import annotations

import datetime
from enum import Enum

import msgspec


class DeliveryState(Enum):
    """Where an entry stands on its way to the ledger."""

    READY = "ready"  # prepared, waits for approval
    QUEUED = "queued"  # approved, may be sent
    HELD = "held"  # a person keeps it back, or it is booked through another channel
    SENDING = "sending"  # the intent is stored; the call may be under way
    UNKNOWN = "unknown"  # sent, no answer: look it up before anything else
    REJECTED = "rejected"  # the ledger refused it; a person decides
    POSTED = "posted"  # the ledger has it, and we have the receipt
    CANCELLED = "cancelled"  # superseded or withdrawn before it was sent


_S = DeliveryState

TRANSITIONS: dict[DeliveryState, dict[DeliveryState, str]] = {
    _S.READY: {
        _S.QUEUED: "approved",
        _S.HELD: "a person holds it",
        _S.CANCELLED: "superseded or rejected by a person",
    },
    _S.QUEUED: {
        _S.SENDING: "intent stored",
        _S.HELD: "a person holds it, or it is booked through another channel",
        _S.CANCELLED: "superseded or cancelled",
    },
    _S.HELD: {
        _S.QUEUED: "a person lets it go",
        _S.READY: "let go by the first of two persons",
        _S.CANCELLED: "superseded or cancelled",
    },
    _S.SENDING: {
        _S.POSTED: "receipt",
        _S.REJECTED: "refused by the ledger",
        _S.UNKNOWN: "no answer, or found after a crash",
        _S.QUEUED: "certainly not sent",
    },
    _S.UNKNOWN: {
        _S.POSTED: "found by look-up",
        _S.QUEUED: "certainly not there",
        _S.REJECTED: "other content found",
    },
    _S.REJECTED: {_S.QUEUED: "a person tries again", _S.CANCELLED: "a person gives it up"},
    _S.POSTED: {},
    _S.CANCELLED: {},
}
"""From → to → the cause. What is not here cannot happen; the database keeps the same table."""

IN_DELIVERY = frozenset({_S.QUEUED, _S.SENDING, _S.UNKNOWN, _S.REJECTED})
"""States that count as 'in delivery' in the equation of the cents; a delivery that a person holds counts as held."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger's word that it has an entry: its own reference, and the key and fingerprint found there.

    ``adopted``: a booking by another channel stands for it, under ``reference``; key and fingerprint are ours only.
    """

    key: str
    reference: str
    fingerprint: str
    found: bool = False  # by look-up, not by this sending
    adopted: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger's answer about one entry of a batch: a receipt, or the reason why not."""

    key: str
    state: DeliveryState  # POSTED, REJECTED, UNKNOWN or QUEUED (certainly not sent)
    receipt: Receipt | None = None
    reason: str = ""
    hint: str = ""


class DeliveryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a delivery, kept for ever. ``actor`` is a person's name or 'connector'."""

    at: datetime.datetime
    state: DeliveryState
    actor: str
    reason: str = ""


def check_transition(before: DeliveryState, after: DeliveryState) -> None:
    """Refuse a step that the table does not name; our own mistake, hence an assertion."""
    if after not in TRANSITIONS[before]:
        raise AssertionError(f"a delivery cannot go from {before.value} to {after.value}")
