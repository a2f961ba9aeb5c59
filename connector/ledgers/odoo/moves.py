"""What Odoo holds from us. An entry of ours is known by its external id; its mark is in the narration.

The mark alone proves nothing: who copies or reverses an entry in Odoo copies its narration, but never its external id.
"""

from __future__ import annotations

import datetime
import html
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.money import to_minor
from connector.ledgers.base import HeldEntry
from connector.ledgers.marks import Mark, find_mark
from connector.ledgers.odoo.company import PAGE, Company, pages
from connector.ledgers.odoo.shapes import MODULE, Vat, document_name, external_name, iso
from connector.ledgers.odoo.taxes import Taxes
from connector.ledgers.odoo.wire import Row, Transport, id_of, text_of

log = logging.getLogger(__name__)

DRAFT, POSTED, CANCELLED = "draft", "posted", "cancel"
_MOVE = (
    "name",
    "state",
    "date",
    "move_type",
    "currency_id",
    "narration",
    "posted_before",
    "ref",
    "create_uid",
    "write_uid",
)
_LINE = ("move_id", "account_id", "balance", "amount_currency", "tax_line_id")
_TAG = re.compile(r"<[^>]*>")
_DOCUMENTS = 50
"""How many documents one look-up asks for."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A record of ours. ``name`` is that of its external id. ``mark`` is ``None`` until all of it was there, which
    ``unfinished`` tells, or when somebody removed it. ``changed`` is true when somebody else wrote to it last."""

    id: int
    name: str
    state: str
    date: datetime.date
    kind: str
    currency: str
    mark: Mark | None
    unfinished: bool
    posted_before: bool
    changed: bool

    @property
    def reference(self) -> str:
        """Our reference to it, as Odoo writes references: model and number."""
        return f"account.move,{self.id}"


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The amounts of a record in minor units, debit positive: per account code, of VAT, on accounts of creditors and
    debtors; and the number and amount of one line for each part of the VAT."""

    accounts: Mapping[str, int]
    vat: Vat
    open_items: int
    vat_lines: Mapping[tuple[int, str], tuple[int, int]]


class Moves:
    """Reads the records of ours."""

    def __init__(self, transport: Transport, company: Company, taxes: Taxes) -> None:
        self._transport, self._company, self._taxes = transport, company, taxes

    def of_documents(self, keys: Sequence[EntryKey]) -> list[Move]:
        """The records of all entries of the documents of ``keys``, whatever their purpose."""
        documents = list(dict.fromkeys(document_name(key.document) for key in keys))
        found: list[Move] = []
        for start in range(0, len(documents), _DOCUMENTS):
            some = documents[start : start + _DOCUMENTS]
            names: list[object] = [["name", "=like", f"{document}-%"] for document in some]
            found += self._read(self._named([*["|"] * (len(some) - 1), *names]))
        return found

    def of_key(self, key: EntryKey) -> Move | None:
        """The record of one entry."""
        found = self._read(self._named([["name", "=", external_name(key)]]))
        return found[0] if found else None

    def of_keys(self, keys: Sequence[EntryKey]) -> dict[str, Move]:
        """The records of entries, by the text of their keys."""
        names = {external_name(key): key.text for key in keys}
        found: dict[str, Move] = {}
        for start in range(0, len(names), PAGE):
            some = list(names)[start : start + PAGE]
            for move in self._read(self._named([["name", "in", some]])):
                found[names[move.name]] = move
        return found

    def everything(self) -> Iterator[tuple[Move, Lines]]:
        """All records of ours with their amounts, oldest first."""
        named = self._named([])
        order: list[int] = self._transport.look(
            "account.move",
            "search",
            domain=[["id", "in", list(named)], ["company_id", "=", self._company.id]],
            order="date, id",
        )
        for start in range(0, len(order), PAGE):
            some = order[start : start + PAGE]
            found = {move.id: move for move in self._read({number: named[number] for number in some})}
            moves = [found[number] for number in some if number in found]
            lines = self.lines([move.id for move in moves])
            yield from ((move, lines[move.id]) for move in moves)

    def numbers(self, moves: Sequence[int]) -> set[int]:
        """Those of ``moves`` that are ours."""
        domain: list[object] = [["res_id", "in", list(moves)]]
        return set(self._named(domain)) if moves else set()

    def lines(self, moves: Sequence[int]) -> dict[int, Lines]:
        """The amounts of the records with these numbers."""
        rows: dict[int, list[Row]] = {number: [] for number in moves}
        domain: list[object] = [["move_id", "in", list(moves)]]
        if moves:
            for row in pages(self._transport, "account.move.line", domain, _LINE, "id"):
                if row["account_id"]:  # headings and notes have none
                    rows[id_of(row["move_id"]) or 0].append(row)
        return {number: self._summed(each) for number, each in rows.items()}

    def _summed(self, rows: Sequence[Row]) -> Lines:
        accounts: dict[str, int] = {}
        vat: dict[tuple[int, str], int] = {}
        first: dict[tuple[int, str], tuple[int, int]] = {}
        owed = 0
        for row in rows:
            account, minor = id_of(row["account_id"]) or 0, to_minor(_decimal(row["balance"]))
            code = self._company.account_codes.get(account, f"#{account}")
            accounts[code] = accounts.get(code, 0) + minor
            owed += minor if account in self._company.open_items else 0
            if tax := id_of(row["tax_line_id"]):
                vat[tax, code] = vat.get((tax, code), 0) + minor
                first.setdefault((tax, code), (row["id"], to_minor(_decimal(row["amount_currency"]))))
        return Lines(accounts=accounts, vat=vat, open_items=owed, vat_lines=first)

    def held(self, move: Move, lines: Lines) -> HeldEntry | None:
        """What a record tells of its entry; ``None`` when it is cancelled, not finished, or its mark is gone."""
        if move.state == CANCELLED or move.unfinished:
            return None
        if move.mark is None:
            log.warning(
                "%s in Odoo is ours by its external id, but its mark is gone from the narration", move.reference
            )
            return None
        vat: dict[str, int] = {}
        for (tax, _), minor in lines.vat.items():
            code = self._taxes.code_of(tax)
            vat[code] = vat.get(code, 0) + minor
        return HeldEntry(
            key=move.mark.key.text,
            fingerprint=move.mark.fingerprint,
            date=move.date,
            total_minor=lines.open_items if move.mark.key.direction is Direction.SALE else -lines.open_items,
            reference=move.reference,
            currency=move.currency,
            accounts={code: minor for code, minor in lines.accounts.items() if minor},
            vat=vat,
            draft=move.state == DRAFT,
        )

    def _named(self, domain: list[object]) -> dict[int, str]:
        """The names of external ids of ours, by the number of the record."""
        ours: list[object] = [["module", "=", MODULE], ["model", "=", "account.move"], *domain]
        rows = pages(self._transport, "ir.model.data", ours, ["name", "res_id"], "id")
        return {row["res_id"]: row["name"] for row in rows}

    def _read(self, named: Mapping[int, str]) -> list[Move]:
        if not named:
            return []
        rows = pages(self._transport, "account.move", [["id", "in", list(named)]], _MOVE, "id")
        return [_move(row, named[row["id"]]) for row in rows]


def _move(row: Row, name: str) -> Move:
    said = html.unescape(_TAG.sub(" ", text_of(row["narration"])))
    mark = find_mark(said)
    if mark is not None and external_name(mark.key) != name:
        mark = None  # somebody pasted the mark of another entry
    return Move(
        id=row["id"],
        name=name,
        state=text_of(row["state"]),
        date=iso(row["date"]),
        kind=text_of(row["move_type"]),
        currency=str(row["currency_id"][1]) if row["currency_id"] else "",
        mark=mark,
        unfinished=mark is None and "connector-unfinished: " in said,
        posted_before=bool(row["posted_before"]),
        changed=id_of(row["write_uid"]) != id_of(row["create_uid"]),
    )


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))
