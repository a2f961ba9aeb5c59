"""Writes the golden ledgers anew: ``python -m tests.ledgers.regenerate``. Read the difference before you commit it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from connector.domain.accounts import ChartOfAccounts
from connector.domain.journal import JournalEntry
from connector.ledgers.base import Setup
from connector.ledgers.registry import open_ledger
from connector.ledgers.sealed import LOCK_NAME
from tests.ledgers import worked

GOLDEN = Path(__file__).parent / "golden"
KINDS = ("hledger", "beancount", "journal_csv")
BOOKS: dict[str, tuple[ChartOfAccounts, Sequence[JournalEntry]]] = {
    "nl": (worked.NL_CHART, worked.NL_ENTRIES),
    "be": (worked.BE_CHART, (worked.BE_PURCHASE,)),
}


def write_books(book: str, kind: str, folder: Path) -> dict[str, bytes]:
    """The ledger files of one set of worked entries, by name."""
    chart, entries = BOOKS[book]
    with open_ledger(kind, Setup(name=f"worked entries {book}", chart=chart, settings={}, folder=folder)) as ledger:
        answers = ledger.post_many(entries)
    assert all(answer.receipt for answer in answers), answers
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != LOCK_NAME}


def main() -> None:
    """Replace all golden files."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for book in BOOKS:
        for kind in KINDS:
            with tempfile.TemporaryDirectory() as folder:
                files = write_books(book, kind, Path(folder))
            target = GOLDEN / book / kind
            target.mkdir(parents=True)
            for name, content in files.items():
                (target / name).write_bytes(content)


if __name__ == "__main__":
    main()
