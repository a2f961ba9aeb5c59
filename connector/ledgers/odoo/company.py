"""What the company has in Odoo and entries refer to: accounts, journals, contacts, analytic accounts; and lock dates.

Each kind is asked for once in a run, when it is needed first.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected, LedgerRefused
from connector.ledgers.odoo.settings import OdooSettings
from connector.ledgers.odoo.wire import Row, Transport, id_of, text_of
from connector.ledgers.wording import one_line

PAGE = 500
_TYPES = {
    "asset": AccountType.ASSET,
    "liability": AccountType.LIABILITY,
    "equity": AccountType.EQUITY,
    "income": AccountType.INCOME,
    "expense": AccountType.EXPENSE,
}
_OPEN_ITEMS = frozenset({"asset_receivable", "liability_payable"})
# Odoo 18 keeps a lock date per kind of journal and tells what holds for the user, exceptions included; 16 and 17 have
# one for all but advisers, which we obey too, since we do not know whether the user is one.
_LOCKS = {
    "user_hard_lock_date": "",
    "user_fiscalyear_lock_date": "",
    "user_purchase_lock_date": "purchase",
    "user_sale_lock_date": "sale",
    "user_tax_lock_date": "tax",
}
_LOCKS_BEFORE_18 = {"fiscalyear_lock_date": "", "period_lock_date": "", "tax_lock_date": "tax"}


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Entries dated up to ``until`` (inclusive) are closed: all of them, or those of ``what``: a kind of journal, or
    'tax' for those with VAT. ``field`` is its name in Odoo."""

    until: datetime.date
    what: str
    field: str


def pages(transport: Transport, model: str, domain: list[object], fields: Sequence[str], order: str) -> Iterator[Row]:
    """All records of ``domain``, some hundreds at a time."""
    offset = 0
    while True:
        rows = transport.look(
            model, "search_read", domain=domain, fields=list(fields), order=order, limit=PAGE, offset=offset
        )
        yield from rows
        if len(rows) < PAGE:
            return
        offset += PAGE


