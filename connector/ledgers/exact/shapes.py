"""How an entry stands in Exact: as an entry in the purchase journal, the sales journal, or a general journal; or, where
the invoicing module issues the sales invoices, as a draft there.

Exact makes the open item and the VAT itself: of a purchase or a sale only the net lines are sent, each with the VAT
that the document states for it. What is sent has no sign of ours: a cost, and revenue on a sale, are positive there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

import msgspec

from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole
from connector.domain.money import allocate, from_minor
from connector.errors import EntryRejected
from connector.ledgers.exact.calls import Row
from connector.ledgers.exact.company import Company
from connector.ledgers.exact.settings import ExactSettings
from connector.ledgers.marks import mark_of
from connector.ledgers.wording import one_line

VAT_ROLES = frozenset({PostingRole.VAT_INPUT, PostingRole.VAT_DUE, PostingRole.VAT_COST})
_TEXT, _NUMBER = 60, 30
"""Characters of a description and of a supplier's number that we send; Exact's own limits are not published."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of record: the ``name`` of its journal, where it lies, what its lines are called and where they lie, and
    what the relation, the day, the id and the number are called; ``types`` are those of an invoice and a credit
    note."""

    name: str
    path: str
    lines: str
    line_path: str
    relation: str = ""
    date: str = "EntryDate"
    id: str = "EntryID"
    number: str = "EntryNumber"
    types: tuple[int, int] = (0, 0)


PURCHASE = Kind(
    name="purchase",
    path="purchaseentry/PurchaseEntries",
    lines="PurchaseEntryLines",
    line_path="purchaseentry/PurchaseEntryLines",
    relation="Supplier",
    types=(30, 31),
)
SALE = Kind(
    name="sales",
    path="salesentry/SalesEntries",
    lines="SalesEntryLines",
    line_path="salesentry/SalesEntryLines",
    relation="Customer",
    types=(20, 21),
)
DRAFT = Kind(
    name="sales",
    path="salesinvoice/SalesInvoices",
    lines="SalesInvoiceLines",
    line_path="salesinvoice/SalesInvoiceLines",
    relation="OrderedBy",
    date="OrderDate",  # the day of the invoice is given when it is printed, and then a sales entry is made
    id="InvoiceID",
    number="InvoiceNumber",
    types=(8020, 8021),
)
GENERAL = Kind(
    name="general",
    path="generaljournalentry/GeneralJournalEntries",
    lines="GeneralJournalEntryLines",
    line_path="generaljournalentry/GeneralJournalEntryLines",
)


def kind_of(entry: JournalEntry, settings: ExactSettings) -> Kind:
    """The kind of record that ``entry`` becomes."""
    if entry.key.purpose != "invoice" or entry.kind is DocumentKind.RECLASSIFICATION:
        return GENERAL
    if entry.key.direction is Direction.PURCHASE:
        return PURCHASE
    return DRAFT if settings.sales_item else SALE


def number_of(number: str) -> str:
    """The document's number as it stands in the field YourRef."""
    return one_line(number, limit=_NUMBER)


def document_sign(key: EntryKey) -> str:
    """What the descriptions of a general journal's lines begin with: the document's number and a digest of the whole
    document, so that they can be looked up."""
    digest = hashlib.blake2b(key.document.encode(), digest_size=5).hexdigest()
    return f"{one_line(key.number, limit=20)} {digest}"


def record(entry: JournalEntry, company: Company, settings: ExactSettings) -> Row:
    """The record to send. Raises EntryRejected for what Exact cannot take."""
    kind = kind_of(entry, settings)
    return _general(entry, company) if kind is GENERAL else _invoice(entry, kind, company, settings)


def name_document(sent: Row, kind: Kind, document: str) -> None:
    """Let a record name the document with its files; of a general journal it is the first line that does."""
    if document:
        (sent[kind.lines][0] if kind is GENERAL else sent)["Document"] = document


