"""The whole flow on the sandbox's made-up resellers: what is held is what was seeded, and the cents are proven."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from connector.engine.margin import report
from connector.engine.run import RunReport, askings, sync
from connector.sandbox import RESELLER_BE, RESELLER_NL, DocumentTruth, Sandbox, demo_world, truths
from connector.source.base import Endpoint
from connector.source.copaco import CurrentApi
from connector.source.http import HttpClient
from connector.source.settings import ApiSettings
from connector.source.windows import month_windows
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files

DAY = datetime.date(2025, 2, 1)
WORLD = demo_world(DAY, months=12, customers=6)
WINDOWS = [
    (endpoint, window)
    for endpoint in (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS)
    for window in month_windows(datetime.date(2024, 1, 1), DAY)
]
RESELLERS = {"NL": RESELLER_NL, "BE": RESELLER_BE}
LEDGERS = {"NL": "hledger", "BE": "beancount"}


def seated(seat: Callable[..., Desk], country: str) -> Desk:
    """The desk of a reseller of the demo."""
    party = RESELLERS[country].party
    return seat(
        mapping=mapping_files(country.lower()),
        kind=LEDGERS[country],
        country=country,
        today=DAY,
        company=party.company_name,
        vat_number=party.vat_number,
    )


def run_once(desk: Desk, sandbox: Sandbox) -> RunReport:
    """One sync over the whole year."""
    settings = ApiSettings(base_url=sandbox.url, pause_seconds=0)
    key = f"sandbox-{desk.books.country.lower()}"
    with HttpClient(settings, reveal_key=lambda: key, now=lambda: desk.now, randomness=random.Random(1)) as client:
        return sync(desk.run, askings(CurrentApi(client, settings), WINDOWS))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "ledger").iterdir()) if path.is_file()}


@pytest.mark.parametrize("country", RESELLERS)
def test_a_year_of_invoices_is_booked_and_proven(seat: Seat, country: str, tmp_path: Path) -> None:
    with Sandbox(WORLD, today=DAY) as sandbox:
        desk = seated(seat, country)
        first = run_once(desk, sandbox)
        truth = {each.number: each for each in truths(WORLD, RESELLERS[country], "invoices")}
        purchases = [each for each in desk.standings().values() if each.direction == "purchase"]
        held = {each.number for each in purchases if each.state.value == "held"}
        assert held == {number for number, each in truth.items() if each.expected == "hold"} != set()
        booked = {each.number: each.net for each in purchases if each.state.value == "posted"}
        assert booked == {number: each.true.net for number, each in truth.items() if number not in held}
        assert len(booked) == first.delivered.posted == first.prepared.ready
        assert _euros(truth, booked) >= 0.95 * _euros(truth, truth)
        proof = desk.verify()
        assert proof.problems == []
        assert proof.holds
        assert desk.replay().problems == []
        both = report(desk.place, desk.books, "period").total
        assert both.rows > 100
        assert both.unsold_lines == both.unbought_lines == 0, "this world sells all that it buys"
        assert both.by_subscription == (3 if country == "NL" else 0), "some purchases come without a hash"

        rows, written = desk.rows(), files(tmp_path)
        again = run_once(desk, sandbox)
        assert desk.rows() == rows | {"fetch": rows["fetch"] + len(WINDOWS)}
        assert files(tmp_path) == written
        assert (again.delivered.posted, again.approved, again.mapping_is_new) == (0, 0, False)


def _euros(truth: dict[str, DocumentTruth], numbers: Iterable[str]) -> int:
    return sum(abs(truth[number].true.net) for number in numbers)


def test_after_the_loss_of_the_database_everything_is_found(
    sqlite: Database, made_sqlite: Path, tmp_path: Path
) -> None:
    with Sandbox(WORLD, today=DAY) as sandbox:
        first = run_once(seated(lambda **more: Desk(sqlite, tmp_path, **more), "NL"), sandbox)
        written = files(tmp_path)
        new = tmp_path / "new.sqlite"
        new.write_bytes(made_sqlite.read_bytes())
        with Database(f"sqlite:///{new}") as database:
            desk = seated(lambda **more: Desk(database, tmp_path, **more), "NL")
            report = run_once(desk, sandbox)
            assert (report.delivered.found, report.delivered.posted) == (first.delivered.posted, 0)
            assert files(tmp_path) == written
            assert desk.verify().problems == []
