"""Opens ledgers for the tests, the way the program does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, DeliveryState
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.ledgers.base import HeldEntry, Ledger, Listing, Setup
from connector.ledgers.files import MonthFiles
from connector.ledgers.registry import open_ledger
from tests.ledgers.worked import NL_CHART

FILE_KINDS = ("hledger", "beancount", "journal_csv")
KINDS = (*FILE_KINDS, "memory")
"""The ledgers without a server."""
SERVER_KINDS = ("exact", "odoo", "tryton")
EXTENSIONS = {"hledger": "journal", "beancount": "beancount", "journal_csv": "csv"}

NO_SETTINGS: Mapping[str, str] = {}


def opened(
    kind: str, folder: Path, *, chart: ChartOfAccounts = NL_CHART, settings: Mapping[str, str] = NO_SETTINGS
) -> Ledger:
    """A ledger named books."""
    return open_ledger(kind, Setup(name="books", chart=chart, settings=settings, folder=folder))


def opened_files(
    kind: str, folder: Path, *, chart: ChartOfAccounts = NL_CHART, settings: Mapping[str, str] = NO_SETTINGS
) -> MonthFiles:
    """A file ledger named books."""
    ledger = opened(kind, folder, chart=chart, settings=settings)
    assert isinstance(ledger, MonthFiles)
    return ledger


def month_file(kind: str, folder: Path, period: str = "2026-12") -> Path:
    """The month file of a period."""
    return folder / f"{period}.{EXTENSIONS[kind]}"


def states(answers: Sequence[Answer]) -> list[DeliveryState]:
    """What became of each entry."""
    return [answer.state for answer in answers]


def held(ledger: Ledger) -> list[HeldEntry]:
    """Everything the ledger holds."""
    return list(cast("Listing", ledger).all_entries())


def fingerprints(ledger: Ledger, keys: Sequence[EntryKey]) -> dict[str, str]:
    """What a look-up finds, by the whole key."""
    found = ledger.find_many(keys)
    return {receipt.key: receipt.fingerprint for receipts in found.values() for receipt in receipts}


def by_key(entries: Sequence[JournalEntry]) -> dict[str, str]:
    """What a look-up should find."""
    return {entry.key.text: entry.fingerprint for entry in entries}
