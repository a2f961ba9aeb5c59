"""An entry as Odoo takes it: a bill, an invoice, a refund, or a journal entry. Nothing is asked or sent here.

Here the sign turns: an invoice has positive amounts whatever its side, a journal entry debit and credit. An invoice
whose total is negative cannot be posted in Odoo; it becomes a refund, and the other way round.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole
from connector.domain.money import from_minor
from connector.ledgers.wording import one_line

# Between underscores, as Odoo names what is imported: no module of Odoo can have this name, and none can remove it.
MODULE = "__copaco_connector__"
JOURNAL_ENTRY = "entry"
VAT_ROLES = frozenset({PostingRole.VAT_INPUT, PostingRole.VAT_DUE})
_DEBITS = frozenset({"in_invoice", "out_refund"})

Vat = Mapping[tuple[int, str], int]
"""VAT in minor units, debit positive, by the number of the tax and the code of the account."""


class Referred(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry refers to, as Odoo numbers it: accounts by code, taxes by our tax code, the analytic account of
    each posting, the contact (``None`` when the entry names none), journal and currency."""

    accounts: Mapping[str, int]
    taxes: Mapping[str, int]
    analytic: tuple[Mapping[str, int] | None, ...]
    contact: int | None
    journal: int
    currency: int


def external_name(key: EntryKey) -> str:
    """The name of the external id of the entry ``key``: unique, and beginning alike for one document."""
    return f"{document_name(key.document)}-{key.short}"


def document_name(document: str) -> str:
    """What the external ids of all entries of ``document`` begin with."""
    return hashlib.blake2b(document.encode(), digest_size=10).hexdigest()


def reference(entry: JournalEntry) -> str:
    """The document's number as Odoo's reference field takes it."""
    return one_line(entry.number)


def move_type(entry: JournalEntry) -> str:
    """The kind of record in Odoo."""
    if entry.key.purpose != "invoice" or entry.kind is DocumentKind.RECLASSIFICATION:
        return JOURNAL_ENTRY
    side = "out" if entry.key.direction is Direction.SALE else "in"
    total = entry.total_minor
    refund = total < 0 or (total == 0 and entry.kind is DocumentKind.CREDIT_NOTE)
    return f"{side}_{'refund' if refund else 'invoice'}"


def journal_kind(entry: JournalEntry) -> str:
    """The kind of journal: purchase, sale or general."""
    if move_type(entry) == JOURNAL_ENTRY:
        return "general"
    return entry.key.direction.value


def head(entry: JournalEntry, referred: Referred) -> dict[str, str]:
    """The empty record under its external id, as ``load`` takes it: texts by column. It is marked as unfinished."""
    columns = {
        "id": f"{MODULE}.{external_name(entry.key)}",
        "move_type": move_type(entry),
        "journal_id/.id": str(referred.journal),
        "currency_id/.id": str(referred.currency),
        "date": entry.date.isoformat(),
        "ref": reference(entry),
        "narration": unfinished(entry.key),
    }
    if referred.contact is not None:
        columns["partner_id/.id"] = str(referred.contact)
    if move_type(entry) != JOURNAL_ENTRY:
        columns["invoice_date"] = entry.document_date.isoformat()
    return columns


def unfinished(key: EntryKey) -> str:
    """The text that a record carries until all of it is there."""
    return f"<p>connector-unfinished: {key.text}</p>"


def content(entry: JournalEntry, referred: Referred) -> dict[str, Any]:
    """What is written into the empty record: dates and lines."""
    if move_type(entry) == JOURNAL_ENTRY:
        return {"date": entry.date, "line_ids": _instead(_journal_lines(entry, referred))}
    return {
        "invoice_date": entry.document_date,
        "date": entry.date,
        # Terms of payment would replace the due date of the document.
        "invoice_payment_term_id": False,
        "invoice_date_due": entry.due or entry.document_date,
        "invoice_line_ids": _instead(_invoice_lines(entry, referred)),
    }


def _instead(lines: list[dict[str, Any]]) -> list[list[Any]]:
    """The commands that put ``lines`` in the place of whatever is there: a proxy may send a call twice."""
    return [[5, 0, 0], *([0, 0, line] for line in lines)]


def _invoice_lines(entry: JournalEntry, referred: Referred) -> list[dict[str, Any]]:
    """A line per posting, but those that Odoo makes itself: VAT with a tax, and the open item."""
    sign = 1 if move_type(entry) in _DEBITS else -1
    lines = []
    for posting, analytic in zip(entry.postings, referred.analytic, strict=True):
        if posting.role is PostingRole.PARTY or posting.role in VAT_ROLES:
            continue
        taxes = [referred.taxes[posting.tax]] if taxed(posting) else []
        line = {
            "name": _text(entry, posting),
            "account_id": referred.accounts[posting.account],
            "quantity": 1,
            "price_unit": _amount(sign * posting.minor),
            "tax_ids": [[6, 0, taxes]],
        }
        lines.append(line if analytic is None else {**line, "analytic_distribution": dict(analytic)})
    return lines


def _journal_lines(entry: JournalEntry, referred: Referred) -> list[dict[str, Any]]:
    lines = []
    for posting, analytic in zip(entry.postings, referred.analytic, strict=True):
        line: dict[str, Any] = {
            "name": _text(entry, posting),
            "account_id": referred.accounts[posting.account],
            "debit": _amount(max(posting.minor, 0)),
            "credit": _amount(max(-posting.minor, 0)),
            "tax_ids": [[6, 0, []]],
        }
        if referred.contact is not None:
            line["partner_id"] = referred.contact
        if posting.role is PostingRole.PARTY and entry.due is not None:
            line["date_maturity"] = entry.due
        lines.append(line if analytic is None else {**line, "analytic_distribution": dict(analytic)})
    return lines


def taxed(posting: Posting) -> bool:
    """Whether Odoo computes VAT on the line of ``posting``."""
    return posting.role is PostingRole.NET and bool(posting.tax)


def wanted_vat(entry: JournalEntry, taxes: Mapping[str, int]) -> dict[tuple[int, str], int]:
    """The VAT of ``entry`` by tax and account, in minor units, debit positive."""
    return _sums(entry, taxes, lambda posting: posting.role in VAT_ROLES)


def own_vat_lines(entry: JournalEntry, taxes: Mapping[str, int]) -> dict[int, int]:
    """VAT that may not be deducted, by tax: it has a line of its own, and Odoo's tax has it too until it is set."""
    found: dict[int, int] = {}
    for (tax, _), minor in _sums(entry, taxes, lambda posting: posting.role is PostingRole.VAT_COST).items():
        found[tax] = found.get(tax, 0) + minor
    return found


def _sums(
    entry: JournalEntry, taxes: Mapping[str, int], chosen: Callable[[Posting], bool]
) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for posting in entry.postings:
        if posting.tax and chosen(posting):
            key = (taxes[posting.tax], posting.account)
            found[key] = found.get(key, 0) + posting.minor
    return found


def lines_of_tax(entry: JournalEntry, taxes: Mapping[str, int], tax: int) -> int:
    """On how many lines Odoo computes the tax."""
    return sum(1 for posting in entry.postings if taxed(posting) and taxes[posting.tax] == tax)


def iso(value: object) -> datetime.date:
    """A date as Odoo tells it."""
    return datetime.date.fromisoformat(str(value)[:10])


def _text(entry: JournalEntry, posting: Posting) -> str:
    return one_line(posting.text or entry.text or entry.number) or "-"


def _amount(minor: int) -> Decimal:
    return from_minor(minor)
