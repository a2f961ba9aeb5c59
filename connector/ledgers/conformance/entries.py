"""The worked entries that the kit posts, as an accountant has them; amounts in cents, typed in by hand."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.journal import Dimensions, DocumentKind, JournalEntry, Posting, PostingRole
from connector.ledgers.conformance.counterpart import Books

NET, PARTY, REVERSED = PostingRole.NET, PostingRole.PARTY, PostingRole.REVERSED
VAT_INPUT, VAT_DUE = PostingRole.VAT_INPUT, PostingRole.VAT_DUE

HOSTILE = (
    'A "quoted" \\ back\\"slash',
    "two\nlines\r\nand three\n2026-01-01 * forged\n  Expenses:X  1.00 EUR",
    "a ; comment ; date:2020-01-01, date2:2020-01-02, other: x",
    "pipe | and [2020-01-01] and [=2020/02/02] and (virtual)",
    '=HYPERLINK("http://example.invalid")',
    "+31 20 1234567",
    "-5 licences",
    "@SUM(A1:A9)",
    "'t Hooft & Zn.",
    "\tTab first",
    'plugin "os"\ninclude "/etc/hosts"',
    "seal;0000;1",
    "emoji 😀👩‍👩‍👧 é ü ß 漢字 \u202edrow\u202c \u00a0 \u2028 \u0085 \x00 \x1b[31m",
    "  two  spaces   ",
    "%0A 100% %",
    ":tag1:tag2: key:: value",
    "(2600) * ! (x)",
    "* starred",
    "! bang",
    "{curly} @ 1 EUR @@ 2 EUR = 3",
    "x" * 5000,
    "é" * 5000,
    "",
)
"""Texts that have led programs astray: ends of lines, quotes, comments, tags, dates, brackets, formulas, directives."""

AMOUNTS = (1, -1, 29, -99, 115, 100_001, 12_345_678_901)
"""Cents that floats and careless rounding get wrong, in amounts that occur."""

LARGE_AMOUNTS = (10**13 + 1, 2**53 + 1)
"""Cents that a float cannot hold beside its point; a ledger may refuse them, and may not change them."""


def posting(account: str, minor: int, role: PostingRole = NET, *, tax: str = "", base: int = 0) -> Posting:
    """One posting of ``minor`` cents."""
    return Posting(account=account, minor=minor, role=role, tax=tax, base_minor=base)


def entry(
    books: Books,
    number: str,
    postings: Sequence[Posting],
    *,
    date: datetime.date | None = None,
    direction: Direction = Direction.PURCHASE,
    kind: DocumentKind = DocumentKind.INVOICE,
    purpose: str = "invoice",
    text: str = "",
) -> JournalEntry:
    """One entry of the administration acme, on 23 November unless another ``date`` is given."""
    sale = direction is Direction.SALE
    day = date or datetime.date(books.year, 11, 23)
    return JournalEntry(
        key=EntryKey(
            administration="acme",
            direction=direction,
            issuer=books.issuer,
            number=number,
            customer=books.customer if sale else "",
            purpose=purpose,
            period=f"{day:%Y-%m}",
        ),
        kind=kind,
        date=day,
        document_date=day,
        tax_point=day,
        vat_period=f"{day:%Y-%m}",
        due=None if kind is not DocumentKind.INVOICE else day + datetime.timedelta(days=30),
        currency="EUR",
        number=number,
        party=books.customer_name if sale else books.supplier,
        text=text or f"Copaco {kind.value} {number}",
        postings=tuple(postings),
    )


def plain(
    books: Books, number: str, minor: int = 12100, *, account: str = "", date: datetime.date | None = None
) -> JournalEntry:
    """A purchase of one cost posting, without VAT."""
    costs = posting(account or books.costs[0], minor)
    return entry(books, number, [costs, posting(books.creditors, -minor, PARTY)], date=date)


def purchase(books: Books) -> JournalEntry:
    """A purchase with 21 % VAT: two cost accounts, and a correction of the month before."""
    tax = books.purchase_tax
    return entry(books, "2600123", [*_costs(books, tax), *_stated(books, 36951, 175957)])


def purchase_of_a_cent_less(books: Books) -> JournalEntry:
    """A purchase whose invoice states 2.10 of VAT on 10.03, where 21 % would be 2.11: the invoice counts."""
    costs = posting(books.costs[0], 1003, tax=books.purchase_tax)
    return entry(books, "2600124", [costs, *_stated(books, 210, 1003)])


def reverse_charge(books: Books) -> JournalEntry:
    """A purchase of services from abroad: we owe the VAT and deduct it."""
    tax = books.reverse_tax
    return entry(
        books,
        "2600130",
        [
            *_costs(books, tax),
            posting(books.reverse_input, 36951, VAT_INPUT, tax=tax, base=175957),
            posting(books.reverse_due, -36951, VAT_DUE, tax=tax, base=175957),
            posting(books.creditors, -175957, PARTY),
        ],
    )


def credit_note(books: Books) -> JournalEntry:
    """A credit note with VAT."""
    costs = posting(books.costs[0], -15000, tax=books.purchase_tax)
    return entry(books, "2600140", [costs, *_stated(books, -3150, -15000)], kind=DocumentKind.CREDIT_NOTE)


def sale(books: Books) -> JournalEntry:
    """A sales invoice with VAT."""
    licences, usage = books.revenues
    return entry(
        books,
        "V-2026-0088",
        [
            posting(licences, -53750, tax=books.sale_tax),
            posting(usage, -26546, tax=books.sale_tax),
            posting(books.vat_output, -16862, VAT_DUE, tax=books.sale_tax, base=-80296),
            posting(books.receivables, 97158, PARTY),
        ],
        direction=Direction.SALE,
        text="Sales invoice V-2026-0088",
    )


def reclassification(books: Books) -> JournalEntry:
    """Usage of the purchase, taken back from one cost account and booked on the other; nothing else moves."""
    licences, usage = books.costs
    return entry(
        books,
        "2600123",
        [
            posting(usage, -21237, REVERSED, tax=books.purchase_tax),
            posting(licences, 21237, tax=books.purchase_tax),
        ],
        kind=DocumentKind.RECLASSIFICATION,
        purpose="remap-0a1b2c3d",
    )


def mirrored(original: JournalEntry) -> JournalEntry:
    """The reversal of ``original``: the same postings on the other side, under a purpose of its own."""
    return msgspec.structs.replace(
        original,
        key=msgspec.structs.replace(original.key, purpose="reversal"),
        text=f"Reversal of {original.text}",
        postings=tuple(
            msgspec.structs.replace(each, minor=-each.minor, base_minor=-each.base_minor) for each in original.postings
        ),
    )


def many_lines(books: Books, lines: int = 150) -> JournalEntry:
    """A purchase of many small lines, each of another amount."""
    costs = [posting(books.costs[line % 2], 1001 + line, tax=books.purchase_tax) for line in range(lines)]
    base = sum(each.minor for each in costs)
    return entry(books, "2600150", [*costs, *_stated(books, 33878, base)])


def with_texts(books: Books, number: str, text: str) -> JournalEntry:
    """A purchase with ``text`` as its own text and that of its posting."""
    described = plain(books, number)
    first, *others = described.postings
    postings = (msgspec.structs.replace(first, text=text), *others)
    return msgspec.structs.replace(described, text=text, postings=postings)


def with_dimensions(books: Books, number: str, dimensions: Dimensions) -> JournalEntry:
    """A purchase whose cost has ``dimensions``."""
    described = plain(books, number)
    first, *others = described.postings
    return msgspec.structs.replace(described, postings=(msgspec.structs.replace(first, dimensions=dimensions), *others))


def _costs(books: Books, tax: str) -> list[Posting]:
    licences, usage = books.costs
    return [
        posting(licences, 43400, tax=tax),
        posting(usage, 21237, tax=tax),
        posting(licences, 120000, tax=tax),
        posting(licences, -8680, tax=tax),
    ]


def _stated(books: Books, vat: int, base: int) -> list[Posting]:
    """``vat`` as the invoice states it on ``base``, and what is owed for both."""
    return [
        posting(books.vat_input, vat, VAT_INPUT, tax=books.purchase_tax, base=base),
        posting(books.creditors, -base - vat, PARTY),
    ]
