"""The ledger: what the connector asks of Odoo, in the words of its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey, parse_entry_key
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected, SettingsError
from connector.ledgers.base import Capabilities, HeldEntry, OtherBooking, Setup, VatCode
from connector.ledgers.http import CONNECT_SECONDS, LedgerHttp
from connector.ledgers.odoo.company import Company, pages
from connector.ledgers.odoo.entering import Entering
from connector.ledgers.odoo.json2 import Json2, headers_of
from connector.ledgers.odoo.jsonrpc import JsonRpc
from connector.ledgers.odoo.moves import CANCELLED, DRAFT, Lines, Move, Moves
from connector.ledgers.odoo.settings import JSON2, SECRETS, SETTINGS, OdooSettings, read_settings
from connector.ledgers.odoo.shapes import JOURNAL_ENTRY, iso, move_type, reference
from connector.ledgers.odoo.taxes import Taxes
from connector.ledgers.odoo.wire import Row, Transport, id_of, text_of
from connector.ledgers.sending import one_by_one
from connector.ledgers.throttle import Throttle

SETTLING_SECONDS = 120.0
"""Odoo's own limit for one request: whatever we gave up waiting for is done or undone by then."""
_BATCH = 50


class OdooLedger:
    """One company in one Odoo database."""

    SETTINGS: ClassVar[Mapping[str, str]] = SETTINGS
    SECRETS: ClassVar[Mapping[str, str]] = SECRETS

    def __init__(self, setup: Setup) -> None:
        self.name = setup.name
        self._settings = read_settings(setup.settings, name=setup.name)
        if "api_key" not in setup.secrets:
            raise SettingsError(
                "api_key is missing",
                hint='Make an API key in Odoo, put it in .env, and write api_key = "env:NAME".',
                where=f"ledger {setup.name}",
            )
        self.capabilities = Capabilities(
            drafts=True,
            leaves_drafts=self._settings.drafts,
            attachments=self._settings.attach,
            purchase_invoices=True,
            sales_invoices=True,
            dimensions=bool(self._settings.analytic),
            settling_seconds=SETTLING_SECONDS,
            batch=_BATCH,
        )
        self._setup = setup
        self._begin()

    def _begin(self) -> None:
        """Forget what was asked before: another run may meet other accounts."""
        context: dict[str, Any] = {"lang": "en_US"}
        self._transport = _transport(self._setup, self._settings, context)
        self._company = Company(self._transport, self._settings, self._setup.debtors)
        self._taxes = Taxes(self._transport, self._company, self._setup.taxes)
        self._moves = Moves(self._transport, self._company, self._taxes)
        self._context = context

    def __enter__(self) -> Self:
        """Log in and find the company. Raises LedgerUnavailable, LedgerRefused."""
        self._begin()
        self._transport.open()
        # All that follows is asked for this company only.
        self._context["allowed_company_ids"] = [self._company.id]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connections back."""
        self._transport.close()

    def chart(self) -> ChartOfAccounts | None:
        """The accounts of the company."""
        return self._company.chart()

    def vat_codes(self) -> Sequence[VatCode]:
        """The taxes of the company, by external id where they have one."""
        return self._taxes.codes()

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """What Odoo holds of the documents of ``keys``. A draft counts when drafts are wanted; otherwise it was left
        behind, and posting finishes it."""
        wanted: dict[str, list[EntryKey]] = {}
        for key in keys:
            wanted.setdefault(key.document, []).append(key)
        found: dict[str, list[Receipt]] = {}
        for move in self._moves.of_documents(keys):
            if self._counts(move) and (receipt := _receipt(move, keys)):
                document = parse_entry_key(receipt.key).document
                if document in wanted:
                    found.setdefault(document, []).append(receipt)
        return found

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Post ``entries`` one after the other, each in calls of its own."""
        if not entries:
            return []
        entering = Entering(
            self._transport,
            self._company,
            self._taxes,
            self._moves,
            locks=self._company.locks(),
            drafts=self._settings.drafts,
            papers=self._setup.papers if self._settings.attach else None,
        )
        return one_by_one(entries, entering.post)

    def read_many(self, receipts: Sequence[Receipt]) -> Mapping[str, HeldEntry]:
        """What stands in Odoo under each receipt."""
        moves = self._moves.of_keys([parse_entry_key(receipt.key) for receipt in receipts])
        lines = self._moves.lines([move.id for move in moves.values()])
        held = (self._moves.held(move, lines[move.id]) for move in moves.values())
        return {each.key: each for each in held if each is not None}

    def all_entries(self) -> Iterator[HeldEntry]:
        """Everything with a mark of ours that is not cancelled, oldest first; drafts are told as such."""
        for move, lines in self._moves.everything():
            if (held := self._moves.held(move, lines)) is not None:
                yield held

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Vendor bills that are not ours with the supplier and number of an entry."""
        found: dict[str, list[OtherBooking]] = {}
        for contact, of_contact in self._by_contact(entries).items():
            rows = self._bills(contact, [reference(entry) for entry in of_contact])
            ours = self._moves.numbers([row["id"] for row in rows])
            others = [row for row in rows if row["id"] not in ours]
            lines = self._moves.lines([row["id"] for row in others])
            for entry in of_contact:
                same = [row for row in others if text_of(row["ref"]).strip().lower() == reference(entry).lower()]
                told = [_other(row, lines[row["id"]]) for row in same]
                if told:
                    found[entry.key.document] = told
        return found

    def _by_contact(self, entries: Sequence[JournalEntry]) -> dict[int, list[JournalEntry]]:
        """The purchases among ``entries`` by supplier; one without a contact in Odoo has no bill there either."""
        found: dict[int, list[JournalEntry]] = {}
        for entry in entries:
            if entry.key.direction is not Direction.PURCHASE or move_type(entry) == JOURNAL_ENTRY:
                continue
            try:
                found.setdefault(self._company.contact(entry), []).append(entry)
            except EntryRejected:
                continue
        return found

    def _bills(self, contact: int, numbers: Sequence[str]) -> list[Row]:
        same: list[object] = [["ref", "=ilike", number] for number in dict.fromkeys(numbers)]
        domain: list[object] = [
            ["company_id", "=", self._company.id],
            ["commercial_partner_id", "=", contact],
            ["move_type", "in", ["in_invoice", "in_refund"]],
            ["state", "!=", CANCELLED],
            *["|"] * (len(same) - 1),
            *same,
        ]
        fields = ["ref", "date", "invoice_date", "partner_id", "currency_id", "state"]
        return list(pages(self._transport, "account.move", domain, fields, "date, id"))

    def _counts(self, move: Move) -> bool:
        if move.state == CANCELLED or move.unfinished:
            return False
        return move.state != DRAFT or self._settings.drafts


def _receipt(move: Move, keys: Sequence[EntryKey]) -> Receipt | None:
    if move.mark is not None:
        return Receipt(key=move.mark.key.text, reference=move.reference, fingerprint=move.mark.fingerprint, found=True)
    # Its mark is gone, but the external id tells the key; without a fingerprint it is never taken for the same.
    for key in keys:
        if move.name.endswith(f"-{key.short}"):
            return Receipt(key=key.text, reference=move.reference, fingerprint="", found=True)
    return None


def _other(row: Row, lines: Lines) -> OtherBooking:
    partner, currency = row["partner_id"], row["currency_id"]
    return OtherBooking(
        reference=f"account.move,{row['id']}",
        number=text_of(row["ref"]),
        date=iso(row["invoice_date"] or row["date"]),
        total_minor=-lines.open_items,
        supplier=str(partner[1]) if id_of(partner) else "",
        currency=str(currency[1]) if id_of(currency) else "",
        vat_minor=sum(lines.vat.values()),
        draft=row["state"] == DRAFT,
        accounts=lines.accounts,
    )


def _transport(setup: Setup, settings: OdooSettings, context: Mapping[str, Any]) -> Transport:
    throttle = Throttle((), monotonic=setup.monotonic, sleep=setup.sleep)
    api_key: Callable[[], str] = setup.secrets["api_key"]
    json2 = settings.api == JSON2
    http = LedgerHttp(
        settings.url,
        throttle=throttle,
        sleep=setup.sleep,
        headers=headers_of(api_key, settings.database) if json2 else dict,
        timeouts=(CONNECT_SECONDS, float(settings.timeout_seconds)),
    )
    if json2:
        return Json2(http, api_key=api_key, context=context)
    return JsonRpc(http, database=settings.database, user=settings.user, api_key=api_key, context=context)
