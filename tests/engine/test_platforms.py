"""The same months from both of Copaco's platforms: everything is booked once, to the cent, whichever comes first."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.platform import SOURCES, Platform, platform_of
from connector.engine import margin
from connector.engine.accept import accept, held_by
from connector.engine.pull import WindowReport
from connector.errors import PauseError
from connector.source.base import Endpoint, Window
from connector.store import completeness, cycles, platforms, tables
from connector.store.database import Database
from connector.store.fetches import SAVED
from connector.store.states import LineState
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files, posted
from tests.engine.paper import Json, customer, invoice, line

JANUARY, MARCH = datetime.date(2024, 1, 23), datetime.date(2024, 3, 22)
SPRING = Window(start=datetime.date(2024, 1, 1), end=datetime.date(2024, 3, 31))
PRICES = {"Microsoft": ("264.00", "-57.48"), "VMware": ("412.50",), "Veeam": ("25.40",)}
CUSTOMERS = {"Bakkerij Korst": 81224, "Fysio Plus Tilburg": 90002}


TABLES = mapping_files(
    rules=("X9;purchase;;;;;;;;;cost_licences;;post;;", "X8;sale;;;;;;;;;revenue_licences;;post;;"),
    customers=(
        "81224;Bakkerij Korst;1;NL;;;;no;no;;",
        "6c1f-81224;Bakkerij Korst;1;NL;;;;no;no;;",
    ),
)
"""Lines of the old platform have no charge type."""


@pytest.fixture
def desk(seat: Seat) -> Desk:
    return seat(mapping=TABLES)


def held_lines(vendor: str, month: int, *, old: bool, changes: dict[str, str]) -> list[Json]:
    more: Json = {
        "StartDate": f"2024{month:02}01",
        "EndDate": f"2024{month:02}28",
        "Quantity": Decimal("2.00") if old else 2,
    }
    found = [line(changes.get(net, net), kind=None if old else "Cycle Fee", **more) for net in PRICES[vendor]]
    for each in found:
        if old:
            each["InvoiceRowHash"] = ""
    return found


def of_customers(vendors: Sequence[str], month: int, *, old: bool, changes: dict[str, str]) -> list[Json]:
    made = []
    for name, number in CUSTOMERS.items():
        subscriptions = [
            {
                "PlanCategoryName": vendor, "PlanID": 1001 if old else f"p-{vendor}", "PlanName": f"{vendor} plan",
                "PriceLines": held_lines(vendor, month, old=old, changes=changes),
                "SubscriptionID": number + 5 if old else f"s-{vendor}-{number}",
            }
            for vendor in vendors
        ]  # fmt: skip
        account: Any = number if old else f"6c1f-{number}"
        made.append(customer(account, [], CompanyName=name, Subscriptions=subscriptions))
    return made


def new(number: str, day: datetime.date, **changes: str) -> Json:
    """The consolidated document of a month, of all vendors. ``changes`` are amounts in the place of others."""
    held = of_customers(list(PRICES), day.month, old=False, changes=dict(changes))
    return invoice(number, customers=held, date=day)


def old(number: str, day: datetime.date, *vendors: str, **changes: str) -> Json:
    """A document of the old platform, of some vendors or of all."""
    held = of_customers(vendors or list(PRICES), day.month, old=True, changes=dict(changes))
    made = invoice(number, customers=held, date=day)
    for each in made["Customers"]:
        for subscription in each["Subscriptions"]:
            for price_line in subscription["PriceLines"]:
                price_line["InvoiceRowHash"] = ""
    return made


def both() -> tuple[list[Json], list[Json]]:
    """A month that the old platform gave per vendor and one that it gave whole; and the same from the new one."""
    of_old = [
        *(old(f"TN20{place}", JANUARY, vendor) for place, vendor in enumerate(PRICES)),
        old("TN9103004711", MARCH),
    ]
    return of_old, [new("9101004711", JANUARY), new("9103004711", MARCH)]


def net(invoices: Sequence[Json]) -> int:
    found = Decimal(0)
    for each in invoices:
        for held in each["Customers"]:
            for subscription in held["Subscriptions"]:
                found += sum(one["ExtendedPrice"] for one in subscription["PriceLines"])
    return int(found * 100)


def keep(desk: Desk, invoices: Sequence[Json], source: str = SAVED, **more: Any) -> WindowReport:
    """Keep an answer of one of both platforms, by default a saved file."""
    return desk.pull(*invoices, window=SPRING, source=source, **more)


@pytest.mark.parametrize("old_first", [True, False])
def test_everything_is_booked_once_whichever_comes_first(desk: Desk, old_first: bool) -> None:
    of_old, of_new = both()
    first, later = (of_old, of_new) if old_first else (of_new, of_old)
    keep(desk, first)
    desk.post()
    keep(desk, later)
    desk.post()
    assert net(first) == net(later) == desk.sums()[LineState.POSTED] == desk.sums()[LineState.HELD]
    numbers = {each["Header"]["InvoiceID"] for each in first}
    assert {number for number, _ in posted(desk.ledger)} == numbers
    for each in later:
        found = desk.findings(each["Header"]["InvoiceID"])
        assert found["OTHER-PLATFORM"].minor == net([each])
        assert "SIMILAR-DOCUMENT" not in found
    others = dict(desk.findings("9101004711" if old_first else "TN201")["OTHER-PLATFORM"].values)["others"]
    assert others == ("TN200, TN201, TN202" if old_first else "9101004711")
    assert desk.verify().problems == []
    assert desk.replay().problems == []


@pytest.mark.parametrize("old_first", [True, False])
def test_what_came_together_is_told_by_what_came_first(desk: Desk, old_first: bool) -> None:
    of_old, of_new = both()
    keep(desk, [*of_old, *of_new] if old_first else [*of_new, *of_old])
    desk.post()
    assert desk.sums()[LineState.POSTED] == net(of_old)
    stands = of_old if old_first else of_new
    assert {number for number, _ in posted(desk.ledger)} == {each["Header"]["InvoiceID"] for each in stands}


def test_preparing_again_changes_nothing(desk: Desk) -> None:
    of_old, of_new = both()
    keep(desk, of_old)
    desk.prepare()
    keep(desk, of_new)
    desk.prepare()
    states, rows = desk.states(), desk.rows()
    desk.set(book_from=datetime.date(2023, 1, 1))
    desk.prepare()
    assert desk.states() == states
    desk.set()
    desk.prepare()
    rows = desk.rows()
    desk.prepare()
    assert desk.rows() == rows
    assert states["9101004711"] == states["9103004711"] == "held"
    assert states["TN200"] == "ready", "what came first is not held because of what came later"


def test_a_document_of_all_vendors_that_comes_between_two_of_single_ones(desk: Desk) -> None:
    azure, vmware, veeam = (old(f"TN20{place}", JANUARY, vendor) for place, vendor in enumerate(PRICES))
    keep(desk, [azure])
    desk.post()
    keep(desk, [new("9101004711", JANUARY)])
    desk.post()
    part = dict(desk.findings("9101004711")["OTHER-PLATFORM-PART"].values)
    assert (part["others"], part["met"], part["rest"]) == ("TN200", "41304", "87580")
    keep(desk, [vmware, veeam])
    desk.post()
    assert desk.sums()[LineState.POSTED] == net([azure, vmware, veeam]) == net([new("9101004711", JANUARY)])
    assert "OTHER-PLATFORM" in desk.findings("9101004711"), "now it is whole"


def test_a_line_that_differs_is_told(desk: Desk) -> None:
    keep(desk, [old("TN1", JANUARY)])
    keep(desk, [new("91", JANUARY, **{"25.40": "26.40"})])
    desk.post()
    part = dict(desk.findings("91")["OTHER-PLATFORM-PART"].values)
    assert (part["met"], part["rest"]) == (str(2 * (26400 - 5748 + 41250)), str(2 * 2640))
    assert {number for number, _ in posted(desk.ledger)} == {"TN1"}


@pytest.mark.parametrize("old_first", [True, False])
def test_a_document_of_which_most_was_changed_is_not_booked_besides(desk: Desk, old_first: bool) -> None:
    of_old, of_new = [old("TN1", JANUARY, "VMware")], [new("91", JANUARY, **{"412.50": "413.50"})]
    for each in (of_old, of_new) if old_first else (of_new, of_old):
        keep(desk, each)
        desk.post()
    later = "91" if old_first else "TN1"
    part = dict(desk.findings(later)["OTHER-PLATFORM-PART"].values)
    assert part == {
        "others": "TN1" if old_first else "91",
        "met": "0",
        "rest": str(net(of_new if old_first else of_old)),
    }


def test_what_has_little_in_common_is_another_document(desk: Desk) -> None:
    keep(desk, [old("TN1", JANUARY)])
    other = new("91", JANUARY, **{"412.50": "512.50", "264.00": "364.00"})
    for each in other["Customers"]:
        each["Subscriptions"][0]["PlanName"] = each["Subscriptions"][1]["PlanName"] = "another plan"
    keep(desk, [other, new("92", MARCH)])
    desk.post()
    assert {number for number, _ in posted(desk.ledger)} == {"TN1", "91", "92"}


@pytest.mark.parametrize("old_first", [True, False])
def test_nothing_vanishes_from_the_window_of_a_platform_that_never_gave_it(desk: Desk, old_first: bool) -> None:
    of_old, of_new = both()
    first, later = (of_old, of_new) if old_first else (of_new, of_old)
    keep(desk, first, "one")
    assert keep(desk, later, "other").vanished == 0
    assert keep(desk, [], "never had any").vanished == 0, "nothing is known of what it should give"
    assert keep(desk, first, "one").vanished == 0
    assert keep(desk, first[1:], "one").vanished == 1
    desk.prepare()
    assert "VANISHED" in desk.findings(first[0]["Header"]["InvoiceID"])
    assert keep(desk, later[:-1], "other").vanished == 1
    with pytest.raises(PauseError, match=f"where it gave {len(later) - 1} invoices"):
        keep(desk, [], "other")


def test_what_is_usual_is_told_per_source(desk: Desk) -> None:
    """The old platform makes many documents of what is one on the new one."""
    keep(desk, [new("91", JANUARY)], "one")
    many = [invoice(f"TN{number}", date=JANUARY) for number in range(60)]
    assert keep(desk, many, "other").new == 60
    with pytest.raises(PauseError, match="never before were there more than 1"):
        keep(desk, [invoice(f"9{number}") for number in range(60)], "one")


def accept_all(desk: Desk, code: str) -> int:
    return accept(desk.place, desk.books, held_by(desk.place, desk.books, code), actor="jansen", reason="it is another")


def test_a_person_can_book_both_and_what_comes_after_stands_behind_both(desk: Desk) -> None:
    azure, vmware = old("TN1", JANUARY, "Microsoft"), old("TN2", JANUARY, "VMware")
    keep(desk, [azure])
    keep(desk, [new("91", JANUARY)])
    desk.post()
    assert accept_all(desk, "OTHER-PLATFORM-PART") == 1
    desk.post()
    keep(desk, [vmware])
    desk.post()
    assert {number for number, _ in posted(desk.ledger)} == {"TN1", "91"}
    assert dict(desk.findings("TN2")["OTHER-PLATFORM"].values)["others"] == "91"


def test_what_is_booked_stands_although_another_came_first(seat: Seat) -> None:
    """The first one was held for a reason of its own, and a person booked the second one instead."""
    desk = seat(mapping=TABLES)
    wrong = old("TN1", JANUARY)
    wrong["Header"]["Currency"] = "EUR"
    wrong["Receiver"] = {**wrong["Receiver"], "VATNumber": "NL999999999B01"}
    keep(desk, [wrong])
    keep(desk, [new("91", JANUARY)])
    desk.post()
    assert desk.states() == {"TN1": "held", "91": "held"}
    accept_all(desk, "OTHER-PLATFORM")
    desk.post()
    assert desk.states() == {"TN1": "held", "91": "posted"}
    mended = {**wrong, "Receiver": {**wrong["Receiver"], "VATNumber": "NL222222222B01"}}
    keep(desk, [mended])
    desk.post()
    assert desk.states() == {"TN1": "held", "91": "posted"}
    assert "OTHER-PLATFORM" in desk.findings("TN1")


def test_an_invoice_to_a_customer_is_told_by_the_account(seat: Seat) -> None:
    """The reseller's own number is the same on both platforms, and the customer's id is not."""
    desk = seat(mapping=TABLES, sale="post", sale_source="customer-invoices")
    of_old, of_new = old("2024-17", JANUARY, "VMware"), new("2024-17", JANUARY)
    for each in (of_old, of_new):
        each["Sender"], each["Receiver"] = each["Receiver"], {"CompanyName": "Bakkerij Korst"}
        each["Customers"] = each["Customers"][:1]
    of_new["Customers"][0]["Subscriptions"] = of_new["Customers"][0]["Subscriptions"][1:2]
    keep(desk, [of_old], endpoint=Endpoint.CUSTOMER_INVOICES)
    keep(desk, [of_new], endpoint=Endpoint.CUSTOMER_INVOICES)
    desk.prepare()
    assert "OTHER-PLATFORM" in desk.findings("2024-17/6c1f-81224")
    assert "OTHER-PLATFORM" not in desk.findings("2024-17/81224")


NAMES = ("TN1", "TB22", "TN", "TNX", "TN1A", "TC1", "XTN1", "tn1", "91", "TN\uff11")
ACCOUNTS = ("", "12", "a1", "\uff11", "12part 2", "part 2", "a1part 2", "12parts")
KNOWN = {Platform.OLD: "TN7", Platform.NEW: "77"}


def test_the_database_sees_platforms_as_the_domain_does(desk: Desk) -> None:
    """Beside a document of one platform, another one is of the other or is not."""
    wanted = set()
    rows: list[Json] = []
    for source, number, account, beside in product((*SOURCES, "elsewhere"), NAMES, ACCOUNTS, Platform):
        issuer = f"{number} {account} {beside.value}"
        for one, other in ((number, account), (KNOWN[beside], "")):
            rows.append({
                "administration_id": desk.books.id, "invoice_id": len(rows) + 1, "direction": "sale",
                "source": source, "issuer": issuer, "number": one, "customer": other,
            })  # fmt: skip
        if source in SOURCES and platform_of(source, number, account) is not beside:
            wanted.add((source, issuer))
    with desk.database.transaction() as connection:
        connection.execute(tables.invoice.insert(), rows)
        found = platforms.on_both(connection, desk.books.id)
    assert {(each.source, each.issuer) for each in found} == wanted


def january() -> dict[str, Json]:
    parts = {vendor: old(f"TN20{place}", JANUARY, vendor) for place, vendor in enumerate(PRICES)}
    return {**parts, "all": new("9101004711", JANUARY)}


@given(st.permutations([*PRICES, "all"]), st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_in_any_order_every_line_is_booked_once(made_sqlite: Path, order: list[str], posts: list[bool]) -> None:
    known = january()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "books.sqlite"
        shutil.copyfile(made_sqlite, path)
        with Database(f"sqlite:///{path}") as database:
            desk = Desk(database, Path(name), mapping=TABLES)
            for each, post in zip(order, posts, strict=True):
                keep(desk, [known[each]])
                if post:
                    desk.post()
            desk.post()
            assert desk.sums()[LineState.POSTED] == desk.sums()[LineState.HELD] == net([known["all"]])


@pytest.mark.parametrize("old_first", [True, False])
def test_reports_count_a_month_of_both_platforms_once(desk: Desk, old_first: bool) -> None:
    """They count the documents with row hashes and the ids of the specifications, whichever is booked."""
    of_new = [new("91", JANUARY), new("93", MARCH)]
    keep(desk, of_new, endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    of_old = [old("TN1", JANUARY, "Microsoft"), old("TN2", JANUARY, "VMware", "Veeam"), old("TN3", MARCH)]
    for each in (of_old, of_new) if old_first else (of_new, of_old):
        keep(desk, each)
        desk.post()
    total = margin.report(desk.place, desk.books, "customer").total
    assert (total.cost, total.sale, total.unsold, total.unbought) == (net(of_new), net(of_new), 0, 0)
    with desk.database.reading() as connection:
        bought = list(completeness.bought(connection, desk.books.id, "invoices", datetime.date(2024, 1, 1)))
        lines = list(cycles.lines(connection, desk.books.id, ["invoices"]))
    assert sum(each.net for each in bought) == sum(each.net for each in lines) == net(of_new)
    assert {each.account_id[:5] for each in lines} == {"6c1f-"}


def test_what_is_held_in_part_is_in_no_report(desk: Desk) -> None:
    of_old = [old("TN1", JANUARY)]
    keep(desk, of_old)
    keep(desk, [new("91", JANUARY, **{"25.40": "26.40"})])
    desk.post()
    with desk.database.reading() as connection:
        lines = list(cycles.lines(connection, desk.books.id, ["invoices"]))
    assert sum(each.net for each in lines) == net(of_old)
