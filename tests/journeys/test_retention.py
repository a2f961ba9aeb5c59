"""What an operator sees of the end of the legal period: years that can go, a purge, and books that still add up."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlalchemy import select

from connector.sandbox import RESELLER_NL, Sandbox, demo_world
from connector.store import tables
from tests.engine.desk import Desk
from tests.engine.test_registers import came
from tests.journeys.office import Office, told
from tests.journeys.terminal import seen

LONG_AGO = datetime.date(2017, 2, 3)
"""December 2016 and January 2017 are billed; both are long over for any clock."""
LATER = datetime.date(2017, 3, 3)


@pytest.fixture(scope="module")
def then() -> Iterator[Sandbox]:
    """Two months of long ago, without defects."""
    world = replace(demo_world(LONG_AGO, months=2, customers=3), defects=())
    with Sandbox(world, today=LONG_AGO) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def old_folder(then: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that posted all of it."""
    office = Office(folder=tmp_path_factory.mktemp("old"))
    office.set_up(RESELLER_NL, then.url, auto_post='"all"')
    office.run("sync", today=LONG_AGO)
    return office.folder


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def old_office(request: pytest.FixtureRequest, old_folder: Path, tmp_path: Path) -> Office:
    """A copy of it, on each kind of database."""
    office = Office(folder=tmp_path / "office")
    shutil.copytree(old_folder, office.folder)
    if request.param == "postgresql":
        (office.folder / "connector.db").unlink()
        shutil.rmtree(office.folder / "books")
        office.url = request.getfixturevalue("postgres_database_url")
        office.run("db", "upgrade")
        office.run("sync", today=LONG_AGO)
    return office


PURGE = ("retention", "purge", "--until", "2017", "--reason", "the period is over")


def test_the_end_of_a_legal_period(old_office: Office, then: Sandbox) -> None:
    office = old_office
    before = office.asked("verify")["administrations"][0]
    (listed,) = office.asked("retention", "list")["administrations"]
    assert (listed["retention_years"], listed["ready"], listed["purges"]) == (7, 2017, [])
    years = {each["year"]: each for each in listed["years"]}
    assert set(years) == {2016, 2017}
    assert all(each["over"] and each["unfinished"] == 0 and each["bytes"] for each in years.values())
    assert years[2017]["kept_until"] == "2024-12-31"

    number = office.states()["posted"][0]
    with office.database as database, database.reading() as connection:
        names = set(connection.scalars(select(tables.subscription.c.company_name)))
    assert names
    only_looked = office.added(lambda: office.run(*PURGE, "--dry-run", today=None))
    assert only_looked == {}
    more = ("--no-backup",) if office.url else ()
    purged = office.asked(*PURGE, "--yes", *more, "--as", "Eva")
    assert (purged["backup"] is None) is bool(office.url)
    (one,) = purged["administrations"]
    assert one["purge"]["documents"] == one["documents"] == sum(each["documents"] for each in years.values())
    assert one["purge"]["actor"].startswith("Eva (--as, by ")

    after = office.asked("verify")["administrations"][0]
    assert after["holds"]
    assert after["checked"]["purged"] == one["documents"]
    assert [each["source"] for each in after["periods"]] == [each["source"] for each in before["periods"]]
    assert all(each["states"]["purged"] == each["source"] for each in after["periods"])
    assert office.asked("reconcile")["administrations"][0]["agrees"]
    office.proves()
    status = office.run("status").out
    assert f"{one['documents']} documents up to 2017-01 were purged" in status
    margin = office.run("report", "margin").out
    assert "Purchases: " in margin
    assert "were purged, and are not counted here." in margin
    assert "was purged on" in office.run("invoices", "show", number, code=2).err
    (listed,) = office.asked("retention", "list")["administrations"]
    assert [each["until"] for each in listed["purges"]] == [2017]

    office.run("db", "compact")
    if not office.url:  # no deleted page is left that could be read
        assert not any(name.encode() in (office.folder / "connector.db").read_bytes() for name in names)
    office.proves()

    # The same months again: nothing of them comes back, and nothing is sent.
    kept, ledger = office.rows(), office.ledger()
    (run,) = office.asked("backfill", "2016-11", "2017-02", "--post")["runs"]
    assert sum(each["purged"] + each["unchanged"] for each in run["windows"]) == one["documents"]
    assert (run["prepared"]["held"], run["delivered"]["posted"]) == (0, 0)
    assert {name: office.rows()[name] - kept[name] for name in ("invoice_version", "slice", "entry")} == {
        "invoice_version": 0, "slice": 0, "entry": 0,
    }  # fmt: skip
    assert office.ledger() == ledger
    office.proves()


