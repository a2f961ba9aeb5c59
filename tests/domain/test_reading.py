"""Reading: cents, groups, and the two fingerprints with what they see and what they do not."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.combination import COMBINATION_FIELDS, TEXT_FIELDS, Combination
from connector.domain.invoice import (
    Customer,
    Detail,
    Direction,
    Header,
    Invoice,
    Line,
    Party,
    Subscription,
    lines,
    wire_name,
)
from connector.domain.reading import Reading, head_of, read, stated_totals
from connector.domain.vocabulary import CHARGE_FIELDS, RECEIVED_FIELDS, SUBSCRIPTION_FIELDS, Vocabulary, received
from tests.domain.books import COPACO_NL, NL_VAT, invoice, priced
from tests.domain.drawn import INVOICES, shuffled


def reading(received: Invoice, vocabulary: Vocabulary | None = None, **given: Any) -> Reading:
    needed: dict[str, Any] = {"direction": Direction.PURCHASE, "vocabulary": vocabulary or Vocabulary()}
    return read(received, head_of(received), **(needed | given))


LINE = Line(
    billing_frequency="Monthly", charge_type="Cycle Fee", consumer_company_name="Consumer", consumer_company_number="7",
    description="Text", discount=Decimal(0), duration="1", duration_type="Month", end_date="20261130",
    extended_price=Decimal("10.00"), invoice_row_hash="hash", line_id="1", quantity=Decimal(1), quantity_type="item",
    rate_period_id="rp", sku="sku", start_date="20261101", sub_po_number="po", tax_percentage=Decimal(21),
    tax_zone_id="NL", uid="u", unit_price=Decimal("10.00"), vat=Decimal("2.10"), vendor_details="vendor",
    subscription_details=(Detail(attribute="ram", attribute_value="1", attribute_description="GB", noshow=False),),
)  # fmt: skip
SUBSCRIPTION = Subscription(
    billing_model=0, expiration_date="20271130", plan_category_name="Microsoft", plan_id="p", plan_name="Plan",
    price_lines=(LINE,), start_date="20251201", subscription_id="s", subscription_name="Name",
    subscription_po_number="spo", subscription_details=(Detail(attribute="cpu"),),
)  # fmt: skip
CUSTOMER = Customer(
    account_id="a", company_name="Customer", cost_center="KP", customer_number="1", subscriptions=(SUBSCRIPTION,)
)
WHOLE = Invoice(
    customers=(CUSTOMER,),
    header=Header(
        currency="EUR", date="20261223", description="Invoice", expiration_date="20270122", invoice_id="1",
        language="Dutch", language_code="NL", terms_of_payment_days=30, type="INVOICE", type_identifier=1,
    ),
    receiver=Party(vat_number=NL_VAT),
    sender=COPACO_NL,
    totals={"Total": Decimal("12.10"), "VAT": Decimal("2.10")},
)  # fmt: skip


def with_line(**fields: Any) -> Invoice:
    return with_subscription(price_lines=(msgspec.structs.replace(LINE, **fields),))


def with_subscription(**fields: Any) -> Invoice:
    return with_customer(subscriptions=(msgspec.structs.replace(SUBSCRIPTION, **fields),))


def with_customer(**fields: Any) -> Invoice:
    return msgspec.structs.replace(WHOLE, customers=(msgspec.structs.replace(CUSTOMER, **fields),))


def another(value: object) -> object:
    """Another value of the same kind."""
    match value:
        case Decimal():
            return value + 1
        case int():
            return value + 1
        case tuple():
            return ()
        case str() if value.isdigit() and len(value) == 8:
            return f"{int(value) + 1}"
        case _:
            return f"{value or ''}x"


def changes() -> dict[str, Invoice]:
    """The whole invoice with one field changed, for every field there is."""
    made: dict[str, Invoice] = {}
    for field in LINE.__struct_fields__:
        made[f"line.{field}"] = with_line(**{field: another(getattr(LINE, field))})
    for field in set(SUBSCRIPTION.__struct_fields__) - {"price_lines"}:
        made[f"subscription.{field}"] = with_subscription(**{field: another(getattr(SUBSCRIPTION, field))})
    for field in set(CUSTOMER.__struct_fields__) - {"subscriptions"}:
        made[f"customer.{field}"] = with_customer(**{field: another(getattr(CUSTOMER, field))})
    for part in ("header", "sender", "receiver"):
        whole: msgspec.Struct = getattr(WHOLE, part)
        for field in whole.__struct_fields__:
            changed = msgspec.structs.replace(whole, **{field: another(getattr(whole, field))})
            made[f"{part}.{field}"] = msgspec.structs.replace(WHOLE, **{part: changed})
    for name in ("Total", "VAT"):
        totals = {**(WHOLE.totals or {}), name: Decimal(9)}
        made[f"totals.{name}"] = msgspec.structs.replace(WHOLE, totals=totals)
    return made


CHANGES = changes()
CORRECTS = {
    *(f"header.{field}" for field in ("currency", "date", "expiration_date", "invoice_id", "type")),
    *("sender.vat_number", "receiver.vat_number", "totals.Total", "totals.VAT"),
    *("customer.account_id", "customer.cost_center"),
    *("subscription.plan_category_name", "subscription.plan_id", "subscription.plan_name"),
    *(f"line.{field}" for field in ("billing_frequency", "charge_type", "start_date", "end_date", "sub_po_number")),
    *(f"line.{field}" for field in ("extended_price", "tax_percentage", "tax_zone_id", "vat")),
}
"""The fields of which a change can change an entry."""


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_every_field_makes_a_version_and_only_what_can_change_an_entry_a_correction(field: str) -> None:
    before, after = reading(WHOLE), reading(CHANGES[field])
    assert after.content != before.content
    assert (after.booking != before.booking) is (field in CORRECTS)


def test_the_terms_correct_an_entry_only_where_no_due_date_is_stated() -> None:
    def booking(due: str | None, terms: int) -> bytes:
        return reading(invoice(priced("Cycle Fee", "1.00", "0.21"), due=due, terms=terms)).booking

    assert booking("20270122", 30) == booking("20270122", 14)
    assert booking(None, 30) != booking(None, 14)


def test_the_order_number_of_the_subscription_counts_where_the_line_has_none() -> None:
    def booking(po_number: str) -> bytes:
        return reading(invoice(priced("Cycle Fee", "1.00", "0.21", po_number=po_number))).booking

    assert booking("1") != booking("2")


def test_what_is_unknown_makes_a_version_and_no_correction() -> None:
    plain, drifted = reading(WHOLE), reading(WHOLE, drift=[b'NewField="x"'])
    assert plain.content != drifted.content
    assert plain.booking == drifted.booking


@given(INVOICES, st.randoms(use_true_random=False))
def test_order_changes_no_fingerprint(received: Invoice, random: Any) -> None:
    before, after = reading(received), reading(shuffled(received, random))
    assert (before.content, before.booking) == (after.content, after.booking)
    assert (before.net, before.vat, before.rounded_off) == (after.net, after.vat, after.rounded_off)


@given(INVOICES, st.data())
def test_late_numbers_are_a_version_and_amounts_types_and_dates_a_correction(received: Invoice, data: Any) -> None:
    before = reading(received)
    customers = list(received.customers or ())
    place = data.draw(st.integers(0, len(customers) - 1))
    late = msgspec.structs.replace(customers[place], customer_number="late", company_name="Renamed")
    renumbered = reading(
        msgspec.structs.replace(received, customers=(*customers[:place], late, *customers[place + 1 :]))
    )
    assert renumbered.content != before.content
    assert renumbered.booking == before.booking
    field, value = data.draw(
        st.sampled_from(
            [
                ("extended_price", Decimal("123456.78")),
                ("vat", Decimal("123456.78")),
                ("charge_type", "Another Fee"),
                ("start_date", "20200101"),
                ("end_date", "20300101"),
            ]
        )
    )
    subscription, *others = customers[place].subscriptions
    line, *more = subscription.price_lines
    changed = msgspec.structs.replace(
        subscription, price_lines=(msgspec.structs.replace(line, **{field: value}), *more)
    )
    customers[place] = msgspec.structs.replace(customers[place], subscriptions=(changed, *others))
    corrected = reading(msgspec.structs.replace(received, customers=tuple(customers)))
    assert corrected.content != before.content
    assert corrected.booking != before.booking


@given(INVOICES)
def test_groups_hold_every_cent_of_every_line_once(received: Invoice) -> None:
    done = reading(received)
    assert sum(group.lines for group in done.groups) == len(done.lines) == len(list(lines(received)))
    for position, group in enumerate(done.groups):
        mine = [each for each in done.lines if each.group == position]
        assert (group.lines, group.net, group.vat) == (len(mine), sum(m.net for m in mine), sum(m.vat for m in mine))
        assert {each.wording.combination for each in mine} == {group.combination}
        assert group.combination.sign == ("-" if group.net < 0 else "+")
    assert len(set(map(id, done.wordings))) == len(done.wordings) == len(done.groups)
    received_net = sum((line.extended_price or Decimal(0) for _, _, line in lines(received)), Decimal(0))
    assert done.rounded_off == received_net - Decimal(done.net) / 100


def test_what_is_rounded_off_is_told_exactly() -> None:
    done = reading(invoice(priced("Usage Fee", "0.005", "0.001"), priced("Usage Fee", "1.2349", "0.26")))
    assert [(each.net, each.vat) for each in done.lines] == [(1, 0), (123, 26)]
    assert done.rounded_off == Decimal("-0.0001")


def test_a_vocabulary_gives_the_same_reading_however_much_it_remembers() -> None:
    remembering, forgetful = Vocabulary(), Vocabulary(limit=0)
    received = [invoice(priced("Cycle Fee", "1.00", "0.21", customer=name)) for name in "AABCA"]
    for each in received:
        alone = reading(each)
        assert reading(each, remembering) == alone
        assert reading(each, forgetful) == alone


def test_a_vocabulary_makes_a_text_once_and_keeps_documents_of_others_apart() -> None:
    vocabulary = Vocabulary()
    one, again = (reading(WHOLE, vocabulary).lines[0].wording for _ in range(2))
    assert one is again
    sold = reading(WHOLE, vocabulary, direction=Direction.SALE).lines[0].wording
    assert sold.combination.direction == "sale"
    assert sold.subscription == one.subscription
    assert len(one.subscription.fields) == len(SUBSCRIPTION_FIELDS)
    assert len(one.charge.fields) == len(CHARGE_FIELDS)


def test_every_field_of_a_line_is_kept_once_as_text_of_the_subscription_of_the_charge_or_as_received() -> None:
    consumer = {"consumer_company_name", "consumer_company_number", "sub_po_number"}
    charge = set(CHARGE_FIELDS) - {"details"} | {"subscription_details"}
    assert consumer <= set(SUBSCRIPTION_FIELDS)
    assert sorted([*consumer, *charge, *RECEIVED_FIELDS]) == sorted(Line.__struct_fields__)
    kept = dict(zip(RECEIVED_FIELDS, msgspec.json.decode(received(LINE)), strict=True))
    assert {name: str(value) for name, value in kept.items()} == {
        name: str(getattr(LINE, name)) for name in RECEIVED_FIELDS
    }


def test_numbers_and_texts_are_the_same_identifier_to_a_rule() -> None:
    as_text, as_number = (
        reading(with_subscription(plan_id=plan, price_lines=(msgspec.structs.replace(LINE, duration=1),)))
        for plan in ("7", 7)
    )
    assert as_text.groups == as_number.groups
    assert as_text.booking == as_number.booking


@pytest.mark.parametrize(
    ("fields", "billing"),
    [
        ({"billing_frequency": "Yearly"}, "Yearly"),
        ({"billing_frequency": ""}, "Monthly"),
        ({"billing_frequency": None, "end_date": "20271031"}, "Yearly"),
        ({"billing_frequency": "", "charge_type": "One-Time Fee"}, "One Time"),
        ({"billing_frequency": "", "charge_type": None, "end_date": None}, ""),
    ],
)
def test_billing_comes_from_the_dates_when_the_source_does_not_say(fields: dict[str, Any], billing: str) -> None:
    assert reading(with_line(**fields)).groups[0].combination.billing == billing


def test_equal_lines_for_a_month_and_for_a_year_are_told_apart() -> None:
    both = with_subscription(
        price_lines=tuple(
            msgspec.structs.replace(LINE, billing_frequency="", end_date=end) for end in ("20261130", "20271031")
        )
    )
    assert [group.combination.billing for group in reading(both).groups] == ["Monthly", "Yearly"]


def test_the_order_of_totals_says_nothing() -> None:
    other = msgspec.structs.replace(WHOLE, totals=dict(reversed((WHOLE.totals or {}).items())))
    assert reading(other).content == reading(WHOLE).content


def test_a_part_of_an_invoice_has_the_lines_of_its_customers_only() -> None:
    both = invoice(priced("Cycle Fee", "1.00"), priced("Cycle Fee", "2.00", customer="B"))
    first, second = both.customers or ()
    parts = [reading(both, customers=(customer,)) for customer in (first, second)]
    assert [part.net for part in parts] == [100, 200]
    assert parts[0].content != parts[1].content


def test_the_head_in_our_words() -> None:
    head = head_of(
        Invoice(
            header=Header(invoice_id=2600, date="2026-12-23", currency=" eur ", terms_of_payment_days="30 days"),
            sender=Party(company_name="Copaco", vat_number="nl 1111.11.111.b00", iban="nl00 bank 0000"),
        )
    )
    assert (head.number, head.currency, head.terms_days, head.date) == (
        "2600",
        "EUR",
        None,
        datetime.date(2026, 12, 23),
    )
    assert (head.issuer, head.sender_vat, head.sender_iban) == ("NL111111111B00", "NL111111111B00", "NL00BANK0000")
    assert head_of(Invoice(sender=Party(company_name="Copaco"))).issuer == "Copaco"
    assert head_of(Invoice()).number == ""


@pytest.mark.parametrize(
    ("terms", "days"), [(30, 30), ("30", 30), ("30 days", None), (-1, None), (10**12, None), ("", None), ("٣٠", None)]
)
def test_terms_are_days_or_nothing(terms: Any, days: int | None) -> None:
    assert head_of(Invoice(header=Header(terms_of_payment_days=terms))).terms_days == days


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Net Total", "net"),
        ("total_excl_vat", "net"),
        ("SubTotal", "net"),
        ("VATTotal", "vat"),
        ("VatAmount", "vat"),
        ("TotalInclVAT", "gross"),
        ("GROSS", "gross"),
        ("Total", "gross"),
    ],
)
def test_totals_are_known_by_many_names(name: str, kind: str) -> None:
    assert stated_totals(Invoice(totals={name: Decimal("1.005"), "Other": Decimal(7)}), "EUR") == {kind: 101}


def test_the_json_names_of_fields() -> None:
    assert [wire_name(name) for name in ("tax_zone_id", "sub_po_number", "vat", "noshow", "line_id", "vat_number")] == [
        "TaxZoneID", "SubPONumber", "VAT", "noshow", "LineId", "VATNumber",
    ]  # fmt: skip


@pytest.mark.parametrize("field", COMBINATION_FIELDS)
def test_every_field_tells_combinations_apart(field: str) -> None:
    one = Combination(direction="purchase", customer_name="ab")
    other = msgspec.structs.replace(one, **{field: "x"})
    assert (one.digest == other.digest) is (field in TEXT_FIELDS)
    assert one != other
    assert Combination(direction="purchase", customer_number="ab").digest != one.digest
