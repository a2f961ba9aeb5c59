"""What differs between two versions of a document."""

from __future__ import annotations

import msgspec
import pytest

from connector.domain.difference import Change, difference
from connector.domain.invoice import Invoice
from tests.domain.books import invoice, priced

FEE = priced("Cycle Fee", "10.00", "2.10", invoice_row_hash="h1")
OTHER = priced("Usage Fee", "5.00", "1.05", invoice_row_hash="h2", plan="Azure")
WHOLE = invoice(FEE, OTHER, totals={"Total": "18.15"})


def told(before: Invoice, after: Invoice) -> list[tuple[str, str, str, str]]:
    return [(each.where, each.field, each.before, each.after) for each in difference(before, after)]


def test_a_version_does_not_differ_from_itself() -> None:
    assert difference(WHOLE, WHOLE) == []
    assert difference(Invoice(), Invoice()) == []


def test_fields_are_named_as_the_source_spells_them() -> None:
    after = invoice(
        priced("Cycle Fee", "11.00", "2.31", invoice_row_hash="h1", cost_center="KP1", po_number="PO"), OTHER,
        due="20270131", totals={"Net": "16.00"},
    )  # fmt: skip
    assert told(WHOLE, after) == [
        ("Header", "ExpirationDate", "20270122", "20270131"),
        ("Totals", "Net", "", "16.00"),
        ("Totals", "Total", "18.15", ""),
        ("Customer A: Microsoft 365", "CostCenter", "", "KP1"),
        ("Customer A: Microsoft 365", "SubscriptionPONumber", "", "PO"),
        ("Customer A: Microsoft 365", "ExtendedPrice", "10.00", "11.00"),
        ("Customer A: Microsoft 365", "UnitPrice", "10.00", "11.00"),
        ("Customer A: Microsoft 365", "VAT", "2.10", "2.31"),
    ]


def test_lines_that_came_and_went_are_told_whole() -> None:
    came = priced(None, "7.00", "1.47", invoice_row_hash="h3", customer="", period=(None, None), plan="")
    nameless = msgspec.structs.replace(came, customer=msgspec.structs.replace(came.customer, company_name=None))
    assert difference(invoice(FEE), invoice(nameless)) == [
        Change(where="Customer A: Microsoft 365", field="", before="10.00 (Cycle Fee, 20261101 to 20261130)", after=""),
        Change(where=": line", field="", before="", after="7.00 (-, - to -)"),
    ]


def test_a_part_that_was_not_there_before_is_told_field_by_field() -> None:
    assert told(msgspec.structs.replace(WHOLE, sender=None), WHOLE)[0] == (
        "Sender", "CompanyName", "", "Copaco Nederland B.V.",
    )  # fmt: skip
    assert [each[3] for each in told(WHOLE, msgspec.structs.replace(WHOLE, sender=None))] == ["", "", ""]


@pytest.mark.parametrize("changed", [0, 1])
def test_lines_without_a_row_hash_are_met_by_what_they_are_for(changed: int) -> None:
    def twins(*amounts: str) -> Invoice:
        lines = [priced("Cycle Fee", net, "0.21", invoice_row_hash="", unit_price=None) for net in amounts]
        return invoice(*lines)

    amounts = ["1.00", "2.00"]
    amounts[changed] = "3.00"
    assert [each[1:] for each in told(twins("1.00", "2.00"), twins(*amounts))] == [
        ("ExtendedPrice", ("1.00", "2.00")[changed], "3.00")
    ]


def test_details_of_a_subscription_are_told_as_they_were_sent() -> None:
    from connector.domain.invoice import Detail

    detailed = msgspec.structs.replace(
        FEE, line=msgspec.structs.replace(FEE.line, subscription_details=(Detail(attribute="ram"),))
    )
    assert told(invoice(FEE), invoice(detailed))[0][:3] == ("Customer A: Microsoft 365", "SubscriptionDetails", "[]")
