"""Books for the tests: the starter mappings, invoices made from a few figures, and the way from invoice to entry."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from connector.domain.aggregation import LineAmount, groups_by_line, level_of
from connector.domain.booking import Booked, book
from connector.domain.catalogue import severity_of
from connector.domain.checks import Document, Surroundings, check
from connector.domain.dates import month_of
from connector.domain.decision import Decision
from connector.domain.document import entry_key
from connector.domain.explanation import LineCents
from connector.domain.finding import Finding, Severity
from connector.domain.invoice import (
    Customer,
    Direction,
    Header,
    Invoice,
    InvoiceKey,
    Line,
    Party,
    Subscription,
    ident,
)
from connector.domain.journal import JournalEntry, Posting
from connector.domain.mapping import MappedCustomer, Mapping
from connector.domain.reading import Reading, head_of, read
from connector.domain.tax_scale import TaxScale
from connector.domain.vocabulary import Vocabulary
from connector.mapping_files import load
from connector.resources import mappings_path

PAYLOADS = Path(__file__).parent.parent / "payloads"
TODAY = datetime.date(2027, 1, 10)
NL_VAT, BE_VAT = "NL000000000B00", "BE0000000000"
COPACO_NL = Party(company_name="Copaco Nederland B.V.", vat_number="NL111111111B00", iban="NL00 BANK 0000 0000 00")
COPACO_BE = Party(company_name="Copaco Belgium NV", vat_number="BE0111111111", iban="BE00 0000 0000 0000")
FAR_AWAY = Party(company_name="Cloud Ltd", vat_number="GB111111111")

NOVEMBER = ("20261101", "20261130")
YEAR = ("20261115", "20271114")


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """An administration as far as the domain knows it."""

    country: str
    vat_number: str
    mapping: Mapping

    def having(self, **changes: Any) -> Books:
        """The same books with other tables in their mapping."""
        return msgspec.structs.replace(self, mapping=msgspec.structs.replace(self.mapping, **changes))

    def setting(self, **changes: Any) -> Books:
        """The same books with other settings."""
        return self.having(settings=msgspec.structs.replace(self.mapping.settings, **changes))

    def selling_to(self, *customers: MappedCustomer) -> Books:
        """The same books with these customers."""
        return self.having(customers={each.account_id: each for each in customers})

    def account(self, role: str) -> str:
        """The account that plays ``role``."""
        account = self.mapping.account_for_role(role)
        assert account is not None, role
        return account


NL = Books(country="NL", vat_number=NL_VAT, mapping=load(mappings_path() / "nl"))
BE = Books(country="BE", vat_number=BE_VAT, mapping=load(mappings_path() / "be"))


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A line with the customer and plan it stands under."""

    line: Line
    customer: Customer
    subscription: Subscription


def money(text: str | int | None) -> Decimal | None:
    """A received amount."""
    return None if text is None else Decimal(text)


def priced(
    charge_type: str | None,
    net: str | None,
    vat: str | None = "0",
    *,
    rate: str | None = "21",
    period: tuple[str | None, str | None] = NOVEMBER,
    customer: str = "A",
    customer_number: str = "",
    cost_center: str = "",
    category: str = "Microsoft",
    plan: str = "Microsoft 365",
    po_number: str | None = None,
    **fields: Any,
) -> Priced:
    """A line of ``net`` and ``vat`` (major units) at ``rate`` (percent); ``fields`` are those of ``Line``."""
    line: dict[str, Any] = {
        "charge_type": charge_type,
        "extended_price": money(net),
        "vat": money(vat),
        "tax_percentage": money(rate),
        "quantity": Decimal(1),
        "unit_price": money(net),
        "start_date": period[0],
        "end_date": period[1],
        "description": plan,
    }
    return Priced(
        line=Line(**(line | fields)),
        customer=Customer(
            account_id=customer,
            company_name=f"Customer {customer}",
            customer_number=customer_number,
            cost_center=cost_center,
        ),
        subscription=Subscription(
            subscription_id=f"s-{plan}",
            plan_id=f"p-{plan}",
            plan_name=plan,
            plan_category_name=category,
            subscription_po_number=po_number,
        ),
    )


