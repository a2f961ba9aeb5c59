"""The ledger of a company in Tryton: our entries become its moves, one by one, each created and then posted.

Creating and posting are two transactions. A crash between them leaves a draft with our mark: a look-up does not count
it, and the next sending finishes it instead of creating another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import ClassVar, Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected, LedgerError, LedgerRefused, LedgerUnavailable, OutcomeUnknown, SettingsError
from connector.ledgers import admission, papers
from connector.ledgers.address import web_address
from connector.ledgers.base import Capabilities, HeldEntry, OtherBooking, Setup, VatCode
from connector.ledgers.http import LedgerHttp
from connector.ledgers.sending import one_by_one
from connector.ledgers.throttle import Throttle
from connector.ledgers.tryton import moves, others
from connector.ledgers.tryton.books import TrytonBooks
from connector.ledgers.tryton.moves import MOVE_FIELDS, MoveThere
from connector.ledgers.tryton.rpc import Account, Refused, TrytonSession

_YES_NO = {"yes": True, "no": False}
_STILL_AT_WORK = 30.0
"""Seconds after which what we gave up waiting for is done or undone; a look-up misses nothing that is done."""
_AT_ONCE = 200
"""How many moves are read with their lines at once."""


class TrytonLedger:
    """One company in one database of a Tryton server, version 7.0."""

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "url": "address of the server, without the database",
        "database": "name of the database",
        "user": "name to log in with",
        "company": "number (id) of the company in Tryton",
        "purchase_journal": "code of the journal for purchase invoices",
        "sale_journal": "code of the journal for sales",
        "general_journal": "code of the journal for everything else, such as corrections",
        "supplier": "code of the party that sends the purchase invoices; without it the party is found by VAT number",
        "drafts": "yes or no: leave moves as drafts, for a person to post",
        "attach": papers.SETTING,
        "closed_until": "last closed day (year-month-day); entries up to it are refused",
    }
    SECRETS: ClassVar[Mapping[str, str]] = {"password": "password of the user"}

    def __init__(self, setup: Setup) -> None:
        self.name, self._drafts = setup.name, _drafts(setup)
        self._company, self._attach = _company(setup), papers.attaches(setup.settings, name=setup.name)
        self._closed = admission.closed_until(setup.settings, name=setup.name)
        self.capabilities = Capabilities(
            drafts=True,
            leaves_drafts=self._drafts,
            attachments=self._attach,
            dimensions=False,
            settling_seconds=_STILL_AT_WORK,
            batch=50,
        )
        address = web_address(_needed(setup, "url"), where=f"ledger {setup.name}", path=True)
        throttle = Throttle((), monotonic=setup.monotonic, sleep=setup.sleep)
        self._http = LedgerHttp(address, throttle=throttle, sleep=setup.sleep)
        account = Account(
            database=_needed(setup, "database"),
            user=_needed(setup, "user"),
            password=_password(setup),
            company=self._company,
        )
        for journal in ("purchase_journal", "sale_journal", "general_journal"):
            _needed(setup, journal)
        self._session = TrytonSession(self._http, account, setup.hide)
        self._setup = setup
        self._books = TrytonBooks(self._session, setup, company=self._company)

    def __enter__(self) -> Self:
        """Look at the books anew: accounts and taxes may have changed since they were last asked for."""
        self._books = TrytonBooks(self._session, self._setup, company=self._company)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connection back."""
        self._http.close()

    def chart(self) -> ChartOfAccounts | None:
        """The accounts that can be posted to."""
        return self._books.chart()

    def vat_codes(self) -> Sequence[VatCode]:
        """The taxes, by name."""
        return self._books.vat_codes()

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """The moves of the documents of ``keys``. Drafts count where drafts are what is wanted; else they are what a
        crash left behind, and sending finishes them."""
        found: dict[str, list[Receipt]] = {}
        for move in self._of_documents({key.document for key in keys}):
            if not move.draft or self._drafts:
                found.setdefault(move.mark.key.document, []).append(_receipt(move))
        return found

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Create and post a move for each entry, unless one is there."""
        held: dict[str, list[MoveThere]] = {entry.key.document: [] for entry in entries}
        for move in self._of_documents(set(held)):
            held[move.mark.key.document].append(move)
        return one_by_one(entries, lambda entry: self._post(entry, held[entry.key.document]))

    def all_entries(self) -> Iterator[HeldEntry]:
        """Every move with a mark of ours, oldest first."""
        rows = self._session.rows("account.move", [self._ours, _like("connector-key: ")], MOVE_FIELDS)
        found = [move for row in rows if (move := moves.marked(row)) and (not move.draft or self._drafts)]
        found.sort(key=lambda move: (move.date, move.id))
        for start in range(0, len(found), _AT_ONCE):
            yield from moves.held_entries(self._session, self._books, found[start : start + _AT_ONCE])

    def read_many(self, receipts: Sequence[Receipt]) -> Mapping[str, HeldEntry]:
        """What stands in Tryton under each receipt."""
        ids = [int(receipt.reference.rpartition(",")[2].rstrip(")")) for receipt in receipts]
        rows = self._session.rows("account.move", [self._ours, ["id", "in", ids]], MOVE_FIELDS)
        found = [move for row in rows if (move := moves.marked(row))]
        return {held.key: held for held in moves.held_entries(self._session, self._books, found)}

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Supplier invoices with an entry's number that were entered in Tryton itself."""
        bought = [entry for entry in entries if entry.key.direction is Direction.PURCHASE]
        return others.supplier_invoices(self._session, self._books, bought, company=self._company)

    def _post(self, entry: JournalEntry, held: list[MoveThere]) -> Answer:
        """Make or finish the move of ``entry``; ``held`` are those of its document, and get the new one."""
        same = [move for move in held if move.mark.key == entry.key]
        for move in same:
            if not move.draft or self._drafts:
                return admission.already_held(entry, fingerprint=move.mark.fingerprint, reference=move.reference)
        if why := admission.refusal(entry, chart=self._setup.chart, closed=self._closed):
            return admission.rejected(entry, why)
        older = [move for move in same if move.mark.fingerprint != entry.fingerprint]
        self._take_back(older)
        if left := [move for move in same if move not in older]:
            self._check_unchanged(left[0], entry)
            number = left[0].id
        else:
            values = moves.move_of(entry, self._books, company=self._company)
            (number,) = self._session.change("account.move", "create", [values])
        try:
            if self._attach:
                moves.attach(self._session, number, self._setup.papers(entry))
            if not self._drafts:
                self._make_final(number)
            made = self._move(number)
        except (LedgerUnavailable, LedgerRefused) as error:
            # Certain of the last call, but by now there is at least a draft.
            raise OutcomeUnknown(error.message, where=error.where) from None
        held[:] = [*(move for move in held if move.id != number and move not in older), made]
        return admission.posted(entry, made.reference)

    def _take_back(self, older: list[MoveThere]) -> None:
        """Delete the drafts that a crash left of an older version of the document, unless a person changed them."""
        for draft in older:
            if moves.was_changed(self._session, draft):
                raise EntryRejected(
                    f"a draft of an older version of this document was changed in Tryton ({draft.reference})",
                    hint="Delete the draft in Tryton, then approve the entry again; it is then sent anew.",
                )
            self._session.change("account.move", "delete", [draft.id])

    def _check_unchanged(self, draft: MoveThere, entry: JournalEntry) -> None:
        """The draft that an earlier sending left behind must still hold what was sent."""
        (held,) = moves.held_entries(self._session, self._books, [draft])
        if moves.differs(held, entry):
            raise EntryRejected(
                f"a draft of this entry was changed in Tryton ({draft.reference})",
                hint="Delete the draft in Tryton, then approve the entry again; it is then sent anew.",
            )

    def _make_final(self, number: int) -> None:
        try:
            self._session.change("account.move", "post", [number])
        except Refused:
            self._withdraw(number)
            raise

    def _withdraw(self, number: int) -> None:
        """Take a draft back that cannot be posted; where that fails too it stays, and is finished another time."""
        try:
            self._session.change("account.move", "delete", [number])
        except LedgerError:
            return

    def _move(self, number: int) -> MoveThere:
        rows = self._session.rows("account.move", [["id", "=", number]], MOVE_FIELDS)
        found = moves.marked(rows[0]) if rows else None
        if found is None:
            raise LedgerRefused(f"Tryton does not show the move {number} that it has just made")
        return found

    def _of_documents(self, documents: set[str]) -> list[MoveThere]:
        if not documents:
            return []
        # A sign of the key that stands for any other in such a search finds too many, never too few.
        either = ["OR", *(_like(f"connector-key: {document}/") for document in sorted(documents))]
        rows = self._session.rows("account.move", [self._ours, either], MOVE_FIELDS)
        found = [move for row in rows if (move := moves.marked(row))]
        return [move for move in found if move.mark.key.document in documents]

    @property
    def _ours(self) -> list[object]:
        return ["company", "=", self._company]


