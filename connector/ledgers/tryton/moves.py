"""Our entries as Tryton's moves, line by line, and back.

A move of ours has exactly our lines, so VAT is exact to the cent: Tryton computes nothing. What its VAT report counts
are tax lines, which every move line can carry: the base on the lines of cost and revenue, the tax on those of VAT, with
the sign an invoice of Tryton's own gives them.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry, Posting, PostingRole, balances
from connector.errors import EntryRejected
from connector.ledgers.base import HeldEntry, Paper
from connector.ledgers.marks import Mark, find_mark, mark_of
from connector.ledgers.tryton.books import TaxPart, TrytonBooks
from connector.ledgers.tryton.rpc import EURO, TrytonSession, amount_there, binary, date_there, minor_here
from connector.ledgers.wording import one_line

_VAT_ROLES = frozenset({PostingRole.VAT_INPUT, PostingRole.VAT_COST, PostingRole.VAT_DUE})
_BASE_ROLES = frozenset({PostingRole.NET, PostingRole.REVERSED})
JOURNALS = {Direction.PURCHASE: "purchase_journal", Direction.SALE: "sale_journal"}
MOVE_FIELDS = ("number", "date", "state", "description", "origin")
_LINE_FIELDS = ("move", "account", "debit", "credit")


class MoveThere(msgspec.Struct, frozen=True, kw_only=True):
    """A move with a mark of ours."""

    id: int
    number: str
    date: datetime.date
    draft: bool
    mark: Mark

    @property
    def reference(self) -> str:
        """What people find it by, and what finds it again for us."""
        return f"{self.number} (account.move,{self.id})"


def marked(row: Mapping[str, Any]) -> MoveThere | None:
    """The move of a row with ``MOVE_FIELDS``; ``None`` when it does not carry a mark."""
    mark = find_mark(row["description"])
    # Tryton cancels a move by a copy that keeps the description and names the move as its origin; ours name none.
    if mark is None or row["origin"]:
        return None
    return MoveThere(
        id=row["id"],
        number=row["number"],  # given at creation and kept; the post number comes later and only people need it
        date=row["date"],
        draft=row["state"] != "posted",
        mark=mark,
    )


def move_of(entry: JournalEntry, books: TrytonBooks, *, company: int) -> dict[str, object]:
    """The values of the move for ``entry``. Raises EntryRejected and LedgerRefused."""
    setting = "general_journal" if entry.key.purpose != "invoice" else JOURNALS[entry.key.direction]
    lines = [_line(posting, entry, books) for posting in entry.postings]
    return {
        "company": company,
        "journal": books.journal(setting),
        "period": books.period(entry.date),
        "date": date_there(entry.date),
        "description": description(entry),
        "lines": [["create", lines]],
    }


def description(entry: JournalEntry) -> str:
    """What people read first, then the mark. The number stands unchanged, since accountants search for it."""
    return f"{one_line(entry.party, limit=60)} {one_line(entry.number, limit=100)} · {mark_of(entry)}"


def _line(posting: Posting, entry: JournalEntry, books: TrytonBooks) -> dict[str, object]:
    account = books.account(posting.account)
    line: dict[str, object] = {
        "account": account.id,
        "debit": amount_there(max(posting.minor, 0)),
        "credit": amount_there(max(-posting.minor, 0)),
        "description": _told(posting, entry),
    }
    if account.party_required:
        line["party"] = books.party(entry)
    if posting.role is PostingRole.PARTY and account.open_items and entry.due is not None:
        line["maturity_date"] = date_there(entry.due)
    if taxes := _tax_lines(posting, entry, books):
        line["tax_lines"] = [["create", taxes]]
    return line


def _told(posting: Posting, entry: JournalEntry) -> str:
    tags = [f"{name}: {value}" for name, value in posting.dimensions]
    tags += [f"deferral: {posting.deferral}"] if posting.deferral else []
    return one_line("; ".join([posting.text or entry.text, *tags]))


def _tax_lines(posting: Posting, entry: JournalEntry, books: TrytonBooks) -> list[dict[str, object]]:
    if not posting.tax or posting.role not in _VAT_ROLES | _BASE_ROLES:
        return []
    parts = books.tax(posting.tax).parts
    amount = posting.minor if entry.key.direction is Direction.PURCHASE else -posting.minor
    if posting.role in _BASE_ROLES:
        return [{"tax": part.id, "type": "base", "amount": amount_there(amount)} for part in parts]
    part = _part(parts, posting, entry)
    return [{"tax": part.id, "type": "tax", "amount": amount_there(amount)}]


def _part(parts: Sequence[TaxPart], posting: Posting, entry: JournalEntry) -> TaxPart:
    """Of a reverse charge, VAT that is due belongs to the part that takes off, since a purchase is what adds."""
    owed = posting.role is PostingRole.VAT_DUE and entry.key.direction is Direction.PURCHASE
    fitting = [part for part in parts if (part.rate < 0) is owed]
    if len(fitting) != 1:
        wanted = "below zero" if owed else "of zero or more"
        raise EntryRejected(
            f"the tax of Tryton's for {posting.tax} has {len(fitting) or 'no'} parts with a rate {wanted}, and "
            f"{posting.role.value} must go to one",
            hint="A reverse charge is a tax of type 'none' with two children, for example 21 % and -21 %; anything "
            "else is one tax. Correct it in Tryton or name another one in tax.csv, then approve the entry again.",
        )
    return fitting[0]


def held_entries(session: TrytonSession, books: TrytonBooks, moves: Sequence[MoveThere]) -> list[HeldEntry]:
    """``moves`` with accounts and VAT as they stand there, in the same order. Raises LedgerUnavailable,
    LedgerRefused."""
    ids = [move.id for move in moves]
    if not ids:
        return []
    lines = session.rows("account.move.line", [["move", "in", ids]], _LINE_FIELDS)
    tax_domain = [["move_line.move", "in", ids], ["type", "=", "tax"]]
    tax_lines = session.rows("account.tax.line", tax_domain, ("tax", "move_line"))
    taxed = {row["move_line"]: row["tax"] for row in tax_lines}
    accounts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    vat: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        minor = minor_here(line["debit"]) - minor_here(line["credit"])
        code = books.codes.get(line["account"], f"account {line['account']} without a code")
        accounts[line["move"]][code] += minor
        if line["id"] in taxed:
            vat[line["move"]][books.tax_names.get(taxed[line["id"]], "")] += minor
    return [_held(move, accounts[move.id], vat[move.id], books) for move in moves]


def _held(move: MoveThere, accounts: Mapping[str, int], vat: Mapping[str, int], books: TrytonBooks) -> HeldEntry:
    open_items = sum(
        minor for code, minor in accounts.items() if (there := books.accounts.get(code)) and there.open_items
    )
    return HeldEntry(
        key=move.mark.key.text,
        fingerprint=move.mark.fingerprint,
        date=move.date,
        total_minor=open_items if move.mark.key.direction is Direction.SALE else -open_items,
        reference=move.reference,
        currency=EURO,
        accounts=dict(accounts),
        vat=dict(vat),
        draft=move.draft,
    )


def differs(held: HeldEntry, entry: JournalEntry) -> bool:
    """Whether the move holds something else than ``entry``: another day, or another sum on an account."""
    ours = {code: minor for code, minor in balances(entry).items() if minor}
    theirs = {code: minor for code, minor in (held.accounts or {}).items() if minor}
    return held.date != entry.date or ours != theirs


def was_changed(session: TrytonSession, move: MoveThere) -> bool:
    """Whether somebody wrote to ``move`` or its lines after the transaction that made them."""
    stamps = ("create_date", "write_date")
    rows = session.rows("account.move", [["id", "=", move.id]], stamps)
    rows += session.rows("account.move.line", [["move", "=", move.id]], stamps)
    return any(row["write_date"] is not None and row["write_date"] != row["create_date"] for row in rows)


def attach(session: TrytonSession, number: int, wanted: Sequence[Paper]) -> None:
    """Attach the files ``wanted`` to a move that has none of these names yet. Raises what ``change`` raises."""
    if not wanted:
        return
    resource = f"account.move,{number}"
    there = {row["name"] for row in session.rows("ir.attachment", [["resource", "=", resource]], ("name",))}
    missing = [
        {"name": each.name, "resource": resource, "type": "data", "data": binary(each.content)}
        for each in wanted
        if each.name not in there
    ]
    if missing:
        session.change("ir.attachment", "create", missing)
