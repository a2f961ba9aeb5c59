"""What hledger and beancount share: a main file with declarations and includes, and tags.

The tags carry what has no field of its own.
"""

from __future__ import annotations

import datetime
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from connector.domain.journal import JournalEntry, Posting
from connector.domain.money import from_minor
from connector.ledgers.base import Setup
from connector.ledgers.files import MonthFiles
from connector.ledgers.sealed import Staging, missing, read_sealed
from connector.ledgers.wording import exact, one_line, token

DIMENSION_PREFIX = "dim-"
"""Before a dimension's name in its tag, so that none is taken for a tag with a meaning, such as hledger's ``date``."""

MONTH_TITLE = "One month of entries, written by the Copaco connector."

TagValue = str | datetime.date | Decimal
Tags = Iterator[tuple[str, TagValue]]
_PLAIN_DIMENSION = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")


class PlainTextFiles(MonthFiles):
    """Month files with a main file beside them. An account keeps the name under which it was first declared."""

    declared: ClassVar[re.Pattern[str]]
    """Finds each account that a main file declares, with the groups account and code."""
    included: ClassVar[re.Pattern[str]]
    """Finds each month file that a main file includes, with the group period."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._names: dict[str, str] = {}
        self._main_text = ""

    @property
    def main(self) -> Path:
        """The file to open in hledger, ledger, bean-check or fava."""
        return self.folder / f"main.{self.extension}"

    @abstractmethod
    def account_name(self, code: str) -> str:
        """The name in this format of the chart's account ``code``."""

    @abstractmethod
    def declarations(self, names: Mapping[str, str], periods: Sequence[str]) -> str:
        """The text of the main file: ``names`` are the accounts by code."""

    def account(self, code: str) -> str:
        """The name of the account ``code`` in this ledger, an older one if the chart was renamed since."""
        if code not in self._names:
            self._names[code] = self.account_name(code)
        return self._names[code]

    def check_main(self, periods: Sequence[str]) -> None:
        """Read the names in use, and include month files that a crash has left out."""
        self._main_text, self._names = "", {}
        if self.main.exists():
            self._main_text = read_sealed(self.main, self.seal).content.decode()
            self._names = {unquote(one["code"]): one["account"] for one in self.declared.finditer(self._main_text)}
        listed = [one["period"] for one in self.included.finditer(self._main_text)]
        for period in listed:
            if period not in periods:
                raise missing(self.folder / self.file_name(period), self.main.name)
        if listed != list(periods):
            with Staging(self.folder) as staging:
                self.stage_main(staging, periods)
                staging.replace()

    def stage_main(self, staging: Staging, periods: Sequence[str]) -> None:
        """Write the main file anew if an account or a month has come."""
        codes = sorted(self.accounts.accounts.keys() | self._names.keys())
        text = self.declarations({code: self.account(code) for code in codes}, periods)
        if text != self._main_text:
            staging.write(self.main.name, (text.encode(),), form=self.seal, count=len(periods))

    def preamble(self, first: str) -> str:
        """The comment at the head of every file: who writes it, and what not to do with it."""
        lines = (
            first,
            f"Ledger: {one_line(self.name)}",
            "Do not edit: the last line seals what stands above it, and the connector stops when it does not fit.",
            f"Entries of your own belong in a file of your own that includes {self.main.name}.",
        )
        return "".join(f"; {line}\n" for line in lines) + "\n"


def entry_tags(entry: JournalEntry) -> Tags:
    """What an entry carries beside date, number, party and text. The first three are what a look-up reads."""
    yield "connector-key", entry.key.text
    yield "connector-fingerprint", entry.fingerprint
    yield "connector-total", from_minor(entry.total_minor, entry.currency)
    yield "kind", entry.kind.value
    if entry.document_date != entry.date:
        yield "document-date", entry.document_date
    yield "tax-point", entry.tax_point
    yield "vat-period", entry.vat_period
    if entry.due is not None:
        yield "due", entry.due


def posting_tags(posting: Posting, currency: str) -> Tags:
    """What a posting carries beside account and amount."""
    if posting.tax:
        yield "tax", exact(posting.tax)
    if posting.base_minor:
        yield "tax-base", from_minor(posting.base_minor, currency)
    for dimension, value in posting.dimensions:
        yield DIMENSION_PREFIX + token(dimension, _PLAIN_DIMENSION), exact(value)
    if posting.deferral:
        yield "deferral", exact(posting.deferral)
    if text := one_line(posting.text):
        yield "text", text


ENTRY_TAGS = (
    "connector-key",
    "connector-fingerprint",
    "connector-total",
    "kind",
    "document-date",
    "tax-point",
    "vat-period",
    "due",
)
POSTING_TAGS = ("tax", "tax-base", "deferral", "text")