def invoice(
    *lines: Priced,
    number: str = "2600123",
    date: str = "20261223",
    due: str | None = "20270122",
    terms: int | None = 30,
    currency: str = "EUR",
    kind: str = "INVOICE",
    sender: Party = COPACO_NL,
    receiver: str = NL_VAT,
    totals: dict[str, str] | None = None,
) -> Invoice:
    """An invoice of ``lines``, numbered from 1, each in a subscription of its own under its customer."""
    customers: dict[Customer, list[Subscription]] = {}
    for position, each in enumerate(lines, 1):
        numbered: dict[str, Any] = {}
        if each.line.line_id is None:
            numbered["line_id"] = str(position)
        if each.line.invoice_row_hash is None:
            numbered["invoice_row_hash"] = f"hash-{number}-{position}"
        line = msgspec.structs.replace(each.line, **numbered)
        subscription = msgspec.structs.replace(each.subscription, price_lines=(line,))
        customers.setdefault(each.customer, []).append(subscription)
    return Invoice(
        customers=tuple(
            msgspec.structs.replace(customer, subscriptions=tuple(subscriptions))
            for customer, subscriptions in customers.items()
        ),
        header=Header(
            invoice_id=number,
            date=date,
            expiration_date=due,
            terms_of_payment_days=terms,
            currency=currency,
            type=kind,
        ),
        sender=sender,
        receiver=Party(company_name="Voorbeeld IT B.V.", vat_number=receiver),
        totals={name: Decimal(text) for name, text in totals.items()} if totals else None,
    )


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document on its way to the books, with all that was found about it."""

    books: Books
    reading: Reading
    document: Document
    decisions: tuple[Decision, ...]
    checked: tuple[Finding, ...]
    booked: Booked | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, those of the reading first."""
        return (*self.reading.findings, *self.checked, *(self.booked.findings if self.booked else ()))

    @property
    def codes(self) -> list[str]:
        """The codes of all findings."""
        return [each.code for each in self.findings]

    @property
    def held(self) -> bool:
        """Whether the document stays out of the books."""
        return any(severity_of(each) is Severity.HOLD for each in self.findings)

    @property
    def entry(self) -> JournalEntry:
        """The entry, where there must be one."""
        assert self.booked is not None, self.codes
        assert self.booked.entry is not None, self.codes
        return self.booked.entry

    @property
    def lines(self) -> list[LineCents]:
        """The lines as they explain postings."""
        return [
            LineCents(
                line_no=number,
                group=each.group,
                net=each.net,
                vat=each.vat,
                month=month_of(each.end) if each.end else "",
            )
            for number, each in enumerate(self.reading.lines, 1)
        ]


def prepare(
    received: Invoice,
    books: Books = NL,
    *,
    direction: Direction = Direction.PURCHASE,
    customers: Sequence[Customer] | None = None,
    scale: TaxScale = TaxScale.AUTO,
    found: Sequence[Finding] = (),
    **around: Any,
) -> Prepared:
    """Read, check, decide and book, as the engine does. ``found`` while parsing; ``around`` are ``Surroundings``."""
    head = head_of(received)
    sale = direction is Direction.SALE
    if sale:
        # What the engine does with a specification: we issue it, to the end customer, on the customer's own terms.
        (customer,) = customers or received.customers or ()
        head = msgspec.structs.replace(
            head,
            issuer=books.vat_number,
            sender_name="Voorbeeld IT B.V.",
            sender_vat=books.vat_number,
            receiver_name=customer.company_name or "",
            receiver_vat="",
        )
    reading = read(received, head, direction=direction, vocabulary=Vocabulary(), customers=customers, scale=scale)
    key = InvoiceKey(
        direction=direction,
        source="invoices",
        issuer=head.issuer,
        number=head.number,
        customer=ident(customer.account_id) if sale else "",
    )
    period = month_of(head.date) if head.date else ""
    document = Document(
        head=head, groups=tuple(reading.groups), key=entry_key("acme", key, purpose="invoice", period=period)
    )
    known: dict[str, Any] = {"today": TODAY, "direction": direction, "own_vat_number": books.vat_number}
    checked = (*found, *check(document, Surroundings(**(known | around))))
    on = head.date or TODAY
    decisions = tuple(books.mapping.decide(g.combination, on=on, own_country=books.country) for g in reading.groups)
    stopped = any(severity_of(each) is Severity.HOLD for each in (*reading.findings, *checked))
    mapped = any(each.problems for each in decisions)
    booked = None
    if head.date is not None and (mapped or not stopped):
        booked = book_lines(reading, document, decisions, books, (head.receiver_name if sale else head.sender_name))
    return Prepared(
        books=books, reading=reading, document=document, decisions=decisions, checked=checked, booked=booked
    )


def book_lines(reading: Reading, document: Document, decisions: Sequence[Decision], books: Books, party: str) -> Booked:
    """Book with the lines that want postings of their own."""
    alone = set(groups_by_line(document, decisions, level_of(books.mapping, document.key.direction)))
    lines = [
        LineAmount(
            line_no=number,
            group=each.group,
            net=each.net,
            text=each.line.description or "",
            month=month_of(each.end) if each.end else "",
        )
        for number, each in enumerate(reading.lines, 1)
        if each.group in alone
    ]
    return book(document, decisions, books.mapping, party=party, lines=lines)


def sell(*lines: Priced, books: Books, **head: Any) -> Prepared:
    """Prepare a sale to the one customer of ``lines``, from a specification, which has no terms of its own."""
    head = {"due": None, "terms": None, "receiver": ""} | head
    return prepare(invoice(*lines, **head), books, direction=Direction.SALE)


Row = tuple[str, str, str]
"""Role, debit, credit: a line of a worked entry; amounts as people write them, '' for none."""


def amount(minor: int) -> str:
    """Minor units as a worked entry writes them: '1,234.56', '' for nothing."""
    return f"{abs(minor) // 100:,}.{abs(minor) % 100:02d}" if minor else ""


def row(posting: Posting) -> Row:
    """A posting as account, debit, credit."""
    return (posting.account, amount(max(posting.minor, 0)), amount(max(-posting.minor, 0)))


def table(entry: JournalEntry) -> list[Row]:
    """The postings of an entry as rows of account, debit, credit, in a fixed order."""
    return sorted(row(posting) for posting in entry.postings)


def by_roles(books: Books, *rows: Row) -> list[Row]:
    """Rows that name roles as rows that name the accounts which play them in ``books``, in the order of ``table``."""
    return sorted((books.account(role), debit, credit) for role, debit, credit in rows)
