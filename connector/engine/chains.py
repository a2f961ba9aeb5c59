"""Chains: what is posted of a document, and the entry that is to follow."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.reclassification import Moves, is_correction
from connector.store.provenance import TakenBack
from connector.store.reclassifications import Link


def pointers(moved: Moves, posted: Sequence[Link]) -> dict[int, TakenBack]:
    """The postings of the entries ``posted`` that ``moved`` takes back, by the number of the posting that does so."""
    return {
        n: TakenBack(entry_id=posted[each.entry].entry_id, number=each.number) for n, each in enumerate(moved.back, 1)
    }


def booked_entry(posted: Sequence[Link]) -> Link:
    """The entry of the chain ``posted`` that stands for a version: the invoice, or its last correction."""
    return [each for each in posted if each.purpose == "invoice" or is_correction(each.purpose)][-1]
