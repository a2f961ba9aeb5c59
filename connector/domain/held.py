"""What a ledger holds: our entries as its own records tell them, and supplier invoices that came by another channel."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec


class HeldEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a ledger holds, as its own records tell: enough to rebuild our links to it.

    ``total_minor`` is ``JournalEntry.total_minor``, in minor units. ``accounts`` are the sums per account (minor units,
    debit positive) and ``vat`` the VAT per VAT code of the ledger, debit positive too; ``None`` when the ledger cannot
    tell. ``draft`` is true of what nobody has made final there yet.
    """

    key: str
    fingerprint: str
    date: datetime.date
    total_minor: int
    reference: str
    currency: str = ""
    accounts: Mapping[str, int] | None = None
    vat: Mapping[str, int] | None = None
    draft: bool = False


class OtherBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier invoice in the ledger that did not come from us: by Peppol, a scan or by hand.

    ``accounts`` are its sums per account in minor units of ``currency``, debit positive; empty when the ledger cannot
    tell. ``number`` is the supplier's. ``vat_minor`` is the VAT in it, debit positive, ``None`` when the ledger cannot
    tell. ``total_minor`` is what is owed, negative for a credit note. ``draft``
    is true of what nobody has made final there yet.
    """

    reference: str
    number: str
    date: datetime.date
    total_minor: int
    supplier: str = ""
    currency: str = ""
    vat_minor: int | None = None
    draft: bool = False
    accounts: Mapping[str, int] = {}
