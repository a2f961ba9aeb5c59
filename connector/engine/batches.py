"""Batches: long work cut into parts, so that memory grows with the largest document and not with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

BATCH, BATCH_LINES = 50, 20_000
"""Documents, and their lines, that are worked on together; a larger document is alone in its batch."""


def batches(
    items: Iterable[T], lines_of: Callable[[T], int], *, most: int = BATCH, most_lines: int = BATCH_LINES
) -> Iterator[list[T]]:
    """``items`` in their order, in batches of at most ``most`` items and ``most_lines`` lines; none is empty."""
    batch, lines = list[T](), 0
    for item in items:
        if batch and (len(batch) == most or lines + lines_of(item) > most_lines):
            yield batch
            batch, lines = [], 0
        batch.append(item)
        lines += lines_of(item)
    if batch:
        yield batch
