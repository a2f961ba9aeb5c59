"""The truth about a world: what every document really adds up to, and what was done to it on purpose.

Amounts are integer cents. The figures come from the generator's own integers, never from reading its
answers back, save ``served``, which counts what the lines of a defective document say.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.sandbox.alterations import Invoice, price_lines
from connector.sandbox.answers import FACES, Question, parsed, sound_pieces, write_json
from connector.sandbox.defects import DEFECTS, Expected
from connector.sandbox.documents import Block, Document, blocks, documents, purchase_blocks
from connector.sandbox.issued import issued_invoices
from connector.sandbox.months import month_text
from connector.sandbox.parties import Reseller
from connector.sandbox.render import Face
from connector.sandbox.world import World


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A number of lines and their sums in cents; ``gross`` is net plus VAT."""

    lines: int = 0
    net: int = 0
    vat: int = 0

    @property
    def gross(self) -> int:
        """Net plus VAT, in cents."""
        return self.net + self.vat

    def __add__(self, other: Figures) -> Figures:
        return Figures(lines=self.lines + other.lines, net=self.net + other.net, vat=self.vat + other.vat)


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A line that stands on one side only, although its partner should be on the other.

    ``only`` is the side that has it: "purchase" (leakage: cost without sale) or "sale". ``net`` is its
    amount there.
    """

    row_hash: str
    only: str
    net: int


@dataclass(frozen=True, kw_only=True)
class DocumentTruth:
    """What one invoice of an endpoint really holds, and what a reader sees where a defect hides it.

    ``month`` is the service month, ``kind`` "invoice" or, below zero, "credit"; ``customers`` are the sums
    per account of an end customer.
    """

    reseller: str
    endpoint: str
    month: str
    number: str
    date: dt.date
    kind: str
    true: Figures
    served: Figures
    customers: dict[str, Figures]
    leaks: tuple[Leak, ...] = ()
    defect: str = ""
    field: str = ""
    expected: Expected = "accept"


def truths(world: World, reseller: Reseller, endpoint: str) -> Iterator[DocumentTruth]:
    """Yield the truth about every document of an endpoint, oldest first, one at a time."""
    face = Face(endpoint)
    if face is Face.ISSUED:
        for invoice in issued_invoices(world, reseller, dt.date.min, dt.date.max):
            percent = invoice.block.customer.vat_percent
            yield _truth(invoice.document, face, invoice.number, [invoice.block], percent)
        return
    purchase = face is Face.PURCHASE
    held, percent = (purchase_blocks, reseller.vat_percent) if purchase else (blocks, 0)
    for document in documents(world, reseller, dt.date.min, dt.date.max):
        sound = _truth(document, face, document.number, held(world, document), percent)
        yield _with_defect(sound, world, document) if document.defect and purchase else sound


def _truth(document: Document, face: Face, number: str, held: Iterable[Block], percent: int) -> DocumentTruth:
    sale = face is not Face.PURCHASE
    absent = "purchase" if sale else "sale"
    customers: dict[str, Figures] = {}
    leaks = []
    for customer, subscriptions in held:
        lines = net = vat = 0
        for line in (line for _, lines_held in subscriptions for line in lines_held):
            amount = line.sale if sale else line.cost
            if line.only == absent:
                continue
            if line.only:
                leaks.append(Leak(row_hash=line.row_hash, only=line.only, net=amount))
            lines, net, vat = lines + 1, net + amount, vat + line.vat_at(percent, sale=sale)
        if lines:
            customers[customer.account_id] = Figures(lines=lines, net=net, vat=vat)
    true = sum(customers.values(), Figures())
    return DocumentTruth(
        reseller=document.reseller.name,
        endpoint=face.value,
        month=month_text(document.month),
        number=number,
        date=document.date,
        kind="credit" if true.gross < 0 else "invoice",
        true=true,
        served=true,
        customers=customers,
        leaks=tuple(leaks),
    )


def _with_defect(sound: DocumentTruth, world: World, document: Document) -> DocumentTruth:
    defect = DEFECTS[document.defect]
    question = Question(world, document.reseller, Face.PURCHASE.value, document.date, document.date)
    served = defect.change(parsed(sound_pieces(question, document)))
    return replace(
        sound,
        served=sum((figures_of(invoice) for invoice in served), Figures()),
        defect=defect.name,
        field=defect.field,
        expected=defect.expected,
    )


def figures_of(invoice: Invoice) -> Figures:
    """Sum an invoice as served; an amount that is no number counts as nothing."""
    lines = list(price_lines(invoice))
    return Figures(
        lines=len(lines),
        net=sum(_cents(line.get("ExtendedPrice")) for line in lines),
        vat=sum(_cents(line.get("VAT")) for line in lines),
    )


def _cents(value: Any) -> int:
    try:
        return int(Decimal(value) * 100)
    except (InvalidOperation, TypeError):
        return 0


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The truth about all documents of some endpoints, with its sums."""

    documents: tuple[DocumentTruth, ...]

    def of(self, reseller: str, endpoint: str = "invoices") -> tuple[DocumentTruth, ...]:
        """Return the documents of one reseller and endpoint, oldest first."""
        return tuple(truth for truth in self.documents if (truth.reseller, truth.endpoint) == (reseller, endpoint))

    def total(self, reseller: str, endpoint: str = "invoices") -> Figures:
        """Return the true sum of all documents of one reseller and endpoint."""
        return sum((truth.true for truth in self.of(reseller, endpoint)), Figures())

    def months(self, reseller: str, endpoint: str = "invoices") -> dict[str, Figures]:
        """Return the true sums per service month (``YYYY-MM``)."""
        sums: defaultdict[str, Figures] = defaultdict(Figures)
        for truth in self.of(reseller, endpoint):
            sums[truth.month] += truth.true
        return dict(sums)

    def customers(self, reseller: str, endpoint: str = "invoices") -> dict[str, Figures]:
        """Return the true sums per end customer (AccountID)."""
        sums: defaultdict[str, Figures] = defaultdict(Figures)
        for truth in self.of(reseller, endpoint):
            for account_id, figures in truth.customers.items():
                sums[account_id] += figures
        return dict(sums)

    def expected(self, outcome: Expected) -> tuple[DocumentTruth, ...]:
        """Return the defective documents with an expected outcome."""
        return tuple(truth for truth in self.documents if truth.defect and truth.expected == outcome)


