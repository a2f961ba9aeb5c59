"""Consolidated invoices beside the invoices: every way in which their matching goes wrong, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.consolidated import ConsolidatedInvoice, GivenLine
from connector.domain.consolidated_check import BilledLine, Comparison, Sold, compare

PLACE: dict[str, Any] = {
    "account_id": "1", "customer": "Bakkerij", "subscription_id": "11", "plan": "Business", "description": "Seats",
    "start": "2024-03-01", "end": "2024-03-31", "quantity": Decimal(5),
}  # fmt: skip


def stated(cost: int | None, sale: int | None = None, **more: Any) -> GivenLine:
    return GivenLine(**PLACE | {"cost": cost, "sale": sale, "discount_given": True} | more)


def billed(net: int, **more: Any) -> BilledLine:
    return BilledLine(**PLACE | {"net": net} | more)


def compared(
    lines: list[GivenLine], bought: list[BilledLine], sold: list[BilledLine] | None = None
) -> tuple[Comparison, list[tuple[str, int, int]]]:
    invoice = ConsolidatedInvoice(number="TN1", lines=tuple(lines))
    found = compare(invoice, bought, None if sold is None else Sold(sold))
    return found, [(each.kind.value, each.cost, each.sale) for each in found.differences]


def test_what_is_right_is_no_difference_whatever_the_order_and_the_digits() -> None:
    lines = [stated(100, 150), stated(-20, -30, description="Correction"), stated(100, 150)]
    bought = [billed(-20, description="Correction"), billed(100, quantity=Decimal("5.00")), billed(100)]
    sold = [billed(150), billed(150), billed(-30, description="Correction"), billed(999, subscription_id="77")]
    found, told = compared(lines, bought, sold)
    assert told == []
    assert (found.cost_given, found.cost_invoiced, found.sale_given, found.sale_invoiced) == (180, 180, 270, 270)


def test_a_line_left_out_and_one_given_twice() -> None:
    bought, sold = [billed(100), billed(40, subscription_id="12")], [billed(150), billed(60, subscription_id="12")]
    found, told = compared([stated(100, 150), stated(100, 150)], bought, sold)
    assert told == [("given-twice", 100, 150), ("left-out", -40, -60)]
    assert found.differences[1].line.subscription_id == "12"
    assert found.differences[1].cost_given is None
    assert found.sale_invoiced == 210


def test_without_invoices_to_customers_no_sale_is_compared() -> None:
    lines = [stated(100, 150), stated(100, 150), stated(40, None, subscription_id="12"), stated(7, 9, account_id="9")]
    found, told = compared(lines, [billed(100), billed(40, subscription_id="12"), billed(1, subscription_id="13")])
    assert told == [("given-twice", 100, 0), ("not-invoiced", 7, 0), ("no-sale-price", 0, 0), ("left-out", -1, 0)]
    assert found.sale_invoiced is None


def test_a_line_under_the_wrong_customer() -> None:
    other: dict[str, Any] = {"account_id": "2", "customer": "Fysio"}
    found, told = compared([stated(100, **other)], [billed(100)])
    assert told[0] == ("wrong-customer", 0, 0)
    assert (found.differences[0].line.customer, found.differences[0].other) == ("Fysio", "Bakkerij")
    _, told = compared([stated(100, subscription_id="22", **other)], [billed(100)])
    assert told[0] == ("wrong-customer", 0, 0)
    _, told = compared([stated(101, subscription_id="22", **other)], [billed(100)])
    assert told[:2] == [("not-invoiced", 101, 0), ("left-out", -100, 0)]


def test_another_purchase_price_a_missing_one_and_a_missing_discount() -> None:
    assert compared([stated(90, 1)], [billed(100)])[1] == [("purchase-price-differs", -10, 0)]
    assert compared([stated(None, 1)], [billed(100)])[1] == [("purchase-price-differs", -100, 0)]
    assert compared([stated(110, 1)], [billed(100)])[1] == [("purchase-price-differs", 10, 0)]
    assert compared([stated(110, 1, discount_given=False)], [billed(100)])[1] == [("no-discount", 10, 0)]
    assert compared([stated(90, 1, discount_given=False)], [billed(100)])[1] == [("purchase-price-differs", -10, 0)]
    other_quantity = stated(80, 1, quantity=Decimal(4))
    assert compared([other_quantity], [billed(100)])[1] == [("purchase-price-differs", -20, 0)]


def test_the_same_amount_in_other_words() -> None:
    assert compared([stated(100, 1, description="Other")], [billed(100)])[1] == [("described-otherwise", 0, 0)]
    assert compared([stated(100, 1, quantity=None)], [billed(100)])[1] == [("described-otherwise", 0, 0)]


def test_a_missing_sale_price_is_not_zero_and_is_none_where_nothing_was_sold() -> None:
    found, told = compared([stated(100)], [billed(100)], [billed(150)])
    assert told == [("no-sale-price", 0, -150)]
    assert (found.differences[0].sale_given, found.differences[0].sale_invoiced) == (None, 150)
    assert compared([stated(100)], [billed(100)], [billed(1, subscription_id="9")])[1] == []
    assert compared([stated(100, 0)], [billed(100)], [billed(150)])[1] == [("sale-price-differs", 0, -150)]


def test_another_sale_price_one_of_another_customer_and_one_of_nobody() -> None:
    fysio = {"account_id": "2", "customer": "Fysio", "subscription_id": "22"}
    cafe = fysio | {"account_id": "3", "customer": "Café"}
    sold = [billed(150), billed(175, description="Other", **fysio), billed(175, **cafe), billed(60, **fysio)]
    found, told = compared([stated(100, 175)], [billed(100)], sold)
    assert told == [("sale-price-of-another-customer", 0, 25)]
    assert found.differences[0].other == "Café"
    assert compared([stated(100, 60)], [billed(100)], sold)[0].differences[0].other == "Fysio"
    assert compared([stated(100, 151)], [billed(100)], sold)[1] == [("sale-price-differs", 0, 1)]
    own = [*sold, billed(60, description="Correction")]
    assert compared([stated(100, 60)], [billed(100)], own)[1] == [("sale-price-differs", 0, -90)]
    turned = [billed(150), billed(-150, **fysio)]
    assert compared([stated(100, -150)], [billed(100)], turned)[1] == [("sale-price-differs", 0, -300)]
    nobody = compared([stated(100, 90)], [billed(100)], [billed(1, **fysio)])
    assert nobody[1] == [("sale-price-without-invoice", 0, 90)]
    assert nobody[0].differences[0].sale_invoiced is None


def test_alike_lines_meet_their_own_prices_first() -> None:
    lines = [stated(100, 999), stated(100, 150)]
    assert compared(lines, [billed(100), billed(100)], [billed(150), billed(160)])[1] == [
        ("sale-price-differs", 0, 839)
    ]


words = st.sampled_from(["a", "b"])
cents = st.integers(-3, 3)
places = st.fixed_dictionaries({"account_id": words, "subscription_id": words, "description": words})
billed_lines = st.lists(st.builds(lambda net, place: billed(net, **place), cents, places), max_size=6)
given_lines = st.lists(
    st.builds(
        lambda cost, sale, discount, place: stated(cost, sale, discount_given=discount, **place),
        st.none() | cents, st.none() | cents, st.booleans(), places,
    ),
    max_size=6,
)  # fmt: skip


@given(given_lines, billed_lines, st.none() | billed_lines)
def test_what_differs_adds_up_to_the_whole_difference(
    lines: list[GivenLine], bought: list[BilledLine], sold: list[BilledLine] | None
) -> None:
    found, told = compared(lines, bought, sold)
    assert found.cost_given - found.cost_invoiced == sum(cost for _, cost, _ in told)
    if found.sale_invoiced is not None:
        assert found.sale_given - found.sale_invoiced == sum(sale for _, _, sale in told)
    else:
        assert all(sale == 0 for _, _, sale in told)


@given(billed_lines, st.randoms())
def test_a_copy_of_the_invoice_never_differs(bought: list[BilledLine], random: Any) -> None:
    lines = [stated(each.net, each.net + 1, **PLACE | _place(each)) for each in bought]
    random.shuffle(lines)
    sold = [msgspec.structs.replace(each, net=each.net + 1) for each in bought]
    assert compared(lines, bought, sold)[1] == []


def _place(line: BilledLine) -> dict[str, str]:
    return {name: getattr(line, name) for name in ("account_id", "subscription_id", "description")}
