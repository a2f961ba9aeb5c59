"""The books of one division in Exact: entries are booked at once, VAT and the open item by Exact itself."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = dict[str, Any]
CENT = Decimal("0.01")
LONGEST = {"YourRef": 30, "Description": 60}
"""Characters a field takes: our own assumption, since Exact does not publish its limits."""
PURCHASES, SALES = "purchaseentry/PurchaseEntries", "salesentry/SalesEntries"
GENERAL = "generaljournalentry/GeneralJournalEntries"
DRAFTS, ITEMS = "salesinvoice/SalesInvoices", "logistics/Items"
DOCUMENTS, ATTACHMENTS = "documents/Documents", "documents/DocumentAttachments"
LINES_OF = {PURCHASES: "PurchaseEntryLines", SALES: "SalesEntryLines", GENERAL: "GeneralJournalEntryLines",
            DRAFTS: "SalesInvoiceLines"}  # fmt: skip
FIELDS: Mapping[str, Sequence[str]] = {
    "financial/GLAccounts": ("ID", "Code", "Description", "Type", "BalanceSide", "BalanceType", "IsBlocked",
                             "VATCode"),
    "financial/Journals": ("Code", "Description", "Type", "IsBlocked"),
    "vat/VATCodes": ("Code", "Description", "Percentage", "Type", "IsBlocked"),
    "crm/Accounts": ("ID", "Code", "Name", "VATNumber"),
    ITEMS: ("ID", "Code", "Description"),
    DRAFTS: ("InvoiceID", "InvoiceNumber", "OrderDate", "DueDate", "Journal", "OrderedBy", "YourRef", "Description",
             "AmountFC", "Currency", "Type", "Status", "Document"),
    "salesinvoice/SalesInvoiceLines": ("ID", "InvoiceID", "Item", "Quantity", "GLAccount", "AmountFC", "VATAmountFC",
                                       "VATCode", "Description", "Notes", "CostCenter", "CostUnit"),
    "hrm/Costcenters": ("Code", "Description"),
    "hrm/Costunits": ("Code", "Description"),
    DOCUMENTS: ("ID", "Subject", "Type", "Account"),
    ATTACHMENTS: ("ID", "Document", "FileName", "Attachment"),
    PURCHASES: ("EntryID", "EntryNumber", "EntryDate", "DueDate", "Journal", "Supplier", "SupplierName", "YourRef",
                "Description", "AmountFC", "Currency", "Type", "Status", "Document"),
    SALES: ("EntryID", "EntryNumber", "EntryDate", "DueDate", "Journal", "Customer", "CustomerName", "YourRef",
            "Description", "AmountFC", "Currency", "Type", "Status", "Document"),
    GENERAL: ("EntryID", "EntryNumber", "JournalCode", "Currency", "Status"),
    "purchaseentry/PurchaseEntryLines": ("ID", "EntryID", "GLAccount", "AmountFC", "VATCode", "Description", "Notes",
                                         "CostCenter", "CostUnit"),
    "salesentry/SalesEntryLines": ("ID", "EntryID", "GLAccount", "AmountFC", "VATCode", "Description", "Notes",
                                   "CostCenter", "CostUnit"),
    "generaljournalentry/GeneralJournalEntryLines": ("ID", "EntryID", "EntryNumber", "GLAccount", "AmountFC", "VATCode",
                                                     "Description", "Notes", "Account", "Date", "Document",
                                                     "CostCenter", "CostUnit"),
    "financialtransaction/TransactionLines": ("ID", "EntryID", "EntryNumber", "JournalCode", "Date", "AmountDC",
                                              "AmountVATFC", "GLAccountCode", "VATCode", "Currency", "Description",
                                              "YourRef"),
}  # fmt: skip


class Refused(Exception):
    """Exact's own word of refusal."""


class Vat:
    """A VAT code: its part of one, and the accounts of what is deducted and what is due ('' for none)."""

    def __init__(self, percentage: str, *, deducted: str = "", due: str = "") -> None:
        self.percentage, self.deducted, self.due = Decimal(percentage), deducted, due