class Company:
    """The company of the ledger, as the user of the connector sees it."""

    def __init__(self, transport: Transport, settings: OdooSettings, debtors: Mapping[str, str]) -> None:
        self._transport, self._settings, self._debtors = transport, settings, debtors
        self._contacts: dict[str, int] = {}
        self._analytic: dict[str, int] = {}

    @cached_property
    def id(self) -> int:
        """The number of the company, found by its name, its number, or for being the only one."""
        return int(self._row["id"])

    @cached_property
    def _row(self) -> Row:
        rows = self._transport.look(
            "res.company", "search_read", domain=[], fields=["name", "currency_id"], order="id", limit=PAGE
        )
        wanted = self._settings.company
        found = [row for row in rows if not wanted or wanted in {str(row["id"]), row["name"]}]
        if len(found) != 1:
            named = ", ".join(f"{row['name']} ({row['id']})" for row in rows) or "none"
            raise LedgerRefused(
                f"there is no company {wanted!r} in Odoo" if wanted else "the user sees more than one company in Odoo",
                hint=f"Set company of the ledger to one of: {named}.",
            )
        return found[0]  # type: ignore[no-any-return]

    @property
    def euro(self) -> int:
        """The number of the currency that the company keeps its books in, which must be the euro."""
        currency = self._row["currency_id"]
        if currency[1] != "EUR":
            raise LedgerRefused(
                f"the company keeps its books in {currency[1]}", hint="Only books in EUR can be posted to for now."
            )
        return int(currency[0])

    @cached_property
    def _accounts(self) -> list[Row]:
        there = self._fields("account.account", ("company_id", "company_ids", "active", "deprecated"))
        # From 18 on an account belongs to several companies, and its code is that of the company we ask for.
        mine = "company_ids" if "company_ids" in there else "company_id"
        domain: list[object] = [[mine, "in", [self.id]]]
        if "deprecated" in there:
            domain.append(["deprecated", "=", False])
        return list(pages(self._transport, "account.account", domain, ["code", "name", "account_type"], "code, id"))

    def chart(self) -> ChartOfAccounts:
        """The accounts that can be posted to."""
        accounts = {}
        for row in self._accounts:
            kind = _TYPES.get(str(row["account_type"]).partition("_")[0])
            if kind is not None:
                accounts[row["code"]] = Account(code=row["code"], name=text_of(row["name"]), type=kind)
        return ChartOfAccounts(accounts=accounts, roles={})

    @cached_property
    def account_ids(self) -> Mapping[str, int]:
        """The number of each account by its code."""
        return {row["code"]: row["id"] for row in self._accounts}

    @cached_property
    def account_codes(self) -> Mapping[int, str]:
        """The code of each account by its number."""
        return {row["id"]: row["code"] for row in self._accounts}

    @cached_property
    def open_items(self) -> frozenset[int]:
        """The accounts of creditors and debtors: what is booked there is owed."""
        return frozenset(row["id"] for row in self._accounts if row["account_type"] in _OPEN_ITEMS)

    def journal(self, kind: str) -> int:
        """The number of the journal for purchases, sales or other entries ('general')."""
        return self._journals[kind]

    @cached_property
    def _journals(self) -> Mapping[str, int]:
        rows = self._transport.look(
            "account.journal",
            "search_read",
            domain=[["company_id", "=", self.id], ["type", "in", ["purchase", "sale", "general"]]],
            fields=["code", "name", "type"],
            order="sequence, id",
            limit=PAGE,
        )
        return {kind: self._one_journal(kind, rows) for kind in self._settings.journals}

    def _one_journal(self, kind: str, rows: Sequence[Row]) -> int:
        wanted, of_kind = self._settings.journals[kind], [row for row in rows if row["type"] == kind]
        found = [row for row in of_kind if not wanted or wanted in {row["code"], row["name"], str(row["id"])}]
        if len(found) != 1:
            named = ", ".join(f"{row['code']} ({row['name']})" for row in of_kind) or "none"
            raise LedgerRefused(
                f"Odoo has no {kind} journal {wanted!r}" if wanted else f"Odoo has several {kind} journals, or none",
                hint=f"Set {kind}_journal of the ledger to the code of one of: {named}.",
            )
        return int(found[0]["id"])

    def contact(self, entry: JournalEntry) -> int:
        """The number of the supplier or customer of ``entry``. Raises EntryRejected."""
        if entry.key.direction is Direction.PURCHASE:
            return self._supplier(entry.key.issuer)
        customer = entry.key.customer
        number = self._debtors.get(customer, customer)
        return self._one_contact(
            [["ref", "=", number]] if number else [["id", "=", 0]],
            said=f"the customer {number or entry.party!r}",
            hint="Give the customer's contact in Odoo this number as its reference, or set debtor of the customer in "
            "customers.csv to the reference that it has, then approve the entry again.",
        )

    def _supplier(self, issuer: str) -> int:
        wanted = self._settings.supplier
        hint = "Give one contact in Odoo this VAT number, or set supplier of the ledger to the number of its contact."
        if not wanted:
            return self._one_contact([["vat", "in", _spellings(issuer)]], said=f"the VAT number {issuer}", hint=hint)
        if wanted.isdecimal():
            return self._one_contact([["id", "=", int(wanted)]], said=f"the number {wanted}", hint=hint)
        return self._one_contact(
            ["|", ["ref", "=", wanted], ["name", "=", wanted]], said=f"the name or reference {wanted!r}", hint=hint
        )

    def _one_contact(self, domain: list[object], *, said: str, hint: str) -> int:
        if said not in self._contacts:
            rows = self._transport.look(
                "res.partner",
                "search_read",
                domain=[*domain, ["parent_id", "=", False], ["company_id", "in", [False, self.id]]],
                fields=["name"],
                order="id",
                limit=3,
            )
            if len(rows) != 1:
                many = "several contacts have" if rows else "no contact has"
                raise EntryRejected(f"in Odoo {many} {said}", hint=hint)
            self._contacts[said] = int(rows[0]["id"])
        return self._contacts[said]

    def analytic(self, dimensions: Sequence[tuple[str, str]]) -> Mapping[str, int] | None:
        """What a line says of its analytic account; ``None`` when it has none. Raises EntryRejected."""
        code = dict(dimensions).get(self._settings.analytic) if self._settings.analytic else None
        if not code:
            return None
        if code not in self._analytic:
            rows = self._transport.look(
                "account.analytic.account",
                "search_read",
                domain=[["code", "=", code], ["company_id", "in", [False, self.id]]],
                fields=["name"],
                order="id",
                limit=2,
            )
            if len(rows) != 1:
                raise EntryRejected(
                    f"Odoo has no analytic account with the code {one_line(code, limit=60)!r}, or several",
                    hint="Make one in Odoo, or correct the value in dimensions.csv, then approve the entry again.",
                )
            self._analytic[code] = int(rows[0]["id"])
        return {str(self._analytic[code]): 100}

    def locks(self) -> list[Lock]:
        """The lock dates as they are now, those of the companies above this one included."""
        there = self._fields("res.company", (*_LOCKS, *_LOCKS_BEFORE_18, "parent_id"))
        since_18 = {name: what for name, what in _LOCKS.items() if name in there}
        known = since_18 or {name: what for name, what in _LOCKS_BEFORE_18.items() if name in there}
        # What Odoo 18 tells for the user holds the companies above already. Before, we ask for those we may see.
        above = [] if since_18 else sorted({"parent_id"} & there)
        found, company, seen = [], self.id, set[int]()
        while company not in seen:
            seen.add(company)
            rows = self._transport.look(
                "res.company", "search_read", domain=[["id", "=", company]], fields=[*known, *above], order="id"
            )
            for row in rows:
                found += [
                    Lock(until=datetime.date.fromisoformat(row[name]), what=what, field=name)
                    for name, what in known.items()
                    if row[name]
                ]
                company = id_of(row.get("parent_id")) or company
        return found

    def _fields(self, model: str, names: Sequence[str]) -> set[str]:
        """Which of ``names`` this version of Odoo has."""
        told = self._transport.look(model, "fields_get", allfields=list(names), attributes=["type"])
        return set(told) & set(names)


def closing(locks: Sequence[Lock], entry: JournalEntry, journal: str) -> Lock | None:
    """The lock date that closes the date of ``entry`` in a journal of this kind; ``None`` when it is open."""
    # A journal entry of ours never has taxes in Odoo, so a VAT return that was filed does not close it.
    taxed = journal != "general" and any(posting.tax for posting in entry.postings)
    kinds = {"", journal, *(("tax",) if taxed else ())}
    hit = [lock for lock in locks if lock.what in kinds and entry.date <= lock.until]
    return max(hit, key=lambda lock: lock.until, default=None)


def _spellings(vat: str) -> list[str]:
    """A VAT number as people enter it: as it is, and with a space or points."""
    plain = "".join(sign for sign in vat if sign.isalnum()).upper()
    return list(dict.fromkeys((vat, plain, f"{plain[:2]} {plain[2:]}")))
