"""The manifest is what is served, read back without any of the generator's code."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from collections import Counter, defaultdict

import pytest
import requests

from connector.sandbox import DEFECTS, Figures, Sandbox, World, bench_world, manifest, truths
from connector.sandbox.answers import Question, answer_text
from tests.sandbox.conftest import TODAY, ask, cents, lines_of, small_world

ENDPOINTS = ("invoices", "customer-specifications", "customer-invoices")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("reseller", ["nl", "be", "be-domestic"])
def test_every_invoice_is_served_as_the_manifest_says(quiet: Sandbox, reseller: str, endpoint: str) -> None:
    served = ask(quiet, endpoint, key=f"sandbox-{reseller}")
    truth = quiet.manifest.of(reseller, endpoint)
    assert [invoice["Header"]["InvoiceID"] for invoice in served] == [document.number for document in truth]
    customers: defaultdict[str, Figures] = defaultdict(Figures)
    for invoice, document in zip(served, truth, strict=True):
        assert invoice["Header"]["Date"] == f"{document.date:%Y%m%d}"
        for customer in invoice["Customers"]:
            lines = lines_of({"Customers": [customer]})
            found = Figures(
                lines=len(lines),
                net=sum(cents(line["ExtendedPrice"]) for line in lines),
                vat=sum(cents(line["VAT"]) for line in lines),
            )
            assert document.customers[customer["AccountID"]] == found
            customers[customer["AccountID"]] += found
        assert document.true == document.served == sum(document.customers.values(), Figures())
        assert document.kind == ("credit" if document.true.gross < 0 else "invoice")
    assert quiet.manifest.customers(reseller, endpoint) == customers
    total = sum((document.true for document in truth), Figures())
    assert quiet.manifest.total(reseller, endpoint) == total
    assert sum(quiet.manifest.months(reseller, endpoint).values(), Figures()) == total


def test_the_manifest_over_http_is_the_same(quiet: Sandbox) -> None:
    told = requests.get(f"{quiet.root}/_sandbox/manifest", timeout=30).json()
    assert len(told["documents"]) == len(quiet.manifest.documents)
    for row, truth in zip(told["documents"], quiet.manifest.documents, strict=True):
        assert (row["number"], row["endpoint"], row["kind"]) == (truth.number, truth.endpoint, truth.kind)
        assert row["true"] == {
            "lines": truth.true.lines,
            "net": truth.true.net,
            "vat": truth.true.vat,
            "gross": truth.true.gross,
        }
        assert len(row["leaks"]) == len(truth.leaks)
    nl = [row for row in told["months"] if (row["reseller"], row["endpoint"]) == ("nl", "invoices")]
    assert {row["month"]: row["gross"] for row in nl} == {
        month: figures.gross for month, figures in quiet.manifest.months("nl").items()
    }
    be = [row for row in told["customers"] if (row["reseller"], row["endpoint"]) == ("be", "customer-invoices")]
    assert {row["account_id"]: row["net"] for row in be} == {
        account: figures.net for account, figures in quiet.manifest.customers("be", "customer-invoices").items()
    }


def test_the_demo_holds_few_euros_on_small_documents(demo: Sandbox) -> None:
    held = demo.manifest.expected("hold")
    assert {truth.defect for truth in held} >= {
        "unknown-charge-type", "duplicated-line", "null-extended-price", "vat-beyond-tolerance",
        "sender-vat-changed", "same-number-different-parts", "foreign-vat",
    }  # fmt: skip
    assert {truth.defect for truth in demo.manifest.expected("accept")} >= {
        "repeated-line-id", "azure-unit-price-null", "missing-row-hash", "cycle-fee-spelling", "integer-ids",
        "quoted-quantity", "iso-dates", "customer-number-empty",
    }  # fmt: skip
    for reseller in ("nl", "be"):
        purchases = demo.manifest.of(reseller)
        euros = sum(abs(truth.served.gross) for truth in purchases)
        assert sum(abs(truth.served.gross) for truth in held if truth.reseller == reseller) * 50 < euros
        by_month: Counter[str] = Counter()
        for truth in purchases:
            by_month[truth.month] += truth.true.lines
        assert len(by_month) == 12
        assert all(150 <= lines <= 400 for lines in by_month.values())
    assert all(DEFECTS[truth.defect].expected == truth.expected for truth in held)


def test_the_demo_fits_the_day() -> None:
    from connector.sandbox import demo_world

    for today in (dt.date(2025, 2, 3), dt.date(2025, 2, 23), dt.date(2025, 2, 24), dt.date(2026, 1, 1)):
        newest = max(truth.date for truth in manifest(demo_world(today), endpoints=["invoices"]).documents)
        assert today - dt.timedelta(days=45) < newest <= today


def _peak_mb(world: World) -> tuple[int, float]:
    tracemalloc.start()
    try:
        size = 0
        for text in answer_text(Question(world, world.resellers[0], "invoices", dt.date.min, dt.date.max)):
            size += len(text)
        lines = sum(truth.true.lines for truth in truths(world, world.resellers[0], "invoices"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 500 * lines
    return lines, peak / 1e6


def test_memory_stays_flat_when_a_world_grows() -> None:
    small_lines, small = _peak_mb(bench_world(5_000, months=1, invoices=2))
    large_lines, large = _peak_mb(bench_world(30_000, months=6, invoices=12))
    assert (small_lines, large_lines) == (5_000, 30_000)
    assert large < small * 1.5 + 3


def test_the_small_world_is_as_small_as_it_looks() -> None:
    assert manifest(small_world(), endpoints=["invoices"]).total("nl").lines < 3_000
    assert small_world().last_month < TODAY