def _like(text: str) -> list[object]:
    return ["description", "like", f"%{text}%"]


def _receipt(move: MoveThere) -> Receipt:
    return Receipt(key=move.mark.key.text, reference=move.reference, fingerprint=move.mark.fingerprint, found=True)


def _needed(setup: Setup, key: str) -> str:
    text = setup.settings.get(key, "")
    if not text:
        raise SettingsError(
            f"{key} is missing",
            hint=f'Write {key} = "…": {TrytonLedger.SETTINGS[key]}.',
            where=f"ledger {setup.name}",
        )
    return text


def _company(setup: Setup) -> int:
    text = _needed(setup, "company")
    if not text.isdecimal():
        raise SettingsError(f"company is {text!r}", hint="Write its number: company = 1.", where=f"ledger {setup.name}")
    return int(text)


def _drafts(setup: Setup) -> bool:
    text = setup.settings.get("drafts", "no")
    if text not in _YES_NO:
        raise SettingsError(
            f"drafts is {text!r}", hint="Write drafts = yes or drafts = no.", where=f"ledger {setup.name}"
        )
    return _YES_NO[text]


def _password(setup: Setup) -> Callable[[], str]:
    if "password" not in setup.secrets:
        raise SettingsError(
            "password is missing",
            hint='Put it in the file .env and write password = "env:NAME".',
            where=f"ledger {setup.name}",
        )
    return setup.secrets["password"]
