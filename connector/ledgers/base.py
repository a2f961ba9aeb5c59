"""What a ledger adapter is: a translator without rules, retries or database."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.held import HeldEntry, OtherBooking
from connector.domain.journal import JournalEntry

__all__ = [
    "Adapter",
    "Capabilities",
    "HeldEntry",
    "Ledger",
    "Listing",
    "LogsIn",
    "OtherBooking",
    "Paper",
    "ReadsBack",
    "SeesOthers",
    "Setup",
    "TaxThere",
    "TellsVatCodes",
    "VatCode",
]


class TaxThere(msgspec.Struct, frozen=True, kw_only=True):
    """How the ledger books one of our tax codes: its own ``code``, from the column of ``tax.csv`` that is named after
    the ledger's kind. ``rate`` is in percent; with ``reverse_charge`` we owe the VAT ourselves and deduct it.
    """

    code: str
    rate: Decimal
    direction: str
    reverse_charge: bool = False


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A file that belongs to an entry. ``media_type`` is as in ``text/csv``; ``name`` has no folder in it."""

    name: str
    media_type: str
    content: bytes


def _no_papers(_entry: JournalEntry) -> Sequence[Paper]:
    """Where nothing is kept of an entry, nothing can be attached."""
    return ()


def _nobody(secret: str) -> None:
    """Where no log is kept, nobody need be told of a secret."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a ledger is made of.

    ``folder`` is where a file ledger writes, ``tokens`` where one that logs in keeps its tokens. ``secrets`` give each
    secret that the adapter names in ``SECRETS`` when they are called, and not before; ``hide`` is told of every other
    secret that is met (an access token), so that logs remove it; the newest eight of them are remembered. ``taxes`` are
    by our tax code, ``debtors`` are the numbers that customers have in the ledger, by Copaco's AccountID.
    ``papers`` gives the files that belong to an entry when it is called, for a ledger that attaches them.
    ``now`` is aware and in UTC, ``monotonic`` and ``sleep`` are in seconds.
    """

    name: str
    chart: ChartOfAccounts
    settings: Mapping[str, str]
    folder: Path
    tokens: Path = Path("tokens")
    secrets: Mapping[str, Callable[[], str]] = {}
    taxes: Mapping[str, TaxThere] = {}
    debtors: Mapping[str, str] = {}
    papers: Callable[[JournalEntry], Sequence[Paper]] = _no_papers
    hide: Callable[[str], object] = _nobody
    now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a ledger can do, as its adapter declares it; the conformance kit tries what is declared.

    ``drafts``: entries can be left as drafts there; ``leaves_drafts``: as it is set they stay drafts until a person
    makes them final; ``issues_invoices``: it issues sales invoices and gives them
    numbers. ``purchase_invoices``, ``sales_invoices`` and ``journal`` say what kinds of records our entries become.
    ``attachments``: as it is set, it attaches the files that belong to an entry.
    ``settling_seconds`` is how long after a lost answer a look-up may still miss what was sent.
    """

    drafts: bool = False
    leaves_drafts: bool = False
    issues_invoices: bool = False
    reversal: bool = False
    attachments: bool = False
    purchase_invoices: bool = False
    sales_invoices: bool = False
    journal: bool = True
    dimensions: bool = True
    due_dates: bool = True
    settling_seconds: float = 0.0
    batch: int = 100
    """How many entries one ``post_many`` takes at most."""


class VatCode(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT code that the ledger has. ``rate`` is in percent, ``None`` when the ledger does not tell."""

    code: str
    name: str
    rate: Decimal | None = None


@runtime_checkable
class Ledger(Protocol):
    """A ledger: bookkeeping software, or files. Opened as a context manager with settings of its own."""

    name: str
    capabilities: Capabilities

    def __enter__(self) -> Self:
        """Open the connection or take the lock."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it again."""
        ...

    def chart(self) -> ChartOfAccounts | None:
        """The accounts the ledger knows; ``None`` when it takes ours (files)."""
        ...

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """What the ledger already holds, for any purpose, of the *document part* of each key.

        Asked before anything is sent. The result is keyed by ``EntryKey.document``; documents that were not found
        are absent. Raises LedgerUnavailable, LedgerRefused.
        """
        ...

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Post ``entries`` in order; one answer per entry, in the same order.

        Raises LedgerUnavailable or LedgerRefused only when certainly nothing of the batch was posted, and
        OutcomeUnknown when nothing is known of any of them.
        """
        ...


@runtime_checkable
class Listing(Protocol):
    """A ledger that can tell everything it holds from us, for reconciling and for rebuilding a lost database."""

    def all_entries(self) -> Iterator[HeldEntry]:
        """Every entry with a key of ours, oldest first. Raises LedgerUnavailable, LedgerRefused."""
        ...


@runtime_checkable
class ReadsBack(Protocol):
    """A ledger of others, which may book something else than it was sent: what it holds is read back and compared."""

    def read_many(self, receipts: Sequence[Receipt]) -> Mapping[str, HeldEntry]:
        """What stands in the ledger under each receipt, by key, with accounts, VAT and currency. Raises
        LedgerUnavailable, LedgerRefused."""
        ...


@runtime_checkable
class TellsVatCodes(Protocol):
    """A ledger that tells its VAT codes, so that ``tax.csv`` can be checked against them."""

    def vat_codes(self) -> Sequence[VatCode]:
        """All codes that can be used. Raises LedgerUnavailable, LedgerRefused."""
        ...


@runtime_checkable
class SeesOthers(Protocol):
    """A ledger in which the same supplier invoice may have come by another channel, and can be looked for."""

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Bookings without a key of ours that have the supplier and number of an entry, by ``EntryKey.document``; of
        purchases only. Raises LedgerUnavailable, LedgerRefused."""
        ...


@runtime_checkable
class LogsIn(Protocol):
    """A ledger to which a person must let us in once, in a browser."""

    def login_address(self, state: str) -> str:
        """The address that the person opens. ``state`` comes back in the answer and proves that it is ours."""
        ...

    def login(self, answer: str, state: str) -> None:
        """Take the address to which the browser was sent back, and keep the tokens. Raises LedgerRefused."""
        ...


class Adapter(Protocol):
    """What an entry point of the group ``connector.ledgers`` names: usually the ledger's class.

    ``SETTINGS`` names each setting it knows and says what it means; others are refused before it is called. Those that
    are secrets stand in a mapping ``SECRETS`` instead, when it has any; they are set by a reference, as in
    ``password = "env:LEDGER_PASSWORD"``.
    """

    SETTINGS: Mapping[str, str]

    def __call__(self, setup: Setup, /) -> Ledger:
        """Make the ledger; raises SettingsError. Nothing is opened, asked or written yet."""
        ...
