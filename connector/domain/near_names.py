"""Near names: which of the names there are somebody may have meant who wrote another one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_LIKE = 0.7
"""How much a name, or a word of it, must resemble what was written."""
_SHORTEST = 3
"""Letters from which a part of a name says something."""


def near_names(written: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """The ``most`` names that look most like ``written``, the nearest first; none when none looks like it.

    A name that holds all of what was written, or of which a word is spelled nearly so, counts: people leave out legal
    forms, accents and half of a name.

    >>> near_names("zonneveld", ["Café Zonneveld B.V.", "Drukkerij De Graaf"])
    ['Café Zonneveld B.V.']
    """
    wanted = written.strip().casefold()
    ranked = [(-_likeness(wanted, name.casefold()), name) for name in sorted({each for each in names if each})]
    return [name for rank, name in sorted(ranked) if -rank >= _LIKE][:most] if wanted else []


def _likeness(wanted: str, name: str) -> float:
    if len(wanted) >= _SHORTEST and wanted in name:
        return 1.0
    words = [each for each in name.split() if len(each) >= _SHORTEST]
    return max(SequenceMatcher(None, wanted, each).ratio() for each in (name, *words))
