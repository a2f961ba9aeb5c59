"""Supplier invoices that came into Tryton by another way: entered there as an invoice, or as a move by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected
from connector.ledgers.base import OtherBooking
from connector.ledgers.marks import find_mark
from connector.ledgers.tryton.books import TrytonBooks
from connector.ledgers.tryton.rpc import EURO, TrytonSession, minor_here

_INVOICE_FIELDS = ("number", "reference", "invoice_date", "accounting_date", "total_amount", "tax_amount",
                   "currency.code", "party.rec_name", "move", "state")  # fmt: skip
_MOVE_FIELDS = ("number", "date", "description", "state")


def supplier_invoices(
    session: TrytonSession, books: TrytonBooks, entries: Sequence[JournalEntry], *, company: int
) -> Mapping[str, Sequence[OtherBooking]]:
    """What was entered of the documents of ``entries`` without a mark of ours, by ``EntryKey.document``. Raises
    LedgerUnavailable, LedgerRefused."""
    found: dict[str, list[OtherBooking]] = {}
    for entry in entries:
        try:
            party = books.party(entry)
        except EntryRejected:
            continue  # a supplier that Tryton does not know has no invoices there
        invoices, of_invoices = _invoices(session, books, entry.number, party, company)
        others = [*invoices, *_by_hand(session, books, entry, party, company, of_invoices)]
        if others:
            found[entry.key.document] = others
    return found


def _invoices(
    session: TrytonSession, books: TrytonBooks, number: str, party: int, company: int
) -> tuple[list[OtherBooking], set[int]]:
    """The invoices with the supplier's number, and the moves that they made."""
    domain = [
        ["company", "=", company],
        ["type", "=", "in"],
        ["party", "=", party],
        ["reference", "=", number],
        ["state", "!=", "cancelled"],
    ]
    rows = session.rows("account.invoice", domain, _INVOICE_FIELDS)
    moves = {row["move"] for row in rows if row["move"]}
    sums = _sums(session, books, moves)
    return [
        OtherBooking(
            reference=f"{row['number'] or 'draft invoice'} (account.invoice,{row['id']})",
            number=row["reference"],
            date=day,
            total_minor=minor_here(row["total_amount"]),
            supplier=row["party."]["rec_name"],
            currency=row["currency."]["code"],
            vat_minor=minor_here(row["tax_amount"]),
            draft=row["state"] in ("draft", "validated"),
            accounts=sums.get(row["move"], {}),
        )
        for row in rows
        if (day := row["accounting_date"] or row["invoice_date"]) is not None
    ], moves


def _by_hand(
    session: TrytonSession,
    books: TrytonBooks,
    entry: JournalEntry,
    party: int,
    company: int,
    of_invoices: set[int],
) -> list[OtherBooking]:
    """Moves with the supplier's number as a word of their description, on the supplier's account; which of their lines
    are VAT is not asked."""
    domain = [["company", "=", company], ["description", "ilike", f"%{entry.number}%"], ["lines.party", "=", party]]
    rows = session.rows("account.move", domain, _MOVE_FIELDS)
    rows = [row for row in rows if _is_other(row, entry.number) and row["id"] not in of_invoices]
    sums = _sums(session, books, {row["id"] for row in rows})
    return [
        OtherBooking(
            reference=f"{row['number']} (account.move,{row['id']})",
            number=entry.number,
            date=row["date"],
            total_minor=-sum(
                minor
                for code, minor in sums[row["id"]].items()
                if (there := books.accounts.get(code)) and there.open_items
            ),
            supplier=entry.party,
            currency=EURO,
            draft=row["state"] == "draft",
            accounts=sums[row["id"]],
        )
        for row in rows
    ]


def _is_other(row: Mapping[str, Any], number: str) -> bool:
    text = row["description"] or ""
    return find_mark(text) is None and number in text.split()


def _sums(session: TrytonSession, books: TrytonBooks, moves: set[int]) -> dict[int, dict[str, int]]:
    """The sums per account of each move, in cents, debit positive."""
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if moves:
        domain = [["move", "in", sorted(moves)]]
        for row in session.rows("account.move.line", domain, ("move", "account", "debit", "credit")):
            code = books.codes.get(row["account"], f"account {row['account']} without a code")
            sums[row["move"]][code] += minor_here(row["debit"]) - minor_here(row["credit"])
    return {move: dict(accounts) for move, accounts in sums.items()}
