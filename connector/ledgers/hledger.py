"""Journals for hledger, which ledger reads too: both accept them in their strict modes.

One tag per line, because ledger reads only the first tag of a comment; no commas in tags, where hledger ends a
tag's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from connector.domain.accounts import AccountType
from connector.domain.journal import JournalEntry, Posting
from connector.ledgers.admission import BOOKED_CURRENCY
from connector.ledgers.plaintext import (
    DIMENSION_PREFIX,
    ENTRY_TAGS,
    MONTH_TITLE,
    POSTING_TAGS,
    PlainTextFiles,
    Tags,
    entry_tags,
    posting_tags,
)
from connector.ledgers.wording import amount, exact, one_line, token

ROOTS = {
    AccountType.ASSET: "assets",
    AccountType.LIABILITY: "liabilities",
    AccountType.EQUITY: "equity",
    AccountType.INCOME: "income",
    AccountType.EXPENSE: "expenses",
}
"""hledger knows the type of an account by these names."""

_PLAIN_CODE = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_ACCOUNT_WIDTH, _AMOUNT_WIDTH = 52, 16
# A colon begins a sub-account, a semicolon a comment; the bracketed forms would be dates or virtual postings.
_ACCOUNT_SIGNS = str.maketrans(":;()[]", "-,<><>")
_HEAD_SIGNS = str.maketrans(";|", ",/")
_NUMBER_SIGNS = str.maketrans(";|()", ",/[]")
_TAG_SIGNS = str.maketrans(",[]", ";()")


class HledgerFiles(PlainTextFiles):
    """Month files ``2026-12.journal`` and ``main.journal``, for hledger and ledger."""

    extension = "journal"
    heads = re.compile(
        rb"^(?P<date>\d{4}-\d\d-\d\d) [^\n]*\n"
        rb"    ; connector-key: (?P<key>\S+)\n"
        rb"    ; connector-fingerprint: (?P<fingerprint>[0-9a-f]{64})\n"
        rb"    ; connector-total: (?P<total>-?\d+\.\d\d)$",
        re.MULTILINE,
    )
    declared = re.compile(r"^account (?P<account>.+)\n    note code (?P<code>.+)$", re.MULTILINE)
    included = re.compile(r"^include (?P<period>\d{4}-\d\d)\.journal$", re.MULTILINE)

    def account_name(self, code: str) -> str:
        """``expenses:7010 Inkoop licenties``."""
        account = self.accounts.accounts[code]
        title = one_line(account.name.translate(_ACCOUNT_SIGNS), limit=80)
        return f"{ROOTS[account.type]}:{token(code, _PLAIN_CODE)} {title}".rstrip()

    def declarations(self, names: Mapping[str, str], periods: Sequence[str]) -> str:
        """The commodity, the tags (ledger wants them declared), the accounts by code, the months in order."""
        parts = [
            self.preamble("Open this file in hledger or ledger."),
            f"commodity {BOOKED_CURRENCY}\n    format {BOOKED_CURRENCY} 1000.00\n\n",
            *(f"tag {tag}\n" for tag in (*ENTRY_TAGS, *POSTING_TAGS)),
            "\n",
            *(f"account {name}\n    note code {exact(code)}\n" for code, name in names.items()),
            "\n",
            *(f"include {self.file_name(period)}\n" for period in periods),
            "\n",
        ]
        return "".join(parts)

    def opening(self, blocks: bytes, /) -> str:
        """The comment, and the dimensions of the month, which ledger wants declared."""
        found = set(re.findall(rb"^        ; (%b[\w-]+):" % DIMENSION_PREFIX.encode(), blocks, re.MULTILINE))
        tags = "".join(f"tag {tag.decode()}\n" for tag in sorted(found))
        return self.preamble(MONTH_TITLE) + (f"{tags}\n" if tags else "")

    def render(self, entry: JournalEntry) -> str:
        """One transaction."""
        lines = [_head(entry), *_comments(entry_tags(entry), "    ")]
        for posting in entry.postings:
            lines += self._posting(posting, entry.currency)
        return "\n".join(lines) + "\n"

    def _posting(self, posting: Posting, currency: str) -> Iterator[str]:
        figure = f"{currency} {amount(posting.minor, currency)}"
        yield f"    {self.account(posting.account):<{_ACCOUNT_WIDTH}}  {figure:>{_AMOUNT_WIDTH}}"
        yield from _comments(posting_tags(posting, currency), "        ")


def _head(entry: JournalEntry) -> str:
    number = one_line(entry.number.translate(_NUMBER_SIGNS), limit=60)
    party = one_line(entry.party.translate(_HEAD_SIGNS), limit=120)
    text = one_line(entry.text.translate(_HEAD_SIGNS))
    return f"{entry.date} * ({number}) {party or 'unknown party'} | {text}".rstrip(" |")


def _comments(tags: Tags, indent: str) -> Iterator[str]:
    for tag, value in tags:
        yield f"{indent}; {tag}: {str(value).translate(_TAG_SIGNS)}"
