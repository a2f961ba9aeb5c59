"""Journals as tables: one CSV file per month, one row per posting. The simplest adapter, and the one to copy.

UTF-8 with a byte-order mark (so that a spreadsheet sees it), semicolons, a point in amounts. A text that a
spreadsheet would take for a formula has an apostrophe before it. The last row is the seal: ``seal`` in the first
column, then the digest and the number of entries.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from connector.domain.journal import JournalEntry, Posting
from connector.ledgers.files import MonthFiles
from connector.ledgers.sealed import SealForm, Staging
from connector.ledgers.wording import amount, exact, one_line

COLUMNS = (
    *("key", "fingerprint", "posting", "date", "total", "document_date", "tax_point", "vat_period", "kind", "number"),
    *("party", "due", "entry_text", "account", "account_name", "debit", "credit", "currency", "tax_code", "tax_base"),
    *("dimensions", "deferral", "text"),
)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "'")


class JournalCsv(MonthFiles):
    """Month files ``2026-12.csv``."""

    extension = "csv"
    seal = SealForm(before=b"seal;", between=b";", after=b";" * (len(COLUMNS) - 3))
    heads = re.compile(
        rb"^'?(?P<key>[^;'\"\n]+);(?P<fingerprint>[0-9a-f]{64});1;(?P<date>\d{4}-\d\d-\d\d);(?P<total>-?\d+\.\d\d);",
        re.MULTILINE,
    )
    between_blocks = b""

    def opening(self, _blocks: bytes, /) -> str:
        """The names of the columns."""
        return "\ufeff" + ";".join(COLUMNS) + "\n"

    def check_main(self, periods: Sequence[str]) -> None:
        """Tables have no main file."""

    def stage_main(self, staging: Staging, periods: Sequence[str]) -> None:
        """Tables have no main file."""

    def render(self, entry: JournalEntry) -> str:
        """One row per posting; what belongs to the entry is repeated, so that rows can be sorted and filtered."""
        table = io.StringIO()
        rows = csv.writer(table, delimiter=";", lineterminator="\n")
        head = tuple(_entry_cells(entry))
        key, fingerprint = cell(entry.key.text), entry.fingerprint
        for number, posting in enumerate(entry.postings, start=1):
            rows.writerow((key, fingerprint, number, *head, *self._posting_cells(posting, entry.currency)))
        return table.getvalue()

    def _posting_cells(self, posting: Posting, currency: str) -> Iterator[str]:
        figure = amount(abs(posting.minor), currency)
        yield cell(posting.account)
        yield cell(one_line(self.accounts.accounts[posting.account].name, limit=80))
        yield figure if posting.minor >= 0 else ""
        yield figure if posting.minor < 0 else ""
        yield currency
        yield cell(exact(posting.tax))
        yield amount(posting.base_minor, currency) if posting.base_minor else ""
        yield cell(", ".join(f"{exact(name)}={exact(value)}" for name, value in posting.dimensions))
        yield cell(exact(posting.deferral))
        yield cell(one_line(posting.text))


def _entry_cells(entry: JournalEntry) -> Iterator[str]:
    yield f"{entry.date}"
    yield amount(entry.total_minor, entry.currency)
    yield f"{entry.document_date}"
    yield f"{entry.tax_point}"
    yield entry.vat_period
    yield entry.kind.value
    yield cell(exact(entry.number))
    yield cell(one_line(entry.party, limit=120))
    yield f"{entry.due or ''}"
    yield cell(one_line(entry.text))


def cell(text: str) -> str:
    """``text`` as no spreadsheet takes it for a formula; ``plain`` gives it back.

    >>> cell("=1+1"), cell("'t Hooft"), cell("7010")
    ("'=1+1", "''t Hooft", '7010')
    """
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def plain(written: str) -> str:
    """The text that ``cell`` was given.

    >>> plain(cell("=1+1")), plain(cell("'t Hooft"))
    ('=1+1', "'t Hooft")
    """
    return written.removeprefix("'")
