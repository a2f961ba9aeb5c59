"""Findings: what is wrong with a document, as values. They are collected, never raised."""

from __future__ import annotations

from enum import Enum

import msgspec


class Severity(Enum):
    """What a finding does: ``hold`` keeps the document out of the books, ``warn`` books and warns, ``report`` tells."""

    HOLD = "hold"
    WARN = "warn"
    REPORT = "report"


class Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is wrong or worth knowing about one document.

    ``code`` is stable and documented in ``docs/findings.md``; the sentence and the next step come from the catalogue in
    ``checks.catalogue`` and are filled with ``values``, so that they can be translated. ``where`` names the field or
    the line as a path (``lines[3].VAT``). ``minor`` is the amount at stake in minor units, signed.
    """

    code: str
    where: str = ""
    minor: int = 0
    values: tuple[tuple[str, str], ...] = ()


def finding(code: str, where: str = "", minor: int = 0, **values: object) -> Finding:
    """A finding with its values turned to text, in a fixed order."""
    texts = tuple(sorted((name, str(value)) for name, value in values.items()))
    return Finding(code=code, where=where, minor=minor, values=texts)
