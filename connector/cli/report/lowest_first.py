"""Rows in the order of their margins, however many there are: sorted in parts, which wait in a temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import IO

import msgspec

from connector.domain.margin import order
from connector.domain.rows import Row

AT_ONCE = 3_000
"""Rows of a part: so many are in memory."""
_READ = 1 << 14
"""Bytes that are read of a part at a time."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Row).decode


def lowest_first(rows: Iterable[Row], at_once: int = AT_ONCE) -> Iterator[Row]:
    """``rows`` by ``order``; memory holds no more than ``at_once`` of them. OSError when there is no room for the rest
    in the system's folder for temporary files.
    """
    coming = iter(rows)
    with tempfile.TemporaryFile() as file:
        waiting: list[tuple[int, int]] = []
        while len(part := sorted(islice(coming, at_once), key=order)) == at_once:
            waiting.append((file.tell(), at_once))
            file.writelines(_encode(row) + b"\n" for row in part)
            del part  # before the next is gathered
        yield from merge(part, *(_read(file, *each) for each in waiting), key=order)


def _read(file: IO[bytes], place: int, count: int) -> Iterator[Row]:
    """The ``count`` rows that begin at ``place``; other parts are read meanwhile."""
    while count:
        file.seek(place)
        lines = file.readlines(_READ)[:count]
        place, count = place + sum(map(len, lines)), count - len(lines)
        yield from map(_decode, lines)
