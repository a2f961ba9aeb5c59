"""Specifications from what is kept: each customer once, every cent of the month, and nothing doubtful unsaid."""

from __future__ import annotations

import datetime
from decimal import Decimal

from connector.domain.details import Attribute
from connector.engine.specifications import Specified, owing, specifications
from connector.source.base import Endpoint
from tests.engine.desk import Desk
from tests.engine.paper import customer, invoice, line

SPECIFICATIONS = Endpoint.CUSTOMER_SPECIFICATIONS
INVOICES = Endpoint.CUSTOMER_INVOICES
RECEIVER = {
    "CompanyName": "Customer A-1", "ContactFirstName": "Lien", "ContactMiddleName": "van", "ContactLastName": "Peeters",
    "Email": " lien@a1.example ", "Address": "Kade 1", "Zip": "9000", "City": "Gent", "Country": "Belgium",
    "VATNumber": "BE0000000000", "Telephone": "+32 9",
}  # fmt: skip
HIDDEN = {"Attribute": "ref", "AttributeValue": "x-1", "AttributeDescription": "Reference", "noshow": True}
RAM = {"Attribute": "ram", "AttributeValue": "32", "AttributeDescription": "GB RAM", "noshow": False}


def told(desk: Desk, source: Endpoint = SPECIFICATIONS, period: str = "2024-03") -> list[Specified]:
    listed = owing(desk.place, desk.books, period, source.value)
    return list(specifications(desk.place, desk.books, desk.dialect, listed, period))


def test_a_customer_has_all_documents_of_the_month_together(desk: Desk) -> None:
    first = [customer("A-2", [line("50.00")]), customer("A-1", [line("100.00"), line("-7.10", kind="Correction")])]
    desk.pull(
        invoice("1", customers=first),
        invoice("2", customers=[customer("A-1", [line("3.00")])], date=datetime.date(2024, 3, 8)),
        invoice("3", customers=[customer("A-1", [line("9.00")])], date=datetime.date(2024, 4, 8)),
        endpoint=SPECIFICATIONS,
    )
    one, two = told(desk)
    made = one.specification
    assert (made.name, made.customer, made.customer_number) == ("Customer A-1", "A-1", "10021")
    assert (made.net, made.vat) == (9590, 0)
    assert [(each.number, each.net) for each in made.documents] == [("2", 300), ("1", 9290)]
    assert (two.specification.customer, two.specification.net) == ("A-2", 5000)
    assert {each.doubts for each in (one, two)} == {()}
    listed = owing(desk.place, desk.books, "2024-03", SPECIFICATIONS.value)
    assert sum(each.net for each in listed) == sum(each.net for each in desk.standing() if each.period == "2024-03")


def test_lines_keep_what_was_received_with_details_of_both_levels(desk: Desk) -> None:
    sold = line(
        "84.00", VendorDetails="shop.example, renewal", Quantity=Decimal("1.50"), UnitPrice=Decimal("56.004"),
        Discount=Decimal("0.006"), SubPONumber="L-2", ConsumerCompanyName="Daughter", SubscriptionDetails=[HIDDEN],
        QuantityType="item",
    )  # fmt: skip
    whose = customer("A-1", [sold])
    whose["Subscriptions"][0] |= {"SubscriptionDetails": [RAM], "SubscriptionPONumber": "S-1"}
    desk.pull(invoice("1", customers=[whose]), endpoint=SPECIFICATIONS)
    (found,) = told(desk)
    (kept,) = found.specification.lines
    assert (kept.quantity, kept.unit_price, kept.discount) == (Decimal("1.50"), Decimal("56.004"), Decimal("0.006"))
    assert (kept.vendor, kept.vendor_details, kept.unit) == ("Microsoft", "shop.example, renewal", "item")
    assert (kept.company, kept.subscription_po, kept.po_number) == ("Daughter", "S-1", "L-2")
    assert kept.attributes == (Attribute(name="GB RAM", value="32", printed=True),)
    assert kept.line_attributes == (Attribute(name="Reference", value="x-1", printed=False),)


def test_whom_to_write_to_stands_in_customer_invoices_only(desk: Desk) -> None:
    sold = [customer("A-1", [line("10.00")])]
    desk.pull(invoice("1", customers=sold), endpoint=SPECIFICATIONS)
    (before,) = told(desk)
    assert before.contact.email == ""
    desk.pull(invoice("VF1", customers=sold, Receiver=RECEIVER), endpoint=INVOICES)
    for source in (SPECIFICATIONS, INVOICES):
        (found,) = told(desk, source)
        assert (found.contact.name, found.contact.email) == ("Lien van Peeters", "lien@a1.example")
        assert (found.contact.address, found.contact.postal_code, found.contact.city) == ("Kade 1", "9000", "Gent")
    assert found.specification.invoiced
    assert (found.specification.net, found.specification.vat, found.doubts) == (1000, 210, ())
    assert [(each.rate, each.vat) for each in found.specification.taxed] == [("21", 210)]


def test_what_may_not_go_out_is_said(desk: Desk) -> None:
    bad = [customer("A-1", [line("10.00", ExtendedPrice=None)]), customer("A-2", [line("10.00")])]
    desk.pull(invoice("1", customers=bad), endpoint=SPECIFICATIONS)
    doubtful, good = told(desk)
    assert "MONEY-MISSING" in doubtful.doubts
    assert good.doubts == ()


def test_an_invoice_whose_stated_total_is_another_may_not_go_out(desk: Desk) -> None:
    sold = [customer("A-1", [line("10.00")])]
    desk.pull(invoice("VF1", customers=sold, Totals={"GrossTotal": Decimal("12.11")}), endpoint=INVOICES)
    (found,) = told(desk, INVOICES)
    assert found.doubts == ("TOTALS-DIFFER",)


def test_a_document_that_vanished_or_came_twice_may_not_go_out(desk: Desk) -> None:
    sold, other = [customer("A-1", [line("10.00")])], [customer("A-2", [line("11.00")])]
    desk.pull(invoice("1", customers=sold), invoice("2", customers=other), endpoint=SPECIFICATIONS)
    desk.pull(invoice("2", customers=other), endpoint=SPECIFICATIONS)
    gone, there = told(desk)
    assert (gone.doubts, there.doubts) == (("VANISHED",), ())
    desk.pull(
        invoice("5", customers=[customer("A-3", [line("1.00")])]),
        invoice("5", customers=[customer("A-3", [line("2.00")])]),
        endpoint=SPECIFICATIONS,
    )
    twice = told(desk)[-1]
    assert twice.specification.customer == "A-3"
    assert "SAME-NUMBER-TWICE" in twice.doubts


def test_customers_without_an_account_are_told_apart_by_name(desk: Desk) -> None:
    nameless = [
        customer("", [line("10.00")], CompanyName="Alpha"),
        customer("", [line("20.00")], CompanyName="Beta"),
    ]
    desk.pull(invoice("1", customers=nameless), endpoint=SPECIFICATIONS)
    assert [(each.specification.name, each.specification.net) for each in told(desk)] == [
        ("Alpha", 1000),
        ("Beta", 2000),
    ]