class Books:
    """``rows`` by path. ``closed`` are periods as (year, month)."""

    def __init__(self, creditors: str, debtors: str) -> None:
        self.rows: dict[str, list[Row]] = {path: [] for path in FIELDS}
        self.vat: dict[str, Vat] = {}
        self.closed: set[tuple[int, int]] = set()
        self.creditors, self.debtors = creditors, debtors
        self.misses_a_cent = False
        """Whether VAT is computed a cent too low where no amount is given."""

    def add(self, path: str, **values: Any) -> Row:
        """A record."""
        row: Row = {**dict.fromkeys(FIELDS[path]), **values}
        if "ID" in row and row["ID"] is None:
            row["ID"] = str(uuid.uuid4())
        self.rows[path].append(row)
        return row

    def one(self, path: str, field: str, value: object, what: str) -> Row:
        """The record whose ``field`` is ``value``."""
        found = [row for row in self.rows[path] if row[field] == value]
        if not found:
            raise Refused(f"Ongeldige referentie: {what}")
        return found[0]

    def create(self, path: str, sent: Row) -> Row:
        """Book a record; what was made of it."""
        if path in (DOCUMENTS, ATTACHMENTS):
            if path == ATTACHMENTS:
                self.one(DOCUMENTS, "ID", sent.get("Document"), "Document")
            return self.add(path, **{name: sent[name] for name in FIELDS[path] if name in sent})
        for row in (sent, *sent.get(LINES_OF[path], ())):
            for field, most in LONGEST.items():
                if len(row.get(field) or "") > most:
                    raise Refused(f"Te lang: {field}")
        lines = sent.get(LINES_OF[path]) or []
        if not lines:
            raise Refused("Verplicht: Regels")
        if path == DRAFTS:
            return self._draft(sent, lines)
        return self._general(sent, lines) if path == GENERAL else self._invoice(path, sent, lines)

    def _invoice(self, path: str, sent: Row, lines: Sequence[Row]) -> Row:
        partner = "Supplier" if path == PURCHASES else "Customer"
        relation = self.one("crm/Accounts", "ID", sent.get(partner), "Relatie")
        journal = self._journal(sent.get("Journal"), 22 if path == PURCHASES else 20)
        date = self._open_day(sent.get("EntryDate"))
        sign = 1 if path == PURCHASES else -1
        booked: list[Row] = []
        total = Decimal(0)
        for line in lines:
            account = self.one("financial/GLAccounts", "ID", line.get("GLAccount"), "Grootboekrekening")
            net, code = Decimal(line["AmountFC"]), line.get("VATCode") or account["VATCode"]
            vat, legs = self._vat(net, code, line.get("VATAmountFC"))
            total += net + vat
            booked.append({"account": account["Code"], "amount": sign * net, "vat": sign * vat, "code": code})
            booked += [{"account": leg, "amount": sign * part, "vat": Decimal(0), "code": None} for leg, part in legs]
        party = self.creditors if path == PURCHASES else self.debtors
        booked.append({"account": party, "amount": -sign * total, "vat": Decimal(0), "code": None})
        head = self.add(
            path,
            **{name: sent.get(name) for name in ("YourRef", "Description", "Type", "Document", partner)},
            **self._numbers(path, journal),
            **{f"{partner}Name": relation["Name"]},
            Journal=journal,
            EntryDate=date,
            DueDate=datetime.date.fromisoformat(sent["DueDate"][:10]) if sent.get("DueDate") else date,
            Currency=sent.get("Currency") or "EUR",
            AmountFC=-total if path == PURCHASES else total,
            Status=20,
        )
        self._keep_lines(f"{path.removesuffix('Entries')}EntryLines", head, lines)
        self._book(head, journal, date, booked)
        return head

    def _draft(self, sent: Row, lines: Sequence[Row]) -> Row:
        """An invoice that is not printed yet: nothing is booked of it."""
        self.one("crm/Accounts", "ID", sent.get("OrderedBy"), "Relatie")
        journal, total = self._journal(sent.get("Journal"), 20), Decimal(0)
        kept = []
        for line in lines:
            self.one(ITEMS, "ID", line.get("Item"), "Artikel")
            account = self.one("financial/GLAccounts", "ID", line.get("GLAccount"), "Grootboekrekening")
            code = line.get("VATCode") or account["VATCode"]
            vat, _ = self._vat(Decimal(line["AmountFC"]), code, line.get("VATAmountFC"))
            total += Decimal(line["AmountFC"]) + vat
            kept.append({**line, "VATCode": code, "VATAmountFC": vat})
        head = self.add(
            DRAFTS,
            **{name: sent.get(name) for name in ("YourRef", "Description", "Type", "Document", "OrderedBy")},
            InvoiceID=str(uuid.uuid4()),
            Journal=journal,
            OrderDate=datetime.date.fromisoformat(str(sent["OrderDate"])[:10]),
            Currency=sent.get("Currency") or "EUR",
            AmountFC=total,
            Status=20,
        )
        for line in kept:
            path = "salesinvoice/SalesInvoiceLines"
            self.add(path, InvoiceID=head["InvoiceID"], **{name: line.get(name) for name in FIELDS[path][2:]})
        return head

    def _general(self, sent: Row, lines: Sequence[Row]) -> Row:
        journal = self._journal(sent.get("JournalCode"), 90)
        if any(line.get("VATCode") for line in lines):
            raise Refused("Niet toegestaan: BTW-code")
        if off := sum(Decimal(line["AmountFC"]) for line in lines):
            raise Refused(f"Boeking is out of balance, difference EUR {off}")
        dates = [self._open_day(line.get("Date")) for line in lines]
        accounts = [
            self.one("financial/GLAccounts", "ID", line.get("GLAccount"), "Grootboekrekening")["Code"] for line in lines
        ]
        head = self.add(
            GENERAL, **self._numbers(GENERAL, journal), JournalCode=journal, Currency=sent.get("Currency") or "EUR",
            Status=20,
        )  # fmt: skip
        numbered = [{**line, "EntryNumber": head["EntryNumber"], "Date": dates[0]} for line in lines]
        self._keep_lines("generaljournalentry/GeneralJournalEntryLines", head, numbered)
        booked = [
            {"account": account, "amount": Decimal(line["AmountFC"]), "vat": Decimal(0), "code": None}
            for account, line in zip(accounts, lines, strict=True)
        ]
        self._book(head, journal, dates[0], booked)
        return head

    def _vat(self, net: Decimal, code: str | None, given: object) -> tuple[Decimal, list[tuple[str, Decimal]]]:
        """What is paid of VAT, and the legs that it is booked in."""
        if code is None:
            return Decimal(0), []
        if code not in self.vat:
            raise Refused("Ongeldige referentie: BTW-code")
        known = self.vat[code]
        vat = (net * known.percentage).quantize(CENT, ROUND_HALF_UP)
        if known.deducted and known.due:
            return Decimal(0), [(known.deducted, vat), (known.due, -vat)]
        if given is not None:
            vat = Decimal(str(given))
        elif self.misses_a_cent:
            vat -= CENT
        account = known.deducted or known.due
        return vat, [(account, vat)] if vat else []

    def _journal(self, code: object, kind: int) -> str:
        row = self.one("financial/Journals", "Code", code, "Dagboek")
        if row["Type"] != kind:
            raise Refused("Ongeldig: Dagboek")
        return str(row["Code"])

    def _open_day(self, sent: object) -> datetime.date:
        if not sent:
            raise Refused("Verplicht: Datum")
        date = datetime.date.fromisoformat(str(sent)[:10])
        if (date.year, date.month) in self.closed:
            raise Refused(f"Periode is afgesloten: {date.year}-{date.month}")
        return date

    def _numbers(self, path: str, journal: str) -> Row:
        return {"EntryID": str(uuid.uuid4()), "EntryNumber": int(f"26{journal}0000") + len(self.rows[path]) + 1}

    def _keep_lines(self, path: str, head: Row, lines: Sequence[Row]) -> None:
        for line in lines:
            kept = {name: line.get(name) for name in FIELDS[path] if name not in {"ID", "EntryID"}}
            for field, centers in (("CostCenter", "hrm/Costcenters"), ("CostUnit", "hrm/Costunits")):
                # What the division does not have is dropped without a word.
                if kept.get(field) not in {row["Code"] for row in self.rows[centers]}:
                    kept[field] = None
            self.add(path, EntryID=head["EntryID"], **kept)

    def _book(self, head: Row, journal: str, date: datetime.date, booked: Sequence[Row]) -> None:
        assert not sum(line["amount"] for line in booked), "Exact's books balance"
        for line in booked:
            self.add(
                "financialtransaction/TransactionLines",
                EntryID=head["EntryID"],
                EntryNumber=head["EntryNumber"],
                JournalCode=journal,
                Date=date,
                AmountDC=line["amount"],
                AmountVATFC=line["vat"],
                GLAccountCode=line["account"],
                VATCode=line["code"],
                Currency=head["Currency"],
                Description=head.get("Description"),
                YourRef=head.get("YourRef"),
            )
