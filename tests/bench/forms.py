"""The older API's XML beside its JSON: the same invoices in both forms, read, and pulled into a database.

Ratios within one run: both forms hold the same lines of the same sandbox. What pulling takes is what a user waits for,
and what is held against the goal; reading alone is told beside it.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from connector.domain.invoice import lines
from connector.sandbox import RESELLER_NL, World
from connector.sandbox.billing.answer import Form, billing_answer
from connector.sandbox.billing.question import BillingQuestion
from connector.source.bodies import envelope, parse_slice
from connector.store import schema
from connector.store.database import Database
from tests.engine.desk import Desk

LINES = 20_000
LINES_PER_INVOICE = 2_000
RUNS = 3
AT_LEAST = 0.5
FIRST = datetime.date(2023, 1, 1)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """CPU microseconds a line in one form: reading it, and pulling it; the least of some runs. ``size`` in bytes."""

    reading: float
    pulling: float
    size: int


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """What both forms cost for ``lines`` lines, whose cents are equal."""

    lines: int
    json: Cost
    xml: Cost


def forms(folder: Path, lines: int = LINES) -> Forms:
    """Measure both. AssertionError when a line or a cent is lost."""
    invoices = max(1, lines // LINES_PER_INVOICE)
    per_invoice = lines // invoices
    bodies = {json: _written(folder, per_invoice, invoices, json=json) for json in (True, False)}
    costs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for run in range(RUNS):  # one form after the other, so that a busy moment meets both
        sums = set()
        for json, body in bodies.items():
            reading, total = _reading(body)
            pulling = _pulling(body, folder / f"{run}-{json}", per_invoice * invoices)
            costs[json].append((reading / per_invoice / invoices, pulling / per_invoice / invoices))
            sums.add(total)
        assert len(sums) == 1, "both forms say the same to the cent"
    found = {json: tuple(min(values) * 1e6 for values in zip(*each, strict=True)) for json, each in costs.items()}
    return Forms(
        lines=per_invoice * invoices,
        **{
            name: Cost(reading=found[json][0], pulling=found[json][1], size=bodies[json].stat().st_size)
            for name, json in (("json", True), ("xml", False))
        },
    )


def _written(folder: Path, per_invoice: int, invoices: int, *, json: bool) -> Path:
    last = FIRST.replace(year=FIRST.year + (invoices - 1) // 12, month=(invoices - 1) % 12 + 1)
    world = World(
        seed=1,
        resellers=(RESELLER_NL,),
        first_month=FIRST,
        last_month=last,
        lines_per_invoice=per_invoice,
        extras=False,
        leaks=False,
    )
    question = BillingQuestion(world, RESELLER_NL, "v4", "invoices", FIRST, datetime.date(2030, 12, 31))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("body.json" if json else "body.xml")
    with path.open("wb") as file:
        for piece in billing_answer(question, Form(json=json)).chunks:
            file.write(piece)
    return path


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def _reading(body: Path) -> tuple[float, int]:
    def work() -> int:
        cents = 0
        for piece in envelope(body).invoices():
            parsed = parse_slice(piece.slice)
            assert not parsed.findings
            cents += sum(int((line.extended_price or 0) * 100) for _, _, line in lines(parsed.invoice))
        return cents

    return _timed(work)


def _pulling(body: Path, folder: Path, expected: int) -> float:
    folder.mkdir()
    with Database(f"sqlite:///{folder / 'books.sqlite'}") as database:
        schema.upgrade(database)
        desk = Desk(database, folder)
        seconds, found = _timed(lambda: desk.keep_file(body).lines)
    assert found == expected, "every line is kept"
    return seconds


def shown(found: Forms) -> Iterator[str]:
    """The table of it, line by line."""
    yield f"The older API, {found.lines:,} lines in both forms, CPU microseconds per line"
    for name, cost in (("JSON", found.json), ("XML", found.xml)):
        size = cost.size / found.lines
        yield f"  {name:<6} read {cost.reading:>7.2f}   pulled {cost.pulling:>7.2f}   ({size:,.0f} bytes a line)"
    pulled, read = found.json.pulling / found.xml.pulling, found.json.reading / found.xml.reading
    verdict = "met" if pulled >= AT_LEAST else "MISSED"
    yield f"  {'XML against JSON, pulled':<42}{pulled:>9.2f} x   {f'at least {AT_LEAST}':<18}{verdict}"
    yield f"  {'XML against JSON, read alone':<42}{read:>9.2f} x"
