"""Adoption: which booking of another channel is taken for an entry of ours, and what then moves."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.accounts import ChartOfAccounts
from connector.domain.adoption import compare, entry_of, net_of, refusal, taken_back
from connector.domain.explanation import LineCents, allocate_posting
from connector.domain.held import OtherBooking
from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.domain.reclassification import is_adoption, standing
from tests.ledgers.worked import NET, NL_CHART, NL_PURCHASE, PARTY, VAT_INPUT, entry, posting, simple

CHART = ChartOfAccounts(accounts=NL_CHART.accounts, roles={"creditors_control": "1600"})
LATER = datetime.date(2027, 1, 4)


def there(**changes: Any) -> OtherBooking:
    """The worked purchase as a scan booked it: all cost on one account."""
    plain = OtherBooking(
        reference="BILL/7",
        number=NL_PURCHASE.number,
        date=NL_PURCHASE.date,
        total_minor=212908,
        currency="EUR",
        vat_minor=36951,
        accounts={"7010": 175957, "1520": 36951, "1600": -212908},
    )
    return msgspec.structs.replace(plain, **changes)


def why_not(one: JournalEntry = NL_PURCHASE, **changes: Any) -> str:
    return refusal(one, compare(one, there(**changes)), CHART)


def test_what_agrees_is_told_and_adopted() -> None:
    compared = compare(NL_PURCHASE, there())
    assert compared.told == "BILL/7 of 2026-12-23, 2,129.08 EUR (agree: total, currency, VAT, date)"
    assert compared.same_period
    assert why_not() == ""


def test_what_differs_and_what_is_not_told_is_said() -> None:
    compared = compare(NL_PURCHASE, there(date=LATER, vat_minor=None, total_minor=1, currency=""))
    assert compared.told == "BILL/7 of 2027-01-04, 0.01 (differ: total, currency, date; not told: VAT)"
    assert not compared.same_period


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"total_minor": 212909}, "it has another total than ours"),
        ({"currency": "USD", "vat_minor": 0}, "it has another currency and another VAT than ours"),
        ({"draft": True}, "it is a draft in the ledger"),
        ({"accounts": {}}, "the ledger does not tell its accounts"),
        ({"accounts": {"7010": 1, "4711": -1}}, "it uses account 4711, which accounts.csv does not have"),
        (
            {"vat_minor": None, "accounts": {"7010": 212908, "1600": -212908}},
            "the VAT on account 1520 is another one than ours",
        ),
        (
            {"accounts": {"7010": 176957, "1520": 36951, "1600": -213908}},
            "which of its amounts are cost cannot be told: 1,769.57",
        ),
    ],
)
def test_what_cannot_be_adopted_says_why_and_what_to_do(changes: dict[str, Any], told: str) -> None:
    assert told in why_not(**changes)


def test_vat_that_is_cost_is_not_adopted() -> None:
    postings = [posting("7010", 10000), posting("7010", 2100, PostingRole.VAT_COST), posting("1600", -12100, PARTY)]
    one = entry("1", postings)
    assert "part of our VAT is cost" in why_not(one, total_minor=12100, vat_minor=None)


def test_what_is_neither_creditor_nor_vat_is_cost() -> None:
    with_other_creditor = there(accounts={"7020": 175957, "1520": 36951, "1600": -212908, "1500": 500})
    assert net_of(NL_PURCHASE, with_other_creditor, CHART) == {"7020": 175957}


def test_the_cost_moves_and_nothing_else() -> None:
    moved = entry_of(NL_PURCHASE, {"7010": 175957}, date=LATER)
    assert moved is not None
    assert [(each.account, each.minor, each.role) for each in moved.postings][:2] == [
        ("7010", -175957, PostingRole.ELSEWHERE),
        ("7010", 43400, NET),
    ]
    assert {each.tax for each in moved.postings} == {""}
    assert (moved.date, moved.key.period, moved.due, moved.key.document) == (
        *(LATER, "2027-01", None),
        NL_PURCHASE.key.document,
    )
    assert is_adoption(moved.key.purpose)
    assert taken_back(moved) == {"7010": 175957}
    assert standing([NL_PURCHASE, moved]) == standing([NL_PURCHASE])


def test_the_same_accounts_without_dimensions_move_nothing() -> None:
    one = simple("1")
    assert entry_of(one, {"7010": 12100}) is None
    moved = entry_of(one, {"7020": 12100})
    assert moved is not None
    assert moved.date == one.date


@given(costs=st.lists(st.tuples(st.sampled_from(["7010", "7020"]), st.integers(-9_999, 9_999)), min_size=1, max_size=6))
def test_booking_and_move_together_are_our_entry(costs: list[tuple[str, int]]) -> None:
    net = sum(minor for _, minor in costs)
    vat = round(net * 21 / 100)
    cost = [posting(account, minor, tax="NL.P.STD.21") for account, minor in costs]
    one = entry("1", [*cost, posting("1520", vat, VAT_INPUT), posting("1600", -net - vat, PARTY)])
    booking = there(total_minor=net + vat, vat_minor=vat, accounts={"7020": net, "1520": vat, "1600": -net - vat})
    assert why_not(one, total_minor=net + vat, vat_minor=vat, accounts=booking.accounts) == ""
    moved = entry_of(one, net_of(one, booking, CHART))
    together = dict(booking.accounts)
    for account, minor in balances(moved).items() if moved else ():
        together[account] = together.get(account, 0) + minor
    assert _some(together) == _some(balances(one))


def _some(sums: dict[str, int]) -> dict[str, int]:
    return {account: minor for account, minor in sums.items() if minor}


def test_what_an_adoption_takes_back_is_of_no_line_of_ours() -> None:
    moved = entry_of(NL_PURCHASE, {"7010": 175957})
    assert moved is not None
    lines = [LineCents(line_no=1, group=0, net=175957, vat=36951)]
    assert allocate_posting(moved.postings[0], lines) == []
