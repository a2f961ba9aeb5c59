"""The same invoice came by Peppol, with the installed command and an Odoo: kept back, adopted, only its cost moves."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import pytest

from connector.sandbox.parties import COPACO_NL
from tests.journeys.office import Office, told
from tests.ledgers.odoo_server import KEY, World
from tests.ledgers.odoo_world.books import NAMED

KINDS = {
    "asset": "asset_current",
    "liability": "liability_current",
    "equity": "equity",
    "income": "income",
    "expense": "expense",
}
CONTROL = {"debtors_control": "asset_receivable", "creditors_control": "liability_payable"}


@pytest.fixture
def world(sqlite_office: Office) -> Iterator[World]:
    """An Odoo with the accounts of the office's tables, and its contact for Copaco."""
    with (sqlite_office.folder / "mappings" / "nl" / "accounts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    accounts = tuple({row["code"]: CONTROL.get(row["role"], KINDS[row["type"]]) for row in rows}.items())
    made = World(19, accounts)
    made.books.row("res.partner", made.supplier)["vat"] = COPACO_NL.vat_number
    purchases = made.books.add(
        "account.tax",
        name="21% buy",
        amount=Decimal("21.0"),
        amount_type="percent",
        type_tax_use="purchase",
        company_id=made.company,
        repartition=[(100, made.accounts[next(row["code"] for row in rows if row["role"] == "vat_input_high")])],
    )
    made.books.add(NAMED, module="account", name=f"{made.company}_btw_21_buy_d", model="account.tax", res_id=purchases)
    try:
        yield made
    finally:
        made.server.stop()


@pytest.fixture
def bookkeeper(sqlite_office: Office, world: World) -> Office:
    """The office, with that Odoo as its ledger."""
    office = sqlite_office
    office.environment["ODOO_API_KEY"] = KEY
    lines = f'kind = "odoo"\nurl = "{world.server.url}"\ndatabase = "acme"\nuser = "connector@acme.example"\n'
    office.toml = re.sub(
        r'kind = "hledger"[^\n]*(\nfolder = [^\n]*)?', f'{lines}api_key = "env:ODOO_API_KEY"', office.toml
    )
    # What was prepared for the ledger files is no delivery of this one: begin anew.
    for path in office.folder.glob("connector.db*"):
        path.unlink()
    office.run("db", "upgrade")
    office.run("sync")
    return office


def _by_peppol(world: World, tax: int, number: str, day: str, net: Decimal) -> str:
    """Odoo made a bill of what came by Peppol: all on one account, with its own VAT."""
    line = {
        "name": "Copaco",
        "account_id": world.accounts["7010"],
        "quantity": 1,
        "price_unit": str(net),
        "tax_ids": [[6, 0, [tax]]],
    }
    vals = {
        "move_type": "in_invoice",
        "journal_id": world.journals["purchase"],
        "partner_id": world.supplier,
        "currency_id": world.euro,
        "ref": number,
        "date": day,
        "invoice_date": day,
        "invoice_line_ids": [[0, 0, line]],
    }
    (made,) = world.books.create([vals])
    world.books.action_post([made])
    return f"account.move,{made}"


def _sums(world: World) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for move in world.moves():
        for code, amount in world.balances_of(move["id"]).items():
            total[code] = total.get(code, Decimal()) + amount
    return {code: amount for code, amount in total.items() if amount}


def test_an_invoice_that_came_by_peppol_is_adopted(bookkeeper: Office, world: World) -> None:
    office, tax = bookkeeper, max(world.books.rows["account.tax"])
    entries = office.asked("entries", "list", "--state", "ready")["entries"]
    mine = next(each for each in entries if each["direction"] == "purchase" and _is_even(office, each["number"]))
    number, net = mine["number"], Decimal(office.document(mine["number"])["net"])
    ours = _accounts(office, number)
    reference = _by_peppol(world, tax, number, mine["date"], net)

    office.run("entries", "approve", number, "--yes")
    run = office.run("sync").out
    assert "is in the ledger by another channel, and is kept back" in run
    assert f"booked through another channel: {reference} of {mine['date']}" in run
    assert office.document(number)["state"] == "held"
    assert len(world.moves()) == 1

    looked = office.run("entries", "approve", number, "--dry-run").out
    assert "Look first" in looked
    assert reference in looked

    told(office.run("deliveries", "adopt", "999", code=2), "There is no entry 999")
    dry = office.asked("deliveries", "adopt", number, "--dry-run")
    assert (dry["adopted"], dry["booking"]["reference"]) == (False, reference)
    assert len(office.asked("deliveries")["deliveries"]) == len(entries)
    shown = office.run("deliveries", "adopt", number, "--yes", "--as", "jansen", "--reason", "came by Peppol").out
    assert f"{reference} stands for our entry now." in shown
    assert office.document(number)["state"] == "posted"
    (move,) = office.asked("entries", "list", "--state", "queued")["entries"]
    assert f"adopted: {reference}" in office.run("entries", "show", str(move["id"])).out
    office.run("sync")

    assert len(world.moves()) == 2
    assert _sums(world) == ours
    (found,) = office.asked("reconcile")["administrations"]
    assert found["agrees"]
    history = office.asked("deliveries", "show", str(mine["id"]))["deliveries"][0]["history"]
    assert [each["state"] for each in history] == [
        *("ready", "queued", "sending", "queued", "held"),
        *("queued", "sending", "posted"),
    ]
    assert "came by Peppol" in history[-1]["reason"]
    assert history[-1]["actor"].startswith("jansen")
    office.proves()
    told(office.run("deliveries", "adopt", str(mine["id"]), "--yes", code=11), "it is posted")

    for path in office.folder.glob("connector.db*"):  # the database is lost
        path.unlink()
    office.run("db", "upgrade")
    office.run("sync")
    (found,) = office.asked("reconcile", "--rebuild", "--yes", "--reason", "the disk died")["administrations"]
    assert (found["agrees"], len(found["linked"])) == (True, 2)
    assert office.document(number)["state"] == "posted"
    office.run("sync")
    assert len(world.moves()) == 2
    office.proves()


def test_another_invoice_with_the_same_number_goes_out_when_a_person_says_so(bookkeeper: Office, world: World) -> None:
    office, tax = bookkeeper, max(world.books.rows["account.tax"])
    mine = next(
        each
        for each in office.asked("entries", "list", "--state", "ready")["entries"]
        if each["direction"] == "purchase"
    )
    number = mine["number"]
    reference = _by_peppol(world, tax, number, mine["date"], Decimal("12.00"))
    office.run("entries", "approve", number, "--yes")
    office.run("sync")
    refused = office.run("deliveries", "adopt", number, "--yes", code=2)
    assert f"{reference} cannot be adopted: it has another total and another VAT than ours" in refused.err
    office.run("entries", "approve", number, "--yes")
    (run,) = office.asked("sync")["runs"]
    assert run["delivered"]["elsewhere"] == 0


def _is_even(office: Office, number: str) -> bool:
    """Whether Odoo computes the same VAT from the sum: ours is rounded line by line."""
    document = office.document(number)
    cent = Decimal("0.01")
    computed = (Decimal(document["net"]) * 21 / 100).quantize(cent, ROUND_HALF_UP)
    return Decimal(document["vat"]) == computed > 0


def _accounts(office: Office, number: str) -> dict[str, Decimal]:
    (shown,) = office.asked("entries", "show", number)["entries"]
    total: dict[str, Decimal] = {}
    for each in shown["postings"]:
        total[each["account"]] = total.get(each["account"], Decimal()) + Decimal(each["amount"])
    return {code: amount for code, amount in total.items() if amount}
