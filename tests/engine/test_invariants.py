"""The invariant of the cents over random small worlds: odd values, random tables, settings, versions and faults."""

from __future__ import annotations

import datetime
import random
import shutil
import tempfile
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import LedgerUnavailable
from connector.source.base import Endpoint
from connector.store.database import Database
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import COPACO, DATE, Json, customer, invoice, line
from tests.ledgers.faults import Fault, FaultyLedger

CUSTOMERS = (
    "A;Klant A;1;NL;;;;no;no;;",
    "B;Klant B;2;BE;BE0123456789;2024-01-01;;no;no;;",
    "I;Ourselves;;NL;;;;no;yes;;",
)
TABLES = (
    mapping_files(customers=CUSTOMERS),
    mapping_files(customers=CUSTOMERS, rules=("X1;purchase;Usage Fee;Microsoft;;;;;;;;;ignore;not here;",)),
    mapping_files(rules=("X2;purchase;Odd Fee;;;;;;;;cost_licences;;post;;",)),
    mapping_files(drop=["unmapped_account", "P060"], settings=("unmapped_account;suspense;", "suspense_limit;500;")),
    mapping_files(customers=CUSTOMERS, drop=["aggregate_purchase"], settings=("aggregate_purchase;line;",)),
)
# What may be sent in the place of an amount, and the cents it stands for.
ODD_AMOUNTS: tuple[tuple[Any, int], ...] = (
    (None, 0), ("", 0), ("n/a", 0), ("12,50", 0), ("NaN", 0), ("Infinity", 0), ("1_000", 0), (True, 0), ({"a": 1}, 0),
    ([1], 0), (10**17, 0), ("1e300", 0), (Decimal("1e-40"), 0), (Decimal("0.005"), 1), ("-0.005", -1), (" 7.00 ", 700),
    ("7.004999", 700), (Decimal("9" * 15 + ".99"), 10**17 - 1), ("+5", 500), ("١", 100), (Decimal("0E+40"), 0),
)  # fmt: skip
ODD_HEADERS: tuple[Json, ...] = (
    {"Currency": "USD"}, {"Currency": "JPY"}, {"Currency": None}, {"Date": "20-03-2024"}, {"Date": None},
    {"Type": "Credit"}, {"ExpirationDate": "20200101"}, {"TermsOfPaymentDays": -1}, {"InvoiceID": 7},
)  # fmt: skip
ODD_LINES: tuple[Json, ...] = (
    {"New": {"a": [1]}}, {"StartDate": "x"}, {"BillingFrequency": "Yearly", "EndDate": "20250213"}, {"VAT": None},
    {"VAT": "x"}, {"VAT": Decimal("0.01")}, {"TaxPercentage": 0}, {"TaxPercentage": 9}, {"TaxPercentage": None},
    {"InvoiceRowHash": "h1"}, {"InvoiceRowHash": "not hex"}, {"LineId": "1"}, {"ChargeType": "Odd Fee"},
    {"ChargeType": None}, {"ChargeType": 5}, {"Description": "d" * 3000}, {"Quantity": "2", "UnitPrice": None},
)  # fmt: skip
ODD_INVOICES: tuple[Json, ...] = (
    {"Totals": {"Gross": 1}}, {"Totals": {"Net": None}}, {"Totals": []}, {"Customers": []}, {"Customers": None},
    {"Sender": {**COPACO, "VATNumber": "BE0123456789"}}, {"Sender": None}, {"Receiver": None},
)  # fmt: skip


