"""What the books in Tryton know: accounts, taxes, journals, periods and parties, each asked once per opening."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected, LedgerRefused
from connector.ledgers.base import Setup, VatCode
from connector.ledgers.tryton.rpc import TrytonSession, date_there

_ACCOUNT_FIELDS = ("code", "name", "party_required", "closed")
_TYPE_FIELDS = ("type.statement", "type.assets", "type.revenue", "type.receivable", "type.payable")
_APPROVE_AGAIN = "then approve the entry again."


class AccountThere(msgspec.Struct, frozen=True, kw_only=True):
    """An account of Tryton's that can be posted to. ``open_items``: it holds what parties owe or are owed."""

    id: int
    name: str
    type: AccountType
    party_required: bool
    closed: bool
    open_items: bool


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """A tax that amounts are counted on: a tax without children, or one of its children. ``rate`` is in percent."""

    id: int
    rate: Decimal


class TrytonTax(msgspec.Struct, frozen=True, kw_only=True):
    """A tax that documents name, with its parts; a reverse charge has one that adds and one that takes off."""

    name: str
    parts: tuple[TaxPart, ...]
    several: bool = False


class TrytonBooks:
    """The company's books, seen through ``session``."""

    def __init__(self, session: TrytonSession, setup: Setup, *, company: int) -> None:
        self._session, self._setup, self._company = session, setup, company
        self._parties: dict[tuple[str, str], int | None] = {}

    @cached_property
    def accounts(self) -> Mapping[str, AccountThere]:
        """The accounts that take postings, by code; closed ones too, so that a refusal can say so."""
        domain = [["company", "=", self._company], ["type", "!=", None], ["code", "!=", None]]
        rows = self._session.rows("account.account", domain, [*_ACCOUNT_FIELDS, *_TYPE_FIELDS])
        return {row["code"]: _account(row) for row in rows}

    @cached_property
    def codes(self) -> Mapping[int, str]:
        """The accounts' codes by Tryton's own number."""
        return {account.id: code for code, account in self.accounts.items()}

    def chart(self) -> ChartOfAccounts:
        """The accounts that can be posted to."""
        usable = {code: each for code, each in self.accounts.items() if not each.closed}
        accounts = {code: Account(code=code, name=each.name, type=each.type) for code, each in usable.items()}
        return ChartOfAccounts(accounts=accounts, roles={})

    @cached_property
    def taxes(self) -> Mapping[str, TrytonTax]:
        """The taxes that documents name, by name; of several with one name none can be meant, so it has no parts."""
        rows = self._session.rows("account.tax", [["company", "=", self._company]], ["name", "rate", "type", "parent"])
        children: dict[int | None, list[dict[str, Any]]] = {}
        for row in rows:
            children.setdefault(row["parent"], []).append(row)
        found: dict[str, TrytonTax] = {}
        for row in children.get(None, []):
            twice = row["name"] in found
            parts = () if twice else tuple(_parts(row, children))
            found[row["name"]] = TrytonTax(name=row["name"], parts=parts, several=twice)
        return found

    @cached_property
    def tax_names(self) -> Mapping[int, str]:
        """The name that documents use, by Tryton's own number of a tax or a part of it."""
        return {part.id: name for name, tax in self.taxes.items() for part in tax.parts}

    def vat_codes(self) -> list[VatCode]:
        """The taxes by name. The rate is that of the part that adds."""
        return [
            VatCode(code=tax.name, name=tax.name, rate=max((part.rate for part in tax.parts), default=None))
            for tax in self.taxes.values()
        ]

    def tax(self, code: str) -> TrytonTax:
        """What our tax code is in Tryton. Raises EntryRejected."""
        there = self._setup.taxes.get(code)
        if there is None:
            raise EntryRejected(
                f"tax.csv says no tax of Tryton's for {code}",
                hint=f"Write the name of Tryton's tax in the column 'tryton' of tax.csv, in the row of {code}, "
                + _APPROVE_AGAIN,
            )
        if there.code not in self.taxes:
            raise EntryRejected(
                f"Tryton has no tax with the name {there.code!r}, which tax.csv gives for {code}",
                hint="Correct the name in the column 'tryton' of tax.csv, or make the tax in Tryton, " + _APPROVE_AGAIN,
            )
        found = self.taxes[there.code]
        if found.several:
            raise EntryRejected(
                f"Tryton has several taxes with the name {found.name!r}, which tax.csv gives for {code}",
                hint="Rename all but one of them in Tryton, or deactivate those that are not used any more, "
                + _APPROVE_AGAIN,
            )
        if not found.parts:
            raise EntryRejected(
                f"Tryton counts nothing on the tax {found.name!r}: it has the type 'none' and no children",
                hint="Give it a rate in Tryton, which may be 0 %, or children, " + _APPROVE_AGAIN,
            )
        return found

    def account(self, code: str) -> AccountThere:
        """The account ``code``. Raises EntryRejected."""
        found = self.accounts.get(code)
        if found is None or found.closed:
            said = "has no account" if found is None else "has closed the account"
            raise EntryRejected(
                f"Tryton {said} {code}",
                hint="Add or open the account in Tryton, or correct the rule that names it, " + _APPROVE_AGAIN,
            )
        return found

    @cached_property
    def _journals(self) -> Mapping[str, int]:
        rows = self._session.rows("account.journal", [], ["code"])
        return {row["code"]: row["id"] for row in rows if row["code"]}

    def journal(self, setting: str) -> int:
        """The journal that a setting names by its code. Raises LedgerRefused."""
        code = self._setup.settings[setting]
        if code not in self._journals:
            raise LedgerRefused(
                f"Tryton has no journal {code}, which {setting} names",
                hint=f"Its journals are: {', '.join(sorted(self._journals))}. Name one of them in {setting}.",
                where=f"ledger {self._setup.name}",
            )
        return self._journals[code]

    def period(self, day: datetime.date) -> int:
        """The open period of ``day``, asked anew each time since periods are closed any time. Raises EntryRejected."""
        domain = [
            ["company", "=", self._company],
            ["type", "=", "standard"],
            ["start_date", "<=", date_there(day)],
            ["end_date", ">=", date_there(day)],
        ]
        rows = self._session.rows("account.period", domain, ["name", "state"])
        if not rows:
            raise EntryRejected(
                f"Tryton has no period for {day}",
                hint=f"Make the fiscal year of {day.year} with its periods in Tryton, " + _APPROVE_AGAIN,
            )
        if rows[0]["state"] != "open":
            raise EntryRejected(
                f"the period {rows[0]['name']} is closed in Tryton and the entry is dated {day}",
                hint="Open the period and its journals again in Tryton and approve the entry again. Or book the "
                "document by hand in a period that is open, and give its entry up with 'connector entries reject'.",
            )
        return int(rows[0]["id"])

    def party(self, entry: JournalEntry) -> int:
        """The party of ``entry``: the supplier by code or VAT number, a customer by its debtor number. Raises
        EntryRejected."""
        if entry.key.direction is Direction.PURCHASE:
            return self.supplier(entry.key.issuer, entry.party)
        debtor = self._setup.debtors.get(entry.key.customer, "")
        if not debtor:
            raise EntryRejected(
                f"{entry.party} has no debtor number, and Tryton's debtors need a party",
                hint="Write the code of the party in Tryton in the column 'debtor' of customers.csv, " + _APPROVE_AGAIN,
            )
        return self._party("code", debtor, entry.party)

    def supplier(self, vat_number: str, name: str) -> int:
        """The party that sends the invoices. Raises EntryRejected."""
        code = self._setup.settings.get("supplier", "")
        return self._party("code", code, name) if code else self._party("identifiers.code", vat_number, name)

    def _party(self, field: str, value: str, name: str) -> int:
        if (field, value) not in self._parties:
            rows = self._session.rows("party.party", [[field, "=", value]], ["name"])
            if len(rows) != 1:
                by = "code" if field == "code" else "VAT number"
                raise EntryRejected(
                    f"Tryton has {len(rows) or 'no'} {'parties' if rows else 'party'} with the {by} {value} ({name})",
                    hint=f"Make one party with this {by} in Tryton"
                    + ("" if field == "code" else ", or name its code in the setting supplier")
                    + ", "
                    + _APPROVE_AGAIN,
                )
            self._parties[field, value] = rows[0]["id"]  # only what was found: a person mends the rest meanwhile
        return int(self._parties[field, value] or 0)


def _account(row: Mapping[str, Any]) -> AccountThere:
    kind = row["type."]
    if kind["statement"] == "income":
        of_ours = AccountType.INCOME if kind["revenue"] else AccountType.EXPENSE
    else:
        of_ours = AccountType.ASSET if kind["assets"] else AccountType.LIABILITY
    return AccountThere(
        id=row["id"],
        name=row["name"],
        type=of_ours,
        party_required=bool(row["party_required"]),
        closed=bool(row["closed"]),
        open_items=bool(kind["receivable"] or kind["payable"]),
    )


def _parts(row: Mapping[str, Any], children: Mapping[int | None, list[dict[str, Any]]]) -> list[TaxPart]:
    below = [part for child in children.get(row["id"], []) for part in _parts(child, children)]
    if row["type"] == "none":
        return below
    return [TaxPart(id=row["id"], rate=(row["rate"] or Decimal(0)) * 100), *below]
