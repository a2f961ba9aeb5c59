"""Three administrations in one database: what one does changes nothing of another, and shows nothing of it.

One of them is a twin: the same reseller with the same invoices, numbers and ids, so that only the administration tells
them apart.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connector.sandbox import RESELLER_BE, RESELLER_NL, Sandbox
from connector.store import tables
from tests.journeys.office import TODAY, Office, told
from tests.journeys.terminal import seen
from tests.journeys.test_mailed_invoices import mailed, paper
from tests.tenancy import COLUMN

_A_RULE = "P099;purchase;;No such category;;;;;;;7030;;post;;"
OTHERS = ("acme", "be")
READING = (
    ("status", "--all"), ("invoices", "list"), ("findings",), ("entries", "list"), ("deliveries",), ("papers", "list"),
    ("subscriptions", "list", "--gone"), ("subscriptions", "renewals", "--days", "365"), ("products", "list", "--gone"),
    ("report", "margin", "--by", "customer"), ("report", "leakage"), ("report", "prices"), ("report", "credits"),
    ("report", "consolidated"), ("report", "migration"), ("mapping", "coverage"), ("mapping", "history"),
    ("mapping", "blame"), ("mapping", "diff"), ("mapping", "suggest"), ("entries", "show", "1"),
    ("customers", "documents", "--period", "2024-12", "--to", "papers", "--format", "xlsx"),
    ("deliveries", "show", "1"),
    ("reconcile",), ("verify",), ("replay",), ("api", "fields"),
)  # fmt: skip
"""Commands that show something of an administration."""


@pytest.fixture
def three(office: Office, sandbox: Sandbox) -> Office:
    """acme, which has fetched and approved nothing; be, which has fetched; and twin, which is only set up."""
    office.set_up(RESELLER_BE, sandbox.url, name="be")
    office.set_up(RESELLER_NL, sandbox.url, name="twin")
    sets = office.folder / "mappings"
    shutil.copytree(sets / "nl", sets / "twin")
    office.set("mapping", '"twin"', name="twin")
    head = "\n[administrations.twin.ledger]"
    office.change(head, f'lists = ["subscriptions", "products"]\ndetail = "corrections"\n{head}')
    office.run("sync", "-a", "be")
    return office


def kept(office: Office) -> dict[str, dict[str, str]]:
    """For every administration and table, a hash of its rows."""
    found: dict[str, dict[str, str]] = {}
    with office.database as database, database.reading() as connection:
        names = {row.administration_id: row.name for row in connection.execute(select(tables.administration))}
        for table in tables.metadata.sorted_tables:
            if COLUMN not in table.c:
                continue
            rows: dict[str, list[str]] = {name: [] for name in names.values()}
            for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
                rows[names[row.administration_id]].append(repr(tuple(row)))
            for name, each in rows.items():
                digest = hashlib.sha256("\n".join(each).encode()).hexdigest()
                found.setdefault(name, {})[table.name] = f"{len(each)} {digest}"
    return found


def books(office: Office, names: Iterable[str]) -> Mapping[str, str]:
    """The ledger files of some administrations."""
    return {file: digest for file, digest in office.ledger().items() if Path(file).parts[1] in names}


def test_what_one_does_changes_nothing_of_another(three: Office, sandbox: Sandbox) -> None:
    office = three
    before, files = kept(office), books(office, OTHERS)

    def only_twin(*arguments: str, code: int | None = 0) -> Any:
        done = office.run(*arguments, "-a", "twin", "--json", code=code)
        assert done.code != 2, done
        now = kept(office)
        changed = {
            f"{name}.{table}" for name in OTHERS for table in now[name] if now[name][table] != before[name][table]
        }
        assert not changed, done
        assert books(office, OTHERS) == files, done
        return done.json if done.out else None

    only_twin("pull")
    assert kept(office)["twin"]["register_version"].split()[0] != "0", "the lists beside the invoices came too"
    only_twin("sync")
    entries = only_twin("entries", "list", "--state", "ready")["entries"]
    number, rejected, other = (each["number"] for each in entries[:3])
    box = mailed(office.folder / "inbox.mbox", ("factuur.pdf", paper(sandbox, number)))
    assert only_twin("papers", "add", str(box))["added"][0]["paper"] == "matched"
    assert only_twin("invoices", "total", other, "0.01", "--direction", "purchase")["confirmed"] is False
    only_twin("entries", "reject", rejected, "--reason", "a trial")
    sandbox.faults.add("vanished-invoice:endpoint=invoices,from=1")
    only_twin("sync", "--accept-unusual")
    sandbox.faults.clear()
    gone = only_twin("findings", "--code", "VANISHED")["findings"][0]
    only_twin("findings", "accept", gone["number"], "VANISHED", "--reason", "asked Copaco", "--yes")
    office.add_row("rules.csv", _A_RULE, mapping="twin")
    accepted = only_twin("mapping", "accept", "--yes", "--comment", "a trial")
    assert accepted["mappings"][0]["administration"] == "twin"
    only_twin("entries", "approve", "--all", "--yes")
    posted = only_twin("sync")["runs"][0]["delivered"]["posted"]
    assert posted > 0
    assert set(office.states(administration="twin")) >= {"posted"}
    only_twin("backfill", "2024-12", "2024-12")
    for command in READING:
        only_twin(*command, code=None)
    assert {name: kept(office)[name] for name in OTHERS} == {name: before[name] for name in OTHERS}
    office.proves()


def test_no_command_for_one_shows_anything_of_another(three: Office) -> None:
    office = three
    office.run("entries", "approve", "--all", "--yes", "-a", "acme")
    office.run("sync", "-a", "acme")
    theirs = {each["number"] for each in office.asked("invoices", "list", "-a", "acme")["invoices"]}
    ours = {each["number"] for each in office.asked("invoices", "list", "-a", "be")["invoices"]}
    foreign = {each for each in theirs - ours if len(each) > 5}
    customers = {each["customer"] for each in office.asked("invoices", "list", "-a", "acme")["invoices"]}
    customers -= {each["customer"] for each in office.asked("invoices", "list", "-a", "be")["invoices"]}
    assert len(foreign) > 2
    foreign |= {each for each in customers if each and len(each) > 5} | {"acme"}
    for command in READING:
        for form in ((), ("--json",)):
            done = office.run(*command, "-a", "be", *form, code=None)
            words = set(re.findall(r"[\w./-]+", done.out + done.err))
            assert not words & foreign, (words & foreign, done)
        named = list(_named(json.loads(done.out)))
        assert set(named) <= {"be"}, done
    twins = office.asked("invoices", "list", "-a", "twin")["invoices"]
    assert twins == [], "the same reseller under another name has fetched nothing"
    told(office.run("invoices", "show", min(theirs - ours), "-a", "be", code=2), "There is no document")


def _named(answer: Any) -> Iterable[str]:
    """The administrations that a JSON document names."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name == "administration" and isinstance(value, str):
                yield value
            yield from _named(value)
    elif isinstance(answer, list):
        for each in answer:
            yield from _named(each)