class World:
    """Makes invoices by seed: most as they should be, others odd in some ways."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def answer(self, most: int) -> list[Json]:
        """What one answer holds; now and then the same number twice."""
        numbers = self.chance.sample("12345", self.chance.randint(1, most))
        if self.chance.random() < 0.05:
            numbers.append(numbers[0])
        return [self.document(number) for number in numbers]

    def document(self, number: str) -> Json:
        accounts = self.chance.choice(["A", "B", "AB", "AI", "AA", "C"])
        held = [customer(each, [self.line() for _ in range(self.chance.randint(1, 3))]) for each in accounts]
        made = invoice(number, customers=held, date=DATE + datetime.timedelta(days=self.chance.randint(-19, 11)))
        if self.odd(0.1):
            made["Header"] |= self.chance.choice(ODD_HEADERS)
        return made | self.chance.choice(ODD_INVOICES) if self.odd(0.1) else made

    def line(self) -> Json:
        cents = self.chance.choice([1, 99, 100_000]) * self.chance.randint(-3, 9)
        made = line(
            f"{Decimal(cents) / 100:.2f}",
            kind=self.chance.choice(["Cycle Fee", "Cycle Fee", "Usage Fee", "Correction"]),
        )
        if self.odd(0.06):
            made["ExtendedPrice"] = made["UnitPrice"] = self.chance.choice(ODD_AMOUNTS)[0]
        return made | self.chance.choice(ODD_LINES) if self.odd(0.1) else made

    def odd(self, often: float) -> bool:
        return self.chance.random() < often


def _cents(made: Json, unit: int) -> int:
    """The net amount of an invoice, read by this test alone."""
    odd = {repr(sent): cents for sent, cents in ODD_AMOUNTS}
    total = 0
    for each in made["Customers"] or ():
        for subscription in each["Subscriptions"]:
            for price_line in subscription["PriceLines"]:
                sent = price_line["ExtendedPrice"]
                if unit == 100 and repr(sent) in odd:
                    total += odd[repr(sent)]
                elif isinstance(sent, Decimal):
                    total += int((sent * unit).quantize(Decimal(1), ROUND_HALF_UP))
    return total


def _in_a_new_database(made_sqlite: Path, world: World, steps: int, most: int, specifications: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "books.sqlite"
        shutil.copyfile(made_sqlite, path)
        with Database(f"sqlite:///{path}") as database:
            _live(Desk(database, Path(name)), world, steps, most, specifications)


WORLDS = {"seed": st.integers(0, 2**32), "steps": st.integers(1, 4), "most": st.integers(1, 5)}


@given(**WORLDS, specifications=st.booleans())
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_every_cent_is_in_exactly_one_state(
    made_sqlite: Path, seed: int, steps: int, most: int, specifications: bool
) -> None:
    _in_a_new_database(made_sqlite, World(seed), steps, most, specifications)


@pytest.mark.long
@given(**WORLDS, specifications=st.booleans())
@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
def test_every_cent_is_in_exactly_one_state_in_many_worlds(
    made_sqlite: Path, seed: int, steps: int, most: int, specifications: bool
) -> None:
    _in_a_new_database(made_sqlite, World(seed), steps, most, specifications)


def _live(desk: Desk, world: World, steps: int, most: int, specifications: bool) -> None:
    endpoint = Endpoint.CUSTOMER_SPECIFICATIONS if specifications else Endpoint.INVOICES
    choice = world.chance.choice
    for _ in range(steps):
        desk.mapping = choice(TABLES)
        book_from = choice([None, None, datetime.date(2024, 3, 10)])
        desk.set(
            sale=choice(["post", "post", "report"]),
            book_from=book_from,
            auto_post=choice(["all", "all", "known", "off"]),
        )
        made = world.answer(most)
        desk.pull(*made, endpoint=endpoint, accept_unusual=True)
        _check(desk)
        desk.prepare()
        _check(desk)
        rows = desk.rows()
        desk.prepare()
        assert desk.rows() == rows, "preparing twice changes something"
        desk.approve()
        with suppress(LedgerUnavailable):
            desk.deliver(FaultyLedger(desk.ledger, on_post=[choice([Fault.NONE, Fault.NONE, *Fault])]))
        _check(desk)
    desk.deliver()
    _check(desk)
    assert desk.replay().problems == []


def _check(desk: Desk) -> None:
    proof = desk.verify()
    assert proof.problems == []
    assert proof.holds
    for entry in desk.entries().values():
        assert sum(posting.minor for posting in entry.postings) == 0


@given(seed=st.integers(0, 2**32))
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_the_states_add_up_to_what_was_sent(made_sqlite: Path, seed: int) -> None:
    """The source side of the equation, added up from what was sent by a reader of this test's own."""
    world = World(seed)
    made = [each for number in "123" if (each := world.document(number))["Header"]["InvoiceID"] != 7]
    sent = sum(_cents(each, 1 if each["Header"]["Currency"] == "JPY" else 100) for each in made)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "books.sqlite"
        shutil.copyfile(made_sqlite, path)
        with Database(f"sqlite:///{path}") as database:
            desk = Desk(database, Path(name))
            desk.pull(*made)
            desk.post()
            assert sum(desk.sums().values()) == sent
            assert sum(each.sums["source"][1] for each in desk.verify().equations) == sent
