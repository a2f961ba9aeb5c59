"""What the division has in Exact and entries refer to: accounts, journals, VAT codes, relations, cost centres.

Each kind is asked for once in a run, when it is needed first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.invoice import Direction
from connector.domain.journal import Dimensions, JournalEntry
from connector.errors import EntryRejected, LedgerRefused
from connector.ledgers.base import TaxThere, VatCode
from connector.ledgers.exact.calls import Calls, Row, amount, text
from connector.ledgers.exact.settings import ExactSettings
from connector.ledgers.wording import one_line

_JOURNAL_TYPES = {"purchase": (22,), "sales": (20,), "general": (90,)}
"""Exact's types of journals for each kind of ours."""
_INCLUDING = "I"
"""Exact's type of VAT codes with which an amount has its VAT in it."""
_OPEN_ITEMS = frozenset({20, 22})
"""Exact's types of accounts for debtors and creditors."""


class Company:
    """The division of the ledger, as the user of the login sees it."""

    def __init__(
        self, calls: Calls, settings: ExactSettings, taxes: Mapping[str, TaxThere], debtors: Mapping[str, str]
    ) -> None:
        self._calls, self._settings, self._taxes, self._debtors = calls, settings, taxes, debtors
        self._relations: dict[str, str] = {}
        self._costs: dict[tuple[str, str], None] = {}
        self._items: dict[str, str] = {}

    def current(self) -> str:
        """The number of the division that the user works in."""
        (me,) = list(self._calls.rows("current/Me", select=("CurrentDivision",), company=False))[:1] or [{}]
        if not me.get("CurrentDivision"):
            raise LedgerRefused(
                "Exact does not tell in which administration the user works",
                hint="Set division of the ledger to the number of the administration in Exact.",
            )
        return str(me["CurrentDivision"])

    @cached_property
    def _accounts(self) -> Sequence[Row]:
        return list(
            self._calls.rows("financial/GLAccounts", select=("ID", "Code", "Description", "Type", "BalanceSide",
                                                             "BalanceType", "IsBlocked"), order="Code")
        )  # fmt: skip

    def chart(self) -> ChartOfAccounts:
        """The accounts that can be posted to."""
        accounts = {
            row["Code"].strip(): Account(
                code=row["Code"].strip(), name=str(row["Description"] or ""), type=_type_of(row)
            )
            for row in self._accounts
            if not row.get("IsBlocked")
        }
        return ChartOfAccounts(accounts=accounts, roles={})

    @cached_property
    def account_ids(self) -> Mapping[str, str]:
        """The id of each account by its code."""
        return {row["Code"].strip(): row["ID"] for row in self._accounts}

    @cached_property
    def open_items(self) -> frozenset[str]:
        """The codes of the accounts of creditors and debtors: what is booked there is owed."""
        return frozenset(row["Code"].strip() for row in self._accounts if row["Type"] in _OPEN_ITEMS)

    def account(self, code: str) -> str:
        """The id of the account ``code``. Raises EntryRejected."""
        if code not in self.account_ids:
            raise EntryRejected(
                f"Exact has no account {code}",
                hint="Add it in Exact, or correct accounts.csv or the rule that names it, then approve the entry "
                "again.",
            )
        return self.account_ids[code]

    def journal(self, kind: str) -> str:
        """The code of the journal for purchases, sales or other entries ('general')."""
        return self._journals[kind]

    @cached_property
    def _journals(self) -> Mapping[str, str]:
        fields = ("Code", "Description", "Type", "IsBlocked")
        rows = [
            row for row in self._calls.rows("financial/Journals", select=fields, order="Code") if not row["IsBlocked"]
        ]
        return {kind: self._one_journal(kind, rows) for kind in _JOURNAL_TYPES}

    def _one_journal(self, kind: str, rows: Sequence[Row]) -> str:
        of_kind = [row for row in rows if row["Type"] in _JOURNAL_TYPES[kind]]
        wanted = self._settings.journals[kind]
        found = [row for row in of_kind if not wanted or wanted == row["Code"].strip()]
        if len(found) != 1:
            named = ", ".join(f"{row['Code'].strip()} ({row['Description']})" for row in of_kind) or "none"
            raise LedgerRefused(
                f"Exact has no {kind} journal {wanted!r}" if wanted else f"Exact has several {kind} journals, or none",
                hint=f"Set {kind}_journal of the ledger to the code of one of: {named}.",
            )
        return str(found[0]["Code"]).strip()

    @cached_property
    def _vat_rows(self) -> Mapping[str, Row]:
        rows = self._calls.rows(
            "vat/VATCodes", select=("Code", "Description", "Percentage", "Type", "IsBlocked"), order="Code"
        )
        return {row["Code"].strip(): row for row in rows if not row.get("IsBlocked")}

    def vat_codes(self) -> list[VatCode]:
        """The VAT codes that can be used; Exact tells a rate as a part of one."""
        return [
            VatCode(code=code, name=str(row["Description"] or ""), rate=(amount(row["Percentage"]) * 100).normalize())
            for code, row in self._vat_rows.items()
        ]

    @cached_property
    def reverse_charges(self) -> frozenset[str]:
        """Those of Exact's VAT codes that ``tax.csv`` uses for reverse charge."""
        return frozenset(each.code for each in self._taxes.values() if each.reverse_charge)

    def vat_code(self, ours: str) -> TaxThere:
        """How Exact books our tax code. Raises EntryRejected."""
        there = self._taxes.get(ours)
        if there is None or not there.code:
            raise EntryRejected(
                f"tax.csv says nothing of the tax code {ours!r} in its column exact",
                hint="Write Exact's VAT code there; 'connector ledger chart' lists them. Then approve the entry again.",
            )
        if there.code not in self._vat_rows:
            raise EntryRejected(
                f"Exact has no VAT code {there.code!r}; the column exact of tax.csv says so of {ours!r}",
                hint="Correct it; 'connector ledger chart' lists the codes. Then approve the entry again.",
            )
        if self._vat_rows[there.code]["Type"] == _INCLUDING:
            raise EntryRejected(
                f"Exact's VAT code {there.code!r} takes amounts with the VAT in them, and ours are without",
                hint=f"Name a code that excludes VAT in the column exact of tax.csv for {ours!r}, then approve the "
                "entry again.",
            )
        return there

    def relation(self, entry: JournalEntry) -> str:
        """The id of the supplier or customer of ``entry``. Raises EntryRejected."""
        if entry.key.direction is Direction.PURCHASE:
            return self.supplier(entry.key.issuer)
        number = self._debtors.get(entry.key.customer, entry.key.customer)
        return self._one_relation(
            _code(number),
            said=f"the customer code {number or entry.party!r}",
            hint="Give the relation this code in Exact, or set debtor of the customer in customers.csv to the code "
            "that it has, then approve the entry again.",
        )

    def supplier(self, issuer: str) -> str:
        """The id of the supplier with the VAT number ``issuer``, or of the one that is set. Raises EntryRejected."""
        if self._settings.supplier:
            code = self._settings.supplier
            return self._one_relation(
                _code(code), said=f"the code {code}", hint="Correct supplier of the ledger, then approve again."
            )
        return self._one_relation(
            " or ".join(f"VATNumber eq {text(each)}" for each in _spellings(issuer)),
            said=f"the VAT number {issuer}",
            hint="Give one relation in Exact this VAT number, or set supplier of the ledger to the code of its "
            "relation, then approve the entry again.",
        )

    def _one_relation(self, where: str, *, said: str, hint: str) -> str:
        if said not in self._relations:
            rows = list(self._calls.rows("crm/Accounts", select=("ID", "Code", "Name"), where=where))
            if len(rows) != 1:
                many = "several relations have" if rows else "no relation has"
                raise EntryRejected(f"in Exact {many} {said}", hint=hint)
            self._relations[said] = str(rows[0]["ID"])
        return self._relations[said]

    def item(self, code: str) -> str:
        """The id of the item that lines of draft invoices name. Raises EntryRejected."""
        if code not in self._items:
            rows = list(self._calls.rows("logistics/Items", select=("ID", "Code"), where=f"Code eq {text(code)}"))
            if len(rows) != 1:
                raise EntryRejected(
                    f"Exact has no item {code}, which sales_item names",
                    hint="Make the item in Exact, or correct sales_item of the ledger, then approve the entry again.",
                )
            self._items[code] = str(rows[0]["ID"])
        return self._items[code]

    def costs(self, dimensions: Dimensions) -> Row:
        """The cost centre and cost unit of a line, as fields. Raises EntryRejected when Exact does not know them."""
        found = {}
        wanted = (
            ("CostCenter", "hrm/Costcenters", self._settings.cost_center),
            ("CostUnit", "hrm/Costunits", self._settings.cost_unit),
        )
        for field, path, dimension in wanted:
            code = dict(dimensions).get(dimension) if dimension else None
            if code:
                self._check_cost(path, code)
                found[field] = code
        return found

    def _check_cost(self, path: str, code: str) -> None:
        if (path, code) in self._costs:
            return
        if not list(self._calls.rows(path, select=("Code",), where=f"Code eq {text(code)}")):
            what = "cost centre" if "center" in path else "cost unit"
            raise EntryRejected(
                f"Exact has no {what} {one_line(code, limit=60)!r}",
                hint="Make one in Exact, or correct the value in dimensions.csv, then approve the entry again.",
            )
        self._costs[path, code] = None


def _type_of(row: Row) -> AccountType:
    """By Exact's balance type (B or W) and side (D or C)."""
    debit = str(row.get("BalanceSide")) == "D"
    if str(row.get("BalanceType")) == "W":
        return AccountType.EXPENSE if debit else AccountType.INCOME
    return AccountType.ASSET if debit else AccountType.LIABILITY


def _code(number: str) -> str:
    """The filter for a relation's code, which Exact fills up with spaces on the left to 18 characters."""
    return f"Code eq {text(number.rjust(18))} or Code eq {text(number)}"


def _spellings(vat: str) -> list[str]:
    """A VAT number as people enter it: as it is, and with a space."""
    plain = "".join(sign for sign in vat if sign.isalnum()).upper()
    return list(dict.fromkeys((vat, plain, f"{plain[:2]} {plain[2:]}")))
