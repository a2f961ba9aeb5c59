"""What the database tells for a report of a defect: sums and counts, and what must be hidden."""

from __future__ import annotations

import msgspec

from connector.engine.books import Workplace
from connector.store import administrations, schema, watched


class FindingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a finding was made in an administration."""

    administration: str
    code: str
    severity: str
    number: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of the database, the revision of its schema, the rows of each table, and how often each finding was
    made."""

    kind: str
    schema: str
    rows: dict[str, int]
    findings: tuple[FindingCount, ...]


def kept(place: Workplace) -> Kept:
    """What the database holds, in numbers."""
    with place.database.reading() as connection:
        names = {each.id: each.name for each in administrations.all_begun(connection)}
        return Kept(
            kind=place.database.kind,
            schema=schema.revision(connection),
            rows=schema.row_counts(connection),
            findings=tuple(
                FindingCount(administration=names[administration_id], code=code, severity=severity, number=number)
                for administration_id, code, severity, number in watched.findings_of_all(connection)
            ),
        )


def customers(place: Workplace) -> set[str]:
    """Everything by which customers are known, to hide it."""
    with place.database.reading() as connection:
        return watched.names_of_all(connection)
