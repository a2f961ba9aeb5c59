"""Reconciliation: what we posted beside what the ledger says it holds, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from connector.domain.held import HeldEntry
from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.domain.money import show

DATE, CURRENCY, TOTAL, ACCOUNT, VAT, DRAFT, CONTENT = (
    "date", "currency", "total", "account", "vat", "draft", "content",
)  # fmt: skip
AMOUNTS = (TOTAL, ACCOUNT, VAT)
"""The fields whose two sides are amounts."""
_VAT_ROLES = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the ledger holds otherwise than we posted it.

    ``field`` is one of the constants of this module and ``what`` the account or the ledger's VAT code it is about, ''
    where there is but one. ``ours`` and ``theirs`` are readable: ISO dates, amounts with their decimals. ``minor`` is
    theirs less ours in minor units, 0 where it is no amount.
    """

    field: str
    what: str = ""
    ours: str
    theirs: str
    minor: int = 0

    @property
    def told(self) -> str:
        """It in words: 'account 4400: 100.00 posted, 90.00 in the ledger'."""
        name = f"{self.field} {self.what}".rstrip()
        return f"{name}: {self.ours} posted, {self.theirs} in the ledger"


def differences(
    entry: JournalEntry, held: HeldEntry, codes: Mapping[str, str], *, leaves_drafts: bool = False
) -> tuple[Difference, ...]:
    """How the ledger's record ``held`` differs from ``entry``, which was posted.

    With ``leaves_drafts`` a draft is what was wanted.
    ``codes`` gives the ledger's VAT code for each of our tax codes; one that is not there stands for itself. What the
    ledger cannot tell is not compared. The fingerprint that it kept speaks only where nothing else does: it tells that
    another content was sent, not which.
    """
    currency = entry.currency
    found = [
        *_texts(DATE, entry.date.isoformat(), held.date.isoformat()),
        *(_texts(CURRENCY, currency, held.currency) if held.currency else ()),
        *_amounts(TOTAL, {"": entry.total_minor}, {"": held.total_minor}, currency),
    ]
    if held.accounts is not None:
        found += _amounts(ACCOUNT, balances(entry), held.accounts, currency)
    if held.vat is not None:
        found += _amounts(VAT, vat_per_code(entry, codes), held.vat, currency)
    if held.draft and not leaves_drafts:
        found.append(Difference(field=DRAFT, ours="final", theirs="draft"))
    if not found and held.fingerprint:
        found += _texts(CONTENT, entry.fingerprint, held.fingerprint)
    return tuple(found)


def vat_per_code(entry: JournalEntry, codes: Mapping[str, str]) -> Mapping[str, int]:
    """The VAT of ``entry`` per VAT code of the ledger, in minor units, debit positive.

    Under reverse charge what is due and what is deducted cancel each other out. VAT that may not be deducted is cost,
    as in the ledger.
    """
    sums: Counter[str] = Counter()
    for posting in entry.postings:
        if posting.role in _VAT_ROLES:
            sums[codes.get(posting.tax, posting.tax)] += posting.minor
    return sums


def _texts(field: str, ours: str, theirs: str) -> list[Difference]:
    return [Difference(field=field, ours=ours, theirs=theirs)] if ours != theirs else []


def _amounts(field: str, ours: Mapping[str, int], theirs: Mapping[str, int], currency: str) -> list[Difference]:
    """The names under which both sides have another amount; one that is not there is nothing."""
    return [
        Difference(
            field=field,
            what=name,
            ours=show(ours.get(name, 0), currency),
            theirs=show(theirs.get(name, 0), currency),
            minor=theirs.get(name, 0) - ours.get(name, 0),
        )
        for name in sorted({*ours, *theirs})
        if ours.get(name, 0) != theirs.get(name, 0)
    ]
