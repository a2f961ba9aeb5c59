"""Retention: how long books are kept by law, and what stays of a document when that time is over.

The years are those of the calendar. A document belongs to the last year that it was booked in or is dated in; its
period begins at the end of that year.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence

import msgspec

_encode = msgspec.json.Encoder().encode
USUAL_YEARS = 10
"""Where no rule of a country is known here: the longest of those that are."""


class LegalPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """How many years a country wants books kept at least, and where it says so."""

    years: int
    rule: str


LEGAL_PERIODS = {
    "NL": LegalPeriod(years=7, rule="AWR art. 52, paragraph 4"),
    "BE": LegalPeriod(years=10, rule="VAT Code art. 60, since 2023"),
    "DE": LegalPeriod(years=8, rule="AO § 147(3) and UStG § 14b for vouchers, since 2025"),
    "FR": LegalPeriod(years=10, rule="Code de commerce art. L123-22"),
    "LU": LegalPeriod(years=10, rule="Code de commerce art. 16"),
    "AT": LegalPeriod(years=7, rule="BAO § 132"),
}
"""By country. Some books are kept longer: of immovable property or the one-stop shop in the Netherlands 10 years, the
books themselves in Germany 10."""


def years_kept(country: str) -> int:
    """The years that ``country`` wants books kept, or ``USUAL_YEARS`` where that is not known here."""
    legal = LEGAL_PERIODS.get(country)
    return legal.years if legal else USUAL_YEARS


def last_year_over(today: datetime.date, years: int) -> int:
    """The last year whose period of ``years`` is over on ``today``.

    >>> last_year_over(datetime.date(2025, 12, 31), 7), last_year_over(datetime.date(2026, 1, 1), 7)
    (2017, 2018)
    """
    return today.year - years - 1


def end_of(year: int) -> datetime.datetime:
    """The first moment after ``year`` (UTC), by which answers of the source count as of that year or before.

    >>> end_of(2018).isoformat()
    '2019-01-01T00:00:00+00:00'
    """
    return datetime.datetime(year + 1, 1, 1, tzinfo=datetime.UTC)


class PurgedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What stays of a document: its key is the invoice's. ``state`` is 'posted', 'ignored', or 'held' where
    it changed after it was posted; lines and minor units are those of its last version; ``hash`` covers the bytes and
    fields of all its ``versions``."""

    invoice_id: int
    document_date: datetime.date
    state: str
    versions: int
    lines: int
    net_minor: int
    vat_minor: int
    currency: str
    hash: bytes


class PurgedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What stays of a posted entry: the key and fingerprint under which the ledger holds it, and its open item."""

    entry_no: int
    invoice_id: int
    ledger: str
    entry_key: str
    fingerprint: str
    total_minor: int


class PurgedRows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a table went, and the highest of their ids (0 where they have none of their own)."""

    table_name: str
    rows: int
    highest: int


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """A removal: of everything up to and with the year ``until``, by whom, why and when; with the sums of what went."""

    purge_id: int
    until: int
    actor: str
    reason: str
    at: datetime.datetime
    documents: int
    lines: int
    net_minor: int
    vat_minor: int


class PurgeHash:
    """SHA-256 of a purge with all that is kept of it, which is taken row by row: documents by invoice, entries by
    number, rows by table."""

    def __init__(self, purge: Purge) -> None:
        moment = purge.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        fields = (purge.purge_id, purge.until, purge.actor, purge.reason, moment)
        sums = (purge.documents, purge.lines, purge.net_minor, purge.vat_minor)
        self._sha256 = hashlib.sha256(_encode((*fields, *sums)))

    def take(self, row: PurgedDocument | PurgedEntry | PurgedRows) -> None:
        """Take the next row."""
        self._sha256.update(_encode((type(row).__name__, row)))

    @property
    def digest(self) -> bytes:
        """Of everything taken so far."""
        return self._sha256.digest()


def hash_of_versions(versions: Sequence[tuple[bytes, bytes]]) -> bytes:
    """SHA-256 over (content fingerprint, SHA-256 of the raw bytes) of the versions of a document, oldest first."""
    return hashlib.sha256(b"".join(content + raw for content, raw in versions)).digest()
