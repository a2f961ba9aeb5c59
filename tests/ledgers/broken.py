"""Adapters with one defect each: the conformance kit must find that one, by its check, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from connector.ledgers.conformance.counterpart import Counterpart
from tests.ledgers.broken_http import OVER_HTTP
from tests.ledgers.broken_memory import IN_MEMORY
from tests.ledgers.counterparts import MemoryCounterpart, daybook_counterpart
from tests.ledgers.tutorial import adapter

_KINDS = {kind.__name__: kind for kind in IN_MEMORY}

EXPECTED: Mapping[str, tuple[str, ...]] = {
    **{kind.__name__: (check,) for kind, check in IN_MEMORY.items()},
    **{name: slip.checks for name, slip in OVER_HTTP.items()},
}
"""The name of each broken adapter, and the check that it must fail; two where the defect cannot but touch both."""


@contextmanager
def counterpart_of(name: str) -> Iterator[Counterpart]:
    """A fresh counterpart of the broken adapter ``name``."""
    if name in _KINDS:
        yield MemoryCounterpart(_KINDS[name])
        return
    with daybook_counterpart(adapter(OVER_HTTP[name].words)) as counterpart:
        yield counterpart
