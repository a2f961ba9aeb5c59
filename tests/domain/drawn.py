"""Invoices and mappings drawn by Hypothesis."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from connector.domain.invoice import Customer, Invoice, Subscription
from connector.domain.mapping import DimensionRule
from connector.domain.money import percent_of
from tests.domain.books import BE, BE_VAT, NL, NOVEMBER, YEAR, Books, Priced, invoice, priced

CENTS = st.integers(-50_000, 500_000)
PERIODS = st.sampled_from([NOVEMBER, YEAR, ("20261012", "20261114"), ("20261001", "20261031"), (None, None)])
CHARGE_TYPES = ("Cycle Fee", "Usage Fee", "Correction", "Purchase Fee", "One Time Fee")


@st.composite
def drawn_lines(draw: st.DrawFn, rates: tuple[str, ...] = ("21", "9"), *, customers: str = "ABC") -> Priced:
    """A line with VAT that is right to the cent, or one cent off."""
    net, rate = draw(CENTS), draw(st.sampled_from(rates))
    vat = percent_of(net, Decimal(rate)) + (draw(st.sampled_from([0, 0, 0, 1, -1])) if rate != "0" else 0)
    return priced(
        draw(st.sampled_from(CHARGE_TYPES)),
        str(Decimal(net) / 100),
        str(Decimal(vat) / 100),
        rate=rate,
        period=draw(PERIODS),
        customer=draw(st.sampled_from(customers)),
        cost_center=draw(st.sampled_from(["", "KP1"])),
        plan=draw(st.sampled_from(["Microsoft 365", "Azure plan"])),
        billing_frequency=draw(st.sampled_from(["", "Monthly", "Yearly"])),
    )


INVOICES = st.lists(drawn_lines(), min_size=1, max_size=8).map(lambda lines: invoice(*lines))


def shuffled(received: Invoice, random: Random) -> Invoice:
    """The same invoice with its customers, subscriptions and lines in another order."""

    def mixed(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(parts, len(parts)))

    def subscription(each: Subscription) -> Subscription:
        return msgspec.structs.replace(each, price_lines=mixed(each.price_lines))

    def customer(each: Customer) -> Customer:
        return msgspec.structs.replace(each, subscriptions=mixed(tuple(map(subscription, each.subscriptions))))

    return msgspec.structs.replace(received, customers=mixed(tuple(map(customer, received.customers or ()))))


LEVELS = ("line", "account+tax+dimension+period", "account+tax+dimension", "account+tax", "document")
SETTINGS = st.fixed_dictionaries(
    {
        "aggregate_purchase": st.sampled_from(LEVELS),
        "aggregate_sale": st.sampled_from(LEVELS),
        "vat_deduction": st.sampled_from([Decimal(100), Decimal("62.5"), Decimal(0)]),
        "tolerance_document": st.just(Decimal(100)),
    }
)
DIMENSIONS = st.sampled_from([(), (DimensionRule(dimension="costcentre", template="{cost_center}", row=2),)])


@st.composite
def drawn_books(draw: st.DrawFn, books: Books) -> Books:
    """``books`` with drawn settings, dimensions and rules for deferral."""
    rules = books.mapping.rules if draw(st.booleans()) else tuple(
        msgspec.structs.replace(rule, deferral="") if rule.account else rule for rule in books.mapping.rules
    )  # fmt: skip
    return books.setting(**draw(SETTINGS)).having(dimensions=draw(DIMENSIONS), rules=rules)


@st.composite
def drawn_purchases(draw: st.DrawFn) -> tuple[Invoice, Books]:
    """A purchase with the books it is for: domestic with VAT, or reverse-charged; with or without a stated total."""
    abroad = draw(st.booleans())
    lines = draw(st.lists(drawn_lines(("0",) if abroad else ("21", "9")), min_size=1, max_size=8))
    totals = None
    if draw(st.booleans()):
        gross = sum((each.line.extended_price or 0) + (each.line.vat or 0) for each in lines)
        totals = {"Total": str(gross + Decimal(draw(st.integers(-3, 3))) / 100)}
    receiver = BE_VAT if abroad else NL.vat_number
    return invoice(*lines, receiver=receiver, totals=totals), draw(drawn_books(BE if abroad else NL))