def _invoice(entry: JournalEntry, kind: Kind, company: Company, settings: ExactSettings) -> Row:
    credit = entry.total_minor < 0 or (entry.total_minor == 0 and entry.kind is DocumentKind.CREDIT_NOTE)
    sign = 1 if kind is PURCHASE else -1
    relation, lines, vat = company.relation(entry), _taxed_lines(entry), _vat_of_lines(entry, company)
    if not lines:
        raise EntryRejected("the entry has no cost or revenue", hint="Book this document by hand.")
    made = []
    for number, posting in enumerate(lines):
        line = {
            "GLAccount": company.account(posting.account),
            "AmountFC": from_minor(sign * posting.minor),
            "Description": one_line(posting.text or entry.text or entry.number, limit=_TEXT),
            **company.costs(posting.dimensions),
        }
        if code := company.vat_code(posting.tax).code if posting.tax else settings.untaxed:
            line["VATCode"] = code
        if number in vat:
            line["VATAmountFC"] = from_minor(sign * vat[number])
        if kind is DRAFT:
            line |= {"Item": company.item(settings.sales_item), "Quantity": 1}
        made.append(line)
    made[0]["Notes"] = mark_of(entry)
    return {
        "Journal": company.journal(kind.name),
        kind.relation: relation,
        "Type": kind.types[credit],
        kind.date: entry.date.isoformat(),
        "DueDate": (entry.due or entry.document_date).isoformat(),
        "YourRef": number_of(entry.number),
        "Description": one_line(entry.text or entry.number, limit=_TEXT),
        "Currency": entry.currency,
        kind.lines: made,
    }


def _taxed_lines(entry: JournalEntry) -> list[Posting]:
    """What is sent: all but the open item and the VAT, which Exact books itself."""
    return [each for each in entry.postings if each.role is not PostingRole.PARTY and each.role not in VAT_ROLES]


def _vat_of_lines(entry: JournalEntry, company: Company) -> dict[int, int]:
    """The VAT of each line in minor units, debit positive, so that a tax code's lines have its VAT to the cent.

    With reverse charge nothing is paid: Exact computes both legs from the code. Raises EntryRejected for VAT that is
    cost: which part may be deducted is not sent.
    """
    if any(each.role is PostingRole.VAT_COST for each in entry.postings):
        raise EntryRejected(
            "part of its VAT may not be deducted, which cannot be sent to Exact yet", hint="Book this document by hand."
        )
    wanted: dict[str, int] = defaultdict(int)
    for each in entry.postings:
        if each.role in VAT_ROLES and not company.vat_code(each.tax).reverse_charge:
            wanted[each.tax] += each.minor
    found: dict[int, int] = {}
    lines = _taxed_lines(entry)
    for tax, minor in wanted.items():
        mine = [number for number, each in enumerate(lines) if each.tax == tax and each.role is PostingRole.NET]
        if not mine:
            raise EntryRejected(f"it has VAT of {tax} without a line", hint="Book this document by hand.")
        found |= dict(zip(mine, allocate(minor, [lines[number].minor for number in mine]), strict=True))
    return found


def _general(entry: JournalEntry, company: Company) -> Row:
    if any(each.role in VAT_ROLES for each in entry.postings):
        raise EntryRejected(
            "it books VAT outside an invoice, which would move the account and not the VAT return",
            hint="Book it by hand in Exact, then give its entry up with 'connector entries reject'.",
        )
    begins = document_sign(entry.key)
    lines = [_general_line(entry, each, company, begins) for each in entry.postings]
    lines[0]["Notes"] = mark_of(entry)
    return {"JournalCode": company.journal(GENERAL.name), "Currency": entry.currency, GENERAL.lines: lines}


def _general_line(entry: JournalEntry, posting: Posting, company: Company, begins: str) -> Row:
    text = one_line(posting.text or entry.text or entry.number, limit=_TEXT)
    line = {
        "GLAccount": company.account(posting.account),
        "AmountFC": from_minor(posting.minor),
        "Date": entry.date.isoformat(),
        "Description": one_line(f"{begins} {text}", limit=_TEXT),
        **company.costs(posting.dimensions),
    }
    if posting.role is PostingRole.PARTY:
        line["Account"] = company.relation(entry)
    return line
