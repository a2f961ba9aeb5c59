"""Prepare: every current version is held with reasons, ignored by a named rule, or an entry in the outbox."""

from __future__ import annotations

import datetime

import pytest

from connector.domain.delivery import DeliveryState
from connector.domain.journal import balances
from connector.engine.approval import approve, keep_back
from connector.source.base import Endpoint
from connector.store import tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import COPACO, DATE, Json, customer, invoice, line
from tests.ledgers.faults import Fault, FaultyLedger

ODD = "Odd Fee"
KNOWS_ODD = ("X010;purchase;Odd Fee;;;;;;;;cost_licences;;post;;",)
IGNORES_USAGE = ("X020;purchase;Usage Fee;Microsoft;;;;;;;;;ignore;not for these books;",)
OTHER_ACCOUNT = ("X030;purchase;Cycle Fee;Microsoft;;;;;;;cost_cloud_usage;;;;",)


def odd(number: str = "1") -> Json:
    return invoice(number, line(kind=ODD))


def test_a_sound_invoice_becomes_a_balanced_entry_that_waits(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00"), line("10.00", kind="Usage Fee")))
    counts = desk.prepare()
    assert (counts.ready, counts.held, counts.ignored, counts.unchanged) == (1, 0, 0, 0)
    assert desk.states() == {"1": "ready"}
    (entry,) = desk.entries().values()
    assert balances(entry) == {"7010": 10000, "7020": 1000, "1520": 2310, "1600": -13310}
    assert desk.delivery_states() == ["ready"]
    assert desk.verify().problems == []


def test_the_same_outcome_is_not_written_twice(desk: Desk) -> None:
    desk.set(book_from=datetime.date(2024, 3, 1))
    old = invoice("3", date=datetime.date(2024, 2, 28))
    desk.pull(invoice("1"), odd("2"), old, accept_unusual=True)
    desk.prepare()
    before = desk.rows()
    assert desk.states() == {"1": "ready", "2": "held", "3": "ignored"}
    counts = desk.prepare()
    assert (counts.ready, counts.held, counts.ignored, counts.unchanged) == (0, 0, 0, 3)
    assert desk.rows() == before


def test_what_nobody_mapped_is_held_with_its_euros(desk: Desk) -> None:
    desk.pull(odd())
    desk.prepare()
    assert desk.findings("1")["CHARGE-TYPE-UNKNOWN"].minor == 10000
    assert desk.states() == {"1": "held"}
    assert desk.entries() == {}


@pytest.mark.parametrize(
    ("rule", "day", "endpoint", "sale"),
    [
        ("book_from 2024-03-01", datetime.date(2024, 2, 29), Endpoint.INVOICES, "report"),
        ("sale = report", DATE, Endpoint.CUSTOMER_SPECIFICATIONS, "report"),
        ("compares only", DATE, Endpoint.CUSTOMER_INVOICES, "post"),
        ("X020", DATE, Endpoint.INVOICES, "report"),
    ],
)
def test_what_is_ignored_names_its_rule(
    seat: Seat, rule: str, day: datetime.date, endpoint: Endpoint, sale: str
) -> None:
    desk = seat(mapping=mapping_files(rules=IGNORES_USAGE), book_from=datetime.date(2024, 3, 1), sale=sale)
    desk.pull(invoice("1", line(kind="Usage Fee"), date=day), endpoint=endpoint)
    desk.prepare()
    (standing,) = desk.standings().values()
    assert (standing.state.value, standing.reason) == ("ignored", rule)
    assert desk.verify().holds


def test_a_document_that_is_ignored_in_part_is_held_with_the_part(desk: Desk) -> None:
    desk.mapping = mapping_files(rules=IGNORES_USAGE)
    desk.pull(invoice("1", line("100.00"), line("7.00", kind="Usage Fee")))
    desk.prepare()
    assert desk.findings("1")["PARTLY-IGNORED"].minor == 700
    assert desk.states() == {"1": "held"}


def test_another_mapping_prepares_ready_and_held_documents_anew(desk: Desk) -> None:
    desk.pull(invoice("1"), odd("2"))
    desk.prepare()
    desk.mapping = mapping_files(rules=(*KNOWS_ODD, *OTHER_ACCOUNT))
    counts = desk.prepare()
    assert (counts.ready, counts.held, counts.unchanged) == (2, 0, 0)
    assert desk.delivery_states() == ["cancelled", "ready", "ready"]
    assert [balances(each).keys() for each in desk.entries().values()] == [
        {"7010", "1520", "1600"},
        {"7020", "1520", "1600"},
        {"7010", "1520", "1600"},
    ]
    assert desk.reasons(1) == ["prepared", "superseded by a new preparation"]
    assert desk.verify().holds


def test_another_mapping_leaves_alone_what_was_approved_or_posted(desk: Desk) -> None:
    desk.set(auto_post="off")
    desk.pull(invoice("1"), invoice("2"))
    desk.prepare()
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver()
    approve(desk.place, desk.books, [2], actor="jansen")
    assert desk.states() == {"1": "posted", "2": "in delivery"}
    desk.mapping = mapping_files(rules=OTHER_ACCOUNT)
    before = desk.rows()
    assert desk.prepare().unchanged == 2
    assert desk.rows() == before | {"mapping_version": before["mapping_version"] + 1}


def test_a_setting_that_counts_prepares_anew(desk: Desk) -> None:
    desk.pull(invoice("1"))
    desk.prepare()
    desk.set(book_from=datetime.date(2024, 4, 1))
    assert desk.prepare().ignored == 1
    assert desk.states() == {"1": "ignored"}
    assert desk.delivery_states() == ["cancelled"]  # an entry of an ignored document must not go out
    assert (desk.approve(), desk.deliver().posted) == (0, 0)
    desk.set(book_from=None)
    assert desk.prepare().ready == 1
    assert desk.states() == {"1": "ready"}


def test_rules_that_ignore_all_of_it_take_back_the_entry(desk: Desk) -> None:
    desk.pull(invoice("1", line(kind="Usage Fee")))
    desk.prepare()
    desk.mapping = mapping_files(rules=IGNORES_USAGE)
    desk.prepare()
    assert (desk.states(), desk.delivery_states()) == ({"1": "ignored"}, ["cancelled"])


@pytest.mark.parametrize("approved", [False, True])
def test_a_new_version_supersedes_what_was_not_sent(desk: Desk, approved: bool) -> None:
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    if approved:
        desk.approve()
    desk.pull(invoice("1", line("2.00")))
    desk.prepare()
    assert desk.delivery_states() == ["cancelled", "ready"]
    assert desk.standings()["1"].net == 200
    desk.approve()
    desk.deliver()
    assert [each.total_minor for each in desk.ledger.entries.values()] == [242]  # type: ignore[attr-defined]


def test_a_number_that_fills_in_late_leaves_the_posting_alone(desk: Desk) -> None:
    before = invoice("1", customers=[customer("A-1", [line()], CustomerNumber="", CompanyName="")])
    desk.pull(before)
    desk.post()
    assert desk.pull(invoice("1")).changed == 1
    desk.prepare()
    assert desk.states() == {"1": "posted"}
    assert desk.standings()["1"].version_no == 2
    assert (desk.approve(), desk.deliver().posted, len(desk.entries())) == (0, 0, 1)
    assert desk.verify().problems == []


def test_a_change_after_posting_is_held(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00")))
    desk.post()
    desk.pull(invoice("1", line("90.00")))
    desk.post()
    found = desk.findings("1")["CHANGED-AFTER-POSTING"]
    assert found.minor == -1210
    assert desk.states() == {"1": "held"}
    assert desk.delivery_states() == ["posted"]
    assert desk.verify().problems == []
    desk.pull(invoice("1", line("100.00")))  # and back: what is posted is right again
    desk.post()
    assert desk.states() == {"1": "posted"}
    assert len(desk.entries()) == 1


def test_a_change_after_posting_is_held_whatever_would_be_ignored_now(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00", kind="Usage Fee")), invoice("2"))
    desk.post()
    desk.mapping = mapping_files(rules=IGNORES_USAGE)
    desk.set(book_from=datetime.date(2024, 3, 21))
    desk.pull(invoice("1", line("90.00", kind="Usage Fee")), invoice("2", line("1.00")))
    desk.post()
    assert desk.states() == {"1": "held", "2": "held"}
    assert {"CHANGED-AFTER-POSTING"} <= desk.findings("1").keys() & desk.findings("2").keys()


def test_a_posted_document_stays_posted_when_settings_would_ignore_it_now(desk: Desk) -> None:
    desk.pull(invoice("1", customers=[customer("A-1", [line()], CustomerNumber="")]))
    desk.post()
    desk.set(book_from=datetime.date(2024, 4, 1))
    desk.pull(invoice("1"))
    desk.post()
    assert desk.states() == {"1": "posted"}


@pytest.mark.parametrize("approved", [False, True])
def test_a_document_that_vanished_is_held_until_it_returns(desk: Desk, approved: bool) -> None:
    desk.pull(invoice("1"), invoice("2"))
    desk.prepare()
    if approved:
        desk.approve()
    desk.pull(invoice("2"))
    desk.prepare()
    assert desk.standings()["1"].state.value == "held"
    assert desk.findings("1")["VANISHED"].minor == 10000
    assert desk.delivery_states()[0] == "cancelled"
    assert desk.prepare().unchanged == 2
    desk.pull(invoice("1"), invoice("2"))
    desk.prepare()
    assert desk.standings()["1"].state.value == "ready"
    assert desk.verify().problems == []


def test_a_posted_document_that_vanishes_stays_posted(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"))
    desk.post()
    desk.pull(invoice("2"))
    before = desk.rows()
    desk.prepare()
    assert desk.states() == {"1": "posted", "2": "posted"}
    assert desk.rows() == before


def test_what_a_person_keeps_back_is_not_forgotten_when_it_vanishes_and_returns(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"))
    desk.prepare()
    keep_back(desk.place, desk.books, [1], actor="jansen", reason="ask first")
    desk.pull(invoice("2"))
    desk.mapping = mapping_files(rules=OTHER_ACCOUNT)
    desk.prepare()
    desk.pull(invoice("1"), invoice("2"))
    desk.post()
    assert desk.states() == {"1": "held", "2": "posted"}
    assert desk.standings()["1"].reason == "a person holds it"
    assert desk.verify().problems == []


SUSPENSE = ("unmapped_account;suspense;", "suspense_limit;50.00;")
SETTINGS = ("unmapped_account", "suspense_limit")


@pytest.mark.parametrize(
    ("nets", "code", "state"),
    [(("30.00", "-20.00"), "SUSPENSE-USED", "ready"), (("30.00", "-20.01"), "SUSPENSE-LIMIT", "held")],
)
def test_the_suspense_account_takes_what_a_person_allowed(
    quick: Seat, nets: tuple[str, str], code: str, state: str
) -> None:
    files = mapping_files(drop=[*SETTINGS, "P060"], settings=SUSPENSE)
    desk = quick(mapping=files)
    desk.pull(invoice("1", line("100.00"), *(line(net, kind="Correction") for net in nets)))
    desk.prepare()
    assert desk.states() == {"1": state}
    assert desk.findings("1")[code].minor == sum(abs(round(float(net) * 100)) for net in nets)
    if state == "ready":
        (entry,) = desk.entries().values()
        assert balances(entry)["2100"] == 1000


def test_two_documents_under_one_number_are_both_held(desk: Desk) -> None:
    one, other = invoice("1", line("1.00")), invoice("1", line("2.00", row_hash="other"))
    desk.pull(one, other)
    desk.prepare()
    assert desk.states() == {"1": "held", "1/part 2": "held"}
    assert {"SAME-NUMBER-TWICE"} <= desk.findings("1").keys() & desk.findings("1/part 2").keys()


@pytest.mark.parametrize("approved", [False, True])
def test_a_second_document_that_comes_later_holds_the_first_as_well(desk: Desk, approved: bool) -> None:
    one, other = invoice("1", line("1.00")), invoice("1", line("2.00", row_hash="other"))
    desk.pull(one)
    desk.prepare()
    if approved:
        desk.approve()
    desk.pull(one, other)
    desk.post()
    assert desk.states() == {"1": "held", "1/part 2": "held"}
    desk.pull(one)  # and when the source takes it back, the first can be booked
    desk.post()
    assert desk.states() == {"1": "posted", "1/part 2": "held"}


def test_a_row_hash_in_another_document_is_a_duplicate(desk: Desk) -> None:
    desk.pull(invoice("1", line("5.00", row_hash="abc"), line("6.00", row_hash="not hex")))
    desk.post()
    desk.pull(
        invoice("1", line("5.00", row_hash="abc"), line("6.00", row_hash="not hex")),
        invoice("2", line("5.00", row_hash="abc"), line("6.00", row_hash="not hex"), line("9.00")),
    )
    desk.prepare()
    assert dict(desk.findings("2")["DUPLICATE-DOCUMENT"].values) == {"other": "1", "lines": "2"}
    assert desk.states() == {"1": "posted", "2": "held"}


def test_row_hashes_that_look_alike_in_short_are_told_apart(quick: Seat) -> None:
    desk = quick()
    alike = "0123456789abcdef"
    desk.pull(invoice("1", line(row_hash=f"{alike}00")), invoice("2", line("3.00", row_hash=f"{alike}01")))
    desk.prepare()
    assert desk.states() == {"1": "ready", "2": "ready"}


def test_a_document_of_the_same_day_and_total_is_told_and_booked(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2"), invoice("3", line("3.00")))
    desk.prepare()
    assert dict(desk.findings("2")["SIMILAR-DOCUMENT"].values) == {"other": "1"}
    assert "SIMILAR-DOCUMENT" not in desk.findings("3")
    assert set(desk.states().values()) == {"ready"}


def _from(vat_number: str) -> Json:
    return {**COPACO, "VATNumber": vat_number}


def test_a_sender_is_compared_with_the_last_booked_document_only(desk: Desk) -> None:
    day = datetime.date(2024, 3, 1)
    desk.pull(
        invoice("1", date=day),
        invoice("2", line("2.00"), date=day + datetime.timedelta(days=1), sender=_from("NL999999999B99")),
        invoice("3", line("3.00"), date=day + datetime.timedelta(days=2)),
    )
    desk.prepare()
    assert desk.states() == {"1": "ready", "2": "held", "3": "ready"}
    found = desk.findings("2")["SENDER-CHANGED"]
    assert dict(found.values) == {"found": "NL999999999B99", "expected": "NL111111111B01"}


def test_what_a_person_gave_up_comes_back_with_other_rules_only(desk: Desk) -> None:
    desk.set(auto_post="off")
    desk.pull(invoice("1"))
    desk.prepare()
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.REJECTS]))
    assert desk.delivery_states() == ["rejected"]
    assert keep_back(desk.place, desk.books, [1], actor="jansen", reason="wrong account") == 1
    assert desk.prepare().unchanged == 1
    assert (desk.states(), desk.standings()["1"].reason) == ({"1": "held"}, "withdrawn by a person")
    desk.mapping = mapping_files(rules=OTHER_ACCOUNT)
    assert desk.prepare().ready == 1
    assert desk.delivery_states() == ["cancelled", "ready"]


def test_decisions_are_made_once_per_combination_and_mapping_version(desk: Desk) -> None:
    desk.pull(invoice("1"), invoice("2", line(), line("4.00")))
    desk.prepare()
    assert desk.rows()["decision"] == 1
    desk.pull(invoice("1"), invoice("2", line(), line("4.00")), invoice("3", line("7.00")))
    desk.prepare()
    assert desk.rows()["decision"] == 1
    desk.mapping = mapping_files(rules=OTHER_ACCOUNT)
    desk.prepare()
    assert desk.rows()["decision"] == 2


def test_a_specification_is_booked_per_customer_where_sales_are(seat: Seat) -> None:
    files = mapping_files(customers=("A-1;Bakkerij;10021;NL;;;30;no;no;;", "I-1;Ourselves;;NL;;;;no;yes;;"))
    desk = seat(mapping=files, sale="post", sale_source="customer-specifications")
    parts = [customer(account, [line(vat="0", rate="0")]) for account in ("A-1", "B-2", "I-1")]
    desk.pull(invoice("7", customers=parts), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    desk.prepare()
    assert desk.states() == {"7/A-1": "ready", "7/B-2": "held", "7/I-1": "ignored"}
    (entry,) = desk.entries().values()
    assert balances(entry) == {"8010": -10000, "1500": -2100, "1300": 12100}
    assert "CUSTOMER-UNMAPPED" in desk.findings("7/B-2")
    desk.approve()
    desk.deliver()
    assert desk.verify().problems == []
    assert desk.replay().problems == []


@pytest.mark.parametrize("level", ["line", "account+tax+dimension+period", "account+tax", "document"])
def test_every_level_of_aggregation_is_explained_to_the_cent(quick: Seat, level: str) -> None:
    yearly = line("1200.00", BillingFrequency="Yearly", StartDate="20240301", EndDate="20250228")
    other = line("9.99", kind="Usage Fee", StartDate="20240101", EndDate="20240131")
    desk = quick(mapping=mapping_files(drop=["aggregate_purchase"], settings=(f"aggregate_purchase;{level};",)))
    desk.pull(invoice("1", line("100.00"), line("-30.00"), yearly, other, line("1.00", StartDate=None, EndDate=None)))
    desk.post()
    assert desk.states() == {"1": "posted"}
    assert desk.verify().problems == []
    assert desk.replay().problems == []


def test_the_part_that_the_vat_return_does_not_deduct_is_explained_too(quick: Seat) -> None:
    desk = quick(mapping=mapping_files(drop=["vat_deduction"], settings=("vat_deduction;60;",)))
    desk.pull(invoice("1", line("100.00"), line("0.03")))
    desk.post()
    (entry,) = desk.entries().values()
    assert balances(entry)["4940"] == 840
    assert desk.verify().problems == []


def test_states_of_deliveries_count_as_they_should(quick: Seat) -> None:
    desk = quick(auto_post="off")
    desk.pull(*(invoice(str(n), line(f"{n}.00")) for n in range(1, 4)))
    desk.prepare()
    approve(desk.place, desk.books, [1, 2], actor="jansen")
    keep_back(desk.place, desk.books, [2], actor="jansen", reason="wait")
    assert desk.states() == {"1": "in delivery", "2": "held", "3": "ready"}
    assert {each.state for each in desk.deliveries()} == {
        DeliveryState.QUEUED,
        DeliveryState.HELD,
        DeliveryState.READY,
    }
    assert len(desk.all(tables.delivery_event)) == 6
    assert desk.verify().problems == []
