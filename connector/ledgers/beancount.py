"""Files for beancount and fava, which ``bean-check`` accepts.

They never hold a ``plugin`` line, which would run a program.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connector.domain.accounts import AccountType
from connector.domain.journal import JournalEntry, Posting
from connector.ledgers.admission import BOOKED_CURRENCY
from connector.ledgers.plaintext import MONTH_TITLE, PlainTextFiles, Tags, TagValue, entry_tags, posting_tags
from connector.ledgers.wording import amount, exact, one_line, token, words

ROOTS = {
    AccountType.ASSET: "Assets",
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.INCOME: "Income",
    AccountType.EXPENSE: "Expenses",
}

_PLAIN_CODE = re.compile(r"[A-Z0-9][A-Za-z0-9]*")
_ACCOUNT_WIDTH, _AMOUNT_WIDTH = 54, 12
_OPENED = "1970-01-01"  # before any entry, so that an account need not be opened again for an older one


class BeancountFiles(PlainTextFiles):
    """Month files ``2026-12.beancount`` and ``main.beancount``."""

    extension = "beancount"
    heads = re.compile(
        rb"^(?P<date>\d{4}-\d\d-\d\d) \* [^\n]*\n"
        rb'  connector-key: "(?P<key>[^"\s]+)"\n'
        rb'  connector-fingerprint: "(?P<fingerprint>[0-9a-f]{64})"\n'
        rb"  connector-total: (?P<total>-?\d+\.\d\d)$",
        re.MULTILINE,
    )
    declared = re.compile(rf'^{_OPENED} open (?P<account>\S+) \S+\n  code: "(?P<code>.*)"$', re.MULTILINE)
    included = re.compile(r'^include "(?P<period>\d{4}-\d\d)\.beancount"$', re.MULTILINE)

    def account_name(self, code: str) -> str:
        """``Expenses:7010-Inkoop-Licenties``: letters, digits and hyphens, a capital or digit first."""
        account = self.accounts.accounts[code]
        parts = [token(code, _PLAIN_CODE), *words(account.name)]
        return f"{ROOTS[account.type]}:{'-'.join(part[0].upper() + part[1:] for part in parts)}"

    def declarations(self, names: Mapping[str, str], periods: Sequence[str]) -> str:
        """Title, currency, the accounts by code, the months in order."""
        parts = [
            self.preamble("Open this file in fava or bean-check."),
            f'option "title" {_quoted(one_line(self.name))}\n',
            f'option "operating_currency" "{BOOKED_CURRENCY}"\n\n',
            f"{_OPENED} commodity {BOOKED_CURRENCY}\n\n",
            *(f'{_OPENED} open {name} {BOOKED_CURRENCY}\n  code: "{exact(code)}"\n' for code, name in names.items()),
            "\n",
            *(f'include "{self.file_name(period)}"\n' for period in periods),
            "\n",
        ]
        return "".join(parts)

    def opening(self, _blocks: bytes, /) -> str:
        """The comment."""
        return self.preamble(MONTH_TITLE)

    def render(self, entry: JournalEntry) -> str:
        """One transaction; the document number is its link and, unchanged, its ``number``."""
        party, text = one_line(entry.party, limit=120), one_line(entry.text)
        link = "-".join(words(entry.number, limit=60))
        head = f"{entry.date} * {_quoted(party)} {_quoted(text)}" + (f" ^{link}" if link else "")
        lines = [head, *_metadata(entry_tags(entry), "  ")]
        if entry.number:
            lines.append(f"  number: {_quoted(exact(entry.number))}")
        for posting in entry.postings:
            lines += self._posting(posting, entry.currency)
        return "\n".join(lines) + "\n"

    def _posting(self, posting: Posting, currency: str) -> Iterator[str]:
        figure = amount(posting.minor, currency)
        yield f"  {self.account(posting.account):<{_ACCOUNT_WIDTH}}  {figure:>{_AMOUNT_WIDTH}} {currency}"
        yield from _metadata(posting_tags(posting, currency), "    ")


def _metadata(tags: Tags, indent: str) -> Iterator[str]:
    for tag, value in tags:
        yield f"{indent}{tag}: {_value(value)}"


def _value(value: TagValue) -> str:
    match value:
        case datetime.date() | Decimal():
            return str(value)
        case _:
            return _quoted(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
