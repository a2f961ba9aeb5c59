"""The starter sets on the sandbox's resellers: purchases and sales are booked, nothing is held but what was seeded."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import random
from collections import Counter

import pytest

from connector.domain.journal import JournalEntry, PostingRole
from connector.engine.run import askings, sync
from connector.sandbox import (
    RESELLER_BE,
    RESELLER_BE_DOMESTIC,
    RESELLER_NL,
    Figures,
    Party,
    Reseller,
    Sandbox,
    SeededDefect,
    World,
    demo_world,
    truths,
)
from connector.sandbox.figures import vat_on
from connector.sandbox.parties import keys_of
from connector.source.base import Endpoint
from connector.source.copaco import CurrentApi
from connector.source.http import HttpClient
from connector.source.settings import ApiSettings
from connector.source.windows import month_windows
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import COPACO, invoice, line

DAY = datetime.date(2025, 2, 1)
RESELLER_DE = dataclasses.replace(
    RESELLER_BE,
    name="de",
    place=4,
    party=Party(
        account_id="6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b4000",
        company_name="Beispiel Cloud GmbH",
        address="Beispielweg 4",
        postal_code="10115",
        city="Berlin",
        country="Germany",
        country_code="DE",
        vat_number="DE000000404",
    ),
    keys=keys_of("de"),
)
"""A German reseller of Copaco Nederland: 0 % and reverse charge, as for the Belgian one."""
DEMO = demo_world(DAY, months=12, customers=12)
WORLD = dataclasses.replace(
    DEMO,
    resellers=(RESELLER_NL, RESELLER_BE, RESELLER_BE_DOMESTIC, RESELLER_DE),
    defects=(
        *DEMO.defects,
        SeededDefect(defect="domestic-zero-rate", reseller="be-domestic", month=3),
        SeededDefect(defect="unknown-charge-type", reseller="be-domestic", month=5),
        SeededDefect(defect="foreign-vat", reseller="de", month=2),
        SeededDefect(defect="unknown-charge-type", reseller="de", month=7),
    ),
)
ISSUED, SPECIFIED = Endpoint.CUSTOMER_INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS
STANDARD = {"NL": 21, "BE": 21, "DE": 19}


def customers(world: World, reseller: Reseller, columns: list[str]) -> list[str]:
    """The rows of ``customers.csv`` for the end customers that the sandbox made up, debtor number included."""
    home, made = reseller.party.country_code, io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\n")
    for index in range(world.customers):
        one = world.portfolios[reseller.name].customer(index)
        # The sandbox knows Dutch and Belgian customers only: those of the German reseller get a number of their own.
        german = home == "DE" and one.country_code == "DE"
        known = {
            "account_id": one.account_id,
            "name": one.company_name,
            "debtor": one.number,
            "vat_number": f"DE{300_000_000 + index}" if german else one.vat_number,
            "vat_checked": "2024-01-01",
        }
        writer.writerow([known.get(column, "") for column in columns])
    return made.getvalue().splitlines()


def seated(seat: Seat, reseller: Reseller, name: str, source: Endpoint) -> Desk:
    """The desk of a reseller with a starter set whose customers are filled in, selling from ``source``."""
    columns = mapping_files(name).files["customers.csv"].decode().splitlines()[0].split(";")
    party = reseller.party
    return seat(
        mapping=mapping_files(name, customers=customers(WORLD, reseller, columns)),
        kind="hledger",
        country=party.country_code,
        today=DAY,
        company=party.company_name,
        vat_number=party.vat_number,
        sale="post",
        sale_source=source.value,
    )


def run_once(desk: Desk, sandbox: Sandbox, reseller: Reseller, source: Endpoint) -> None:
    """One sync over the whole year: purchases, and the sales of one source."""
    api = ApiSettings(base_url=sandbox.url, pause_seconds=0)
    windows = [
        (endpoint, window)
        for endpoint in (Endpoint.INVOICES, source)
        for window in month_windows(datetime.date(2024, 1, 1), DAY)
    ]
    key = reseller.keys[0].secret
    with HttpClient(api, reveal_key=lambda: key, now=lambda: desk.now, randomness=random.Random(1)) as client:
        sync(desk.run, askings(CurrentApi(client, api), windows))


def sold(reseller: Reseller, source: Endpoint) -> dict[str, Figures]:
    """The true sums of every sale by number and customer."""
    return {
        f"{each.number}/{account}": figures
        for each in truths(WORLD, reseller, source.value)
        for account, figures in each.customers.items()
    }


def vat_of(entry: JournalEntry) -> int:
    """The VAT that the entry owes on a sale, in cents."""
    return -sum(posting.minor for posting in entry.postings if posting.role is PostingRole.VAT_DUE)


def due(figures: Figures, source: Endpoint, percent: int) -> int:
    """What the sale owes: the VAT that the issued invoice states, or the rate on a specification, which states none."""
    return figures.vat if source is ISSUED else vat_on(figures.net, percent)


CASES = [
    (RESELLER_NL, "nl", ISSUED),
    (RESELLER_NL, "nl", SPECIFIED),
    (RESELLER_BE, "be", ISSUED),
    (RESELLER_BE, "be", SPECIFIED),
    (RESELLER_BE_DOMESTIC, "be", ISSUED),
    (RESELLER_DE, "de-skr03", SPECIFIED),
    (RESELLER_DE, "de-skr04", SPECIFIED),
]


@pytest.mark.parametrize(
    ("reseller", "name", "source"), CASES, ids=[f"{who.name}, {name}, {source.value}" for who, name, source in CASES]
)
def test_a_starter_set_books_both_directions_and_holds_only_what_was_seeded(
    quick: Seat, reseller: Reseller, name: str, source: Endpoint
) -> None:
    with Sandbox(WORLD, today=DAY) as sandbox:
        desk = seated(quick, reseller, name, source)
        run_once(desk, sandbox, reseller, source)
    standing = desk.standings()
    bought = {each.number: each for each in standing.values() if each.direction == "purchase"}
    truth = {each.number: each for each in truths(WORLD, reseller, "invoices")}
    seeded = {number for number, each in truth.items() if each.expected == "hold"}
    assert {number for number, each in bought.items() if each.state.value == "held"} == seeded != set()
    assert {n: each.net for n, each in bought.items() if each.state.value == "posted"} == {
        number: each.true.net for number, each in truth.items() if number not in seeded
    }

    sales = {key: each for key, each in standing.items() if each.direction == "sale"}
    expected = sold(reseller, source)
    assert {key: (each.state.value, each.net) for key, each in sales.items()} == {
        key: ("posted", figures.net) for key, figures in expected.items()
    }
    country = reseller.party.country_code
    home, abroad = f"{country}.S.STD.{STANDARD[country]}", f"{country}.S.EU_SVC"
    entries, codes = desk.entries(), Counter[str]()
    for key, each in sales.items():
        entry = entries[each.entry_id or 0]
        taxes = {posting.tax for posting in entry.postings if posting.tax}
        codes.update(taxes)
        assert vat_of(entry) == due(expected[key], source, STANDARD[country] if taxes == {home} else 0), key
    assert codes.keys() == {home, abroad}
    assert codes[home] > codes[abroad]
    proof = desk.verify()
    assert (proof.problems, proof.holds) == ([], True)


BERLIN = {"CompanyName": "Beispiel Distribution GmbH", "VATNumber": "DE000000909", "CountryCode": "DE"}
CUSTOMER = "A-1;Kunde A;10001;;DE000000808;2024-01-01;30;no;no;;"


@pytest.mark.parametrize(
    ("name", "accounts"),
    [
        ("de-skr03", {"abroad": ("3200", "1577", "1787", "1600"), "home": ("3200", "1576", "1600"), "sale": "8200"}),
        ("de-skr04", {"abroad": ("5200", "1407", "3837", "3300"), "home": ("5200", "1406", "3300"), "sale": "4200"}),
    ],
)
def test_a_german_administration_buys_with_reverse_charge_and_sells_at_19_percent(
    quick: Seat, name: str, accounts: dict[str, tuple[str, ...]]
) -> None:
    desk = quick(
        mapping=mapping_files(name, customers=[CUSTOMER]),
        country="DE",
        vat_number="DE000000404",
        company="Beispiel Cloud GmbH",
        sale="post",
        sale_source=ISSUED.value,
    )
    receiver = {"CompanyName": "Beispiel Cloud GmbH", "VATNumber": "DE000000404", "CountryCode": "DE"}
    desk.pull(
        invoice("1", line("1000.00", rate="0"), sender=COPACO, Receiver=receiver),
        invoice("2", line("1000.00", rate="19"), sender=BERLIN, Receiver=receiver),
    )
    sender = {"CompanyName": "Beispiel Cloud GmbH", "VATNumber": "DE000000404", "CountryCode": "DE"}
    desk.pull(invoice("R-1", line("1200.00", rate="19"), sender=sender), endpoint=ISSUED)
    desk.post()
    assert set(desk.states().values()) == {"posted"}, desk.states()
    booked = {
        entry.number: {(posting.account, posting.minor) for posting in entry.postings}
        for entry in desk.entries().values()
    }
    cost, deducted, due, creditor = accounts["abroad"]
    assert booked["1"] == {(cost, 100000), (deducted, 19000), (due, -19000), (creditor, -100000)}
    cost, deducted, creditor = accounts["home"]
    assert booked["2"] == {(cost, 100000), (deducted, 19000), (creditor, -119000)}
    debtor, output = {"de-skr03": ("1400", "1776"), "de-skr04": ("1200", "3806")}[name]
    assert booked["R-1"] == {(debtor, 142800), (accounts["sale"], -120000), (output, -22800)}
    assert desk.verify().problems == []