def test_admin_list_and_show_tell_where_each_stands(three: Office) -> None:
    office = three
    listed = {each["administration"]: each for each in office.asked("admin", "list")["administrations"]}
    assert list(listed) == ["acme", "be", "twin"]
    assert [each["in_database"] for each in listed.values()] == [True, True, False]
    assert listed["twin"]["next_step"] == "connector sync -a twin"
    for name in OTHERS:
        (status,) = office.asked("status", "-a", name)["administrations"]
        each = listed[name]
        assert each["held"] == {side: status["totals"][side]["held"] for side in ("purchase", "sale")}
        assert (each["ready_entries"], each["last_fetch"]) == (status["waiting_documents"], status["last_fetch"])
        shown = office.asked("admin", "show", name)
        sums = {(one["direction"], one["state"]): one["net"] for one in shown["sums"]}
        assert sums["purchase", "held"] == each["held"]["purchase"]
        assert sums["purchase", "ready"] == status["totals"]["purchase"]["ready"]
        assert (shown["mapping"]["version"], shown["mapping"]["tables_on_disk_in_force"]) == (1, True)
        up_to = {one["list"]: one["asked_up_to"] for one in shown["fetched"]}
        assert up_to["invoices"] == TODAY.isoformat()
    assert listed["acme"]["next_step"] == "connector findings --severity hold -a acme"
    office.add_row("rules.csv", _A_RULE)
    assert office.asked("admin", "show", "acme")["mapping"]["tables_on_disk_in_force"] is False


@pytest.mark.parametrize(("language", "left_out"), [("en", "Left out"), ("nl", "Weggelaten"), ("fr", "Omis")])
def test_the_list_fits_eighty_columns(language: str, left_out: str, sqlite_office: Office) -> None:
    day = ("--today", TODAY.isoformat())
    code, shown = seen(sqlite_office.folder, 80, "admin", "list", "--language", language, *day)
    assert code == 0
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert left_out not in shown
    assert shown.count("\nacme ") == 2, "a table of what it is, and one of where it stands"
    assert "acme: connector findings --severity hold -a acme" in shown


def test_an_administration_that_left_the_settings_is_told_and_kept(three: Office) -> None:
    office = three
    before = kept(office)["acme"]
    after = office.toml.index("[administrations.be]")
    office.toml = office.toml[: office.toml.index("[administrations.acme]")] + office.toml[after:]
    listed = {each["administration"]: each for each in office.asked("admin", "list")["administrations"]}
    assert list(listed) == ["be", "twin", "acme"]
    gone = listed["acme"]
    assert (gone["in_settings"], gone["in_database"], gone["source"]) == (False, True, None)
    assert gone["held"]["purchase"] != "0.00"
    assert "no longer in connector.toml: acme" in office.run("admin", "list").out
    shown = office.asked("admin", "show", "acme")
    assert (shown["settings"], shown["mapping"]["version"]) == ([], 1)
    assert "none any more in connector.toml" in office.run("admin", "show", "acme").out
    told(office.run("sync", "-a", "acme", code=3), "there is no administration 'acme'")
    office.run("sync")
    assert kept(office)["acme"] == before, "nothing is done for it"


def test_another_country_than_at_the_beginning_is_refused(sqlite_office: Office) -> None:
    office = sqlite_office
    office.change('country = "NL"', 'country = "BE"')
    office.set("vat_number", '"BE0123456789"')
    told(office.run("sync", code=3), "was begun with country NL")
    (listed,) = office.asked("admin", "list")["administrations"]
    assert "put the old values back" in listed["next_step"]
    checks = office.asked("admin", "check", code=3)["checks"]
    assert [each["check"] for each in checks if each["result"] == "problem"]