def manifest(world: World, *, endpoints: Iterable[str] = tuple(FACES)) -> Manifest:
    """Gather the truth about a world. Memory grows with its documents: for large ones see ``truths``."""
    return Manifest(
        documents=tuple(
            truth
            for reseller in world.resellers
            for endpoint in endpoints
            for truth in truths(world, reseller, endpoint)
        )
    )


def manifest_pieces(world: World) -> Iterator[str]:
    """Yield the manifest as JSON, a document at a time and the sums after them; never whole in memory."""
    sums: dict[tuple[str, str, str], Figures] = {}
    accounts: dict[tuple[str, str, str], Figures] = {}
    yield '{"documents":['
    separator = ""
    for reseller in world.resellers:
        for endpoint in FACES:
            for truth in truths(world, reseller, endpoint):
                key = (truth.reseller, truth.endpoint)
                sums[*key, truth.month] = sums.get((*key, truth.month), Figures()) + truth.true
                if world.lines_per_invoice is None:
                    for account_id, figures in truth.customers.items():
                        accounts[*key, account_id] = accounts.get((*key, account_id), Figures()) + figures
                yield separator + write_json(_row(truth)).decode()
                separator = ","
    months = [_sum_row("month", *key, figures=figures) for key, figures in sums.items()]
    customers = [_sum_row("account_id", *key, figures=figures) for key, figures in accounts.items()]
    yield f'],"months":{write_json(months).decode()},"customers":{write_json(customers).decode()}}}'


def _money(figures: Figures) -> dict[str, int]:
    return {"lines": figures.lines, "net": figures.net, "vat": figures.vat, "gross": figures.gross}


def _sum_row(name: str, reseller: str, endpoint: str, value: str, *, figures: Figures) -> dict[str, Any]:
    return {"reseller": reseller, "endpoint": endpoint, name: value, **_money(figures)}


def _row(truth: DocumentTruth) -> dict[str, Any]:
    row = asdict(truth)
    row["date"] = truth.date.isoformat()
    row["true"], row["served"] = _money(truth.true), _money(truth.served)
    row["customers"] = {account_id: _money(figures) for account_id, figures in truth.customers.items()}
    return row
