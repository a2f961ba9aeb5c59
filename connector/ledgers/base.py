"""What a ledger adapter is: a translator without rules, retries or database."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a ledger can do.

    ``settling_seconds`` is how long after a lost answer a look-up may still miss what was sent.
    """

    drafts: bool = False
    issues_invoices: bool = False
    reversal: bool = False
    attachments: bool = False
    settling_seconds: float = 0.0
    batch: int = 100
    """How many entries one ``post_many`` takes at most."""


class HeldEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a ledger holds, as its own records tell: enough to rebuild our links to it.

    ``total_minor`` is ``JournalEntry.total_minor``, in minor units.
    """

    key: str
    fingerprint: str
    date: datetime.date
    total_minor: int
    reference: str


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


class Adapter(Protocol):
    """What an entry point of the group ``connector.ledgers`` names: usually the ledger's class.

    ``SETTINGS`` names each setting it knows and says what it means; others are refused before it is called.
    """

    SETTINGS: Mapping[str, str]

    def __call__(self, *, name: str, chart: ChartOfAccounts, settings: Mapping[str, str], folder: Path) -> Ledger:
        """Make the ledger ``name``; raises SettingsError. Nothing is opened or written yet."""
        ...
