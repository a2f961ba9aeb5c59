"""The invariant of the cents over random small worlds: odd values, random tables, settings and versions."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import LedgerUnavailable
from connector.source.base import Endpoint
from connector.store.database import Database
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import COPACO, Json, customer, invoice, line
from tests.ledgers.faults import Fault, FaultyLedger

TABLES = (
    mapping_files(),
    mapping_files(rules=("X1;purchase;Usage Fee;Microsoft;;;;;;;;;ignore;not here;",)),
    mapping_files(
        rules=("X2;purchase;Odd Fee;;;;;;;;cost_licences;;post;;", "X3;sale;Odd Fee;;;;;;;;revenue_other;;post;;")
    ),
    mapping_files(drop=["unmapped_account", "P060"], settings=("unmapped_account;suspense;", "suspense_limit;20;")),
    mapping_files(
        drop=["aggregate_purchase"], settings=("aggregate_purchase;line;",), customers=("A;A;1;NL;;;;no;no;;",)
    ),
)
_CENT = Decimal("0.01")


class Odd(msgspec.Struct, frozen=True):
    """A value as it is sent, and the cents it stands for: none when it is no amount."""

    sent: Any
    cents: int = 0


@st.composite
def amounts(draw: st.DrawFn) -> Odd:
    exact = draw(
        st.decimals(Decimal(-2000), Decimal(2000), places=draw(st.sampled_from([0, 2, 2, 2, 3, 6])), allow_nan=False)
    )
    cents = int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP))
    return draw(st.sampled_from([Odd(exact, cents)] * 6 + [Odd(str(exact), cents), Odd(f" {exact} ", cents)]))


ODD = st.sampled_from([
    Odd(None), Odd(""), Odd("n/a"), Odd("12,50"), Odd("NaN"), Odd("1_000"), Odd(True), Odd({"a": 1}), Odd([1]),
    Odd(10**17), Odd(Decimal("1e-40")), Odd("1e300"), Odd(Decimal("0.005"), 1), Odd("-0.005", -1), Odd(-0, 0),
    Odd(Decimal("9" * 15 + ".99"), 10**17 - 1),
])  # fmt: skip
NETS = st.one_of(amounts(), amounts(), amounts(), ODD)
KINDS = st.sampled_from(["Cycle Fee", "Cycle Fee", "Usage Fee", "Correction", "Odd Fee", None, "", 5])
DATES = st.sampled_from([datetime.date(2024, 3, 1), datetime.date(2024, 3, 20), datetime.date(2024, 3, 31), None])
HEADERS = st.sampled_from(
    [{}, {}, {}, {"Currency": "USD"}, {"Currency": None}, {"Date": "20-03-2024"}, {"Type": "Credit"}]
)
SENDERS = st.sampled_from([COPACO, COPACO, COPACO, {**COPACO, "VATNumber": "BE0123456789"}, {}])


@st.composite
def lines(draw: st.DrawFn) -> tuple[Json, int]:
    net, rate = draw(NETS), draw(st.sampled_from(["21", "21", "21", "9", "0"]))
    stated = (Decimal(net.cents) * Decimal(rate) / 10000).quantize(_CENT, ROUND_HALF_UP)
    vat = draw(st.sampled_from([stated, stated, stated, stated + _CENT, None, "x"]))
    made = line("1.00", kind=draw(KINDS), row_hash=draw(st.sampled_from(["", "", "", "h1", "h2"])), rate=rate)
    more = draw(st.sampled_from([{}, {}, {"New": {"a": [1]}}, {"StartDate": "x"}, {"BillingFrequency": "Yearly"}]))
    return made | {"ExtendedPrice": net.sent, "UnitPrice": net.sent, "VAT": vat} | more, net.cents


@st.composite
def documents(draw: st.DrawFn, number: str) -> tuple[Json, int]:
    """An invoice and its net cents."""
    held = [draw(st.lists(lines(), max_size=3)) for _ in range(draw(st.integers(0, 2)))]
    accounts = draw(st.sampled_from([("A", "B"), ("A", "A"), ("A", "")]))
    made = [customer(account, [each for each, _ in inside]) for account, inside in zip(accounts, held, strict=False)]
    head = {"customers": made, "date": draw(DATES), "sender": draw(SENDERS), "header": draw(HEADERS)}
    totals = draw(st.sampled_from([{}, {}, {}, {"Totals": {"Gross": 1}}, {"Totals": {"Net": None}}, {"Totals": []}]))
    return invoice(number, **head, **totals), sum(cents for inside in held for _, cents in inside)


Answer = list[tuple[Json, int]]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    numbers = draw(st.lists(st.sampled_from(["1", "2", "3", "4"]), max_size=4, unique=True))
    return [draw(documents(number)) for number in numbers]


STEPS = st.lists(
    st.tuples(
        answers(),
        st.sampled_from(TABLES),
        st.sampled_from(["report", "post"]),
        st.sampled_from([None, datetime.date(2024, 3, 10)]),
        st.sampled_from(["off", "known", "all"]),
        st.sampled_from([*Fault]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps=STEPS, endpoint=st.sampled_from([Endpoint.INVOICES, Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS]))
def test_every_cent_is_in_exactly_one_state(made_sqlite: Path, steps: list[Any], endpoint: Endpoint) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "books.sqlite"
        shutil.copyfile(made_sqlite, path)
        with Database(f"sqlite:///{path}") as database:
            _live(Desk(database, Path(name), sale_source="customer-specifications"), steps, endpoint)


def _live(desk: Desk, steps: list[Any], endpoint: Endpoint) -> None:
    source: Counter[str] = Counter()
    for given_answer, tables, sale, book_from, auto_post, fault in steps:
        desk.mapping = tables
        desk.set(sale=sale, book_from=book_from, auto_post=auto_post)
        desk.pull(*(each for each, _ in given_answer), endpoint=endpoint, accept_unusual=True)
        for each, cents in given_answer:
            source[str(each["Header"]["InvoiceID"]), str(each["Sender"])] = cents  # type: ignore[index]
        desk.prepare()
        _check(desk)
        rows = desk.rows()
        desk.prepare()
        assert desk.rows() == rows, "preparing twice changes something"
        desk.approve()
        with_fault = FaultyLedger(desk.ledger, on_post=[fault])
        try:
            desk.deliver(with_fault)
        except LedgerUnavailable:
            pass
        _check(desk)
    if endpoint is Endpoint.INVOICES:
        assert sum(desk.sums().values()) == sum(source.values())
    desk.deliver()
    _check(desk)
    assert desk.replay().problems == []


def _check(desk: Desk) -> None:
    proof = desk.verify()
    assert proof.problems == []
    assert proof.holds
    for entry in desk.entries().values():
        assert sum(posting.minor for posting in entry.postings) == 0
