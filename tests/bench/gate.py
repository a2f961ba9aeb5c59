"""The gate: whoever lost a cent has no speed. Compares what a run left behind with the sandbox's own figures.

Of the store: lines, net and VAT of every document. Of the ledger files: net, VAT and open item of every document, and
the total of every account against the bare loop's, which chose it by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.bench.job import Figures

_TRANSACTION = re.compile(r"^\d{4}-\d\d-\d\d [*!] \((?P<number>[^)]*)\)")
_POSTING = re.compile(r"^ +(?P<account>[a-z]+:\d+)[^;]*? {2,}EUR (?P<amount>-?\d+\.\d\d)$")
VAT, CREDITOR = "liabilities:1520", "liabilities:1600"

Accounts = dict[str, int]


def booked(folder: Path) -> dict[str, Accounts]:
    """Cents per document number and account in the journals below ``folder``. ValueError for an unknown posting."""
    found: dict[str, Accounts] = {}
    for path in sorted(folder.rglob("*.journal")):
        current: Accounts | None = None
        for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if head := _TRANSACTION.match(line):
                current = found.setdefault(head["number"], {})
            elif posting := _POSTING.match(line):
                assert current is not None, f"{path}:{place}: a posting outside a transaction"
                cents = int(posting["amount"].replace(".", ""))
                current[posting["account"]] = current.get(posting["account"], 0) + cents
            elif current is not None and " EUR " in line and not line.lstrip().startswith(";"):
                raise ValueError(f"{path}:{place}: {line!r} is no posting we know")
    return found


def totals(documents: Mapping[str, Accounts]) -> Accounts:
    """Cents per account, all documents together."""
    sums: Counter[str] = Counter()
    for accounts in documents.values():
        sums.update(accounts)
    return dict(sums)


def lost_in_store(truth: Mapping[str, Figures], kept: Mapping[str, Figures]) -> list[str]:
    """What differs between the documents there are and those that were kept, in words."""
    return [
        f"{number}: there are {_shown(truth.get(number))}, kept are {_shown(kept.get(number))}"
        for number in sorted(truth.keys() | kept.keys())
        if truth.get(number) != kept.get(number)
    ]


def lost_in_books(truth: Mapping[str, Figures], documents: Mapping[str, Accounts]) -> list[str]:
    """What differs between the documents there are and the entries in the journals, in words."""
    found = []
    for number in sorted(truth.keys() | documents.keys()):
        accounts, true = documents.get(number, {}), truth.get(number, Figures())
        cost = sum(cents for account, cents in accounts.items() if account not in (VAT, CREDITOR))
        wanted = (true.net, true.vat, true.net + true.vat)
        written = (cost, accounts.get(VAT, 0), -accounts.get(CREDITOR, 0))
        if written != wanted:
            found.append(f"{number}: net, VAT and total are {wanted} cents, booked are {written}")
    return found


def lost_between(ours: Accounts, bare: Accounts) -> list[str]:
    """Accounts that two journals of the same invoices disagree about, in words."""
    return [
        f"account {account}: {ours.get(account, 0)} cents, by the bare loop {bare.get(account, 0)}"
        for account in sorted(ours.keys() | bare.keys())
        if ours.get(account, 0) != bare.get(account, 0)
    ]


def _shown(figures: Figures | None) -> str:
    return "none" if figures is None else f"{figures.lines} lines, net {figures.net} and VAT {figures.vat} cents"