@pytest.mark.parametrize("old_office", ["sqlite"], indirect=True)
def test_what_must_be_kept_or_is_not_asked_rightly_stays(old_office: Office) -> None:
    office = old_office
    before = office.rows()
    told(office.run(*PURGE, today=LATER, code=15), "acme: what belongs to 2017 is kept until 2024-12-31", "list")
    told(office.run(*PURGE, today=None, code=2), "--yes")
    ahead = office.run(*PURGE, "--yes", today=datetime.date(2090, 1, 1), code=2)
    assert "--today lies ahead" in ahead.err
    assert office.run(*PURGE, "--dry-run", today=datetime.date(2090, 1, 1)).code == 0
    told(office.run(*PURGE[:-1], " ", "--yes", today=None, code=2), "--reason is empty")
    office.set("retention_years", "5")
    told(office.run("retention", "list", code=3), "5 is shorter than the law of NL: 7 years (AWR art. 52")
    office.set("retention_years", "60")
    told(office.run(*PURGE, "--yes", today=None, code=15), "kept until 2077-12-31 (retention_years = 60)")
    assert office.rows() == before


@pytest.mark.parametrize("old_office", ["sqlite"], indirect=True)
def test_a_person_types_the_year(old_office: Office) -> None:
    before = old_office.rows()
    for typed, gone in (("2016", False), ("2017", True)):
        code, text = seen(old_office.folder, 100, *PURGE, given=f"{typed}\n")
        assert (code, "Type the year 2017" in text) == (0, True)
        assert (old_office.rows()["invoice_version"] == 0) is gone
        assert ("Nothing was removed." in text) is not gone
    assert before["invoice_version"]
    assert len(list(old_office.folder.glob("connector.db.*.backup"))) == 1


@pytest.mark.parametrize("old_office", ["sqlite"], indirect=True)
def test_what_changed_after_posting_and_former_states_of_subscriptions_are_shown_first(old_office: Office) -> None:
    office = old_office
    changed, number = _changed_purchase(office)
    (office.folder / "changed.json").write_text(json.dumps({"Invoices": [changed]}))
    office.run("pull", "--endpoint", "invoices", "--from-files", "changed.json", today=LATER)
    told(office.run(*PURGE, "--dry-run", today=None, code=15), f"purchase {number} (held)")  # not looked at yet
    office.set("look_back_days", "1")
    office.run("sync", today=LATER)
    with office.database as database:
        desk = Desk(database, office.folder)
        for year, seats in ((2016, 5), (2017, 6)):
            desk.now = datetime.datetime(year, 3, 2, tzinfo=datetime.UTC)
            came(desk, [{"SubscriptionID": "s-1", "Quantity": seats}])
    listed = office.run("retention", "list", today=None).out
    for words in ("can be purged, with 1 changed after posting", "go as well: 1; whole ones: 0."):
        assert words in " ".join(listed.split())
    shown = office.run(*PURGE, "--dry-run", today=None).out
    assert "1 document of it changed after it was posted, and is held since." in shown
    assert number in shown
    made = office.asked(*PURGE, "--yes", "--no-backup")["administrations"][0]
    assert [each["number"] for each in made["changed"]] == [number]
    assert (made["register_entries"], made["register_versions"]) == (0, 1)
    (state,) = office.asked("subscriptions", "show", "s-1")["entries"][0]["versions"]
    assert state["version"] == 2
    office.proves()


def _changed_purchase(office: Office) -> tuple[Any, str]:
    """A purchase of which one line costs a euro more now; and its number."""
    with office.database as database, database.reading() as connection:
        stored, version, invoice = tables.slice_, tables.invoice_version, tables.invoice
        packed, number = connection.execute(
            select(stored.c.body, invoice.c.number)
            .join(version, version.c.slice_id == stored.c.slice_id)
            .join(invoice, invoice.c.invoice_id == version.c.invoice_id)
            .where(invoice.c.direction == "purchase")
        ).first() or (b"", "")
    found = json.loads(zstandard.decompress(packed))
    found["Customers"][0]["Subscriptions"][0]["PriceLines"][0]["ExtendedPrice"] += 1
    return found, number
