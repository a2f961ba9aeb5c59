"""What every ledger of ours refuses, and its answers: for adapters that have no software of their own to say so."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.journal import JournalEntry
from connector.errors import LedgerError, PostingConflict, SettingsError

BOOKED_CURRENCY = "EUR"
_KEY_LIMIT = 1000


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why an entry cannot be booked here, and what a person can do about it."""

    reason: str
    hint: str


def closed_until(settings: Mapping[str, str], *, name: str) -> datetime.date | None:
    """The last closed day of the ledger ``name``, from its setting ``closed_until``. Raises SettingsError."""
    text = settings.get("closed_until", "")
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"closed_until is {text!r}, which is no date",
            hint="Write the last closed day as year-month-day, for example closed_until = 2026-12-31.",
            where=f"ledger {name}",
        ) from None


def refusal(entry: JournalEntry, *, chart: ChartOfAccounts, closed: datetime.date | None) -> Refusal | None:
    """Why ``entry`` cannot be booked: closed period, unknown account, another currency; ``None`` when it can."""
    if closed is not None and entry.date <= closed:
        return Refusal(
            reason=f"the ledger is closed until {closed} and the entry is dated {entry.date}",
            hint="Book the document by hand in a period that is open, and give its entry up with 'connector entries "
            "reject'. Or, if the books were opened again, set closed_until of the ledger in connector.toml to the new "
            "last closed day and approve the entry again.",
        )
    if entry.currency != BOOKED_CURRENCY:
        return Refusal(
            reason=f"the entry is in {entry.currency} and the ledger books {BOOKED_CURRENCY} only",
            hint="Book this document by hand; foreign currency cannot be booked yet.",
        )
    unknown = sorted({posting.account for posting in entry.postings} - chart.accounts.keys())
    if unknown:
        return Refusal(
            reason=f"the chart of accounts has no account {', '.join(unknown)}",
            hint="Add the account to accounts.csv or correct the rule that names it, then approve the entry again.",
        )
    if len(entry.key.text) > _KEY_LIMIT:
        return Refusal(
            reason=f"the entry's key has more than {_KEY_LIMIT} characters",
            hint="Look at the document's number and parties: one of them cannot be right.",
        )
    return None


def posted(entry: JournalEntry, reference: str, *, found: bool = False) -> Answer:
    """The ledger has ``entry``, newly or (``found``) already."""
    receipt = Receipt(key=entry.key.text, reference=reference, fingerprint=entry.fingerprint, found=found)
    return Answer(key=entry.key.text, state=DeliveryState.POSTED, receipt=receipt)


def rejected(entry: JournalEntry, why: Refusal) -> Answer:
    """The ledger refuses ``entry``."""
    return Answer(key=entry.key.text, state=DeliveryState.REJECTED, reason=why.reason, hint=why.hint)


def not_sent(entry: JournalEntry, why: LedgerError) -> Answer:
    """``entry`` certainly did not reach the ledger."""
    return Answer(key=entry.key.text, state=DeliveryState.QUEUED, reason=why.message, hint=why.hint)


def already_held(entry: JournalEntry, *, fingerprint: str, reference: str) -> Answer:
    """The ledger holds something under the key of ``entry``: the same entry (found), or another one (a conflict)."""
    if fingerprint == entry.fingerprint:
        return posted(entry, reference, found=True)
    return rejected(
        entry,
        Refusal(
            reason=f"the ledger holds another entry under the same key ({reference})",
            hint=PostingConflict.default_hint,
        ),
    )
