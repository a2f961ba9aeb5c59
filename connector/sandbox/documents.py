"""The documents Copaco makes for a reseller, and the lines each of them holds, customer by customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from connector.sandbox.catalogue import AZURE, DOMAIN, SETUP, SMALL, Plan
from connector.sandbox.figures import cents_text, dice, digest, sale_price, vat_on
from connector.sandbox.lines import Line, domain_line, subscription_lines, usage_line
from connector.sandbox.months import cycle, day_in, weekday_near
from connector.sandbox.parties import Reseller
from connector.sandbox.portfolio import FLAT, WAVES, Customer, Subscription
from connector.sandbox.world import World

INVOICE_DAY = 23
FIRST_EXTRA_POSITION = 9_001
ORDER_EVERY, ORDER_REST = 3, 1
CREDIT_EVERY, CREDIT_REST = 5, 2
LEAK_EVERY = 29
SMALL_AZURE = replace(AZURE, cost=4_200)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One consolidated invoice number: what it is, when it was created and falls due, which defect it has.

    ``kind`` is "main" (the monthly invoice), "order" or "credit" (small ones, the last with a total below
    zero).
    """

    number: str
    reseller: Reseller
    month: int
    kind: str
    date: dt.date
    due: dt.date
    shard: int = 0
    defect: str = ""


class Block(NamedTuple):
    """A customer on a document with its subscriptions and their lines; no subscription is without a line."""

    customer: Customer
    subscriptions: tuple[tuple[Subscription, tuple[Line, ...]], ...]


def documents(world: World, reseller: Reseller, first: dt.date, last: dt.date) -> Iterator[Document]:
    """Yield the documents created from ``first`` to ``last`` inclusive, oldest first."""
    for month in world.months:
        of_month = sorted(_of_month(world, reseller, month), key=lambda document: (document.date, document.number))
        yield from (document for document in of_month if first <= document.date <= last)


def _of_month(world: World, reseller: Reseller, month: int) -> Iterator[Document]:
    for shard in range(world.invoices_per_month):
        yield _document(reseller, month, kind="main", day=INVOICE_DAY, position=1 + shard, shard=shard)
    index = month - world.months.start
    seeded = [seed.defect for seed in world.defects if (seed.reseller, seed.month) == (reseller.name, index)]
    wanted: list[tuple[str, str]] = [("order", defect) for defect in seeded]
    if world.extras and index % ORDER_EVERY == ORDER_REST:
        wanted.append(("order", ""))
    if world.extras and index % CREDIT_EVERY == CREDIT_REST:
        wanted.append(("credit", ""))
    for place, (kind, defect) in enumerate(wanted):
        position, day = FIRST_EXTRA_POSITION + place, 8 + place * 2 % 11
        yield _document(reseller, month, kind=kind, day=day, position=position, defect=defect)


def _document(
    reseller: Reseller, month: int, *, kind: str, day: int, position: int, shard: int = 0, defect: str = ""
) -> Document:
    created = month + 1
    date = weekday_near(day_in(created, day))
    return Document(
        number=f"9{created // 12 % 100:02d}{created % 12 + 1:02d}{reseller.place}{position:04d}",
        reseller=reseller,
        month=month,
        kind=kind,
        date=date,
        due=date + dt.timedelta(days=reseller.payment_days),
        shard=shard,
        defect=defect,
    )


def blocks(world: World, document: Document) -> Iterator[Block]:
    """Yield the customers of a document with their lines, one customer at a time."""
    return _main_blocks(world, document) if document.kind == "main" else _extra_blocks(world, document)


def purchase_blocks(world: World, document: Document) -> Iterator[Block]:
    """Yield the same with the VAT of the purchase fitted to its sum."""
    return with_vat(blocks(world, document), document.reseller.vat_percent)


def _main_blocks(world: World, document: Document) -> Iterator[Block]:
    portfolio = world.portfolios[document.reseller.name]
    stride, month = world.customers_per_invoice, document.month
    first = document.shard * stride
    end = first + stride if world.lines_per_invoice is not None else min(first + stride, world.customers)
    room = world.lines_per_invoice or -1
    for index in range(first, end):
        customer = portfolio.customer(index)
        held = []
        for subscription in customer.subscriptions:
            lines = subscription_lines(subscription, month)
            if room >= 0:
                lines = lines[:room]
                room -= len(lines)
            if lines:
                held.append((subscription, tuple(lines)))
        if held:
            block = Block(customer, tuple(held))
            yield _leaking(block, month) if world.leaks else block
        if room == 0:
            return


