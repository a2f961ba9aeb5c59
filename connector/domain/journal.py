"""Journal entries: signed postings, debit positive, that sum to zero. An unbalanced entry cannot be made."""

from __future__ import annotations

import datetime
import hashlib
from collections import defaultdict
from enum import Enum

import msgspec

from connector.domain.dates import month_of
from connector.domain.document import EntryKey
from connector.domain.invoice import Direction


class DocumentKind(Enum):
    """An ``invoice`` or a ``credit_note``; in Belgium the kind decides the grids of the VAT return. A
    ``reclassification`` books no document: it moves cost or revenue of one that is booked.
    """

    INVOICE = "invoice"
    CREDIT_NOTE = "credit note"
    RECLASSIFICATION = "reclassification"


class PostingRole(Enum):
    """What a posting is for: the party's open item, the net amount, VAT to deduct, VAT that may not be deducted and is
    cost, VAT that is due, a rounding difference, a net amount taken back because it moves to another account, or one
    taken back that a booking by another channel has elsewhere.
    """

    PARTY = "party"
    NET = "net"
    VAT_INPUT = "vat input"
    VAT_COST = "vat cost"
    VAT_DUE = "vat due"
    ROUNDING = "rounding"
    REVERSED = "reversed"
    ELSEWHERE = "elsewhere"


Dimensions = tuple[tuple[str, str], ...]
"""Analysis tags of a posting as (dimension, value), sorted by dimension."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One posting. ``minor`` is in minor units of the entry's currency, debit positive, credit negative.

    ``account`` is the account's number in the ledger, ``tax`` the internal tax code (``NL.P.STD.21``), ``base_minor``
    the base a VAT posting was computed on. ``groups`` are the positions in the document's summary whose cents the
    posting holds, and ``line_no`` (from 1) is set when the posting belongs to one line only.
    """

    account: str
    minor: int
    role: PostingRole
    tax: str = ""
    base_minor: int = 0
    dimensions: Dimensions = ()
    text: str = ""
    deferral: str = ""
    groups: tuple[int, ...] = ()
    line_no: int | None = None


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One balanced journal entry.

    ``date`` is the booking date and decides the ledger period; ``document_date`` is the date on the document,
    ``tax_point`` the date that decides rate and VAT period, ``vat_period`` is 'YYYY-MM'. ``number`` is the supplier's
    document number, unchanged. ``due`` belongs to the open item on the control account.
    """

    key: EntryKey
    kind: DocumentKind
    date: datetime.date
    document_date: datetime.date
    tax_point: datetime.date
    vat_period: str
    due: datetime.date | None
    currency: str
    number: str
    party: str
    text: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """Refuse an entry that does not balance or has fewer than two postings."""
        difference = sum(posting.minor for posting in self.postings)
        if difference:
            raise AssertionError(
                f"entry {self.key.text} is out of balance by {difference} minor units of {self.currency}"
            )
        if len(self.postings) < 2:
            raise AssertionError(f"entry {self.key.text} has fewer than two postings")

    @property
    def period(self) -> str:
        """The ledger period, 'YYYY-MM'."""
        return month_of(self.date)

    @property
    def total_minor(self) -> int:
        """The open item: positive when we owe (purchase) or are owed (sale), negative for a credit note."""
        party = sum(posting.minor for posting in self.postings if posting.role is PostingRole.PARTY)
        return party if self.key.direction is Direction.SALE else -party

    @property
    def fingerprint(self) -> str:
        """SHA-256, as hex, of what a ledger receives: dates, number, kind, and per posting account, amount, tax code
        and dimensions.
        """
        return hashlib.sha256(msgspec.json.encode(self._effect())).hexdigest()

    def _effect(self) -> tuple[object, ...]:
        head = (
            self.key.text,
            self.kind,
            self.date,
            self.document_date,
            self.tax_point,
            self.due,
            self.currency,
            self.number,
        )
        postings = ((p.account, p.minor, p.tax, p.dimensions, p.deferral) for p in self.postings)
        return (*head, tuple(postings))


def balances(entry: JournalEntry) -> dict[str, int]:
    """The effect of ``entry`` per account, in minor units, debit positive."""
    totals: dict[str, int] = defaultdict(int)
    for posting in entry.postings:
        totals[posting.account] += posting.minor
    return dict(totals)
