"""Corrections beside the single changes that explain them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.detail import Place, Split, agree, splits
from connector.domain.invoice import Customer, Line, Subscription

ACME = Customer(account_id="A", company_name="Acme")


def place(
    net: str, *, vat: str = "0", kind: str | None = "Correction", subscription: str = "s-1", customer: Customer = ACME
) -> Place:
    plan = Subscription(subscription_id=subscription, subscription_name="Office", plan_name="Business Standard")
    return customer, plan, Line(charge_type=kind, extended_price=Decimal(net), vat=Decimal(vat))


def the(found: list[Split]) -> Split:
    (one,) = found
    return one


def test_the_belgian_example_two_changes_make_one_correction() -> None:
    one = the(splits([place("-15.99")], [place("-19.62"), place("3.63")], "EUR"))
    assert one.agrees
    assert one.tells_more
    assert (one.net, one.detail_net, one.lines) == (-1599, -1599, 1)
    assert [change.net for change in one.changes] == [Decimal("-19.62"), Decimal("3.63")]
    assert (one.customer, one.subscription, one.plan, one.charge_type) == (
        "Acme", "Office", "Business Standard", "Correction",
    )  # fmt: skip


def test_corrections_are_told_from_other_lines_in_any_spelling() -> None:
    for kind, corrects in (("Correction", True), ("user-correction", True), ("Cycle Fee", False), (None, False)):
        assert the(splits([place("1", kind=kind)], [place("1", kind=kind)], "EUR")).corrects is corrects


def test_changes_that_are_no_whole_cents_are_summed_before_they_are_rounded() -> None:
    assert agree(splits([place("0.01")], [place("0.004"), place("0.004")], "EUR"))


def test_a_cent_of_difference_or_of_vat_is_seen() -> None:
    assert not agree(splits([place("-15.99")], [place("-19.62"), place("3.64")], "EUR"))
    assert not agree(splits([place("1.00", vat="0.21")], [place("1.00", vat="0.20")], "EUR"))


def test_differences_that_cancel_out_between_subscriptions_are_seen() -> None:
    summary = [place("1.00", subscription="s-1"), place("2.00", subscription="s-2")]
    detail = [place("2.00", subscription="s-1"), place("1.00", subscription="s-2")]
    assert [each.agrees for each in splits(summary, detail, "EUR")] == [False, False]


def test_what_only_one_form_has_does_not_agree() -> None:
    only_booked, only_detail = splits([place("1.00")], [place("1.00", kind=None)], "EUR")
    assert (only_booked.lines, only_booked.changes, only_booked.agrees) == (1, (), False)
    assert (only_detail.lines, len(only_detail.changes), only_detail.charge_type) == (0, 1, "")


def test_spellings_of_a_charge_type_and_customers_without_a_name_meet() -> None:
    nameless = Customer(account_id=7)
    one = the(splits([place("1.00", customer=nameless)], [place("1.00", kind="correction ", customer=nameless)], "EUR"))
    assert one.customer == "7"
    assert one.agrees
    assert not one.tells_more


def test_an_absent_amount_is_no_amount() -> None:
    customer, subscription, _ = place("0")
    one = the(splits([], [(customer, subscription, Line(charge_type="Correction"))], "EUR"))
    assert one.agrees
    assert one.changes[0].net == 0


@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=8))
def test_cents_that_are_split_in_any_way_agree(nets: list[Decimal]) -> None:
    total = sum(nets, Decimal(0))
    one = the(splits([place(str(total))], [place(str(each)) for each in nets], "EUR"))
    assert one.agrees
    assert len(one.changes) == len(nets)


def test_only_corrections_sum_up_changes() -> None:
    kinds = {"Correction": True, "User Correction": True, "UserCorrection": True, "Cycle Fee": False, None: False}
    for kind, corrects in kinds.items():
        assert the(splits([place("1.00", kind=kind)], [], "EUR")).corrects is corrects