def _leaking(block: Block, month: int) -> Block:
    """Take a line from one of the two sides, at one customer in twenty-nine a month."""
    index = block.customer.ordinal
    if index % LEAK_EVERY != month % LEAK_EVERY:
        return block
    subscription, lines = block.subscriptions[0]
    leak = lines[0]._replace(only="purchase" if month % 2 else "sale")
    return block._replace(subscriptions=((subscription, (leak, *lines[1:])), *block.subscriptions[1:]))


def _extra_blocks(world: World, document: Document) -> Iterator[Block]:
    portfolio = world.portfolios[document.reseller.name]
    roll = digest(f"{portfolio.seed}:{document.number}")
    first = dice(roll, world.customers)
    second = (first + 1) % world.customers
    month, seats = document.month, 2 + dice(roll[8:], 3)
    azure = _own(document, 0, SMALL_AZURE)
    small = _own(document, 1, SMALL)._replace(quantity=seats, wave=WAVES[-1], phase=-month % 12)
    lines_azure = (usage_line(azure, month, cycle(month, 1)),)
    lines_small = tuple(subscription_lines(small, month))
    if document.kind == "credit":
        yield Block(portfolio.customer(first), ((azure, _credited(lines_azure)), (small, _credited(lines_small[:1]))))
        return
    yield Block(portfolio.customer(first), ((small, lines_small), (azure, lines_azure)))
    domain, setup = _own(document, 2, DOMAIN), _own(document, 3, SETUP)
    work = _several(domain_line(setup, month), SETUP.cost, setup.sale, 2 + dice(roll[16:], 4))
    yield Block(portfolio.customer(second), ((domain, (domain_line(domain, month),)), (setup, (work,))))


def _own(document: Document, place: int, plan: Plan) -> Subscription:
    """Return a subscription that stands on this small document only."""
    return Subscription(
        key=f"{document.reseller.name}:{document.number}.{place}",
        plan=plan,
        anchor=11,
        start_month=document.month - 3 if plan is SMALL else document.month,
        end_month=document.month + 1,
        quantity=1,
        wave=FLAT,
        phase=0,
        margin=180,
        sale=sale_price(plan.cost, 180),
        subscription_id=f"s-{document.number}{place}",
        name=plan.description,
        order_number="",
    )


def _several(line: Line, unit_cost: int, unit_sale: int, quantity: int) -> Line:
    cost, sale = unit_cost * quantity, unit_sale * quantity
    return line._replace(quantity=str(quantity), cost=cost, sale=sale, vendor_details="")


def _credited(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(
        line._replace(
            charge_type="Correction",
            quantity="1",
            unit_cost=cents_text(-line.cost),
            cost=-line.cost,
            unit_sale=cents_text(-line.sale),
            sale=-line.sale,
            row_hash=digest(f"{line.row_hash}:credit"),
        )
        for line in lines
    )


def with_vat(raw: Iterable[Block], percent: int, *, sale: bool = False) -> Iterator[Block]:
    """Pass blocks on so that the VAT of the lines, each rounded half up, fits the VAT of their sum.

    Where the sum lies one cent beside the VAT of the sum, one line of the last customer takes the cent; a
    larger difference stays, as rounding per line may give it.
    """
    absent = "purchase" if sale else "sale"
    net = vat = 0
    kept: Block | None = None
    for block in raw:
        if kept is not None:
            yield kept
        kept = block
        for _, lines in block.subscriptions:
            for line in lines:
                if line.only != absent:
                    amount = line.sale if sale else line.cost
                    net += amount
                    vat += vat_on(amount, percent)
    if kept is not None:
        difference = vat_on(net, percent) - vat
        yield _with_last_cent(kept, difference, percent, sale=sale) if abs(difference) == 1 else kept


def _with_last_cent(block: Block, cent: int, percent: int, *, sale: bool) -> Block:
    """Give the last plain line the cent; a correction keeps its VAT, which its single changes must sum to."""
    held = list(block.subscriptions)
    for place in range(len(held) - 1, -1, -1):
        subscription, lines = held[place]
        if not lines[-1].changes and not lines[-1].only:
            stated = lines[-1]._replace(vat=lines[-1].vat_at(percent, sale=sale) + cent)
            held[place] = (subscription, (*lines[:-1], stated))
            return Block(block.customer, tuple(held))
    return block
