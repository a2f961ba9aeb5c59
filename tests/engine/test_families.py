"""The same twelve months from every API, version and form: the same journal to the cent, where the data allows it."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.sandbox import RESELLER_NL, Sandbox, World
from connector.source.base import Endpoint
from connector.store import schema
from connector.store.database import Database
from tests.engine.desk import Desk, mapping_files
from tests.sandbox.conftest import ALL_DATES

TODAY = datetime.date(2024, 12, 31)
NOW = datetime.datetime(2024, 12, 31, 9, tzinfo=datetime.UTC)
CURRENT = ("invoices", "application/json")
OLDER = [
    (f"{version}/invoices", form) for version in ("v4", "v3", "v2") for form in ("application/json", "application/xml")
]
BY_PLAN = mapping_files(
    "nl",
    drop=("P0", "S0"),
    rules=(
        "X1;purchase;;;*Azure*;;;;;;cost_cloud_usage;;post;;by plan, since the older API has no charge types",
        "X2;purchase;;InterNetX;;;;;;;7030;;post;;",
        "X3;purchase;;;*365*;;;;;;cost_licences;;post;;",
        "X9;purchase;;;;;;;;;cost_one_time;;post;;",
    ),
)
"""Rules that look at plans alone, so that they say the same of both platforms."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Twelve months of a Dutch reseller, with credit notes and corrections, and no defect."""
    world = World(
        seed=5,
        resellers=(RESELLER_NL,),
        first_month=datetime.date(2023, 12, 1),
        last_month=datetime.date(2024, 11, 1),
        customers=8,
    )
    with Sandbox(world, today=TODAY) as running:
        yield running


def body(sandbox: Sandbox, path: str, accept: str) -> bytes:
    address = sandbox.billing_url if path.startswith("v") else sandbox.url
    headers = {"Authorization": f"Bearer {RESELLER_NL.keys[0].secret}", "Accept": accept}
    answer = requests.get(f"{address}/{path}", params=ALL_DATES, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


def a_desk(database: Database, folder: Path, **more: Any) -> Desk:
    return Desk(
        database,
        folder,
        today=TODAY,
        now=NOW,
        vat_number=RESELLER_NL.party.vat_number,
        company=RESELLER_NL.party.company_name,
        **more,
    )


def journal(desk: Desk) -> Counter[tuple[Any, ...]]:
    """Cents by day, kind, account, VAT code and role."""
    found: Counter[tuple[Any, ...]] = Counter()
    for entry in desk.entries().values():
        for each in entry.postings:
            found[entry.date, entry.kind, each.account, each.tax, each.role, each.deferral] += each.minor
    return found


@pytest.fixture(scope="module")
def known() -> dict[str, Counter[tuple[Any, ...]]]:
    """The journal of the current API, made once."""
    return {}


@pytest.mark.parametrize(("path", "form"), [CURRENT, *OLDER])
def test_twelve_months_give_the_same_journal(
    sandbox: Sandbox, sqlite: Database, tmp_path: Path, known: dict[str, Counter[tuple[Any, ...]]], path: str, form: str
) -> None:
    def booked(database: Database, folder: Path, path: str, form: str) -> Counter[tuple[Any, ...]]:
        desk = a_desk(database, folder, mapping=BY_PLAN)
        report = desk.keep(body(sandbox, path, form), window=None, accept_unusual=True)
        assert report.new == report.invoices >= 12
        desk.post()
        assert set(desk.states().values()) == {"posted"}
        assert desk.verify().problems == []
        assert desk.replay().problems == []
        return journal(desk)

    here = booked(sqlite, tmp_path, path, form)
    if (path, form) == CURRENT:
        known["current"] = here
    elif not known:  # run alone
        other = tmp_path / "current"
        other.mkdir()
        with Database(f"sqlite:///{other / 'books.sqlite'}") as database:
            schema.upgrade(database)
            known["current"] = booked(database, other, *CURRENT)
    assert here == known["current"]
    assert sum(here.values()) == 0


def test_what_the_older_api_does_not_tell_is_held_and_not_guessed(
    sandbox: Sandbox, sqlite: Database, tmp_path: Path
) -> None:
    """Without charge types a rule for them meets nothing: not a fee, a correction or consumption."""
    desk = a_desk(sqlite, tmp_path)
    desk.keep(body(sandbox, "v4/invoices", "application/xml"), window=None, accept_unusual=True)
    desk.prepare()
    assert "posted" not in set(desk.states().values())
    name = next(iter(desk.states()))
    found = desk.findings(name)
    assert "ROW-HASH-MISSING" in found
    assert "plan" in dict(found["ACCOUNT-UNMAPPED"].values)
    assert desk.verify().problems == []


def test_the_other_form_of_what_was_booked_is_no_correction(sandbox: Sandbox, sqlite: Database, tmp_path: Path) -> None:
    desk = a_desk(sqlite, tmp_path, mapping=BY_PLAN)
    desk.keep(body(sandbox, "v4/invoices", "application/json"), window=None, accept_unusual=True)
    desk.post()
    before = journal(desk)
    again = desk.keep(body(sandbox, "v4/invoices", "application/xml"), window=None, accept_unusual=True)
    assert again.new == 0
    desk.post()
    assert journal(desk) == before
    assert set(desk.states().values()) == {"posted"}
    assert desk.verify().problems == []


def test_sales_of_the_older_api_are_read_alike_in_both_forms(
    sandbox: Sandbox, sqlite: Database, tmp_path: Path
) -> None:
    desk = a_desk(sqlite, tmp_path, sale="report", sale_source="customer-invoices")
    given: dict[str, Any] = {"window": None, "accept_unusual": True, "endpoint": Endpoint.CUSTOMER_INVOICES}
    first = desk.keep(body(sandbox, "v4/customerinvoices", "application/json"), **given)
    sums = desk.sums()
    again = desk.keep(body(sandbox, "v4/customerinvoices", "application/xml"), **given)
    assert first.new == first.invoices > 12
    assert again.new == 0
    assert desk.sums() == sums
    assert desk.verify().problems == []
